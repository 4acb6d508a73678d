/* Signal-driven output: O_ASYNC's signals when there is room again, and for connections, errors and hang-ups. */
#include "guest.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

static int watched;
static char big[65536];

/* Takes what is pending and tells it; the same again only once. */
static void take(const char *what)
{
    struct timespec t = {0, 150000000};
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGCHLD);
    siginfo_t info;
    int count = 0, last = -1, signo;
    while ((signo = sigtimedwait(&set, &info, &t)) > 0 && count++ < 50) {
        t.tv_nsec = 30000000;
        if (info.si_code == last)
            continue;
        last = info.si_code;
        printf("  %s: %s code %d", what, signo >= SIGRTMIN ? "RT" : sigabbrev_np(signo), info.si_code);
        if (info.si_code > 0 && info.si_code < 0x80)
            printf(" band %lx %s", info.si_band, info.si_fd == watched ? "its descriptor" : "another descriptor");
        puts("");
    }
    if (!count)
        printf("  %s: nothing\n", what);
}

static void tells(int fd)
{
    watched = fd;
    fcntl(fd, F_SETOWN, getpid());
    fcntl(fd, F_SETSIG, SIGRTMIN + 1);
    fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
}

static int fill(int fd, int piece)
{
    int all = 0, n;
    while ((n = write(fd, big, piece)) > 0)
        all += n;
    printf("filled, %s\n", n < 0 ? strerrorname_np(errno) : "?");
    return all;
}

static void empty(int fd, int all)
{
    struct pollfd p = {fd, POLLIN, 0};
    while (all > 0 && poll(&p, 1, 2000) > 0) {
        int n = read(fd, big, 16384);
        if (n <= 0)
            break;
        all -= n;
    }
    printf("emptied, %d left\n", all > 0);
}

static void pair(const char *name, int a, int b, int close_it)
{
    printf("-- %s\n", name);
    tells(a);
    take("begin");
    write(a, "a", 1);
    take("written");
    read(b, big, 10);
    take("read, there was room");
    int all = fill(a, 4000);
    take("full");
    empty(b, all);
    take("room");
    write(a, "a", 1);
    read(b, big, 10);
    take("and no more of it");
    all = fill(a, 1000);
    fcntl(a, F_SETSIG, 0);
    empty(b, all);
    take("without information");
    fcntl(a, F_SETSIG, SIGRTMIN + 1);
    all = fill(a, 1000);
    fcntl(a, F_SETFL, O_NONBLOCK);
    empty(b, all);
    take("not asked for");
    fcntl(a, F_SETFL, O_ASYNC);
    /* One that waits in its write is told as well. */
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 400; i++)
            write(a, big, 2000);
        _exit(0);
    }
    poll(0, 0, 300);
    empty(b, 800000);
    waitpid(pid, 0, 0);
    take("while another waited");
    fcntl(a, F_SETFL, O_ASYNC | O_NONBLOCK);
    if (!close_it)
        return;
    CALL(shutdown(b, SHUT_RD));
    take("it reads no more");
    CALL(shutdown(b, SHUT_WR));
    take("it writes no more");
    close(b);
    take("closed");
    close(a);
}

static void unix_pair(const char *name, int type)
{
    int s[2];
    socketpair(AF_UNIX, type, 0, s);
    pair(name, s[0], s[1], 1);
    socketpair(AF_UNIX, type, 0, s);
    tells(s[0]);
    CALL(shutdown(s[1], SHUT_RDWR));
    take("shut down whole");
    close(s[1]);
    close(s[0]);
    socketpair(AF_UNIX, type, 0, s);
    tells(s[0]);
    close(s[1]);
    take("closed");
    CALL(shutdown(s[0], SHUT_RDWR));
    take("its own end");
    close(s[0]);
}

static struct sockaddr_in address;
static socklen_t size = sizeof address;

static int listener(void)
{
    int l = socket(AF_INET, SOCK_STREAM, 0);
    address = (struct sockaddr_in){AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
    bind(l, (void *)&address, size);
    listen(l, 3);
    getsockname(l, (void *)&address, &size);
    return l;
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    unix_pair("stream", SOCK_STREAM);
    unix_pair("datagrams", SOCK_DGRAM);
    unix_pair("packets", SOCK_SEQPACKET);

    puts("-- connections");
    int l = listener(), c = socket(AF_INET, SOCK_STREAM, 0);
    tells(c);
    CALL(connect(c, (void *)&address, size));
    take("connected");
    int a = accept(l, 0, 0);
    take("accepted");
    pair("tcp", c, a, 0);
    CALL(shutdown(a, SHUT_WR));
    take("it writes no more");
    close(c);
    close(a);
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, (void *)&address, size);
    a = accept(l, 0, 0);
    tells(c);
    CALL(shutdown(c, SHUT_WR));
    take("its own end");
    close(a);
    take("closed");
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, (void *)&address, size);
    a = accept(l, 0, 0);
    tells(c);
    write(c, "unread", 6);
    close(a);
    take("reset");
    close(c);
    tells(l);
    CALL(shutdown(l, SHUT_RDWR));
    take("a listener shut down");
    close(l);
    c = socket(AF_INET, SOCK_STREAM, 0);
    tells(c);
    CALL(connect(c, (void *)&address, size));
    take("refused");
    close(c);
    int u = socket(AF_INET, SOCK_DGRAM, 0);
    tells(u);
    CALL(connect(u, (void *)&address, size));
    CALL(write(u, "x", 1));
    take("refused");
    close(u);

    int m, t;
    openpty(&m, &t, 0, 0, 0);
    struct termios raw;
    tcgetattr(t, &raw);
    cfmakeraw(&raw);
    tcsetattr(t, TCSANOW, &raw);
    puts("-- terminal");
    tells(t);
    write(t, "a", 1);
    read(m, big, 10);
    take("there was room");
    int n = fill(t, 1000);
    take("full");
    empty(m, n);
    take("room");
    write(t, "a", 1);
    read(m, big, 10);
    take("and no more of it");
    fcntl(t, F_SETFL, O_NONBLOCK);
    write(m, "a", 1);
    read(t, big, 10);
    puts("-- master");
    tells(m);
    write(m, "a", 1);
    read(t, big, 10);
    take("there was room");
    n = fill(m, 1000);
    take("full");
    empty(t, n);
    take("room");
    write(m, "a", 1);
    read(t, big, 10);
    take("and no more of it");
    close(t);
    take("closed");
    close(m);
    openpty(&m, &t, 0, 0, 0);
    tcsetattr(t, TCSANOW, &raw);
    tells(t);
    write(m, "ab", 2);
    take("input");
    read(t, big, 1);
    take("some read");
    close(m);
    take("hung up");
    close(t);
    return 0;
}
