redis-server --port 7000 --save '' --dir /tmp >/tmp/log 2>&1 &
for i in $(seq 100); do redis-cli -p 7000 ping 2>/dev/null | grep -q PONG && break; sleep 0.1; done
c='redis-cli -p 7000'
$c set key value; $c get key; $c incr n; $c incrby n 41
$c rpush list a b c; $c lrange list 0 -1
$c hset h f 1 g 2; $c hgetall h
$c zadd z 2 two 1 one; $c zrange z 0 -1 withscores
$c eval 'return redis.call("get", KEYS[1]) .. "!"' 1 key
timeout 3 $c subscribe ch >/tmp/sub & sleep 1; $c publish ch hello; wait %2; grep -c hello /tmp/sub
$c -n 0 dbsize
seq 2000 | sed 's/.*/set k& &/' | $c --pipe | tail -1
$c dbsize
$c save; ls /tmp/dump.rdb
$c shutdown nosave; wait; echo "server $?"
