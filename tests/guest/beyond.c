/* No network beyond the loopback; packet mode of pseudo-terminals; clocks; raw threads by clone and clone3; requeued waiters; debug registers. */
#include "guest.h"
#include <arpa/inet.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <pty.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <termios.h>

#undef CLONE_VM
#define THREAD (0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000)

static void terminals(void)
{
    int m, s, on = 1, off = 0;
    char b[64];
    openpty(&m, &s, 0, 0, 0);
    struct termios t;
    tcgetattr(s, &t);
    t.c_lflag &= ~(ECHO | ICANON);
    t.c_oflag &= ~OPOST;
    tcsetattr(s, TCSANOW, &t);
    CALL(ioctl(m, TIOCPKT, &on));
    int get = 7;
    CALL(ioctl(m, TIOCGPKT, &get));
    SHOW(get);
    CALL(ioctl(s, TIOCPKT, &on));
    write(s, "text", 4);
    memset(b, '.', sizeof b);
    CALL(read(m, b, sizeof b));
    printf("  %d %.4s\n", b[0], b + 1);
    tcflush(s, TCIFLUSH);
    CALL(read(m, b, sizeof b));
    printf("  %d\n", b[0]);
    tcflow(s, TCOOFF);
    CALL(read(m, b, sizeof b));
    printf("  %d\n", b[0]);
    tcflow(s, TCOON);
    CALL(read(m, b, sizeof b));
    printf("  %d\n", b[0]);
    fcntl(m, F_SETFL, O_NONBLOCK);
    CALL(read(m, b, sizeof b));
    CALL(ioctl(m, TIOCPKT, &off));
    write(s, "plain", 5);
    CALL(read(m, b, sizeof b));
    printf("  %.5s\n", b);
    close(s);
    CALL(read(m, b, sizeof b));
}

static void network(void)
{
    /* Where there is a network, one of our own without any. */
    syscall(SYS_unshare, 0x40000000);
    struct sockaddr_in to = {AF_INET, htons(80)};
    inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
    int s = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(connect(s, (void *)&to, sizeof to));
    CALL(connect(u, (void *)&to, sizeof to));
    CALL(sendto(u, "x", 1, 0, (void *)&to, sizeof to));
    fcntl(s, F_SETFL, O_NONBLOCK);
    CALL(connect(s, (void *)&to, sizeof to));
    close(s);
    close(u);
}

static int word, woken, stop;
static char stacks[4][65536] __attribute__((aligned(16)));
static int tids[4];
static int waits(void *arg)
{
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    syscall(SYS_exit, 0);
    return 0;
}
static void settle(void)
{
    struct timespec t = {0, 50000000};
    nanosleep(&t, 0);
}

static void threads(void)
{
    int other = 0;
    for (int i = 0; i < 3; i++)
        OK(clone(waits, stacks[i] + sizeof stacks[i] - 64, THREAD | 0x100000 | 0x200000, 0, &tids[i], 0, &tids[i]));
    settle();
    CALL(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &other, 5));
    CALL(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &other, 0));
    settle();
    SHOW(woken);
    CALL(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0));
    CALL(syscall(SYS_futex, &other, FUTEX_REQUEUE_PRIVATE, 1, 9, &word, 0));
    CALL(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 9, 0, 0, 0));
    settle();
    SHOW(woken);
    /* The kernel has cleared their numbers. */
    SHOW(tids[0] | tids[1] | tids[2]);
    CALL(clone(waits, stacks[0] + 65000, 0x10000, 0));
    CALL(clone(waits, stacks[0] + 65000, 0x10000 | 0x800, 0));
    CALL(clone(waits, stacks[0] + 65000, 0x800 | SIGCHLD, 0));
    struct clone_args a = {0};
    CALL(syscall(SYS_clone3, &a, 8));
    CALL(syscall(SYS_clone3, &a, 1 << 20));
    CALL(syscall(SYS_clone3, (void *)8, sizeof a));
    a.exit_signal = 65;
    CALL(syscall(SYS_clone3, &a, sizeof a));
    a.exit_signal = SIGCHLD;
    a.stack = 64;
    CALL(syscall(SYS_clone3, &a, sizeof a));
    a.stack = 0;
    fflush(stdout);
    int status;
    long pid = syscall(SYS_clone3, &a, sizeof a);
    if (pid == 0)
        _exit(7);
    waitpid(pid, &status, 0);
    SHOW(WEXITSTATUS(status));
}

static void clocks(void)
{
    struct timespec a, b, r;
    static const clockid_t all[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_COARSE,
        CLOCK_REALTIME_COARSE, CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    for (int i = 0; i < 9; i++) {
        int got = clock_gettime(all[i], &a), res = clock_getres(all[i], &r);
        for (volatile int j = 0; j < 1000000; j++)
            ;
        clock_gettime(all[i], &b);
        printf("clock %d: %d %d, runs %d\n", all[i], got, res,
            b.tv_sec > a.tv_sec || b.tv_sec == a.tv_sec && b.tv_nsec >= a.tv_nsec);
    }
    CALL(clock_gettime(99, &a));
    clock_gettime(CLOCK_MONOTONIC, &a);
    clock_gettime(CLOCK_BOOTTIME, &b);
    SHOW(b.tv_sec >= a.tv_sec);
}

static void debug(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(3);
    }
    int status;
    waitpid(pid, &status, 0);
    size_t at = offsetof(struct user, u_debugreg);
    CALL(ptrace(PTRACE_PEEKUSER, pid, at, 0));
    CALL(ptrace(PTRACE_PEEKUSER, pid, at + 7 * sizeof(long), 0));
    CALL(ptrace(PTRACE_PEEKUSER, pid, 1 << 20, 0));
    CALL(ptrace(PTRACE_POKEUSER, pid, 1 << 20, 0));
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    waitpid(pid, &status, 0);
    SHOW(WEXITSTATUS(status));
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    puts("-- packet mode");
    terminals();
    puts("-- network");
    network();
    puts("-- threads");
    threads();
    puts("-- clocks");
    clocks();
    puts("-- debug registers");
    debug();
    return 0;
}
