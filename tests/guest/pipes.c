/* Pipes, descriptors, poll and select. */
#include "guest.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>

static void show_poll(const char *name, int fd, int events)
{
    struct pollfd p = {fd, events, 0};
    int n = poll(&p, 1, 0);
    printf("%s: %d%s%s%s%s%s\n", name, n, p.revents & POLLIN ? " IN" : "", p.revents & POLLOUT ? " OUT" : "",
           p.revents & POLLHUP ? " HUP" : "", p.revents & POLLERR ? " ERR" : "", p.revents & POLLNVAL ? " NVAL" : "");
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    int p[2];
    char buffer[200000];
    memset(buffer, 'b', sizeof buffer);
    signal(SIGPIPE, SIG_IGN);
    pipe(p);
    show_poll("empty, read end", p[0], POLLIN | POLLOUT);
    show_poll("empty, write end", p[1], POLLIN | POLLOUT);
    CALL(write(p[1], "hello", 5));
    show_poll("filled, read end", p[0], POLLIN);
    int available;
    ioctl(p[0], FIONREAD, &available);
    SHOW(available);
    CALL(read(p[0], buffer, 3));
    CALL(read(p[0], buffer, 100));
    CALL(fcntl(p[0], F_SETFL, O_NONBLOCK));
    CALL(read(p[0], buffer, 100));
    CALL(read(p[0], buffer, 0));
    CALL(fcntl(p[1], F_SETFL, O_NONBLOCK));
    CALL(fcntl(p[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
    CALL(fcntl(p[1], F_GETPIPE_SZ));
    CALL(write(p[1], buffer, sizeof buffer));
    CALL(write(p[1], buffer, 1));
    show_poll("full, write end", p[1], POLLOUT);
    CALL(read(p[0], buffer, 4095));
    /* Less than PIPE_BUF is written whole or not at all. */
    CALL(write(p[1], buffer, 4096));
    CALL(read(p[0], buffer, 1));
    CALL(write(p[1], buffer, 4096));
    CALL(write(p[0], buffer, 1));
    CALL(read(p[1], buffer, 1));
    CALL(lseek(p[0], 0, SEEK_CUR));
    CALL(pread(p[0], buffer, 1, 0));
    close(p[1]);
    show_poll("writer gone, filled", p[0], POLLIN);
    long total = 0, n;
    while ((n = read(p[0], buffer, sizeof buffer)) > 0)
        total += n;
    SHOW(total);
    show_poll("writer gone, empty", p[0], POLLIN);
    CALL(read(p[0], buffer, 1));
    close(p[0]);
    pipe(p);
    close(p[0]);
    show_poll("reader gone", p[1], POLLOUT);
    CALL(write(p[1], "x", 1));
    close(p[1]);
    show_poll("closed", p[1], POLLIN);
    show_poll("negative", -1, POLLIN);
    show_poll("file", open("/dev/zero", O_RDONLY), POLLIN | POLLOUT);

    /* A blocked writer and reader meet. */
    pipe(p);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(p[0]);
        for (int i = 0; i < 20; i++)
            write(p[1], buffer, sizeof buffer);
        _exit(0);
    }
    close(p[1]);
    total = 0;
    int wrong = 0;
    while ((n = read(p[0], buffer, 777)) > 0) {
        total += n;
        for (int i = 0; i < n; i++)
            wrong += buffer[i] != 'b';
    }
    SHOW(total);
    SHOW(wrong);
    waitpid(pid, 0, 0);
    close(p[0]);

    /* Timeouts. */
    pipe(p);
    struct pollfd both[2] = {{p[0], POLLIN, 0}, {p[1], 0, 0}};
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    CALL(poll(both, 2, 60));
    clock_gettime(CLOCK_MONOTONIC, &after);
    long ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    SHOW(ms >= 59 && ms < 1000);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(p[0], &set);
    struct timeval wait = {0, 20000};
    CALL(select(p[0] + 1, &set, 0, 0, &wait));
    SHOW(FD_ISSET(p[0], &set));
    SHOW(wait.tv_sec == 0 && wait.tv_usec == 0);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        usleep(50000);
        write(p[1], "z", 1);
        _exit(0);
    }
    FD_SET(p[0], &set);
    wait.tv_sec = 5;
    CALL(select(p[0] + 1, &set, 0, 0, &wait));
    SHOW(FD_ISSET(p[0], &set));
    waitpid(pid, 0, 0);
    FD_ZERO(&set);
    FD_SET(40, &set);
    CALL(select(41, &set, 0, 0, 0));
    CALL(select(-1, 0, 0, 0, 0));
    CALL(poll(both, 2, 0));

    /* Vectors. */
    struct iovec iov[3] = {{"one ", 4}, {"two ", 4}, {"three", 5}};
    CALL(writev(p[1], iov, 3));
    char a[6] = {0}, b[20] = {0};
    struct iovec in[2] = {{a, 5}, {b, 19}};
    CALL(readv(p[0], in, 2));
    printf("[%s] [%s]\n", a, b);
    CALL(writev(p[1], iov, -1));
    CALL(writev(p[1], iov, 1025));
    CALL(writev(p[1], iov, 0));

    /* Descriptors. */
    close(p[0]);
    close(p[1]);
    int fd = open("/dev/null", O_RDWR);
    SHOW(dup(fd) > fd);
    CALL(dup2(fd, 50));
    CALL(dup2(fd, fd) == fd);
    CALL(dup3(fd, fd, 0));
    CALL(dup2(999, 5));
    CALL(dup2(fd, -1));
    CALL(dup2(fd, 100000000));
    CALL(fcntl(50, F_DUPFD, 60));
    CALL(fcntl(50, F_DUPFD_CLOEXEC, 60));
    CALL(fcntl(61, F_GETFD));
    CALL(fcntl(60, F_GETFD));
    CALL(fcntl(60, F_SETFD, FD_CLOEXEC));
    CALL(fcntl(60, F_GETFD));
    CALL(fcntl(60, 9999));
    CALL(close(60));
    CALL(close(60));
    CALL(close(-1));
    CALL(read(fd, buffer, 10));
    CALL(write(fd, buffer, 10));
    CALL(read(open("/dev/zero", O_RDONLY), buffer, 10));
    SHOW(buffer[9]);
    CALL(write(open("/dev/full", O_WRONLY), "x", 1));
    return 0;
}
