export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE='2020-01-01 00:00 +0000' GIT_COMMITTER_DATE='2020-01-01 00:00 +0000' GIT_EDITOR=true GIT_PAGER=cat
cd /tmp; git init -q -b main r; cd r
for i in $(seq 12); do echo "line $i" >>text; mkdir -p d$((i % 3)); seq $i $((i * 9)) >d$((i % 3))/f$i; git add .; git commit -qm "commit $i"; done
git log --oneline | head -3; git log --stat -1 | tail -1; git blame -s text | sed -n 5p; git grep -nP '^line (?=1)\d$'
git switch -qc side HEAD~4; sed -i 's/line 3/side 3/' text; git commit -qam side; git switch -q main; sed -i 's/line 3/main 3/' text; git commit -qam main
git merge side 2>&1 | tail -1; grep -c '^<<<<<<<' text; git checkout -q --theirs text; git add text; git commit -qm merged; git log --graph --oneline | head -4
git switch -q side; git rebase -q --onto main~1 HEAD~1 2>&1 | head -2; git rebase --abort 2>/dev/null; git switch -q main
echo stashed >>text; git stash -q; git stash list; git stash pop -q; git diff --stat | tail -1; git checkout -q text
git bisect start HEAD HEAD~9 >/dev/null 2>&1; git bisect run sh -c '! grep -q "line 8" text' 2>&1 | grep 'is the first bad commit'; git bisect reset >/dev/null 2>&1
git tag -a v1 -m one; git describe; git gc -q; git fsck 2>&1 | grep -v '^dangling'; git count-objects -v | grep in-pack
git worktree add -q ../w HEAD~2; ls ../w; git worktree list | wc -l; git init -q --bare ../bare; git push -q ../bare main v1 && git --git-dir=../bare log --oneline -1 main
git archive HEAD | tar t | wc -l; git bundle create -q ../b main 2>/dev/null; git clone -q -b main ../b ../c && git -C ../c rev-parse HEAD; git rev-parse HEAD
git format-patch -q -2 -o ../p HEAD~3; ls ../p; git cherry-pick side >/dev/null 2>&1; git status --porcelain | head -2; git reset -q --hard; git shortlog -sn HEAD; git show HEAD:text | sed -n 3p
