/* Descriptors that stand for events: eventfd, timerfd, signalfd, epoll; and what moves data between files. */
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static void events(void)
{
    uint64_t value;
    struct epoll_event e = {EPOLLIN | EPOLLET, {.u32 = 7}}, out[4];
    int fd = eventfd(3, EFD_NONBLOCK), poll = epoll_create1(0);
    puts("-- eventfd and epoll");
    CALL(read(fd, &value, 8));
    SHOW(value);
    CALL(read(fd, &value, 8));
    CALL(read(fd, &value, 4));
    value = 5;
    CALL(write(fd, &value, 8));
    value = -1;
    CALL(write(fd, &value, 8));
    CALL(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e));
    CALL(epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e));
    CALL(epoll_ctl(poll, EPOLL_CTL_ADD, poll, &e));
    CALL(epoll_wait(poll, out, 4, 0));
    printf("%u %x\n", out[0].data.u32, out[0].events);
    CALL(epoll_wait(poll, out, 4, 0));
    value = 1;
    write(fd, &value, 8);
    CALL(epoll_wait(poll, out, 4, 0));
    e.events = EPOLLIN | EPOLLONESHOT;
    CALL(epoll_ctl(poll, EPOLL_CTL_MOD, fd, &e));
    CALL(epoll_wait(poll, out, 4, 0));
    CALL(epoll_wait(poll, out, 4, 0));
    CALL(epoll_ctl(poll, EPOLL_CTL_DEL, fd, &e));
    CALL(epoll_ctl(poll, EPOLL_CTL_DEL, fd, &e));
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec it = {{0, 1000000}, {0, 1000000}};
    CALL(timerfd_settime(timer, 0, &it, 0));
    usleep(5000);
    CALL(read(timer, &value, 8));
    SHOW(value >= 3);
    int wall = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    struct itimerspec never = {{0, 0}, {4000000000 / 2, 0}};
    CALL(timerfd_settime(wall, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, 0));
    CALL(read(wall, &value, 8));
    CALL(timerfd_settime(wall, 4 | TFD_TIMER_ABSTIME, &never, 0));
    close(wall);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    int signals = signalfd(-1, &set, SFD_NONBLOCK);
    struct signalfd_siginfo info;
    CALL(read(signals, &info, sizeof info));
    kill(getpid(), SIGUSR1);
    CALL(read(signals, &info, sizeof info));
    printf("%d %d\n", info.ssi_signo, info.ssi_pid == getpid());
}

static void locks(void)
{
    int a = open("/tmp/locked", O_CREAT | O_RDWR, 0600), b = open("/tmp/locked", O_RDWR);
    struct flock l = {F_WRLCK, SEEK_SET, 0, 10};
    puts("-- locks");
    CALL(flock(a, LOCK_EX));
    CALL(flock(b, LOCK_EX | LOCK_NB));
    CALL(flock(a, LOCK_UN));
    CALL(flock(b, LOCK_SH | LOCK_NB));
    CALL(flock(a, LOCK_SH | LOCK_NB));
    CALL(flock(a, LOCK_EX | LOCK_NB));
    CALL(fcntl(a, F_SETLK, &l));
    CHILD("other process", {
        struct flock g = {F_WRLCK, SEEK_SET, 5, 10};
        CALL(fcntl(a, F_SETLK, &g));
        CALL(fcntl(a, F_GETLK, &g));
        printf("%d %d %d %d\n", g.l_type, (int)g.l_start, (int)g.l_len, g.l_pid == getppid());
    });
    /* Any close of the file drops the process's record locks. */
    close(b);
    CHILD("other process again", {
        struct flock g = {F_WRLCK, SEEK_SET, 5, 10};
        CALL(fcntl(a, F_SETLK, &g));
    });
}

static void transfers(void)
{
    int fd = open("/tmp/data", O_CREAT | O_RDWR | O_TRUNC, 0600), p[2], q[2];
    char buffer[64];
    off_t from = 1;
    puts("-- transfers");
    write(fd, "0123456789", 10);
    lseek(fd, 0, SEEK_SET);
    pipe(p);
    pipe(q);
    CALL(sendfile(p[1], fd, &from, 3));
    SHOW(from);
    CALL(tee(p[0], q[1], 10, 0));
    CALL(read(q[0], buffer, 64));
    CALL(splice(p[0], 0, q[1], 0, 2, 0));
    CALL(read(q[0], buffer, 64));
    CALL(splice(fd, 0, p[1], 0, 4, 0));
    CALL(lseek(fd, 0, SEEK_CUR));
    CALL(read(p[0], buffer, 64));
    CALL(sendfile(fd, p[0], 0, 1));
    CALL(copy_file_range(fd, 0, p[1], 0, 1, 0));
    CALL(lseek(fd, 3, SEEK_DATA));
    CALL(lseek(fd, 0, SEEK_HOLE));
    CALL(lseek(fd, 20, SEEK_DATA));
    int m = memfd_create("name", 0);
    CALL(write(m, "mem", 3));
    sprintf(buffer, "/proc/self/fd/%d", m);
    char link[64] = {0};
    readlink(buffer, link, 63);
    puts(link);
    int again = open(buffer, O_RDWR);
    CALL(read(again, buffer, 9));
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    events();
    locks();
    transfers();
    return 0;
}
