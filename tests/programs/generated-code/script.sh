cd /tmp
# Little room for code: traces are thrown away and compiled again.
cat >t.lua <<'L'
local ffi = require 'ffi'
ffi.cdef 'void qsort(void *, size_t, size_t, int (*)(const int *, const int *)); int abs(int);'
local function primes(n) local s, c = {}, 0; for i = 2, n do if not s[i] then c = c + 1; for j = i * i, n, i do s[j] = true end end end return c end
local function collatz(n) local m = 0; for i = 1, n do local x, c = i, 0; while x > 1 do x = x % 2 == 0 and x / 2 or 3 * x + 1; c = c + 1 end m = math.max(m, c) end return m end
print(jit.status() == true, primes(50000), collatz(3000))
local sum = 0; for round = 1, 40 do
  local f = loadstring('local n, a = ... for i = 1, n do a = a + i % ' .. round + 1 .. ' end return a')
  sum = sum + f(500, round); if round % 10 == 0 then jit.flush() end
end
print(sum)
local a = ffi.new('int[?]', 100); for i = 0, 99 do a[i] = (i * 37) % 101 end
for _ = 1, 20 do local cb = ffi.cast('int (*)(const int *, const int *)', function(x, y) return x[0] - y[0] end); ffi.C.qsort(a, 100, 4, cb); cb:free() end
print(a[0], a[1], a[99]); local s = 0; for i = -1000, 1000 do s = s + ffi.C.abs(i) end print(s)
local t = {}; for i = 1, 2000 do t[#t + 1] = ('%d:%s'):format(i, ('x'):rep(i % 7)) end print(#table.concat(t, ','))
local co = 0; for i = 1, 200 do local c = coroutine.wrap(function() for j = 1, 30 do coroutine.yield(j) end end) for _ = 1, 30 do co = co + c() end end print(co)
L
for options in "" -O3,hotloop=2,hotexit=2,maxmcode=64,sizemcode=32 -O3,maxtrace=20 -joff; do luajit $options t.lua 2>&1 | md5sum; done; luajit t.lua
cat >t.js <<'J'
const hot = (f, ...a) => { let r; for (let i = 0; i < 3000; i++) r = f(...a); return r; };
const add = (a, b) => a + b;
console.log(hot(add, 1, 2), hot(add, 1.5, 2), hot(add, 'a', 2), String(hot(add, 1n, 2n)), hot(add, null, undefined));
class P { constructor(x) { this.x = x; } get(n) { return this.x * n; } }
class Q extends P { get(n) { return super.get(n) + 1; } }
console.log([new P(1), new Q(2), { get: n => -n }].map(o => hot(() => o.get(3))));
let made = 0; for (let i = 0; i < 300; i++) made += hot(new Function('a', `let s = ${i}; for (let j = 0; j < 3; j++) s += a * j; return s;`), i);
console.log(made);
const f = new Float64Array(20000); for (let r = 0; r < 10; r++) for (let i = 0; i < f.length; i++) f[i] = Math.sqrt(f[i] + i) * 1.25;
console.log(f.reduce((a, b) => a + b).toFixed(6));
console.log('a1b22c333'.repeat(500).replace(/([a-z])(\d+)/g, (m, l, d) => l.toUpperCase() + d.length).slice(0, 12), /^(?:(\w+)-)+\1$/.test('ab-cd-cd'));
// (func (param i32) (result i32) local.get 0; i32.const 3; i32.mul), made again and again.
let w = 0; for (let i = 0; i < 20; i++) w += new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 32, 0, 65, i, 108, 11]))).exports.f(7);
console.log(w);
const deep = n => n ? deep(n - 1) + 1 : 0; console.log(deep(5000)); try { deep(1e7); } catch (e) { console.log(e.constructor.name); }
function* g() { for (let i = 0; i < 5000; i++) yield i; } let s = 0; for (const i of g()) s += i; console.log(s);
try { null.x; } catch (e) { console.log(e.message); }
const big = 3n ** 2000n; console.log(String(big % 1000000007n), JSON.stringify(Array.from({ length: 5 }, (_, i) => ({ i }))));
J
node t.js; node --interrupt-budget=2000 --gc-interval=2000 t.js | md5sum; node --jitless t.js 2>/dev/null | tail -2 | md5sum
cat >t.php <<'P'
<?php
function mandel($w) { $s = 0; for ($y = 0; $y < $w; $y++) for ($x = 0; $x < $w; $x++) { $a = $b = 0.0; for ($n = 0; $n < 50 && $a * $a + $b * $b < 4; $n++) { $t = $a * $a - $b * $b + $x / $w * 3 - 2; $b = 2 * $a * $b + $y / $w * 2 - 1; $a = $t; } $s += $n; } return $s; }
function fib($n) { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); }
class C { public $v = []; function add($k) { $this->v[$k % 17] = ($this->v[$k % 17] ?? 0) + $k; return $this; } }
$c = new C; for ($i = 0; $i < 5000; $i++) $c->add($i); ksort($c->v);
echo (opcache_get_status()['jit']['on'] ?? false) ? "compiled\n" : "interpreted\n", mandel(40), ' ', fib(18), ' ', json_encode($c->v), "\n";
function poly($a, $b) { return $a + $b; } foreach ([[1, 2], [1.5, 2], [PHP_INT_MAX, 1], ['3', 4]] as $p) for ($i = 0; $i < 300; $i++) $r[json_encode($p)] = poly(...$p);
echo json_encode($r), "\n", preg_replace_callback('/(\w)(\d+)/', fn($m) => strtoupper($m[1]) . $m[2] * 2, str_repeat('a1 b22 ', 3)), "\n";
echo md5(implode(',', array_map(fn($n) => $n * $n % 97, range(1, 3000)))), "\n";
P
for jit in tracing function; do php -d opcache.enable_cli=1 -d opcache.jit_buffer_size=8M -d opcache.jit=$jit -d opcache.jit_hot_loop=2 -d opcache.jit_hot_func=2 t.php; done
cat >t.py <<'P'
import cffi, ctypes, gc, re, threading
libc = ctypes.CDLL(None); order = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
def run(n):
    a = (ctypes.c_int * 50)(*((i * n) % 53 for i in range(50)))
    libc.qsort(a, 50, 4, order(lambda x, y: x[0] - y[0])); return list(a) == sorted(a)
