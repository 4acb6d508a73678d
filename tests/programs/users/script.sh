useradd -m -s /bin/sh alice; echo 'alice:secret' | chpasswd; id alice | sed 's/[0-9][0-9]*/N/g'
su alice -c 'id -un; touch /root/x 2>&1 | sed "s/.*: //"; echo $HOME'
echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice; chmod 440 /etc/sudoers.d/alice
su alice -c 'sudo -n id -un; sudo -n -u user id -un; sudo -n sh -c "echo \$SUDO_USER"'
su user -c 'sudo -n true' 2>&1 | head -1
mkdir -p /tmp/jail/bin; cp /bin/busybox /tmp/jail/bin/; chroot /tmp/jail /bin/busybox ls /
mount -t tmpfs -o size=1m tmpfs /mnt && df /mnt | awk 'NR==2 {print $2}'; mkdir /mnt/d; mount --bind /etc /mnt/d; cat /mnt/d/hostname
mount -o remount,bind,ro /mnt/d; touch /mnt/d/x 2>&1 | sed 's/.*: //'; umount /mnt/d; ls /mnt/d; umount /mnt; grep -c /mnt /proc/mounts
chage -l alice | head -1 | cut -d: -f1; userdel -r alice 2>/dev/null; id alice 2>&1 | sed 's/.*: //'
