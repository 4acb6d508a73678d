# The same variants of libm everywhere: those with FMA round differently.
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F
python3 - <<'EOF'
import hashlib, math, random, struct, sys, zlib
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction

sys.set_int_max_str_digits(0)
getcontext().prec = 200
print(Decimal(2).sqrt(), Decimal(10).ln(), Decimal(1).exp(), sep="\n")
with localcontext() as c:
    c.prec = 60
    print(Decimal(7) ** Decimal("0.3"), Decimal(355) / 113, Decimal("1e-30").log10())
print(sum(Fraction(1, n) for n in range(1, 200)))
print(pow(3, 10 ** 200, (1 << 521) - 1))
print(hashlib.sha256(str(math.factorial(1000)).encode()).hexdigest())

# Every operation's bits over values of all sizes.
r = random.Random(1)
digest = hashlib.sha256()
def number():
    return struct.unpack("<d", struct.pack("<Q", r.getrandbits(64) & ~(3 << 62) | r.getrandbits(1) << 63 | 3 << 60))[0]
for _ in range(1000):
    a, b = number(), number()
    values = [a + b, a - b, a * b, math.sqrt(abs(a)), math.fma(a, b, 1.0) if hasattr(math, "fma") else 0.0, math.fmod(a, b)]
    values += [a / b, float(int(a) if abs(a) < 1e30 else 0), round(a, 3) if abs(a) < 1e15 else a]
    digest.update(struct.pack(f"<{len(values)}d", *values))
    digest.update(repr(a).encode())
    digest.update(("%.17e %.3f %g" % (a, a if abs(a) < 1e20 else 0, b)).encode())
    digest.update(struct.pack("<f", a) if abs(a) < 1e38 else b"")
    digest.update(float.hex(b).encode())
print(digest.hexdigest())
for f in (math.sin, math.cos, math.tan, math.exp, math.log, math.atan, math.sinh, math.tanh, math.erf, math.gamma, math.cbrt):
    print(f.__name__, [f(x).hex() for x in (0.1, 0.5, 1.5, 20.25)])
data = bytes(r.getrandbits(8) for _ in range(20000))
print(zlib.crc32(data), zlib.adler32(data), len(zlib.compress(data[:5000] * 3, 9)))
EOF
