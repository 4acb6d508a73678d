# Runs what many people run, once and briefly: what is executed here is compiled beforehand and lies beside the
# image (`cargo xtask image` without --no-code; `tawaki --precompile`). Programs that an image does not have are
# left out. Nothing here needs a network.
cd "$(mktemp -d)" || exit 1
export HOME=$PWD LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1
has() { command -v "$1" >/dev/null; }
quietly() { "$@" >out 2>&1 </dev/null; }

# Text to work on.
{
	for ((i = 0; i < 1500; i++)); do
		printf '%s %d:%x word%d "quoted, text" /usr/lib/x86/%s.so.%d 3.%d\n' "line$((i * 7919 % 1000))" $i $((i * i)) $((i % 97)) name$((i % 31)) $((i % 5)) $i
	done
	find /usr/share/zoneinfo /etc /usr/lib -maxdepth 2 2>/dev/null | head -1500
} >text
cat text text text text >more
cat more more more more >much

# The shell and small tools.
for i in 1 2; do
	bash -c 'exit 0'
	sh -c 'exit 0'
	/bin/bash --norc -c 'n=0; for ((i = 0; i < 12000; i++)); do ((n += i % 7)); s="x$i"; [[ $s == *9 ]] && n=$((n + ${#s})); done; echo $n
		f() { local a=$1; a=${a//e/E}; a=${a#* }; echo "${a%%:*}"; }
		while read -r a b rest; do case $a in line1*) f "$a $b" ;; *) : ;; esac; done <text | sort | uniq -c | sort -rn | head -3
		declare -A m; for w in $(cut -d" " -f1 text); do m[$w]=$((${m[$w]:-0} + 1)); done; echo ${#m[@]}
		a=(one two three); for x in "${a[@]}"; do printf "%5s|%-8d|%s\n" "$x" ${#x} "$(echo "$x")"; done; cat <<< "$n"' >out
done
for i in 1 2 3 4 5 6; do
	quietly ls -la /usr/lib /etc
	quietly ls -lR /usr/share/bash-completion /usr/lib/python3 /etc
	quietly ls --color=auto /usr/bin
	quietly cat text
	quietly echo "$(head -20 text | tail -3 | wc)"
	quietly cp text copy
	quietly mv copy moved
	quietly rm -f moved
	quietly mkdir -p d/e/f
	quietly touch d/e/f/g
	quietly stat text
	quietly date
	quietly env
	quietly uname -a
	quietly ps aux
	quietly id
	quietly df -h
	quietly du -s /etc
	quietly true
	quietly false
	quietly test -e text
	quietly expr 3 + 4
	quietly seq 1 2000
	quietly tr a-z A-Z <more
	quietly cut -d: -f2 more
	quietly dirname /usr/lib/x
	quietly basename /usr/lib/x
	quietly readlink -f /bin/sh
done
for i in 1 2; do
	sort much >sorted
	sort -n -k2 more >out
	sort -u much | uniq -c | sort -rn | head >out
	uniq sorted >out
	comm -12 sorted sorted >out
	join <(sort text) <(sort text) >out 2>&1
	wc much >out
	grep -c word9 much >out
	grep -E '(line|name)[0-9]+[02468]:|so\.[13]' much >out
	grep -vi QUOTED more >out
	grep -F 'word11' -n much >out
	sed -e 's/word\([0-9]*\)/w<\1>/g' -e '/name7/d' -e 's,/usr,/opt,' much >out
	sed -n '10,400p;$p' much >out
	tr -s ' ' '\n' <much | tr -d '"' | head -c 300000 >out
	find / -xdev -name '*.py' -size +4k >out 2>/dev/null
	find /usr/lib -type f | xargs -n 400 echo | wc >out
	diff text <(sed 's/word5/other/' text) >out
	diff -u text <(sed '30,40d' text) >out
	head -c 2000000 /dev/zero | wc -c >out
	od -A x -t x1z text | tail -2 >out
	base64 much | base64 -d | cmp - much
	nl text | fold -w 60 | expand | paste - - | column -t 2>/dev/null | tail -1 >out
	rev text 2>/dev/null | tac | shuf --random-source=much | tail -1 >out
	printf '%s\n' {1..300} | xargs -P2 -n 30 echo >out
	yes | head -n 20000 | tail -1 >out
	for s in md5sum sha1sum sha224sum sha256sum sha512sum b2sum cksum sum; do head -c 1000000 /usr/lib/git-core/git 2>/dev/null | $s >out; done
done
quietly file text /bin/bash /usr/lib/os-release
quietly vim -u NONE -es -c '%s/word/W/g' -c 'g/name3/d' -c 'wq! edited' text
quietly less text
quietly curl --version

# Archives and compressors, as processors with and without further instructions see them.
tar cf a.tar text more much -C /usr/share/zoneinfo Europe 2>/dev/null
quietly tar tvf a.tar
mkdir -p x && tar xf a.tar -C x
for tunables in '' glibc.cpu.hwcaps=-AVX2_Usable,-AVX_Usable,-BMI2,-ERMS; do
	export GLIBC_TUNABLES=$tunables
	for tool in 'gzip -6' 'gzip -1' 'bzip2' 'xz -1' 'xz -6' 'zstd -3' 'zstd -10'; do
		has "${tool%% *}" || continue
		head -c 400000 a.tar | $tool -c >a.z && ${tool%% *} -dc a.z | cmp -s - <(head -c 400000 a.tar)
	done
	tar czf a.tgz text more
	tar xzf a.tgz -C x
	head -c 400000 a.tar | sha256sum >out
done
unset GLIBC_TUNABLES
# Programs have much that is not repeated.
for tool in 'gzip -6' 'bzip2' 'xz -1' 'zstd -3'; do
	has "${tool%% *}" || continue
	head -c 300000 /bin/bash | $tool -c >a.z && for ((i = 0; i < 3; i++)); do ${tool%% *} -dc a.z >out; done
done
if has openssl; then
	for cap in '' '~0x200000200000000' ':~0x20000000' '~0x200000200000000:~0x20000000'; do
		for digest in md5 sha1 sha256 sha512 blake2b512 sha3-256; do OPENSSL_ia32cap=$cap openssl dgst -$digest much >out; done
		OPENSSL_ia32cap=$cap openssl enc -aes-128-cbc -K 00 -iv 00 -in much -out out 2>/dev/null
	done
fi

# Compiling.
cat >small.c <<'C'
#include <stdio.h>
int main(void) { puts("hello, world"); return 0; }
C
cat >program.c <<'C'
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define FIELDS(X) X(name) X(size) X(left) X(right)
enum kind { LEAF, NODE, LIST, NUMBER = 10 };
typedef struct item { struct item *left, *right; enum kind kind; char name[24]; double size; unsigned flags : 5, rest : 11; union { int64_t i; float f; } u; } item;
static const char *const names[] = { "alpha", "beta", "gamma", "delta" };
static item *tree; static int count;
static inline uint32_t rotate(uint32_t v, int n) { return v << n | v >> (32 - n); }
static uint32_t hash(const char *s) { uint32_t h = 2166136261u; while (*s) { h ^= (unsigned char)*s++; h *= 16777619u; h = rotate(h, 5); } return h; }
static item *insert(item *t, const char *name) {
	if (!t) { t = calloc(1, sizeof *t); if (!t) { perror("calloc"); exit(1); } snprintf(t->name, sizeof t->name, "%s", name); t->size = sqrt((double)strlen(name)); t->u.i = hash(name); count++; return t; }
	int c = strcmp(name, t->name);
	if (c < 0) t->left = insert(t->left, name); else if (c > 0) t->right = insert(t->right, name); else t->flags++;
	return t;
}
static double total(const item *t) { return t ? t->size + MAX(total(t->left), total(t->right)) : 0.0; }
static int compare(const void *a, const void *b) { const double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }
static void message(const char *format, ...) { va_list list; va_start(list, format); vfprintf(stdout, format, list); va_end(list); fputc('\n', stdout); }
static long parse(const char **at) {
	long value = 0; int sign = 1;
	for (;;) switch (**at) {
		case ' ': case '\t': ++*at; continue;
		case '-': sign = -sign; ++*at; continue;
		case '(': ++*at; value = parse(at); if (**at == ')') ++*at; return sign * value;
		default: if (!isdigit((unsigned char)**at)) return sign * value; while (isdigit((unsigned char)**at)) value = value * 10 + (*(*at)++ - '0'); return sign * value;
	}
}
static void multiply(int n, float (*restrict a)[n], float (*restrict b)[n], float (*restrict c)[n]) {
	for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) { float s = 0; for (int k = 0; k < n; k++) s += a[i][k] * b[k][j]; c[i][j] = s; }
}
static void sort(int *v, int n) { for (int gap = n / 2; gap; gap /= 2) for (int i = gap; i < n; i++) { int x = v[i], j = i; while (j >= gap && v[j - gap] > x) { v[j] = v[j - gap]; j -= gap; } v[j] = x; } }
int main(int argc, char **argv) {
	char line[256]; double sizes[64]; size_t n = 0; int numbers[100];
	for (int i = 0; i < 100; i++) { snprintf(line, sizeof line, "%s-%d", names[i % 4], i * 37 % 50); tree = insert(tree, line); numbers[i] = (i * 7919) % 101; }
	for (int i = 1; i < argc && n < 64; i++) sizes[n++] = strtod(argv[i], NULL);
	qsort(sizes, n, sizeof *sizes, compare); sort(numbers, 100);
	float a[8][8], b[8][8], c[8][8]; memset(a, 0, sizeof a); for (int i = 0; i < 64; i++) { a[i / 8][i % 8] += i; b[i / 8][i % 8] = 64 - i; } multiply(8, a, b, c);
	const char *text = " - (42 "; message("%d %g %ld %s %.3f %d", count, total(tree), parse(&text), strerror(ENOENT), c[3][4], numbers[50]);
	do { n = n * 3 / 4; if (n == 7) goto out; } while (n > 1);
out:
	return getpid() > 0 && time(NULL) != (time_t)-1 ? 0 : 1;
}
C
awk 'BEGIN { print "#include <string.h>\n#include <stdlib.h>"; for (i = 0; i < 60; i++) { printf "struct s%d { int a[%d]; struct s%d *next; char c; double d; };\nstatic int table%d[] = { 1, %d, 3, 4 };\nint f%d(struct s%d *p, int n, unsigned u, const char *s) {\n\tint r = n * %d; double d = p->d + u;\n\tfor (int i = 0; i < n; i++) { r += p->a[i %% %d] ^ (int)(u >> (i & 31)); if (r & %d) r -= table%d[i & 3]; else u = u * 31 + (unsigned char)s[i %% 5]; }\n\tswitch (r %% 7) { case 0: r++; break; case 1: r = -r; case 2: u ^= r; break; case 3: return n; case 5: d *= 1.5; break; default: r <<= 1; }\n\twhile (p && p->next && r > 10) { r /= 2; p = p->next; d -= p->d / (r + 0.5); }\n\tif (strlen(s) > 3 && memcmp(s, \"abc\", 3) == 0) r = abs(r) + (int)d;\n\treturn r + (int)u;\n}\n", i, i % 9 + 2, i, i, i * 3, i, i, i + 1, i % 9 + 2, i * 2 + 1, i } }' >many.c
# Functions that call each other, of other shapes than those.
awk 'BEGIN {
	print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#define LIMIT 37\ntypedef struct node { struct node *left, *right; unsigned short kind; char text[12]; union { long number; double real; } value; } node;\nstatic int depth; static double grid[8][8]; static const unsigned char order[] = { 3, 1, 2, 0 };\nextern int report(const char *format, ...);"
	for (i = 0; i < 20; i++) {
		printf "static node *build%d(node *at, long key) {\n\tnode **place = &at;\n\twhile (*place && (*place)->value.number != key) place = key < (*place)->value.number ? &(*place)->left : &(*place)->right;\n\tif (!*place && depth < LIMIT + %d) { *place = calloc(1, sizeof **place); if (*place) { (*place)->value.number = key; (*place)->kind = (unsigned short)(key >> %d); strcpy((*place)->text, \"n%d\"); } }\n\treturn at;\n}\n", i, i, i % 5, i
		printf "static unsigned pack%d(const unsigned char *from, size_t size, unsigned *to) {\n\tunsigned sum = %du, run = 0; size_t at = 0, put = 0;\n\tdo {\n\t\tunsigned char c = from[at++];\n\t\tif (at < size && c == from[at]) { run++; continue; }\n\t\tto[put & 15] = run << 8 | (c ^ order[put & 3]); put++; run = 0; sum = (sum << 7 | sum >> 25) + c;\n\t\tif (c == 0x%02x || put > 100) goto done;\n\t} while (at < size);\ndone:\n\treturn sum ? sum : (unsigned)put;\n}\n", i, i * 7 + 1, i + 32
		printf "double mix%d(int n, double (*f)(double), node *list) {\n\tdouble s = 0, v[6] = { %d, 1.5 };\n\tfor (int i = 1; i < n && i < 8; i++) for (int j = i %% 3; j < 8; j += 2) { grid[i][j] = grid[j][i - 1] * 0.5 + (i > j ? v[j %% 6] : f((double)i / (j + 1))); s += grid[i][j] > s ? -grid[i][j] : (double)(i * j); }\n\tfor (node *p = list; p; p = p->right) switch (p->kind & 15) { case 0: case 4: s += p->value.real; break; case 7: return s; case 9: depth--; /* falls through */ case 11: v[depth & 3] -= s; break; default: if (p->left && !strncmp(p->text, \"key\", 3)) s = -s; }\n", i, i
		if (i) printf "\tunsigned out[16]; char line[40]; int k = snprintf(line, sizeof line, \"%%d:%%.3f\", n, s);\n\tif (pack%d((const unsigned char *)line, (size_t)k, out) & 1) s += mix%d(n / 2, f, build%d(list, k));\n\treport(\"%%s %%u\\n\", line, out[k & 15]);\n", i, i - 1, i
		else print "\tif (build0(list, n) && pack0((const unsigned char *)list->text, 5, (unsigned *)v)) depth++;"
		print "\treturn s;\n}"
	}
}' >mixed.c
if has gcc; then
	for i in 1 2 3; do
		gcc small.c -o small && ./small >out
	done
	gcc -Wall -O0 -g -c program.c -o program.o 2>out
	for flags in -O1 -O2 -O0; do gcc $flags -c mixed.c -o mixed.o; done
	for flags in -O1 '-O2 -Wall' -O3 -Os; do
		gcc $flags program.c -o program -lm 2>out && ./program 1 5 3 2 >out
	done
	for flags in -O1 -O2 '-O0 -g' '-O3 -Wall -Wextra'; do gcc $flags -c many.c -o many.o; done
	# What real sources have most of: headers.
	for h in stdlib stdio string math ctype errno time signal unistd fcntl limits locale setjmp stdint wchar wctype complex fenv inttypes pthread dirent glob regex netdb poll sched search termios ftw grp pwd sys/stat sys/socket sys/mman sys/wait sys/select arpa/inet netinet/in; do echo "#include <$h.h>"; done >headers.c
	cat program.c >>headers.c
	gcc -O1 -c headers.c -o headers.o 2>out
	gcc -O2 -g -c headers.c -o headers.o 2>out
	gcc -E program.c >out
	gcc -S -O2 small.c -o small.s && as small.s -o small.o && gcc small.o -o small
	ar rcs libmany.a many.o program.o && nm libmany.a >out
	objdump -d many.o >out
	objdump -h program >out
	readelf -a small >out
	strip small -o stripped
	size program >out
