export HOME=/tmp/home GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE='2020-01-01 00:00 +0000' GIT_COMMITTER_DATE='2020-01-01 00:00 +0000'
mkdir -p $HOME /tmp/srv/cgi-bin && cd /tmp && git init -q -b main repo && cd repo
for i in 1 2 3; do seq $((i * 100)) >f$i; git add .; git commit -qm "commit $i"; done; git branch side HEAD~1
cd /tmp && git clone -q --bare repo srv/repo.git && chmod -R a+rX srv repo && git -C srv/repo.git config http.receivepack true
# The server runs programs as nobody.
chmod -R a+rwX srv/repo.git
printf '#!/bin/sh\nexport GIT_PROJECT_ROOT=/tmp/srv GIT_HTTP_EXPORT_ALL=1 HOME=/tmp\nexec git -c safe.directory="*" http-backend\n' >srv/cgi-bin/git; chmod 755 srv/cgi-bin/git
cd srv && python3 -m http.server --cgi 8080 --bind 127.0.0.1 >/tmp/server.log 2>&1 &
for i in $(seq 200); do curl -s -o /dev/null http://127.0.0.1:8080/ && break; sleep 0.1; done
url=http://127.0.0.1:8080/cgi-bin/git/repo.git
git ls-remote $url
git clone -q $url /tmp/smart && git -C /tmp/smart log --oneline && wc -l </tmp/smart/f3; git -C /tmp/smart branch -r | tr -d ' '
git clone -q --depth 1 $url /tmp/shallow && git -C /tmp/shallow log --oneline
cd /tmp/smart && echo more >f4 && git add f4 && git commit -qm 'commit 4' && git push -q origin HEAD:main; echo "push $?"
git -C /tmp/srv/repo.git log --oneline main; git -C /tmp/shallow pull -q && cat /tmp/shallow/f4; git -C /tmp/srv/repo.git fsck --strict 2>&1; echo "fsck $?"
grep -c 'POST .*git-upload-pack' /tmp/server.log | sed 's/^[1-9]$/asked the smart way/'
kill %1; wait 2>/dev/null
