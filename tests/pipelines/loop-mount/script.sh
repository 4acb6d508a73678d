# Machines that do not make them by themselves.
[ -e /dev/loop-control ] || mknod /dev/loop-control c 10 237
for n in 0 1 2 3 4 5 6 7; do [ -e /dev/loop$n ] || mknod /dev/loop$n b 7 $n; done
sums() { (cd "$1" && find . -type f ! -path './lost+found/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
cd /root
mkdir m n
truncate -s 6M img
mke2fs -q -F img && echo made
mount -o loop img m && echo mounted
grep -c ' /root/m ext2 rw' /proc/mounts
losetup -l -n -O AUTOCLEAR,RO,OFFSET,SIZELIMIT,BACK-FILE | grep /root
echo hello >m/file
mkdir m/d
for i in $(seq 300); do head -c $((i * 13)) /usr/bin/bash >m/d/$i; done
for i in $(seq 1 2 300); do rm m/d/$i; done
dd if=/dev/zero of=m/full bs=64k 2>&1 | grep -o 'No space left on device'
rm m/full
before=$(sums m)
umount m && echo unmounted
e2fsck -fn img >/dev/null 2>&1; echo "e2fsck $?"
mount -o loop,ro img m
[ "$(sums m)" = "$before" ] && echo the same
touch m/new
umount m
L=$(losetup -f --show img)
mount $L m; mount $L n; cat n/file; echo more >>n/file; cat m/file; umount m n
cmp $L img && echo device and file agree
blockdev --getsize64 --getss --getro $L
losetup -d $L
losetup -l -n | grep -c /root
# Part of a file.
truncate -s 8M parts; mke2fs -q -F -E offset=1048576 parts 4M
mount -o loop,offset=1048576,sizelimit=4194304 parts m && df -k m --output=size | tail -1
cp /usr/bin/bash m/; cmp /usr/bin/bash m/bash && m/bash -c 'echo runs from it'
# An image in the image.
truncate -s 1M m/inner; mke2fs -q -F m/inner; mount -o loop m/inner n; echo deep >n/deep
umount m 2>&1 | grep -o busy
umount n; e2fsck -fn m/inner >/dev/null 2>&1; echo "e2fsck $?"; umount m
# What is none.
head -c 1000000 /dev/zero >zero
for args in "-t ext2 zero" "img" "missing" "-t ext2 -o nonsense img"; do
    [ "$args" = img ] && dd if=/dev/zero of=img bs=1k seek=1 count=2 conv=notrunc 2>/dev/null
    mount -o loop $args m 2>/dev/null; echo "$args: $?"
done
losetup -l -n | grep -c /root
rm -r img parts zero m n