print(all(run(n) for n in range(1, 40)))
kept = [ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_int)(lambda a, b, k=k: a * k + b) for k in range(600)]
print(sum(f(1.5, 2) for f in kept)); del kept[::2]; gc.collect()
kept += [ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_int)(lambda a, b, k=k: a - k) for k in range(600)]
print(sum(f(1.5, 2) for f in kept))
done = []; threads = [threading.Thread(target=lambda n=n: done.append(run(n))) for n in range(2, 10)]
[t.start() for t in threads]; [t.join() for t in threads]; print(done)
ffi = cffi.FFI(); ffi.cdef('void qsort(void *, size_t, size_t, int (*)(const void *, const void *)); typedef struct { long long a; double b; } pair;')
c = ffi.dlopen(None); a = ffi.new('int[]', [5, 3, 9, 1])
for sign in (1, -1, 1):
    cb = ffi.callback('int(const void *, const void *)', lambda x, y: sign * (ffi.cast('int *', x)[0] - ffi.cast('int *', y)[0])); c.qsort(a, 4, 4, cb); print(list(a))
give = ffi.callback('pair(pair, float)', lambda p, f: {'a': p.a + 1, 'b': p.b * f}); r = give({'a': 1 << 40, 'b': 2.5}, 2); print(r.a, r.b)
class E(Exception): pass
@ffi.callback('int(int)', error=-7)
def fails(n): raise E
import os, sys; sys.stderr = open(os.devnull, 'w'); print(fails(1))
P
python3 t.py
yjit=$(ruby --yjit -e 'puts "--yjit"' 2>/dev/null)
# shellcheck disable=SC2086
ruby $yjit -e 'def fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2)
p fib(20); a = (1..3000).map { |n| n * n % 97 }; p a.sum, a.tally.size
def poly(a, b) = a + b
p [[1, 2], [1.5, 2], ["a", "b"], [[1], [2]], [2**64, 1]].map { |x| 200.times.map { poly(*x) }.last }
class Integer; alias old +; def +(o) = old(o).succ; end; p((1..5).inject { |x, y| x + y }); class Integer; alias + old; end; p fib(15)'
seq 20000 | grep -cP '^(?:1(?=\d*7)|2(?!\d*3))\d*5$'
cat >c.c <<'C'
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
/* mov eax, imm32; ret */
static unsigned char *put(unsigned char *at, int value) { at[0] = 0xb8; memcpy(at + 1, &value, 4); at[5] = 0xc3; return at; }
static int call(void *at) { return ((int (*)(void))at)(); }
static void *thread(void *at) { long s = 0; for (int i = 0; i < 2000; i++) s += call(at); return (void *)s; }
int main(void) {
  long s = 0; int all = PROT_READ | PROT_WRITE | PROT_EXEC;
  unsigned char *p = mmap(0, 65536, all, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 3000; i++) s += call(put(p, i));
  printf("rewritten %ld\n", s); s = 0;
  for (int i = 0; i < 3000; i++) s += call(put(p + i % 4000 * 8 % 65000, i));
  printf("spread %ld\n", s); s = 0;
  for (int i = 0; i < 300; i++) { mprotect(p, 4096, PROT_READ | PROT_WRITE); put(p, i); mprotect(p, 4096, PROT_READ | PROT_EXEC); for (int j = 0; j < 50; j++) s += call(p); }
  printf("protected %ld\n", s); s = 0;
  for (int i = 0; i < 200; i++) { munmap(p, 65536); p = mmap(p, 65536, all, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); put(p, i); for (int j = 0; j < 50; j++) s += call(p); }
  printf("mapped again %ld\n", s); s = 0;
  for (int i = 0; i < 100; i++) { put(p, i); unsigned char *q = mremap(p, 65536, i % 2 ? 65536 : 131072, MREMAP_MAYMOVE); for (int j = 0; j < 50; j++) s += call(q); if (!(i % 2)) q = mremap(q, 131072, 65536, 0); p = q; }
  printf("moved %ld\n", s); s = 0;
  put(p, 1); pthread_t t[4]; void *r; for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, thread, p); for (int i = 0; i < 4; i++) { pthread_join(t[i], &r); s += (long)r; }
  printf("threads %ld\n", s); put(p, 77);
  if (!fork()) { int a = call(p); put(p, 5); _exit(a + call(p)); }
  int st; wait(&st); printf("child %d, here %d\n", WEXITSTATUS(st), call(p));
  /* A loop that changes the constant it adds: add eax, 1; inc byte [the constant]; loop. */
  unsigned char code[] = {0x31, 0xc0, 0xb9, 100, 0, 0, 0, 0x83, 0xc0, 0x01,
#ifdef __x86_64__
    0xfe, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xe2, 0xf5, 0xc3};
#else
    0xfe, 0x05, 0, 0, 0, 0, 0xe2, 0xf5, 0xc3};
  unsigned char *imm = p + 9; memcpy(code + 12, &imm, 4);
#endif
  memcpy(p, code, sizeof code); printf("changes itself %d\n", call(p)); return 0;
}
C
gcc -O1 -pthread -w -o c c.c && ./c