fi
if has make && has gcc; then
	mkdir -p project && cd project || exit 1
	for ((i = 0; i < 8; i++)); do printf '#include <stdio.h>\nint f%d(int n) { for (int i = 0; i < n; i++) if (i %% %d == 3) printf("%%d", i); return n; }\n' $i $((i + 4)) >f$i.c; done
	printf 'int f0(int);\nint main(void) { return f0(0); }\n' >main.c
	printf 'OBJ := $(patsubst %%.c,%%.o,$(wildcard *.c))\nprogram: $(OBJ)\n\t$(CC) -o $@ $^\n%%.o: %%.c\n\t$(CC) -O1 -c -o $@ $<\nclean:\n\trm -f *.o program\n.PHONY: clean\n' >Makefile
	quietly make -j2
	quietly make
	quietly make clean
	cd ..
fi

# Languages.
if has python3; then
	for i in 1 2 3; do python3 -c pass; done
	cat >train.py <<'P'
import collections, dataclasses, functools, hashlib, heapq, io, itertools, json, math, os, random, re, string, sys, tempfile, time
from fractions import Fraction
from decimal import Decimal
class Base:
    kind = "base"
    def __init__(self, name, value=0): self.name, self.value, self.parts = name, value, []
    def __repr__(self): return f"<{self.name} {self.value!r:>5}>"
    def __lt__(self, other): return self.value < other.value
    def __add__(self, other): return type(self)(self.name + other.name, self.value + other.value)
    @property
    def size(self): return len(self.parts) + self.value
    @staticmethod
    def make(n): return Base("s%d" % n, n)
    @classmethod
    def many(cls, n): return [cls(f"n{i}", i) for i in range(n)]
