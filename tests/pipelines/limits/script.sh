python3 - <<'EOF'
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (12000, 12000))
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(10000)]
print(len(files), files[-1] >= 10000)
for fd in files: os.close(fd)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
opened = []
try:
    while True: opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print(error.strerror, opened[-1])
EOF
/bin/echo $(yes 1234567 | head -n 125000) | wc -c
/bin/true "$(head -c 200000 /dev/zero | tr '\0' x)" 2>&1 | grep -o 'Argument list too long'
python3 -c 'x = "x" * (64 << 30)' 2>&1 | tail -1
python3 - <<'EOF'
kept = []
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (256 << 20, 256 << 20))
    while True: kept.append(bytearray(16 << 20))
except MemoryError:
    print("exhausted", len(kept) < 16)
EOF
