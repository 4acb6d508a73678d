{
mkdir /srv/cores; mount -t tmpfs tmpfs /srv/cores; cd /srv/cores
cat >crash.c <<'END'
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
struct node { int value; double weight; struct node *next; char name[16]; };
static const char *banner = "a word in the program";
int table[1000] = {1, 2, 3};
int *shared, *memory;
static int leaf(struct node *n, int how)
{
    double local = n->weight * 2;
    long double wide = n->value / 4.0L;
    switch (how) {
    case 0: return *(volatile int *)0x18 + (int)local + (int)wide;
    case 1: abort();
    case 2: return how / (n->value - n->value);
    case 3: __asm__ volatile("ud2");
    case 4: *(volatile char *)banner = 'x'; break;
    case 5: raise(SIGQUIT); break;
    case 6: for (;;) { table[999]++; }
    }
    return (int)local;
}
static int down(struct node *n, int depth, int how) { return depth ? down(n, depth - 1, how) + 1 : leaf(n, how); }
int main(int count, char **words)
{
    struct node *list = 0;
    for (int i = 0; i < 4; i++) {
        struct node *n = malloc(sizeof *n);
        n->value = i * 100; n->weight = i + 0.25; n->next = list; strcpy(n->name, "node"); list = n;
    }
    shared = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared[1000] = 4711;
    int fd = memfd_create("memory", 0);
    ftruncate(fd, 4096);
    memory = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    memory[100] = 815;
    table[500] = getpid() > 0;
    return down(list, 3, count > 1 ? atoi(words[1]) : 0);
}
END
gcc -w -g -O0 -fno-pie -no-pie -o crash crash.c; cat >threads.c <<'END'
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
static pthread_barrier_t met;
static volatile long turns;
static void __attribute__((noinline)) waits(int number) { pthread_barrier_wait(&met); for (;;) pause(); }
static void __attribute__((noinline)) computes(int number)
{
    double sum = number;
    pthread_barrier_wait(&met);
    for (;;) { sum += 0.5; turns++; }
}
static void __attribute__((noinline)) reads(int number)
{
    int ends[2];
    char buffer[8];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    pthread_barrier_wait(&met);
    read(ends[0], buffer, 8);
}
static void __attribute__((noinline)) crashes(int number) { pthread_barrier_wait(&met); while (turns < 1000000) ; usleep(100000); *(volatile int *)4 = number; }
static void *begin(void *argument)
{
    long number = (long)argument;
    if (number == 1) waits(number);
    if (number == 2) computes(number);
    if (number == 3) reads(number);
    if (number == 4) crashes(number);
    return 0;
}
int main()
{
    pthread_t threads[5];
    pthread_barrier_init(&met, 0, 4);
    for (long i = 1; i <= 4; i++)
        pthread_create(&threads[i], 0, begin, (void *)i);
    pthread_join(threads[1], 0);
}
END
gcc -w -g -O0 -pthread -o threads threads.c; gcc -w -g -O2 -fPIE -pie -o fast crash.c
# What is the same wherever the program lies.
plain() { grep -E '^(#|Program term|Core was|\$|[A-Za-z_]+ = |  *[0-9] |Num|\*)' | grep -vE 'libc|ld-linux|__kernel_vsyscall' | sed 's/0x[0-9a-f]*/ADDR/g; s/^#[0-9]* */# /; s/^# ADDR in /# /; s/(LWP [0-9]*)/(LWP N)/; s/^#[0-9]*/#/'; }
ulimit -c unlimited
for how in 0 1 2 3 4 5; do
    echo "== $how"; rm -f core*; ./crash $how; ls core* | sed 's/[0-9][0-9]*/N/'
    gdb -q -batch -ex bt -ex 'info locals' -ex 'print table[500]' -ex 'print table[0]@3' -ex 'print shared[1000]+memory[100]' -ex 'print $_siginfo.si_signo' ./crash core* 2>&1 | plain
done
echo == the first again; rm -f core*; ./crash
gdb -q -batch -ex 'print $_siginfo._sifields._sigfault.si_addr' -ex 'frame function leaf' -ex 'print *n' -ex 'print *n->next' -ex 'print n->next->next->name' -ex 'print local' -ex 'print wide' -ex 'print banner' -ex 'info threads' \
    -ex 'frame function main' -ex 'print words[0]' -ex 'print count' -ex 'print table[999]' -ex 'print $pc > (unsigned long)main && $pc < (unsigned long)main + 400' -ex 'x/i $pc' ./crash core* 2>&1 | plain
gdb -q -batch -ex 'info files' ./crash core* 2>&1 | grep load | awk 'END { print NR > 5 }'
echo == an address space of its own; rm -f core*; ./fast 4; gdb -q -batch -ex bt ./fast core* 2>&1 | plain | grep -E 'term|main'
echo == threads; rm -f core*; ./threads; gdb -q -batch -ex 'thread apply all -q bt' ./threads core* 2>&1 | grep -E ' (waits|computes|reads|crashes|begin|main) \(' | sed 's/^#[0-9]* *//; s/0x[0-9a-f]* in //; s/0x[0-9a-f]*/ADDR/g; s/:[0-9]*$//' | sort
gdb -q -batch -ex 'info threads' -ex 'thread 1' -ex bt ./threads core* 2>&1 | grep -E '^#0|Thread|LWP' | grep -c LWP
gdb -q -batch -ex 'thread apply all -q -s frame apply all -q -s print sum > 2 && turns >= 1000000' -ex 'thread apply all -q -s frame apply all -q -s print ends[1] - ends[0]' -ex 'thread apply all -q -s frame apply all -q -s print number' ./threads core* 2>&1 | grep -E '^\$' | sed 's/^.* = //' | sort
echo == limits; rm -f core*; (ulimit -c 0; ./crash); ls core* 2>&1 | wc -l; (ulimit -c 100; ./crash); du -k core* | awk '{ print $1 <= 104 }'; rm -f core*
(ulimit -c unlimited; python3 -c 'import ctypes; ctypes.string_at(0)'); gdb -q -batch -ex bt python3 core* 2>&1 | grep -E '^Program|in PyObject_Call|in Py_BytesMain|in main' | sed 's/^#[0-9]* *0x[0-9a-f]* in //; s/ (.*//' | sort -u
python3 -c 'import os, resource, signal; os.kill(os.getpid(), signal.SIGABRT)'; python3 - <<'END'
import os, subprocess
for how, where in ("0", "."), ("5", "/proc"), ("1", "/srv/cores"), ("2", "gone"):
    os.makedirs("gone", exist_ok=True)
    child = subprocess.Popen(["/srv/cores/crash", how], preexec_fn=lambda: (os.chdir(where), where == "gone" and os.rmdir("../gone")))
    status = os.waitpid(child.pid, 0)[1]
    print(os.WTERMSIG(status), os.WCOREDUMP(status))
END
echo == live; ./crash 6 & sleep 0.5; gcore -o live $! 2>&1 | grep -c Saved; kill -0 $! && echo goes on; kill -9 $!; wait $!
gdb -q -batch -ex bt -ex 'print table[999] != 0' -ex 'print table[0]@3' -ex 'print shared[1000]+memory[100]' -ex 'frame function leaf' -ex 'print *n' -ex 'print wide' ./crash live.* 2>&1 | plain
rm -f core*; ./crash 6 & sleep 0.3; kill -ABRT $!; wait $!; echo "status $?"; gdb -q -batch -ex 'print table[999] != 0' -ex 'frame function down' -ex 'print depth' ./crash core* 2>&1 | plain
echo == whose; chmod 755 crash; (cd /; setpriv --reuid user --regid user --clear-groups /srv/cores/crash; ls -d core* 2>/dev/null)
mkdir -m 777 open; (cd open; setpriv --reuid user --regid user --clear-groups ../crash; stat -c '%U %G %a' core*)
(cd open; rm -f core*; cp ../crash .; chmod 4755 crash; setpriv --reuid user --regid user --clear-groups ./crash; ls -d core* 2>/dev/null)
(cd open; rm -f core*; ln -s ../elsewhere core; ../crash; ls ../elsewhere; rm core; echo old >core; ../crash; head -c 4 core | od -c | head -1)
# What the shell says of its jobs names them by their number.
} 2>&1 | sed 's/^\(.*line [0-9]*: \) *[0-9][0-9]* /\1PID /'
