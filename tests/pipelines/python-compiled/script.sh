python3 - <<'PY'
import glob, importlib.util, os, struct
stale = []
compiled = glob.glob('/usr/lib/python3*/**/__pycache__/*.pyc', recursive=True)
for path in compiled:
    source = os.stat(importlib.util.source_from_cache(path))
    with open(path, 'rb') as f: magic, flags, time, size = struct.unpack('<4sIII', f.read(16))
    if magic != importlib.util.MAGIC_NUMBER or flags or (time, size) != (int(source.st_mtime), source.st_size): stale.append(path)
print('compiled:', 'more than 500' if len(compiled) > 500 else len(compiled))
print('stale:', len(stale), *stale[:3])
PY
