cat >script.py <<'EOF'
import hashlib, json, re, struct, subprocess, sys, zlib
print(json.dumps({"b": [1, 2.5, None, True], "a": "é\n"}, sort_keys=True))
print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world; foo bar"))
print(hashlib.sha256(b"tawaki" * 1000).hexdigest(), hashlib.md5(b"").hexdigest())
done = subprocess.run(["tr", "a-z", "A-Z"], input=b"upper\n", stdout=subprocess.PIPE)
print(done.returncode, done.stdout)
failed = subprocess.run("echo out; echo err >&2; exit 3", shell=True, capture_output=True, text=True)
print(failed.returncode, repr(failed.stdout), repr(failed.stderr))
print(2.5e-3, 1e300 * 1e10, 0.1 + 0.2, 10 ** 40, -7 // 2, round(2.675, 2), struct.pack("<d", 1.1).hex())
print(zlib.crc32(b"x" * 100000), len(zlib.compress(b"x" * 100000)))
try:
    open("/nonexistent")
except OSError as error:
    print(error)
sys.exit(5)
EOF
python3 script.py
