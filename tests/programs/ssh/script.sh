up() { for i in $(seq 150); do nc -z 127.0.0.1 $1 && return; sleep 0.1; done; }
mkdir -p -m 700 /root/.ssh /run/sshd
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
ssh-keygen -q -t ecdsa -N '' -f /tmp/hostkey
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
ssh-keygen -l -f /tmp/hostkey.pub | awk '{print $1, $4}'
/usr/sbin/sshd -D -f /dev/null -h /tmp/hostkey -p 2222 -o UsePAM=no -o PidFile=none -o StrictModes=no 2>/tmp/sshd.log & up 2222
o='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/tmp/known -o LogLevel=ERROR -p 2222'
ssh $o localhost 'echo $USER on $(hostname); exit 5'; echo "status $?"
echo through | ssh $o 127.0.0.1 cat
ssh -tt $o localhost 'test -t 0 && echo terminal; stty size | wc -w' </dev/null | tr -d '\r'
head -c 300000 /dev/zero | ssh $o localhost 'wc -c'
scp -O -q -P 2222 ${o% -p 2222} /etc/hostname localhost:/tmp/copied && cat /tmp/copied
ssh $o -f -N -L 3333:127.0.0.1:2222 localhost; up 3333; ssh-keyscan -p 3333 127.0.0.1 2>/dev/null | awk '{print $2}' | sort | head -1
kill %1 2>/dev/null; wait 2>/dev/null
dropbearkey -t ed25519 -f /tmp/dropkey >/dev/null 2>&1
dropbear -F -R -r /tmp/dropkey -p 127.0.0.1:2223 2>/tmp/drop.log & up 2223
ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/tmp/known2 -o LogLevel=ERROR -p 2223 127.0.0.1 'echo from dropbear'
kill %1 2>/dev/null; pkill ssh; wait 2>/dev/null
