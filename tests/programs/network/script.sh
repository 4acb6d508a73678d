ip -o addr | awk '{print $2, $3, $4}'
cd /etc
python3 -m http.server 8000 --bind 127.0.0.1 >/tmp/log 2>&1 &
for i in $(seq 200); do curl -s -o /dev/null http://127.0.0.1:8000/ && break; sleep 0.1; done
curl -sS http://127.0.0.1:8000/hostname
curl -sS -o /dev/null -w '%{http_code} %{size_download}\n' http://localhost:8000/nothing
grep -c GET /tmp/log
kill %1; wait 2>/dev/null
curl -sS http://127.0.0.1:8000/ 2>&1 | sed 's/after.*ms/after/'
curl -sS http://198.51.100.1/ 2>&1 | sed 's/after.*ms/after/' | cut -c1-40
socat -6 TCP6-LISTEN:9000,reuseaddr EXEC:'tr a-z A-Z' & sleep 1
echo over version six | nc -N ::1 9000
wait
nc -lu 127.0.0.1 9001 >/tmp/udp & sleep 1; echo datagram | nc -u -w1 127.0.0.1 9001; kill %1 2>/dev/null; wait 2>/dev/null; cat /tmp/udp
socat UNIX-LISTEN:/tmp/sock EXEC:cat & sleep 1; echo local | socat - UNIX-CONNECT:/tmp/sock; wait
getent ahosts localhost | awk '{print $1, $2}' | sort -u
