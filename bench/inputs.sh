# Makes the inputs of the workloads in /bench/in, natively, when the benchmark's
# image is built. Only what the image itself holds goes in.
set -e
mkdir -p /bench/in
cd /bench/in
cat /usr/lib/python3.11/[a-m]*.py | head -c 2000000 >text
head -c 1000000 text >text1m
for i in 1 2 3 4; do cat text; done >text8m
for i in 1 2 3 4; do cat text8m; done >text32m
cat /usr/lib/python3.11/*.py /usr/lib/python3.11/[a-j]*/*.py | head -c 5000000 >text5m
# Members and frames in a row are one file to gunzip and unzstd.
gzip -9nc text5m >text10m.gz
cat text10m.gz text10m.gz >twice && mv twice text10m.gz
bzip2 -9c text >text.bz2
xz -6c text5m >text5m.xz
zstd -q -19 -c text5m >text20m.zst
cat text20m.zst text20m.zst text20m.zst text20m.zst >fourfold && mv fourfold text20m.zst
[ "$(wc -c <text5m)" = 5000000 ]
awk 'BEGIN { s = 1; for (i = 0; i < 130000; i++) { s = (s * 16807) % 2147483647; print i, s % 1000, s } }' >numbers

cat >hello.c <<'C'
#include <stdio.h>
int main(void) { printf("hello %d\n", 42); return 0; }
C

# A middling translation unit: 120 functions with loops, branches and structures.
awk 'BEGIN {
	print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nstruct item { int key; long sum; char name[24]; struct item *next; };"
	for (i = 0; i < 120; i++) {
		printf "static long step%d(struct item *p, int n) {\n\tlong t = %d;\n\tfor (int i = 0; i < n; i++) {\n", i, i
		printf "\t\tif (p[i].key %% %d == 0) t += p[i].sum * %d; else t ^= p[i].key << %d;\n", i % 7 + 2, i + 3, i % 5
		printf "\t\tswitch (t & 3) { case 0: p[i].sum++; break; case 1: t -= n; break; default: p[i].key ^= (int)t; }\n\t}\n"
		if (i) printf "\treturn t + step%d(p, n / 2);\n}\n", i - 1
		else print "\treturn t;\n}"
	}
	print "int main(void) { static struct item v[64]; for (int i = 0; i < 64; i++) v[i].key = i * 31; printf(\"%ld\\n\", step119(v, 64)); return 0; }"
}' >middling.c

# A project of 20 files and a header, built by make.
mkdir -p project
awk 'BEGIN { for (i = 0; i < 20; i++) printf "int part%d(int);\n", i }' >project/parts.h
for i in $(seq 0 19); do
	printf '#include <stdio.h>\n#include <string.h>\n#include "parts.h"\nint part%d(int n) {\n\tchar text[64];\n\tint sum = 0;\n\tfor (int i = 0; i < n; i++) {\n\t\tsnprintf(text, sizeof text, "%%d:%%d", i, %d);\n\t\tsum += (int)strlen(text);\n\t}\n\treturn sum;\n}\n' "$i" "$i" >project/part"$i".c
done
{
	printf '#include <stdio.h>\n#include "parts.h"\nint main(void) {\n\tint sum = 0;\n'
	for i in $(seq 0 19); do printf '\tsum += part%d(%d);\n' "$i" $((i + 5)); done
	printf '\tprintf("%%d\\n", sum);\n\treturn 0;\n}\n'
} >project/main.c
printf 'OBJECTS = %s main.o\nCFLAGS = -O1\nprogram: $(OBJECTS)\n\t$(CC) -o $@ $(OBJECTS)\n$(OBJECTS): parts.h\n' "$(printf 'part%d.o ' $(seq 0 19))" >project/Makefile

mkdir -p tree files
head -c 4000000 text8m | split -a 3 -b 8000 - files/
for i in $(seq 0 59); do tail -c +$((i * 4000 + 1)) text | head -c 4000 >tree/file"$i"; done

cat >classes.py <<'P'
import json, re
class Shape:
    def __init__(self, w, h): self.w, self.h = w, h
    def area(self): return self.w * self.h
class Box(Shape):
    def area(self): return super().area() + 1
total = sum(Box(i, i % 7).area() for i in range(50000))
words = {}
for word in re.findall(r"[a-z_]+", open("/bench/in/text1m").read()[:300000]):
    words[word] = words.get(word, 0) + 1
top = sorted(words.items(), key=lambda p: (-p[1], p[0]))[:5]
print(total, json.loads(json.dumps(top)))
P
cat >loops.py <<'P'
def primes(n):
    sieve = [True] * n
    for i in range(2, n):
        if sieve[i]:
            for j in range(i * i, n, i):
                sieve[j] = False
    return sum(sieve[2:])
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(primes(400000), fib(22), sum(i * i % 7 for i in range(250000)))
P
cat >words.pl <<'P'
use strict;
my (%count, $digits);
open my $in, '<', '/bench/in/text1m' or die;
while (<$in>) {
	$count{lc $1}++ while /([A-Za-z_]\w{3,})/g;
	$digits += $1 while /\b(\d+)\b/g;
}
my @top = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
print "$digits @top[0..4] $count{$top[0]}\n";
P
cat >tables.lua <<'P'
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local t, seed = {}, 42
for i = 1, 100000 do seed = (seed * 16807) % 2147483647; t[i] = seed % 100000 end
table.sort(t)
local parts = {}
for i = 1, 20000 do parts[#parts + 1] = string.format("%d:%s", t[i], ("x"):rep(i % 5)) end
print(fib(26), t[1], t[30000], #table.concat(parts, ","))
P
cat >join.sql <<'P'
create table a(id integer primary key, k integer, name text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
insert into a select i, (i * 7919) % 5003, 'name' || (i * 31 % 997) from n;
create index by_k on a(k);
create table b as select k, count(*) as c, max(name) as m from a group by k;
select count(*), sum(a.id * b.c), max(b.m) from a join b on a.k = b.k where a.name like '%7%';
P