class Derived(Base):
    kind = "derived"
    def __init__(self, name, value=1, *args, **more):
        super().__init__(name, value); self.more = more
    def step(self, n):
        for i in range(n): self.value = (self.value * 31 + i) % 1009; self.parts.append(i) if i % 50 == 0 else None
        return self.value
@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0
    def norm(self): return math.sqrt(self.x * self.x + self.y ** 2)
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def numbers(n):
    a, b = 0, 1
    while n: yield a; a, b, n = b, (a + b) % 1000007, n - 1
@functools.lru_cache(None)
def ways(n, k): return 1 if n == 0 else 0 if n < 0 or k == 0 else ways(n - k, k) + ways(n, k - 1)
def sieve(n):
    flags = [True] * n; flags[0:2] = [False, False]
    for i in range(2, int(n ** .5) + 1):
        if flags[i]: flags[i * i::i] = [False] * len(range(i * i, n, i))
    return [i for i, f in enumerate(flags) if f]
def main():
    fib(16); total = 0
    for i in range(30000):
        total += i * i % 7
        if i & 1: total ^= i
        elif total > 10 ** 6: total //= 3
    s = sum(x * y for x, y in zip(range(8000), range(8000, 0, -1))); sum(numbers(6000)); ways(60, 12); sieve(20000)
    counts = collections.Counter(); d = {}
    for line in open("text"):
        words = line.strip().split(); counts.update(words)
        for w in words: d[w] = d.get(w, 0) + len(w)
        m = re.match(r"(\w+) (\d+):([0-9a-f]+)", line)
        if m: d.setdefault(m.group(1), int(m.group(2))); d[m[2]] = int(m[3], 16)
    counts.most_common(5); sorted(d.items(), key=lambda kv: (str(kv[1]), kv[0]))
    text = json.dumps({"a": [1, 2.5, None, True, "x\u00e9"], "d": dict(list(d.items())[:200])}, indent=1); json.loads(text)
    re.sub(r"(?i)[aeiou]+", lambda m: m.group().upper(), text); re.findall(r"\b\w{3,5}\b", text); text.replace("1", "one").encode().decode()
    for h in ("md5", "sha1", "sha256", "blake2b"): hashlib.new(h, text.encode() * 50).hexdigest()
    o = Derived("d", 3, tag=1)
    for i in range(30): o.step(100)
    objects = Derived.many(400) + Base.many(400); objects.sort(); max(objects).size; [repr(x) for x in objects[:50]]; functools.reduce(lambda a, b: a + b, objects[:40])
    heap = []
    for i in range(3000): heapq.heappush(heap, (i * 7919) % 3001)
    while heap: heapq.heappop(heap)
    grid = [[random.random() for _ in range(40)] for _ in range(40)]
    [[sum(a * b for a, b in zip(row, col)) for col in zip(*grid)] for row in grid[:15]]
    sum(Point(i * .5, i).norm() for i in range(1500)); "%s %5.2f %x" % ("a", 2.5, 255); "{:>8,}|{:<5}".format(1234567, "x")
    sum((Fraction(1, n) for n in range(1, 60)), Fraction()); sum((Decimal(n).sqrt() for n in range(1, 40)), Decimal()); 3 ** 2000 // 7 ** 500; math.factorial(200)
    try:
        [][1]
    except IndexError as error: str(error)
    for n in range(300):
        try:
            if n % 3 == 0: raise ValueError(n)
        except ValueError: total += 1
        finally: total -= 1
    q = collections.deque(range(100)); [q.rotate(3) for _ in range(100)]; set(range(500)) & set(range(250, 700)); bytearray(b"abc" * 500).find(b"ca"); list(itertools.permutations("abcdef"))[100]
    with tempfile.TemporaryFile("w+") as f:
        for i in range(2000): f.write(f"{i},{i * i}\n")
        f.seek(0); sum(int(line.split(",")[1]) for line in f)
    print(total, s, time.strftime("%Y", time.gmtime(0)), os.path.join("a", "b"), sys.version_info[0], string.ascii_letters[:3], io.StringIO("x\ny").readlines())
