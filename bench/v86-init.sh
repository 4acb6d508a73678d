#!/bin/busybox sh
# Process 1 of the initramfs that v86 boots for the benchmark.
bb=/bin/busybox
$bb mount -t devtmpfs dev /dev
$bb mount -t proc proc /proc
for pass in 1 2 3 4; do
	while read -r name; do $bb insmod /modules/$name.ko 2>/dev/null; done </modules/list
done
for wait in 1 2 3 4 5 6 7 8 9 10; do
	[ -b /dev/sda ] && break
	$bb sleep 1
done
$bb mount -t ext4 /dev/sda /root || exec $bb sh
$bb mount --move /dev /root/dev
$bb mount --move /proc /root/proc
$bb mount -t sysfs sys /root/sys
$bb mkdir -p /root/dev/shm /root/dev/pts
for dir in tmp run dev/shm; do $bb mount -t tmpfs -o mode=1777 tmpfs /root/$dir; done
$bb mount -t devpts pts /root/dev/pts
$bb ln -s /proc/self/fd /root/dev/fd
cd /root
exec $bb switch_root /root /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	HOME=/tmp/home LANG=C.UTF-8 TERM=dumb USER=root \
	/bin/bash --norc --noprofile /bench/session.sh </dev/console >/dev/console 2>/dev/null
