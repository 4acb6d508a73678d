sleep 100 & one=$!
(sleep 101; :) & sleep 1
ps -o stat=,args= -p $one | tr -s "N< " " "
ps auxf | grep "[s]leep 10" | grep -vc bash
ps -eo pid,ppid,comm | grep -c sleep
ps -T -p $one -o comm=
top -b -n1 | sed -n 7p | tr -s " " | sed "s/^ //"
top -b -n1 -p $one | tail -1 | awk '{print $2, $8, $12}'
pstree $$ | grep -oE '[a-z]+---sleep'
pgrep -x sleep | wc -l
pidof sleep | wc -w
exec 5</etc/hostname
lsof -p $$ | awk '/hostname/ {print $4, $5, $9}'
lsof -t /etc/hostname | wc -l
fuser /etc/hostname 2>/dev/null | wc -w
free | awk '{print $1, NF}'
[ $(free | awk '/Mem/ {print $2}') -gt 100000 ] && echo memory
uptime | grep -c 'load average'
[ $(nproc) -ge 1 ] && echo processors
lscpu | awk -F: '/^(Architecture|Thread)/ {gsub(/ /, "", $2); print $1, $2}'
tr '\0' '\n' </proc/$one/cmdline
grep -c . /proc/self/limits /proc/self/mountinfo | sed 's/:[1-9][0-9]*/:some/'
A=1 B=2 cat /proc/self/environ | tr '\0' '\n' | grep -c '^[AB]='
readlink /proc/self/exe /proc/$one/exe
ls /proc/$$/task | wc -l
kill %1; pkill sleep; wait 2>/dev/null
vmstat | sed -n 2p | awk '{print $1, $2, NF}'
w -h | wc -l