main()
P
	python3 train.py >out
	python3 -c 'import subprocess, threading; print(subprocess.run(["true"]).returncode); t = threading.Thread(target=print, args=("x",)); t.start(); t.join()' >out
	python3 -m json.tool >out 2>&1 <<<'{"a": [1, 2, {"b": null}]}'
fi
if has perl; then
	for i in 1 2 3; do perl -e 1; done
	perl -e 'use strict; use warnings; my (%h, @a); my $n = 0;
		sub add { my ($x, $y) = @_; return $x + $y } sub fib { my $n = shift; $n < 2 ? $n : fib($n - 1) + fib($n - 2) }
		package P; sub new { my ($c, %a) = @_; bless { %a }, $c } sub value { $_[0]{value} } package main;
		open my $f, "<", "more" or die; while (<$f>) { chomp; my @w = split /\s+/; $h{$_}++ for @w; if (/^(\w+) (\d+):([0-9a-f]+)/) { $n = add($n, $2) % 65536; push @a, "$1-$3" } s/word(\d+)/W<$1>/g; tr/a-z/A-Z/; $n += length }
		fib(15); for my $i (0 .. 30000) { $n = ($n * 31 + $i) % 65521; $n ^= 5 if $i % 3 == 1 }
		my @s = sort { $h{$b} <=> $h{$a} || $a cmp $b } keys %h; print join(",", @s[0 .. 5]), sprintf(" %5.2f %03d %s", 3.14159, 7, "x" x 3), substr($s[0], 1, 2), lc("ABC"), scalar(reverse "abc"), "\n";
		my $o = P->new(value => 5); $n += $o->value for 1 .. 3000; my @m = map { $_ * 2 } grep { $_ % 2 } 1 .. 3000; my $t = join "", map { chr(65 + $_ % 26) } @m; my $c = () = $t =~ /[AEIOU][^AEIOU]/g; print "$n $c\n"' >out
