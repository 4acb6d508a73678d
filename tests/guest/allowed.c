/* Limits of memory that another process sets count at once (prlimit(2)): for one that waits, one that computes, one
   that is stopped, one of several threads. */
#include "guest.h"
#include <pthread.h>

#define MIB (1L << 20)

static int in[2], out[2];
static volatile int told;

static void tell(int signo)
{
    (void)signo;
    told = 1;
}

static int may_map(long size)
{
    void *p = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return 0;
    munmap(p, size);
    return 1;
}

static void answer(int yes)
{
    write(out[1], yes ? "y" : "n", 1);
}

static char heard(void)
{
    char b = '-';
    read(out[0], &b, 1);
    return b;
}

static void go(void)
{
    write(in[1], "g", 1);
}

static void wait_for_it(void)
{
    char b;
    read(in[0], &b, 1);
}

static void set(pid_t pid, int what, rlim_t soft)
{
    struct rlimit l, old, now;
    prlimit(pid, what, 0, &l);
    l.rlim_cur = soft;
    CALL(prlimit(pid, what, &l, &old));
    prlimit(pid, what, 0, &now);
    SHOW(now.rlim_cur == soft);
}

static int deep(int levels)
{
    volatile char frame[65536];
    frame[0] = levels;
    return levels ? deep(levels - 1) + frame[0] : 0;
}

static void waits(int what)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        answer(may_map(64 * MIB));
        wait_for_it();
        answer(may_map(64 * MIB));
        answer(may_map(4096));
        wait_for_it();
        answer(may_map(64 * MIB));
        _exit(0);
    }
    SHOW(heard());
    set(pid, what, 48 * MIB);
    go();
    SHOW(heard());
    SHOW(heard());
    set(pid, what, RLIM_INFINITY);
    go();
    SHOW(heard());
    int status;
    waitpid(pid, &status, 0);
    describe("child", status);
}

static void computes(void)
{
    signal(SIGUSR1, tell);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        answer(may_map(64 * MIB));
        while (!told) {
        }
        _exit(may_map(64 * MIB));
    }
    SHOW(heard());
    set(pid, RLIMIT_AS, 48 * MIB);
    kill(pid, SIGUSR1);
    int status;
    waitpid(pid, &status, 0);
    describe("child", status);
}

static void stopped(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(may_map(64 * MIB));
    }
    int status;
    waitpid(pid, &status, WUNTRACED);
    describe("child", status);
    set(pid, RLIMIT_AS, 48 * MIB);
    kill(pid, SIGCONT);
    waitpid(pid, &status, 0);
    describe("child", status);
}

static void *sleeper(void *arg)
{
    wait_for_it();
    return arg;
}

static void threads(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, 0, sleeper, 0);
        answer(may_map(64 * MIB));
        pthread_join(thread, 0);
        _exit(may_map(64 * MIB));
    }
    SHOW(heard());
    set(pid, RLIMIT_AS, 48 * MIB);
    go();
    int status;
    waitpid(pid, &status, 0);
    describe("child", status);
}

static void stack(void)
{
    no_cores();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        answer(deep(20) >= 0);
        wait_for_it();
        _exit(deep(60) < 0);
    }
    SHOW(heard());
    set(pid, RLIMIT_STACK, 2 * MIB);
    go();
    int status;
    waitpid(pid, &status, 0);
    describe("child", status);
}

static void each_other(void)
{
    fflush(stdout);
    pid_t pids[2];
    pid_t parent = getpid();
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct rlimit l;
            getrlimit(RLIMIT_AS, &l);
            for (int n = 0; n < 50; n++)
                prlimit(parent, RLIMIT_AS, &l, 0);
            _exit(0);
        }
    }
    struct rlimit l;
    for (int n = 0; n < 50; n++)
        for (int i = 0; i < 2; i++) {
            prlimit(pids[i], RLIMIT_AS, 0, &l);
            prlimit(pids[i], RLIMIT_AS, &l, 0);
        }
    int status;
    for (int i = 0; i < 2; i++) {
        waitpid(pids[i], &status, 0);
        describe("child", status);
    }
}

int main(void)
{
    pipe(in);
    pipe(out);
    puts("-- address space, waiting");
    waits(RLIMIT_AS);
    puts("-- data, waiting");
    waits(RLIMIT_DATA);
    puts("-- computing");
    computes();
    puts("-- stopped");
    stopped();
    puts("-- threads");
    threads();
    puts("-- stack");
    stack();
    puts("-- each other's");
    each_other();
    puts("-- who has ended");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
    set(pid, RLIMIT_AS, 48 * MIB);
    waitpid(pid, 0, 0);
    struct rlimit l = {MIB, MIB};
    CALL(prlimit(pid, RLIMIT_AS, &l, 0));
    return 0;
}
