cd /tmp; mkdir -p hello/DEBIAN hello/usr/bin repo
printf 'Package: tawaki-hello\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@b>\nDescription: greets\n' >hello/DEBIAN/control
printf '#!/bin/sh\necho configured\n' >hello/DEBIAN/postinst; printf '#!/bin/sh\necho hello from a package\n' >hello/usr/bin/tawaki-hello
chmod 755 hello/DEBIAN/postinst hello/usr/bin/tawaki-hello
dpkg-deb -b --root-owner-group hello repo | sed 's/in .*//'
dpkg -i repo/tawaki-hello_1_all.deb >/tmp/log 2>&1; echo "status $?"; grep -c configured /tmp/log; tawaki-hello
dpkg -s tawaki-hello | grep Status; dpkg -L tawaki-hello | tail -1
dpkg -P tawaki-hello >/dev/null 2>&1; echo "purged $?"; which tawaki-hello
(cd repo; dpkg-scanpackages . 2>/dev/null >Packages)
echo 'deb [trusted=yes] file:/tmp/repo ./' >/etc/apt/sources.list
apt-get update -qq 2>&1 | grep -v '^W:'; apt-get install -y -qq tawaki-hello >/tmp/log 2>&1; echo "apt $?"; tawaki-hello
dpkg --unpack --force-all repo/tawaki-hello_1_all.deb >/dev/null 2>&1; dpkg --configure -a | grep -c configured
