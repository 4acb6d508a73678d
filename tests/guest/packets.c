/* Reads that end where something else does: pipes in packet mode, one read for several buffers, recvmmsg's timeout. */
#include "guest.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

static char big[65536], buffer[70000];

static long left(int fd)
{
    int n = -1;
    ioctl(fd, FIONREAD, &n);
    return n;
}

static void show(int fd, size_t size)
{
    memset(buffer, 0, sizeof buffer);
    long n = read(fd, buffer, size);
    printf("read %zu: %ld %s %.20s, left %ld\n", size, n, n < 0 ? strerrorname_np(errno) : "", buffer, left(fd));
}

static void packets(void)
{
    puts("-- packets");
    int p[2], flags = 0;
    CALL(pipe2(p, O_DIRECT | O_NONBLOCK));
    printf("flags %x %x\n", fcntl(p[0], F_GETFL) & O_DIRECT, fcntl(p[1], F_GETFL) & O_DIRECT ? 1 : 0);
    CALL(write(p[1], "first", 5));
    CALL(write(p[1], "second", 6));
    CALL(write(p[1], "third", 5));
    SHOW(left(p[0]));
    show(p[0], 100);
    show(p[0], 3);
    show(p[0], 100);
    show(p[0], 100);
    CALL(write(p[1], "", 0));
    show(p[0], 100);

    CALL(write(p[1], big, 10000));
    show(p[0], 100000);
    show(p[0], 5000);
    show(p[0], 1);
    show(p[0], 5000);

    CALL(writev(p[1], (struct iovec[]){{"ab", 2}, {"cd", 2}, {"ef", 2}}, 3));
    CALL(write(p[1], "next", 4));
    char a[4] = "", b[5] = "", c[9] = "";
    CALL(readv(p[0], (struct iovec[]){{a, 3}, {b, 2}, {c, 8}}, 3));
    printf("%s|%s|%s\n", a, b, c);
    show(p[0], 100);

    puts("-- each takes a page");
    CALL(fcntl(p[1], F_SETPIPE_SZ, 16384));
    int count = 0;
    while (write(p[1], "x", 1) == 1)
        count++;
    printf("%d, then %s, left %ld\n", count, strerrorname_np(errno), left(p[0]));
    struct pollfd f = {p[1], POLLOUT};
    CALL(poll(&f, 1, 0));
    CALL(fcntl(p[1], F_SETPIPE_SZ, 4096));
    show(p[0], 1);
    CALL(poll(&f, 1, 0));
    CALL(write(p[1], big, 5000));
    CALL(write(p[1], "y", 1));
    CALL(read(p[0], buffer, 1)), CALL(read(p[0], buffer, 1)), CALL(read(p[0], buffer, 1));
    CALL(read(p[0], buffer, sizeof buffer));
    CALL(read(p[0], buffer, sizeof buffer));
    CALL(fcntl(p[1], F_SETPIPE_SZ, 65536) >= 65536);

    puts("-- mode changed while there is data");
    CALL(write(p[1], "packet", 6));
    CALL(fcntl(p[1], F_SETFL, O_NONBLOCK));
    CALL(write(p[1], "stream", 6));
    CALL(write(p[1], "STREAM", 6));
    CALL(fcntl(p[1], F_SETFL, O_NONBLOCK | O_DIRECT));
    CALL(write(p[1], big, 4096));
    show(p[0], 100);
    show(p[0], 3);
    show(p[0], 3);
    show(p[0], 100);
    show(p[0], 100);

    puts("-- splice");
    int q[2], null = open("/dev/null", O_WRONLY);
    CALL(write(p[1], "one packet", 10));
    CALL(write(p[1], "another", 7));
    CALL(splice(p[0], 0, null, 0, 4, 0));
    show(p[0], 100);
    show(p[0], 100);

    puts("-- a writer that waits");
    pipe2(q, O_DIRECT);
    fcntl(q[1], F_SETPIPE_SZ, 4096);
    CHILD("writer", {
        write(q[1], "1", 1);
        if (!fork()) {
            usleep(100000);
            for (int i = 0; i < 4; i++)
                CALL(read(q[0], buffer, sizeof buffer));
            _exit(0);
        }
        close(q[0]);
        long written = write(q[1], big, 9000);
        close(q[1]);
        wait(0);
        SHOW(written);
    });
    close(q[0]);
    signal(SIGPIPE, SIG_IGN);
    CALL(write(q[1], "x", 1));
}

