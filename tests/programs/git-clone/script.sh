export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE='2020-01-01 00:00 +0000' GIT_COMMITTER_DATE='2020-01-01 00:00 +0000'
cd /tmp; git init -q -b main repo; cd repo
for i in 1 2 3; do seq $((i * 100)) >f$i; git add .; git commit -qm "commit $i"; done
cd ..; git clone -q file:///tmp/repo pipe && git -C pipe log --oneline
git clone -q --bare repo repo.git && git -C repo.git update-server-info
python3 -m http.server 8080 --bind 127.0.0.1 >/dev/null 2>&1 & for i in $(seq 200); do curl -s -o /dev/null http://127.0.0.1:8080/ && break; sleep 0.1; done
git clone -q http://127.0.0.1:8080/repo.git http && git -C http rev-parse HEAD && wc -l <http/f3
kill %1; wait 2>/dev/null
