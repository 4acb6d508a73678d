# A 32-bit address space is this machine's own limit; on Linux it is set.
ulimit -v 4000000
python3 - <<'P'
blocks = []
try:
    while True:
        blocks.append(b'x' * (16 << 20))
except MemoryError:
    count = len(blocks)
    del blocks
    print('an exception,', 'after more than a gigabyte' if count > 64 else count)
print('it goes on', len(b'y' * 1000000))
P
echo "python: $?"
perl -e 'my @all; push @all, "a" x (1 << 24) while 1' >/dev/null 2>&1; echo "perl: $?"
awk 'BEGIN { s = "0123456789abcdef"; while (1) s = s s }' >/dev/null 2>&1 || echo "awk failed"
echo "the shell goes on"
python3 -c 'print(len(bytearray(300 << 20)))'
