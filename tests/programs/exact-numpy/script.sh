# The same variants everywhere: those with FMA round differently.
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F
export NPY_DISABLE_CPU_FEATURES="FMA3 AVX2 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
export OPENBLAS_CORETYPE=Nehalem OPENBLAS_NUM_THREADS=1 PYTHONWARNINGS=ignore
python3 - <<'EOF'
import hashlib, numpy as np
def show(name, a):
    a = np.ascontiguousarray(a)
    print(name, a.dtype, a.shape, hashlib.sha256(a.tobytes()).hexdigest()[:24])
rng = np.random.RandomState(7)
for t in (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64):
    a, b = (rng.randint(0, 100, 1000).astype(t) for _ in range(2))
    show("integer", np.stack([a + b, a - b, a * b, a // (b + 1), a % (b + 1), a & b, a | b, a ^ b, a << (b % 4), a >> (b % 4), np.maximum(a, b)]))
    show("sort", np.sort(a)); show("argsort", np.argsort(a, kind="stable"))
for t in (np.float32, np.float64, np.longdouble):
    a, b = ((rng.standard_normal(1000) * 10 ** rng.uniform(-20, 20, 1000)).astype(t) for _ in range(2))
    r = np.stack([a + b, a - b, a * b, a / b, np.sqrt(np.abs(a)), np.minimum(a, b), np.floor(a), np.rint(b), np.copysign(a, b)])
    if t is np.longdouble:
        print("longdouble", [repr(x) for x in r[:, 5]])
    else:
        show("float", r)
        show("cast", r.astype(np.float64).astype(np.float16))
        show("to integer", np.clip(r, -1e9, 1e9).astype(np.int32))
        show("sum", np.cumsum(a[:100]))
a = rng.randint(-9, 9, (60, 60)).astype(float)
show("matmul", a @ a); show("fft", np.rint(np.fft.ifft(np.fft.fft(a)).real))
print("solve", np.abs(np.linalg.solve(a, a @ np.ones(60)) - 1).max() < 1e-9, round(np.linalg.slogdet(a)[1], 9))
w = np.linalg.eigvalsh(a + a.T); print("eigenvalues", np.round(w[:4], 8), np.round(w.sum(), 6))
show("unique", np.unique(a)); show("uniform", np.random.default_rng(3).random(1000))
show("mt19937", rng.bytes(1000) and np.frombuffer(rng.bytes(4096), np.uint8))
from numpy.testing import assert_allclose
x = np.linspace(0.1, 10, 500)
for f, g in ((np.exp, np.log), (np.sinh, np.arcsinh), (np.tan, np.arctan), (np.cbrt, lambda y: y ** 3)):
    if f is np.tan: x = x % 1.5
    assert_allclose(g(f(x)), x, rtol=1e-12)
print("inverse functions fine")
EOF
