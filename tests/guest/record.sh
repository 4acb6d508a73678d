#!/bin/sh
# Records what the guest programs print on this machine's own Linux: expected/NAME.txt.
# Both widths must print the same. Each runs as root in namespaces of its own, with an empty /tmp.
# Usage: record.sh [NAME...]
set -e
cd "$(dirname "$0")"
work=$(mktemp -d /var/tmp/tawaki-guest.XXXXXX)
# What refused.c is about is refused here, too.
rings=$(cat /proc/sys/kernel/io_uring_disabled) typing=$(cat /proc/sys/dev/tty/legacy_tiocsti)
trap 'rm -rf "$work"; echo $rings >/proc/sys/kernel/io_uring_disabled; echo $typing >/proc/sys/dev/tty/legacy_tiocsti' EXIT
echo 2 >/proc/sys/kernel/io_uring_disabled
echo 0 >/proc/sys/dev/tty/legacy_tiocsti
[ $# -gt 0 ] || set -- $(ls *.c | sed 's/\.c$//')
mkdir -p expected
for name; do
    for bits in 64 32; do
        gcc -m$bits -O1 -static -w -o "$work/$name" "$name.c"
        unshare --pid --fork --kill-child --mount-proc --mount sh -c \
            'mount -t tmpfs tmpfs /tmp; exec timeout 60 "$1" </dev/null >"$2"' sh "$work/$name" "$work/$name.$bits" \
            || echo "$name ($bits bits): status $?" >&2
    done
    cmp "$work/$name.64" "$work/$name.32" || diff "$work/$name.64" "$work/$name.32" || true
    cp "$work/$name.64" "expected/$name.txt"
done
