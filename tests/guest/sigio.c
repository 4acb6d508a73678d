/* Signal-driven input: O_ASYNC and FIOASYNC, owners, F_SETSIG and what the signal tells, on pipes, sockets, terminals and
   inotify. */
#include "guest.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pty.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

static int watched;

/* Takes what is pending and tells it. */
static void take(const char *what)
{
    struct timespec t = {0, 100000000};
    sigset_t set;
    sigemptyset(&set);
    for (int s = 1; s <= 64; s++)
        if (s != SIGKILL && s != SIGSTOP && s != SIGCHLD && s != SIGALRM)
            sigaddset(&set, s);
    siginfo_t info;
    int count = 0, signo;
    while ((signo = sigtimedwait(&set, &info, &t)) > 0 && count++ < 5) {
        const char *name = signo >= SIGRTMIN ? "RT" : sigabbrev_np(signo);
        printf("  %s: %s code %d", what, name, info.si_code);
        if (info.si_code > 0 && info.si_code < 0x80)
            printf(" band %lx %s", info.si_band, info.si_fd == watched ? "its descriptor" : "another descriptor");
        puts("");
        t.tv_nsec = 20000000;
    }
    if (!count)
        printf("  %s: nothing\n", what);
}

static void tells(int fd)
{
    watched = fd;
    CALL(fcntl(fd, F_SETOWN, getpid()) || fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK));
    CALL((fcntl(fd, F_GETFL) & O_ASYNC) != 0);
}

