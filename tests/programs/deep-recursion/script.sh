cd /tmp
python3 - <<'P'
import sys
def f(n): return 0 if n == 0 else 1 + f(n - 1)
print(f(900))
def g(): g()
try: g()
except RecursionError as e: print(e)
sys.setrecursionlimit(20000); print(f(15000))
class A:
    def __getattr__(self, n): return getattr(self, n + 'x')
sys.setrecursionlimit(500)
try: A().y
except RecursionError: print('through C')
import threading; threading.stack_size(64 << 20); sys.setrecursionlimit(60000)
def run(): print(f(50000))
t = threading.Thread(target=run); t.start(); t.join()
sys.setrecursionlimit(1000); import json
try: json.loads('[' * 100000)
except RecursionError: print('nested')
P
perl -e 'no warnings "recursion"; sub f { my $n = shift; $n ? 1 + f($n - 1) : 0 } print f(50000), "\n"; my $r; $r = [$r] for 1..100000; print "built\n"; undef $r; print "freed\n"'
bash -c 'f() { [ $1 = 0 ] && echo bottom || f $(($1 - 1)); }; f 2000'
lua5.4 -e 'local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end print(f(150000)) print(pcall(function() local function g() return 1 + g() end return g() end) == false)'
cat >d.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) long f(long n) { volatile char b[200]; b[n % 200] = 1; return n ? 1 + f(n - 1) + b[n % 200] - 1 : 0; }
void *run(void *a) { printf("thread %ld\n", f(20000)); return 0; }
int main(int c, char **v) {
  printf("%ld\n", f(atol(v[1]))); fflush(stdout);
  pthread_attr_t a; pthread_attr_init(&a); pthread_attr_setstacksize(&a, 16 << 20); pthread_t t; pthread_create(&t, &a, run, 0); pthread_join(t, 0); return 0;
}
C
gcc -O1 -pthread -o d d.c && ./d 20000
(ulimit -s; ulimit -s 1024; ./d 2000; ./d 20000 2>/dev/null; echo "status $?")
(ulimit -s 65532; ./d 200000)
./d 100000000 2>/dev/null; echo "status $?"
printf 'int main() { return %s1%s; }\n' "$(printf '(%.0s' $(seq 2000))" "$(printf ')%.0s' $(seq 2000))" >n.c; gcc -o n n.c && ./n; echo "nested $?"
awk 'function f(n) { return n ? 1 + f(n - 1) : 0 } BEGIN { print f(20000) }'
echo "$(printf '(%.0s' $(seq 500))1$(printf ')%.0s' $(seq 500))" | bc
