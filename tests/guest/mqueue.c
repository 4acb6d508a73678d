/* POSIX message queues: names, limits, order, waiting, notification (mq_overview(7)). */
#include "guest.h"
#include <grp.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

static char name[] = "/tawaki-guest", b[9000];

static void text(mqd_t q)
{
    char line[128] = "";
    CALL(pread(q, line, sizeof line - 1, 0) > 0);
    char *pid = strstr(line, "NOTIFY_PID");
    if (pid)
        *pid = 0;
    puts(line);
}

static void show(mqd_t q)
{
    struct mq_attr a;
    if (CALL(mq_getattr(q, &a)) == 0)
        printf("flags %lx, %ld messages of %ld, %ld there\n", a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}

static struct timespec in(long ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000, t.tv_nsec %= 1000000000;
    return t;
}

static volatile int handled;
static volatile long value, code, sender;
static void handler(int signo, siginfo_t *info, void *context)
{
    handled++, value = info->si_value.sival_int, code = info->si_code, sender = info->si_pid;
}

static int by_name(const char *n, int flags, struct mq_attr *a)
{
    return syscall(SYS_mq_open, n, flags, 0600, a);
}

static void names(void)
{
    CALL(by_name("tawaki-none", O_RDWR, 0));
    CALL(by_name("", O_RDWR | O_CREAT, 0));
    CALL(by_name("a/b", O_RDWR | O_CREAT, 0));
    CALL(by_name(".", O_RDWR | O_CREAT, 0));
    char longest[300];
    memset(longest, 'n', 299), longest[299] = 0;
    CALL(by_name(longest, O_RDWR | O_CREAT, 0));
    CALL(by_name((char *)8, O_RDWR, 0));
    CALL(syscall(SYS_mq_unlink, "tawaki-none"));
    CALL(syscall(SYS_mq_unlink, "a/b"));
    struct mq_attr bad = {.mq_maxmsg = 0, .mq_msgsize = 1};
    CALL(by_name("tawaki-guest", O_RDWR | O_CREAT, &bad));
    bad.mq_maxmsg = 1, bad.mq_msgsize = -1;
    CALL(by_name("tawaki-guest", O_RDWR | O_CREAT, &bad));
    bad.mq_maxmsg = 65537, bad.mq_msgsize = 1;
    CALL(by_name("tawaki-guest", O_RDWR | O_CREAT, &bad));
    bad.mq_maxmsg = 1, bad.mq_msgsize = 16 * 1024 * 1024 + 1;
    CALL(by_name("tawaki-guest", O_RDWR | O_CREAT, &bad));
    CALL(by_name("tawaki-guest", O_RDWR | O_CREAT, (struct mq_attr *)8));
    int q = CALL(by_name("tawaki-guest", O_RDWR | O_CREAT | O_EXCL, 0));
    CALL(fcntl(q, F_GETFD));
    CALL(fcntl(q, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    show(q);
    CALL(by_name("tawaki-guest", O_RDWR | O_CREAT | O_EXCL, 0));
    int r = CALL(by_name("tawaki-guest", O_RDONLY, &bad));
    CALL(mq_send(r, "x", 1, 0));
    int w = CALL(by_name("tawaki-guest", O_WRONLY | O_NONBLOCK, 0));
    CALL(mq_receive(w, b, sizeof b, 0));
    struct stat st;
    CALL(fstat(q, &st));
    printf("%o %d\n", st.st_mode, (int)st.st_uid);
    CALL(lseek(q, 0, SEEK_END) >= 0);
    CALL(write(q, "x", 1));
    CALL(mq_send(0, "x", 1, 0));
    CALL(mq_send(99, "x", 1, 0));
    CALL(mq_getattr(0, &bad));
    CALL(mq_unlink(name));
    CALL(mq_unlink(name));
    /* Without a name it lives as long as it is open. */
    CALL(mq_send(w, "kept", 4, 0));
    close(w);
    close(q);
    CALL(mq_receive(r, b, sizeof b, 0));
    close(r);
}

static void messages(void)
{
    struct mq_attr a = {.mq_maxmsg = 4, .mq_msgsize = 16};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &a);
    unsigned prio;
    CALL(mq_receive(q, b, sizeof b, &prio));
    CALL(mq_send(q, "a", 1, 1));
    CALL(mq_send(q, "b", 1, 5));
    CALL(mq_send(q, "c", 1, 1));
    CALL(mq_send(q, "", 0, 5));
    text(q);
    CALL(mq_send(q, "d", 1, 0));
    CALL(mq_send(q, b, 17, 0));
    CALL(mq_send(q, b, 1, 32768));
    CALL(mq_send(q, (char *)8, 1, 0));
    show(q);
    struct pollfd p = {q, POLLIN | POLLOUT};
    CALL(poll(&p, 1, 0));
    SHOW(p.revents);
    CALL(mq_receive(q, b, 15, &prio));
    for (int i = 0; i < 4; i++) {
        memset(b, 0, 16);
        long n = mq_receive(q, b, 16, &prio);
        printf("%ld bytes \"%s\", priority %u\n", n, b, prio);
        CALL(poll(&p, 1, 0));
        SHOW(p.revents);
    }
    CALL(mq_send(q, "x", 1, 32767));
    CALL(mq_receive(q, (char *)8, 16, &prio));
    CALL(mq_receive(q, b, 16, &prio));
    /* Only O_NONBLOCK changes. */
    struct mq_attr old, new = {.mq_flags = O_NONBLOCK | O_APPEND};
    CALL(mq_setattr(q, &new, &old));
    new.mq_flags = 0, new.mq_maxmsg = 99;
    CALL(mq_setattr(q, &new, &old));
    printf("%lx, %ld\n", old.mq_flags, old.mq_maxmsg);
    show(q);
    /* Waiting, with limits. */
    struct timespec t = in(30), wrong = {0, 1000000000}, past = {1, 0};
    CALL(mq_timedreceive(q, b, 16, 0, &t));
    CALL(mq_timedreceive(q, b, 16, 0, &wrong));
    CALL(mq_timedreceive(q, b, 16, 0, &past));
    CALL(mq_timedsend(q, "x", 1, 0, &past));
    for (int i = 0; i < 3; i++)
        mq_send(q, "y", 1, 0);
    t = in(30);
    CALL(mq_timedsend(q, "z", 1, 0, &t));
    CALL(mq_timedsend(q, "z", 1, 0, &past));
    mq_close(q);
    mq_unlink(name);
}

static void waiting(void)
{
    struct mq_attr a = {.mq_maxmsg = 1, .mq_msgsize = 64};
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &a);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char line[64];
        long sum = 0;
        for (;;) {
            long n = mq_receive(q, line, 64, 0);
            if (n == 0)
                _exit(sum % 251);
            line[n] = 0;
            sum += atoi(line);
        }
    }
    for (int i = 0; i < 500; i++) {
        sprintf(b, "%d", i);
        mq_send(q, b, strlen(b), 0);
    }
    mq_send(q, "", 0, 0);
    int status;
    wait(&status);
    describe("sum", status);

    /* Epoll, and signals. */
    int e = epoll_create1(0);
    struct epoll_event ev = {EPOLLIN};
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, q, &ev));
    CALL(epoll_wait(e, &ev, 1, 0));
    mq_send(q, "x", 1, 0);
    CALL(epoll_wait(e, &ev, 1, 1000));
    mq_receive(q, b, 64, 0);
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGALRM, &act, 0);
    ualarm(20000, 0);
    CALL(mq_receive(q, b, 64, 0));
    act.sa_flags |= SA_RESTART;
    sigaction(SIGALRM, &act, 0);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        usleep(80000);
        _exit(mq_send(q, "late", 4, 0));
    }
    ualarm(20000, 0);
    CALL(mq_receive(q, b, 64, 0));
    SHOW(handled);
    wait(0);
    close(e);
    mq_close(q);
    mq_unlink(name);
}

