mkdir /tmp/w; inotifywait -m -q -e create,delete,moved_to,close_write --format '%e %f' /tmp/w >/tmp/log & sleep 1
echo x >/tmp/w/a; mv /tmp/w/a /tmp/w/b; rm /tmp/w/b; sleep 1; kill %1; wait 2>/dev/null; cat /tmp/log
(flock 9; sleep 1; echo first) 9>/tmp/lock & sleep 0.3; flock -n /tmp/lock true; echo "busy $?"; flock /tmp/lock echo second; wait
timeout 0.3 sleep 5; echo "timeout $?"
set -m; sleep 100 & kill -STOP %1; sleep 0.2; jobs | awk '{print $2}'; bg >/dev/null; sleep 0.2; jobs | awk '{print $2}'; kill %1; wait %1; echo "ended $?"
mkfifo /tmp/f; (echo through >/tmp/f) & cat /tmp/f
coproc cat; echo co >&${COPROC[1]}; read -r line <&${COPROC[0]}; echo $line
