seq 1 3000000 | head -c 20000000 >big
stat -c %s big
cat big | sha256sum
cksum big