static void notification(void)
{
    handled = 0;
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &act, 0);
    mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, 0);
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 42};
    CALL(mq_notify(q, 0));
    CALL(mq_notify(0, &ev));
    CALL(mq_notify(q, &ev));
    CALL(mq_notify(q, &ev));
    text(q);
    CALL(mq_send(q, "x", 1, 0));
    printf("%d signals, value %ld, code %ld, from me %d\n", handled, value, code, sender == getpid());
    CALL(mq_send(q, "x", 1, 0));
    SHOW(handled);
    /* Again, once it is empty. */
    CALL(mq_notify(q, &ev));
    CALL(mq_send(q, "x", 1, 0));
    SHOW(handled);
    while (mq_receive(q, b, sizeof b, 0) >= 0)
        ;
    CHILD("another", CALL(mq_notify(q, &ev)); CALL(mq_notify(q, 0)); CALL(mq_send(q, "x", 1, 0)));
    SHOW(handled);
    SHOW(sender == getpid());
    ev.sigev_signo = 65;
    CALL(mq_notify(q, &ev));
    ev.sigev_notify = 77;
    CALL(mq_notify(q, &ev));
    ev.sigev_notify = SIGEV_NONE, ev.sigev_signo = 0;
    CALL(mq_notify(q, &ev));
    CALL(mq_notify(q, 0));
    /* Who closes it gives it up. */
    ev.sigev_notify = SIGEV_SIGNAL, ev.sigev_signo = SIGUSR1;
    mqd_t other = mq_open(name, O_RDWR);
    CALL(mq_notify(other, &ev));
    mq_close(other);
    CALL(mq_notify(q, &ev));
    CHILD("third", mqd_t mine = mq_open(name, O_RDWR); CALL(mq_notify(mine, &ev)));
    CALL(mq_notify(q, 0));
    CHILD("ends", CALL(mq_notify(q, &ev)));
    CALL(mq_notify(q, &ev));
    mq_close(q);
    mq_unlink(name);
}

static void limits(void)
{
    CHILD("others", {
        mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0640, 0);
        setgroups(0, 0);
        setgid(65534);
        setuid(65534);
        CALL(by_name(name + 1, O_RDONLY, 0));
        CALL(mq_unlink(name));
        struct mq_attr a = {.mq_maxmsg = 11, .mq_msgsize = 100};
        CALL(by_name("tawaki-other", O_RDWR | O_CREAT, &a));
        a.mq_maxmsg = 10, a.mq_msgsize = 8193;
        CALL(by_name("tawaki-other", O_RDWR | O_CREAT, &a));
        a.mq_msgsize = 8192;
        int n = 0;
        char one[32];
        while (sprintf(one, "tawaki-%d", n), by_name(one, O_RDWR | O_CREAT, &a) >= 0)
            n++;
        printf("%d queues, %s\n", n, strerrorname_np(errno));
        while (n-- > 0)
            sprintf(one, "/tawaki-%d", n), mq_unlink(one);
    });
    CALL(mq_unlink(name));
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    puts("-- names");
    names();
    puts("-- messages");
    messages();
    puts("-- waiting");
    waiting();
    puts("-- notification");
    notification();
    puts("-- limits");
    limits();
    return 0;
}