fi
for awk in gawk mawk awk; do
	has $awk || continue
	$awk '{ n += NF; w[$1]++; if ($2 ~ /^[0-9]+:/) { split($2, p, ":"); t += p[1] } gsub(/word/, "W"); s = s substr($0, 1, 1); l += length($3) } END { for (k in w) if (w[k] > m) { m = w[k]; best = k } printf "%d %s %d %.2f %d %s\n", n, best, t, t / n, l, toupper(substr(s, 1, 9)) }' much >out
	$awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { for (i = 0; i < 60000; i++) { x = (x * 31 + i) % 65521; a[i % 512] += x } for (i in a) s += a[i]; print s, f(14), sqrt(2), int(7 / 2), index("hello", "l"), sprintf("%05d|%-5s", 42, "x") }' >out
	$awk -F: '{ print $1 }' /etc/passwd >out
done
has bc && printf '%s\n' 'scale=60' '4*a(1); e(1); sqrt(2); s(1)' 'define f(n) {' 'if (n < 2) return (n)' 'return (f(n-1) + f(n-2))' '}' 'f(13)' 'for (i = 0; i < 2000; i++) t += i * i % 7' 't; 2^700; 7^300 % 1000007' | bc -l >out
if has lua5.4 || has lua; then
	cat >train.lua <<'L'
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local Account = {} Account.__index = Account
function Account.new(b) return setmetatable({ balance = b, log = {} }, Account) end
function Account:deposit(v) self.balance = self.balance + v; self.log[#self.log + 1] = v end
local t, s, words = {}, 0, {}
for i = 1, 20000 do t[i] = (i * 7919) % 10007; s = s + t[i] // 3; if t[i] % 2 == 0 then s = s ~ i end end
table.sort(t) ; local a = Account.new(5) for i = 1, 4000 do a:deposit(i * .5) end
for line in io.lines("text") do for w in line:gmatch("%a+") do words[w] = (words[w] or 0) + 1 end line:gsub("%d+", function(d) return d + 1 end) s = s + #line:upper() end
local parts = {} for k, v in pairs(words) do parts[#parts + 1] = string.format("%s=%d", k, v) end table.sort(parts, function(x, y) return x > y end)
local co = coroutine.wrap(function() for i = 1, 2000 do coroutine.yield(i) end end) for i = 1, 2000 do s = s + co() end
local m = {} for i = 1, 30 do m[i] = {} for j = 1, 30 do m[i][j] = i * j / 7 end end for i = 1, 30 do for j = 1, 30 do local x = 0.0 for k = 1, 30 do x = x + m[i][k] * m[k][j] end s = s + x end end
print(fib(17), s, #parts, a.balance, table.concat(parts, ",", 1, 3), math.floor(3.7), ("x"):rep(3), select("#", 1, 2), pcall(error, "e"))
L
	$(command -v lua5.4 || command -v lua) train.lua >out
fi
if has sqlite3; then
	sqlite3 t.db 'create table t(id integer primary key, a text, b integer, c real); create index i on t(b); begin; with recursive n(x) as (select 1 union all select x + 1 from n where x < 4000) insert into t select x, "name" || (x % 97), x * 7919 % 1009, x / 3.0 from n; commit; select a, count(*), sum(b), avg(c) from t group by a order by 2 desc, 1 limit 5; select count(*) from t join t u on t.b = u.id where t.c > 100 and u.a like "%7%"; update t set b = b + 1 where id % 3 = 0; delete from t where id % 10 = 0; select max(length(a)), min(b), upper(substr(a, 1, 3)) from t; select distinct b % 10 from t order by 1; explain query plan select * from t where b = 5;' >out
	sqlite3 :memory: 'with recursive n(x, y) as (select 1, 1 union all select x + 1, (y * 31 + x) % 65521 from n where x < 20000) select sum(x * y % 7), max(y), group_concat(x % 3, "") <> "" from n;' >out
fi
if has git; then
	quietly git init -q repository
	cd repository || exit 1
	git config user.email a@b && git config user.name a
	for i in 1 2 3; do
		cp ../text file$i && echo $i >>file1
		git add . && quietly git commit -q -m "change $i"
	done
	quietly git status
	quietly git log --stat -p
	quietly git diff HEAD~1
	quietly git branch other
	quietly git checkout -q other
	echo x >>file2 && quietly git commit -qam other
	quietly git checkout -q -
	quietly git merge -q other
	quietly git gc -q
	quietly git clone -q . ../clone
	quietly git blame file1
	quietly git grep word9
	cd ..
fi
if has node; then
	node -e 'const m = new Map(); let s = 0; for (let i = 0; i < 50000; i++) { s = (s * 31 + i) % 65521; m.set(i % 100, s) } console.log(s, m.size, JSON.stringify([...m].slice(0, 3)), "a-b".split("-"), /x(\d+)/.exec("x42")[1])' >out
fi
cd / || exit 1
exit 0
