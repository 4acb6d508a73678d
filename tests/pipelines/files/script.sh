mkdir work && cd work || exit 1
echo one >a; ln a b; ln -s a c; stat -c '%n %h %s %F' a b c
mv b d; cat d; mv -T d a; cat c; ls
exec 3<>open; echo kept >&3; rm open; echo more >&3; cat /proc/self/fd/3; exec 3>&-
truncate -s 5G hole; stat -c '%s' hole; du -k hole | cut -f1; echo end >>hole; tail -c 4 hole; du -k hole | cut -f1
printf 'x' | dd of=hole bs=1 seek=3000000000 conv=notrunc status=none; dd if=hole bs=1 skip=2999999999 count=3 status=none | od -An -c
truncate -s 3 hole; stat -c '%s %b' hole; rm hole
mkdir -p x/y/z; mv x/y w; rmdir x; ls -d w/*; mv w w/inside 2>&1; rmdir w 2>&1; mv a w; ls w
touch -d '2001-02-03 04:05:06.789 UTC' t; TZ=UTC stat -c '%y' t | cut -c1-19; chmod 2751 t; stat -c '%A' t
umask 077; : >private; stat -c %a private
n=$(printf 'n%.0s' $(seq 1 255)); : >"$n" && ls | grep -c nnn; : >"${n}n" 2>/dev/null || echo too long
for i in $(seq 1 600); do : >many$i; done; ls many* | wc -l; rm many*; ls | wc -l
mkfifo p; (echo through >p &) ; cat p; ln -s loop loop; cat loop 2>&1
cd ..; rm -r work; ls