/* A pipe's writer hears of every read, whether there was room before or not. */
static void room(void)
{
    puts("-- room for output");
    static char big[4096];
    int p[2], n = 0;
    pipe(p);
    fcntl(p[1], F_SETPIPE_SZ, 16384);
    tells(p[1]);
    fcntl(p[1], F_SETSIG, SIGUSR1);
    take("nothing yet");
    write(p[1], "a", 1);
    take("written");
    read(p[0], big, 1);
    take("read, there was room");
    while (write(p[1], big, 4096) > 0)
        n++;
    printf("%d pages\n", n);
    take("full");
    CALL(read(p[0], big, 100));
    take("some of a page");
    CALL(read(p[0], big, 3996));
    take("a page");
    CALL(read(p[0], big, 0));
    take("nothing read");
    CALL(read(p[0], big, 4096));
    take("another");
    fcntl(p[1], F_SETSIG, 0);
    CALL(read(p[0], big, 4096));
    take("without information");
    CALL(read(p[0], big, 4096));
    take("the last");
    CALL(fcntl(p[0], F_SETFL, O_NONBLOCK));
    CALL(read(p[0], big, 4096));
    take("nothing there");
    close(p[0]);
    take("closed");
    close(p[1]);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    char b[64];
    int p[2], s[2], m, t, on = 1, off = 0;

    puts("-- pipes");
    pipe(p);
    CALL(fcntl(p[0], F_GETOWN));
    CALL(fcntl(p[0], F_GETSIG));
    write(p[1], "a", 1);
    take("before");
    tells(p[0]);
    CALL(fcntl(p[0], F_GETOWN) == getpid());
    write(p[1], "b", 1);
    take("written");
    write(p[1], "c", 1);
    take("written again");
    CALL(read(p[0], b, sizeof b));
    take("read");
    CALL(fcntl(p[0], F_SETSIG, SIGRTMIN + 2));
    CALL(fcntl(p[0], F_GETSIG) - SIGRTMIN);
    write(p[1], "d", 1);
    take("with a signal of its own");
    fcntl(p[0], F_SETSIG, SIGUSR1);
    write(p[1], "d", 1);
    take("another");
    fcntl(p[0], F_SETSIG, SIGIO);
    write(p[1], "d", 1);
    take("the same by number");
    fcntl(p[0], F_SETSIG, SIGCHLD);
    fcntl(p[0], F_SETSIG, SIGSEGV);
    write(p[1], "d", 1);
    take("one with codes of its own");
    CALL(fcntl(p[0], F_SETSIG, 65));
    CALL(fcntl(p[0], F_SETSIG, 0));
    CALL(fcntl(p[0], F_SETFL, O_NONBLOCK));
    write(p[1], "e", 1);
    take("switched off");
    CALL(ioctl(p[0], FIOASYNC, &on));
    CALL((fcntl(p[0], F_GETFL) & O_ASYNC) != 0);
    write(p[1], "f", 1);
    take("by ioctl");
    CALL(ioctl(p[0], FIOASYNC, &off));
    write(p[1], "f", 1);
    take("off by ioctl");
    CALL(ioctl(p[0], FIOASYNC, (void *)8));
    CALL(ioctl(p[0], FIOASYNC, &on));
    while (read(p[0], b, sizeof b) > 0)
        ;
    int other = dup(p[0]);
    close(p[0]);
    write(p[1], "g", 1);
    take("through a copy");
    close(p[1]);
    take("hang-up");
    close(other);

    room();

    puts("-- owners");
    pipe(p);
    tells(p[0]);
    struct f_owner_ex ex = {F_OWNER_TID, gettid()};
    CALL(fcntl(p[0], F_SETOWN_EX, &ex));
    memset(&ex, 9, sizeof ex);
    CALL(fcntl(p[0], F_GETOWN_EX, &ex));
    printf("  %d %d\n", ex.type, ex.pid == gettid());
    write(p[1], "a", 1);
    take("a thread");
    ex = (struct f_owner_ex){F_OWNER_PGRP, getpgrp()};
    CALL(fcntl(p[0], F_SETOWN, 0));
    CALL(fcntl(p[0], F_GETOWN));
    write(p[1], "a", 1);
    take("nobody");
    ex = (struct f_owner_ex){3, 1};
    CALL(fcntl(p[0], F_SETOWN_EX, &ex));
    CALL(fcntl(p[0], F_SETOWN_EX, (void *)8));
    CALL(fcntl(p[0], F_SETOWN, 99999));
    CALL(fcntl(p[0], F_SETOWN, -99999));
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        pause();
    }
    setpgid(pid, pid);
    CALL(fcntl(p[0], F_SETOWN, -pid));
    CALL(fcntl(p[0], F_GETOWN) + pid);
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
    CALL(fcntl(p[0], F_GETOWN));
    write(p[1], "a", 1);
    take("a group that is gone");
    /* A group is told, each of it. */
    int tell[2];
    pipe(tell);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        fork();
        siginfo_t info;
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGIO);
        write(tell[1], ".", 1);
        sigwaitinfo(&set, &info);
        write(tell[1], info.si_code == SI_KERNEL ? "k" : "?", 1);
        _exit(0);
    }
    setpgid(pid, pid);
    read(tell[0], b, 1);
    read(tell[0], b, 1);
    fcntl(p[0], F_SETOWN, -pid);
    write(p[1], "a", 1);
    CALL(read(tell[0], b, 1) + read(tell[0], b + 1, 1));
    printf("  %.2s\n", b);
    waitpid(pid, 0, 0);
    take("not of it");
    /* A user may not have root told. */
    pid_t parent = getpid();
    CHILD("another user", {
        setuid(1000);
        CALL(fcntl(p[0], F_SETOWN, parent));
        write(p[1], "a", 1);
    });
    take("from a user");

    puts("-- sockets");
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    tells(s[0]);
    write(s[1], "a", 1);
    take("written");
    read(s[0], b, 1);
    take("read");
    close(s[1]);
    take("closed");
    close(s[0]);
    int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    bind(l, (void *)&a, len);
    listen(l, 3);
    getsockname(l, (void *)&a, &len);
    tells(l);
    connect(c, (void *)&a, len);
    take("a connection");
    close(c);
    close(l);

    puts("-- terminals");
    openpty(&m, &t, 0, 0, 0);
    struct termios raw;
    tcgetattr(t, &raw);
    cfmakeraw(&raw);
    tcsetattr(t, TCSANOW, &raw);
    tells(t);
    write(m, "a", 1);
    take("typed");
    close(m);
    close(t);

    puts("-- the rest");
    int n = inotify_init1(IN_NONBLOCK);
    inotify_add_watch(n, "/tmp", IN_CREATE);
    tells(n);
    close(open("/tmp/new", O_CREAT | O_WRONLY, 0600));
    take("a file");
    int f = open("/tmp/new", O_RDWR);
    CALL(ioctl(f, FIOASYNC, &on));
    CALL(ioctl(f, FIOASYNC, &off));
    CALL(fcntl(f, F_SETFL, O_ASYNC));
    CALL((fcntl(f, F_GETFL) & O_ASYNC) != 0);
    unlink("/tmp/new");
    return 0;
}
