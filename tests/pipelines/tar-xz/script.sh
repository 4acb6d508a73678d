cp -a /usr/include original
tar -cf - original | xz -1 >archive.tar.xz
mkdir copy && xz -dc archive.tar.xz | tar -xf - -C copy
diff -r original copy/original && echo equal
test "$(stat -c '%Y %a %u' original/stdio.h)" = "$(stat -c '%Y %a %u' copy/original/stdio.h)" && echo times
rm -r original copy && ls
