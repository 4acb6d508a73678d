cat /proc/self/comm; readlink /proc/self/exe; tr '\0' ' ' </proc/self/cmdline; echo
test -d /proc/$$/fd && ls -d /proc/self/fd/[012]
grep -c . /proc/self/maps | grep -qv '^0$' && echo maps
ps -o comm= -p $$; ps -e -o comm= | grep -c '^ps$'
grep -q MemTotal /proc/meminfo && echo memory; test "$(nproc)" -ge 1 && echo processors
cut -d' ' -f1 /proc/uptime | grep -q '^[0-9.]*$' && echo uptime; free -k | awk 'NR==2 && $2 > 0 { print "free" }'
cat /proc/sys/kernel/ostype; grep -c ' / ' /proc/mounts; df -P / | awk 'NR==2 && $2 > 0 { print "disk" }'
