/* Handlers, masks, restarts, queues, stacks and children. */
#include "guest.h"
#include <setjmp.h>

static volatile int got, last, depth_now, depth_max, rounds;
static char log_[256];
static int log_n;

static void count(int signo)
{
    got++;
    last = signo;
}

static void note(int signo, siginfo_t *info, void *context)
{
    (void)context;
    if (log_n < 200)
        log_n += sprintf(log_ + log_n, " %d:%d:%d", signo - SIGRTMIN, info->si_code, info->si_value.sival_int);
}

static void nested(int signo)
{
    depth_now++;
    if (depth_now > depth_max)
        depth_max = depth_now;
    if (depth_now < 3 && rounds++ < 5)
        raise(signo);
    depth_now--;
}

static void set(int signo, void (*handler)(int), int flags)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signo, &sa, 0);
}

static sigset_t one(int signo)
{
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, signo);
    return s;
}

static char alt[65536];
static void on_alt(int signo)
{
    char here;
    stack_t ss;
    (void)signo;
    sigaltstack(0, &ss);
    printf("on alternate stack: %d flags %d\n", &here >= alt && &here < alt + sizeof alt, ss.ss_flags);
}

static sigjmp_buf back;
static void leap(int signo)
{
    siglongjmp(back, signo);
}

static void child(int signo, siginfo_t *info, void *context)
{
    (void)context;
    got++;
    printf("SIG%s code %d status %d\n", sigabbrev_np(signo), info->si_code, info->si_status);
}

static double fp;
static void clobber(int signo)
{
    (void)signo;
    volatile double a = 3.5;
    fp = a * 2;
    volatile long double b = 1.25L;
    fp += b;
    __asm__ volatile("pxor %xmm0, %xmm0\n pxor %xmm7, %xmm7\n fninit");
}

