/* pidfd, sealed memfd, splice with sockets, nested epoll, edges of eventfd and pipes. */
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#define pidfd_open_(p, f) syscall(SYS_pidfd_open, p, f)
#define pidfd_signal(f, s) syscall(SYS_pidfd_send_signal, f, s, 0, 0)
#define pidfd_getfd_(f, t) syscall(SYS_pidfd_getfd, f, t, 0)

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    char b[200];

    /* Process descriptors. */
    CALL(pidfd_open_(-1, 0));
    CALL(pidfd_open_(getpid(), 12345));
    CALL(pidfd_open_(999999, 0));
    int hold[2];
    pipe(hold);
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int p = pidfd_open_(child, 0);
    SHOW(p >= 0);
    SHOW(fcntl(p, F_GETFD));
    struct pollfd w = {p, POLLIN};
    CALL(poll(&w, 1, 0));
    CALL(read(p, b, 1));
    siginfo_t info = {0};
    CALL(waitid(P_PIDFD, p, &info, WEXITED | WNOHANG));
    CALL(waitid(P_PIDFD, 0, &info, WEXITED | WNOHANG));
    int taken = pidfd_getfd_(p, hold[1]);
    SHOW(taken > hold[1]);
    CALL(write(taken, "x", 1));
    CALL(read(hold[0], b, 10));
    CALL(pidfd_getfd_(p, 999));
    CALL(pidfd_signal(p, 0));
    CALL(pidfd_signal(p, SIGTERM));
    CALL(poll(&w, 1, 5000));
    SHOW(w.revents);
    CALL(waitid(P_PIDFD, p, &info, WEXITED));
    SHOW(info.si_pid == child && info.si_status == SIGTERM);
    CALL(pidfd_signal(p, 0));
    CALL(waitid(P_PIDFD, p, &info, WEXITED));
    CALL(poll(&w, 1, 0));
    CALL(pidfd_signal(0, 0));

    /* Seals. */
    CALL(memfd_create("x", 0x8000));
    int m = memfd_create("plain", 0);
    struct stat st;
    CALL(fstat(m, &st));
    printf("  mode %o, links %d\n", st.st_mode, (int)st.st_nlink);
    CALL(fcntl(m, F_GET_SEALS));
    CALL(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
    m = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    CALL(fcntl(m, F_GET_SEALS));
    CALL(write(m, "0123456789", 10));
    CALL(fcntl(m, F_ADD_SEALS, F_SEAL_SHRINK));
    CALL(ftruncate(m, 5));
    CALL(ftruncate(m, 20));
    CALL(fcntl(m, F_ADD_SEALS, F_SEAL_GROW));
    CALL(ftruncate(m, 30));
    CALL(pwrite(m, "abc", 3, 19));
    CALL(pwrite(m, "abc", 3, 17));
    CALL(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(pwrite(m, "abc", 3, 0));
    SHOW(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0) == MAP_FAILED ? errno == EPERM : 2);
    SHOW(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, m, 0) != MAP_FAILED);
    CALL(fcntl(m, F_GET_SEALS));
    CALL(fcntl(m, F_ADD_SEALS, F_SEAL_SEAL));
    CALL(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(0, F_GET_SEALS));

    /* Data from file to socket to pipe to file. */
    int s[2], q[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    pipe(q);
    off_t from = 2;
    CALL(sendfile(s[0], m, &from, 5));
    SHOW(from);
    CALL(splice(s[1], 0, q[1], 0, 100, 0));
    CALL(read(q[0], b, 100));
    SHOW(memcmp(b, "23456", 5));
    CALL(splice(s[1], 0, q[1], 0, 100, SPLICE_F_NONBLOCK));
    write(q[1], "through", 7);
    CALL(splice(q[0], 0, s[0], 0, 100, 0));
    CALL(read(s[1], b, 100));
    CALL(splice(m, 0, s[0], 0, 10, 0));
    close(s[1]);
    write(q[1], "nobody", 6);
    CALL(splice(q[0], 0, s[0], 0, 100, 0));
    CALL(sendfile(s[0], m, &from, 5));

    /* Edges of an eventfd and of a pipe; epoll in epoll. */
    int e = epoll_create1(0), outer = epoll_create1(0), v = eventfd(0, EFD_NONBLOCK);
    struct epoll_event ev = {EPOLLIN | EPOLLET, {.u32 = 1}}, got[4];
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, v, &ev));
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, v, &ev));
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, e, &ev));
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, m, &ev));
    eventfd_write(v, 1);
    CALL(epoll_wait(e, got, 4, 0));
    CALL(epoll_wait(e, got, 4, 0));
    eventfd_write(v, 1);
    CALL(epoll_wait(e, got, 4, 0));
    eventfd_t count;
    eventfd_read(v, &count);
    SHOW(count);
    CALL(epoll_wait(e, got, 4, 0));
    ev.events = EPOLLIN;
    CALL(epoll_ctl(outer, EPOLL_CTL_ADD, e, &ev));
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, outer, &ev));
    CALL(epoll_wait(outer, got, 4, 0));
    eventfd_write(v, 1);
    CALL(epoll_wait(outer, got, 4, 0));
    CALL(epoll_wait(outer, got, 4, 0));
    CALL(epoll_wait(e, got, 4, 0));
    CALL(epoll_wait(outer, got, 4, 0));
    pipe(q);
    ev.events = EPOLLIN | EPOLLET;
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, q[0], &ev));
    write(q[1], "abc", 3);
    CALL(epoll_wait(e, got, 4, 0));
    read(q[0], b, 1);
    CALL(epoll_wait(e, got, 4, 0));
    write(q[1], "d", 1);
    CALL(epoll_wait(e, got, 4, 0));
    close(q[1]);
    CALL(epoll_wait(e, got, 4, 0));
    SHOW(got[0].events == (EPOLLIN | EPOLLHUP));

    /* Timers and signals as descriptors. */
    CALL(timerfd_create(99, 0));
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec ten = {{0, 10000000}, {0, 10000000}}, left;
    CALL(timerfd_settime(t, 99, &ten, 0));
    CALL(read(t, b, 8));
    CALL(timerfd_settime(t, 0, &ten, 0));
    usleep(35000);
    CALL(read(t, b, 4));
    CALL(read(t, &count, 8));
    SHOW(count >= 3);
    timerfd_gettime(t, &left);
    SHOW(left.it_interval.tv_nsec == 10000000 && left.it_value.tv_nsec > 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, 0);
    int g = signalfd(-1, &set, SFD_NONBLOCK);
    struct signalfd_siginfo si;
    CALL(read(g, &si, sizeof si));
    kill(getpid(), SIGUSR1);
    CALL(read(g, &si, sizeof si));
    SHOW(si.ssi_signo == SIGUSR1 && si.ssi_pid == getpid() && si.ssi_code == SI_USER);
    return 0;
}
