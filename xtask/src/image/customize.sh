# Runs outside the new system with its root directory in $1.
set -eu
root="$1"
chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash user
echo tawaki >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost tawaki\n::1\tlocalhost\n' >"$root/etc/hosts"
: >"$root/etc/resolv.conf"
: >"$root/etc/motd"
printf '/dev/vda\t/\text2\tdefaults\t0 1\n' >"$root/etc/fstab"
echo 'LANG=C.UTF-8' >"$root/etc/default/locale"
# The image neither tells nor needs to know where its packages came from.
rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/apt.conf.d/99mmdebstrap
echo '# deb http://<mirror>/debian bookworm main' >"$root/etc/apt/sources.list"
# The archive would give what is newer than all else its own time only later, and then what was compiled
# from it would be out of date: every start of python3 would compile its library anew.
find "$root/usr" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# Modification times rule, not hashes: a start of python3 then reads no sources.
if [ -x "$root/usr/bin/python3" ]; then
    env -u SOURCE_DATE_EPOCH chroot "$root" python3 -m compileall -q -j 0 \
        --invalidation-mode timestamp /usr/lib/python3 /usr/lib/python3.11 >/dev/null || true
fi
rm -rf "$root"/var/log/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/*-old "$root"/var/cache/ldconfig/* \
    "$root"/var/lib/dpkg/*-old "$root"/etc/*- "$root"/var/lib/apt/lists/* "$root"/etc/machine-id
mkdir -p "$root/var/log" "$root/proc" "$root/sys" "$root/dev/pts" "$root/dev/shm"
