seq 1 5000 | grep -E '^(1|2).*7$' | wc -l; echo 'a,b;c' | sed -E 's/([a-z])[,;]/\1-/g'
printf 'b 2\na 1\nc 3\n' | sort -k2,2nr; printf '1 x\n2 y\n' >l; printf '1 p\n2 q\n' >r; join l r; paste l r; comm l r | wc -l
printf 'x\nx\ny\n' | uniq -c; cut -d: -f1,7 /etc/passwd | head -2; sort -n <(seq 100 | shuf --random-source=/bin/bash) | sha256sum
seq 1 200000 | sort -r | sort -n | sha256sum
file -b l; file -b /bin/sh; file -bL /bin/ls | cut -d, -f1,2
find /etc -name '*.conf' -type f | sort | head -3; find /usr/bin -name 'z*' -exec basename {} \; | sort | tr '\n' ' '
grep -rl --include='stdio.h' printf /usr/include | sort | head -2; curl -s file:///etc/hostname; expr 3 + 4; seq -s, 5
