cd /tmp
/nonexistent/program; echo "status $?"
/usr; echo "status $?"
head -c 100 /bin/ls >short; chmod +x short; ./short; echo "status $?"
head -c 3000 /bin/ls >short2; chmod +x short2; bash -c './short2; exit $?' >/dev/null 2>&1; test $? -ge 126 && echo refused
cp /bin/ls other; printf '\xb7' | dd of=other bs=1 seek=18 conv=notrunc status=none; ./other 2>/dev/null; echo "status $?"
printf '#!/no/such/interpreter\n' >script; chmod +x script; ./script; echo "status $?"
printf 'echo no magic at all\n' >plain; chmod +x plain; ./plain; echo "status $?"
chmod -x plain; ./plain; echo "status $?"
: >empty; chmod +x empty; ./empty; echo "status $?"