static void scattered(void)
{
    puts("-- one read for several buffers");
    int s[2];
    char a[4] = "", b[5] = "", c[9] = "";
    struct iovec v[] = {{a, 3}, {b, 0}, {b, 2}, {c, 8}};
    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s);
    CALL(write(s[1], "datagram", 8));
    CALL(write(s[1], "two", 3));
    CALL(write(s[1], "four", 4));
    CALL(readv(s[0], v, 4));
    printf("%s|%s|%s\n", a, b, c);
    memset(c, 0, sizeof c);
    CALL(readv(s[0], v, 4));
    printf("%s|%s|%s\n", a, b, c);
    CALL(readv(s[0], v, 1));
    CALL(readv(s[0], v, 4));
    CALL(readv(99, v, 4));
    CALL(readv(s[0], v, -1));
    int file = open("/tmp/x", O_RDWR | O_CREAT, 0600);
    write(file, "0123456789", 10);
    CALL(preadv(file, v, 4, 1));
    printf("%s|%s|%s\n", a, b, c);
    CALL(preadv(file, v, 4, 8));
    CALL(preadv(file, v, 4, 10));
    CALL(lseek(file, 2, SEEK_SET));
    CALL(readv(file, v, 3));
    CALL(lseek(file, 0, SEEK_CUR));
}

static void timeouts(void)
{
    puts("-- recvmmsg");
    int s[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    char data[4][16];
    struct iovec v[4];
    struct mmsghdr m[4];
    memset(m, 0, sizeof m);
    for (int i = 0; i < 4; i++) {
        v[i] = (struct iovec){data[i], 16};
        m[i].msg_hdr.msg_iov = &v[i], m[i].msg_hdr.msg_iovlen = 1;
    }
#define FILL(n) for (int i_ = 0; i_ < (n); i_++) send(s[1], "message", 3 + i_, 0)
    struct timespec t = {5, 0}, none = {0, 0}, bad = {0, 1000000000}, minus = {-1, 0};
    FILL(3);
    CALL(recvmmsg(s[0], m, 3, 0, &t));
    printf("lengths %d %d %d; %s left\n", m[0].msg_len, m[1].msg_len, m[2].msg_len,
           t.tv_sec == 4 && t.tv_nsec > 0 ? "something" : "nothing");
    FILL(3);
    CALL(recvmmsg(s[0], m, 3, 0, &none));
    printf("%ld %ld\n", (long)none.tv_sec, none.tv_nsec);
    CALL(recvmmsg(s[0], m, 3, 0, &bad));
    CALL(recvmmsg(s[0], m, 3, 0, &minus));
    CALL(recvmmsg(99, m, 3, 0, &bad));
    t = (struct timespec){5, 0};
    CALL(recvmmsg(s[0], m, 4, MSG_DONTWAIT, &t));
    printf("%s\n", t.tv_sec == 4 ? "something" : "as it was");
    t = (struct timespec){5, 0};
    CALL(recvmmsg(s[0], m, 4, MSG_DONTWAIT, &t));
    printf("%s\n", t.tv_sec == 4 ? "something" : "as it was");
    /* It is looked at when a message has come, and ends no waiting. */
    fflush(stdout);
    if (!fork()) {
        for (int i = 0; i < 4; i++) {
            usleep(450000);
            send(s[1], "late", 4, 0);
        }
        _exit(0);
    }
    t = (struct timespec){0, 700000000};
    CALL(recvmmsg(s[0], m, 4, 0, &t));
    printf("%ld %ld\n", (long)t.tv_sec, t.tv_nsec);
    wait(0);
    t = (struct timespec){10, 0};
    CALL(recvmmsg(s[0], m, 4, MSG_WAITFORONE, &t));
    printf("%s\n", t.tv_sec == 9 ? "something" : "as it was");
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    memset(big, 'b', sizeof big);
    alarm(30);
    packets();
    scattered();
    timeouts();
    return 0;
}
