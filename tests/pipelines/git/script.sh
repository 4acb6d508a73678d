export GIT_AUTHOR_DATE='2026-01-02T03:04:05Z' GIT_COMMITTER_DATE='2026-01-02T03:04:05Z' HOME=$PWD
git config --global user.name Somebody; git config --global user.email somebody@example.org
git config --global init.defaultBranch main
git init -q repository && cd repository || exit 1
echo one >file; git add file; git commit -qm First
git checkout -qb topic; echo two >>file; git commit -qam Second
git checkout -q main; echo other >other; git add other; git commit -qm Other
git merge -q --no-edit topic
git log --oneline --graph | cat
git status --short; git diff --stat HEAD~1 | cat; git fsck 2>&1