int main(void)
{
    no_cores();
    setvbuf(stdout, 0, _IOLBF, 0);
    /* Plain delivery, blocked and pending. */
    set(SIGUSR1, count, 0);
    raise(SIGUSR1);
    printf("got %d last %d\n", got, last);
    sigset_t usr1 = one(SIGUSR1), old, pending;
    sigprocmask(SIG_BLOCK, &usr1, &old);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("pending %d got %d\n", sigismember(&pending, SIGUSR1), got);
    sigprocmask(SIG_SETMASK, &old, 0);
    printf("after unblocking got %d\n", got);

    /* Queued real-time signals keep order and values, low numbers first. */
    struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    sigset_t rt;
    sigemptyset(&rt);
    for (int i = 0; i < 3; i++) {
        sigaction(SIGRTMIN + i, &sa, 0);
        sigaddset(&rt, SIGRTMIN + i);
    }
    sigprocmask(SIG_BLOCK, &rt, 0);
    sigqueue(getpid(), SIGRTMIN + 2, (union sigval){.sival_int = 1});
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 2});
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 3});
    sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 4});
    siginfo_t info;
    struct timespec no = {0, 0};
    SHOW(sigtimedwait(&rt, &info, &no) == SIGRTMIN);
    SHOW(info.si_value.sival_int);
    sigprocmask(SIG_UNBLOCK, &rt, 0);
    printf("queue:%s\n", log_);
    CALL(sigtimedwait(&usr1, &info, &no));
    CALL(sigqueue(getpid(), 65, (union sigval){0}));

    /* SA_NODEFER, SA_RESETHAND. */
    set(SIGUSR2, nested, SA_NODEFER);
    raise(SIGUSR2);
    printf("depth with NODEFER %d\n", depth_max);
    depth_max = rounds = 0;
    set(SIGUSR2, nested, 0);
    depth_now = 1;
    raise(SIGUSR2);
    depth_now = 0;
    printf("depth without %d\n", depth_max);
    set(SIGUSR2, count, SA_RESETHAND);
    raise(SIGUSR2);
    struct sigaction now;
    sigaction(SIGUSR2, 0, &now);
    printf("after RESETHAND default: %d\n", now.sa_handler == SIG_DFL);
    CHILD("SIGUSR2 now", raise(SIGUSR2));
    CALL(sigaction(SIGKILL, &now, 0));
    CALL(sigaction(SIGSTOP, &now, 0));
    CALL(sigaction(65, &now, 0));

    /* Interrupted and restarted reads. */
    for (int restart = 0; restart < 2; restart++) {
        int ends[2];
        pipe(ends);
        set(SIGALRM, count, restart ? SA_RESTART : 0);
        pid_t pid = fork();
        if (pid == 0) {
            usleep(300000);
            write(ends[1], "x", 1);
            _exit(0);
        }
        struct itimerval timer = {{0, 0}, {0, 100000}};
        setitimer(ITIMER_REAL, &timer, 0);
        char c;
        errno = 0;
        long n = read(ends[0], &c, 1);
        printf("read with%s SA_RESTART: %ld %s\n", restart ? "" : "out", n, n < 0 ? strerrorname_np(errno) : "");
        waitpid(pid, 0, 0);
        close(ends[0]);
        close(ends[1]);
    }
    struct itimerval timer = {{0, 0}, {0, 50000}};
    set(SIGALRM, count, SA_RESTART);
    setitimer(ITIMER_REAL, &timer, 0);
    struct timespec second = {1, 0}, left;
    CALL(nanosleep(&second, &left));
    SHOW(left.tv_sec == 0 && left.tv_nsec > 500000000);
    setitimer(ITIMER_REAL, &timer, 0);
    CALL(pause());
    /* sigsuspend opens the mask only while it waits. */
    sigset_t alrm = one(SIGALRM), empty;
    sigemptyset(&empty);
    sigprocmask(SIG_BLOCK, &alrm, 0);
    setitimer(ITIMER_REAL, &timer, 0);
    got = 0;
    CALL(sigsuspend(&empty));
    SHOW(got);
    sigprocmask(0, 0, &pending);
    SHOW(sigismember(&pending, SIGALRM));
    sigprocmask(SIG_UNBLOCK, &alrm, 0);

    /* Alternate stack. */
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
    CALL(sigaltstack(&ss, 0));
    set(SIGUSR1, on_alt, SA_ONSTACK);
    raise(SIGUSR1);
    set(SIGUSR1, on_alt, 0);
    raise(SIGUSR1);
    ss.ss_size = 100;
    CALL(sigaltstack(&ss, 0));
    ss.ss_flags = SS_DISABLE;
    CALL(sigaltstack(&ss, 0));

    /* Out of a handler by longjmp, mask restored. */
    set(SIGUSR1, leap, 0);
    int from = sigsetjmp(back, 1);
    if (from == 0)
        raise(SIGUSR1);
    printf("leapt %d\n", from);
    sigprocmask(0, 0, &pending);
    SHOW(sigismember(&pending, SIGUSR1));
    from = sigsetjmp(back, 1);
    set(SIGSEGV, leap, 0);
    if (from == 0)
        *(volatile int *)0 = 1;
    printf("leapt %d\n", from);
    signal(SIGSEGV, SIG_DFL);

    /* Floating point and vector registers survive a handler. */
    set(SIGUSR1, clobber, 0);
    volatile double x = 1.5;
    long double y = 2.25L;
    pid_t self = getpid();
    double kept = x * 3;
    kill(self, SIGUSR1);
    printf("kept %.2f %.2Lf %.2f\n", kept + x, y * 2, fp);

    /* SIGCHLD in its kinds. */
    struct sigaction chld = {.sa_sigaction = child, .sa_flags = SA_SIGINFO};
    sigaction(SIGCHLD, &chld, 0);
    int status;
    pid_t pid;
    got = 0;
    fflush(stdout);
    if ((pid = fork()) == 0)
        _exit(3);
    while (waitpid(pid, &status, 0) < 0) {
    }
    if ((pid = fork()) == 0) {
        signal(SIGTERM, SIG_DFL);
        raise(SIGTERM);
    }
    while (waitpid(pid, &status, 0) < 0) {
    }
    if ((pid = fork()) == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    while (waitpid(pid, &status, WUNTRACED) < 0) {
    }
    describe("stopped", status);
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0) {
    }
    describe("then", status);
    signal(SIGCHLD, SIG_IGN);
    if ((pid = fork()) == 0)
        _exit(3);
    CALL(waitpid(pid, &status, 0));
    signal(SIGCHLD, SIG_DFL);

    /* SIGPIPE. */
    int ends[2];
    pipe(ends);
    close(ends[0]);
    CHILD("SIGPIPE", write(ends[1], "x", 1));
    signal(SIGPIPE, SIG_IGN);
    CALL(write(ends[1], "x", 1));

    /* Default actions. */
    int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGRTMIN + 5, SIGPOLL, SIGABRT};
    for (int i = 0; i < 10; i++) {
        printf("signal %d: ", i);
        CHILD("default", signal(fatal[i], SIG_DFL); raise(fatal[i]));
    }
    int harmless[] = {SIGCHLD, SIGURG, SIGWINCH, SIGCONT};
    for (int i = 0; i < 4; i++) {
        printf("signal %d: ", i);
        CHILD("default", signal(harmless[i], SIG_DFL); raise(harmless[i]));
    }
    /* A child keeps handlers and mask, loses pending signals and timers. */
    sigprocmask(SIG_BLOCK, &usr1, 0);
    raise(SIGUSR1);
    alarm(100);
    CHILD("inherits", {
        sigpending(&pending);
        sigprocmask(0, 0, &old);
        printf("child pending %d blocked %d alarm %d\n", sigismember(&pending, SIGUSR1), sigismember(&old, SIGUSR1), alarm(0));
    });
    SHOW(alarm(0) > 90);
    /* Signals to a group. */
    CHILD("group", {
        setpgid(0, 0);
        signal(SIGTERM, SIG_DFL);
        for (int i = 0; i < 3; i++)
            if (fork() == 0) {
                pause();
                _exit(0);
            }
        usleep(50000);
        signal(SIGTERM, SIG_IGN);
        kill(0, SIGTERM);
        for (int i = 0; i < 3; i++) {
            wait(&status);
            describe("member", status);
        }
    });
    return 0;
}
