script -qc 'tty | sed s/[0-9]*$/N/; stty rows 30 cols 90; stty size; test -t 1 && echo terminal; exit 3' /tmp/typescript >/tmp/out; echo "status $?"
tr -d '\r' </tmp/out
grep -c terminal /tmp/typescript
script -qec 'cat' /dev/null </etc/hostname | tr -d '\r'
setsid sh -c 'echo x >/dev/tty' 2>&1 | sed 's/.*: //'
