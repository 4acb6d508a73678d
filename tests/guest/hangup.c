/* vhangup(2): what it does to the open files of a terminal, its session and those who wait; and that the terminal can
   be opened again. And the names of the machine: sethostname(2), setdomainname(2). */
#include "guest.h"
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <termios.h>

static volatile int hups, conts;
static void count(int signo)
{
    if (signo == SIGHUP)
        hups++;
    else
        conts++;
}

/* Becomes the leader of a session whose terminal is the slave of a new pair, and opens it. */
static int lead(int *master, char *name)
{
    *master = posix_openpt(O_RDWR | O_NOCTTY);
    grantpt(*master);
    unlockpt(*master);
    strcpy(name, ptsname(*master));
    setsid();
    signal(SIGHUP, count);
    signal(SIGCONT, count);
    return open(name, O_RDWR);
}

static void dead(int fd)
{
    char b[8];
    struct termios t;
    struct winsize w;
    int n = 1;
    pid_t group = getpid();
    CALL(read(fd, b, 8));
    CALL(write(fd, "x", 1));
    CALL(write(fd, "", 0));
    CALL(ioctl(fd, TCGETS, &t));
    CALL(ioctl(fd, TIOCGWINSZ, &w));
    CALL(ioctl(fd, TIOCSPGRP, &group));
    CALL(ioctl(fd, TIOCGPGRP, &group));
    CALL(ioctl(fd, TIOCSCTTY, 0));
    CALL(ioctl(fd, FIONREAD, &n));
    CALL(ioctl(fd, FIONBIO, &n));
    CALL(ioctl(fd, FIOASYNC, &n));
    CALL(ioctl(fd, FIOCLEX));
    CALL(ioctl(fd, 0x5499));
    CALL(isatty(fd));
    SHOW(errno);
    struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM, 0};
    CALL(poll(&p, 1, 0));
    SHOW(p.revents);
    struct stat s;
    CALL(fstat(fd, &s));
    SHOW(S_ISCHR(s.st_mode));
    CALL(lseek(fd, 0, SEEK_CUR));
}

static void all(void)
{
    int master, extra;
    char name[64], b[64];
    int slave = lead(&master, name);
    struct termios t;
    CALL(tcgetsid(slave) == getpid());
    int same = dup(slave), tty = open("/dev/tty", O_RDWR);
    tcgetattr(slave, &t);
    t.c_lflag &= ~(ECHO | ICANON);
    t.c_oflag &= ~OPOST;
    tcsetattr(slave, TCSANOW, &t);
    struct winsize w = {30, 90};
    ioctl(slave, TIOCSWINSZ, &w);
    write(slave, "lost", 4);
    write(master, "unread\n", 7);
    int epoll = epoll_create1(0);
    struct epoll_event e = {EPOLLIN | EPOLLET, {.u32 = 7}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, slave, &e);
    while (epoll_wait(epoll, &e, 1, 0) > 0) {
    }
    CALL(vhangup());
    SHOW(hups);
    SHOW(conts);
    CALL(epoll_wait(epoll, &e, 1, 1000));
    SHOW(e.events);
    CALL(epoll_wait(epoll, &e, 1, 0));
    CALL(open("/dev/tty", O_RDWR));
    puts("-- its files");
    dead(slave);
    CALL(read(same, b, 1));
    CALL(read(tty, b, 1));
    CALL(write(tty, b, 1));
    puts("-- its master");
    fcntl(master, F_SETFL, O_NONBLOCK);
    CALL(read(master, b, 64));
    struct pollfd p = {master, POLLIN | POLLOUT, 0};
    CALL(poll(&p, 1, 0));
    SHOW(p.revents);
    CALL(vhangup());
    SHOW(hups);
    puts("-- opened again");
    int again = open(name, O_RDWR);
    CALL(again < 0);
    CALL(tcgetsid(again) == getpid());
    CALL(tcgetpgrp(again) == getpid());
    tcgetattr(again, &t);
    SHOW(!!(t.c_lflag & ECHO));
    SHOW(!!(t.c_lflag & ICANON));
    SHOW(!!(t.c_oflag & OPOST));
    ioctl(again, TIOCGWINSZ, &w);
    SHOW(w.ws_row);
    CALL(ioctl(again, FIONREAD, &extra));
    SHOW(extra);
    CALL(write(again, "new\n", 4));
    memset(b, 0, sizeof b);
    CALL(read(master, b, 64));
    SHOW(strcmp(b, "new\r\n"));
    CALL(write(master, "typed\n", 6));
    CALL(read(slave, b, 64));
    CALL(write(slave, b, 1));
    memset(b, 0, sizeof b);
    CALL(read(again, b, 64));
    SHOW(strcmp(b, "typed\n"));
    CALL(read(master, b, 64));
    CALL(close(slave));
    CALL(close(same));
    CALL(close(tty));
    CALL(read(master, b, 64));
    CALL(write(again, "last", 4));
    CALL(read(master, b, 64));
    CALL(vhangup());
    SHOW(hups);
    CALL(read(again, b, 64));
    CALL(read(master, b, 64));
    CALL(close(again));
    CALL(read(master, b, 64));
    CALL(poll(&p, 1, 0));
    SHOW(p.revents);
}

/* Those who wait in a read, in the foreground and in another session. */
static void waiting(void)
{
    int master;
    char name[64], b[8];
    int slave = lead(&master, name);
    int told[2], over[2];
    pipe(told);
    pipe(over);
    pid_t pid = fork();
    if (pid == 0) {
        hups = conts = 0;
        struct pollfd p = {slave, POLLIN, 0};
        write(told[1], "1", 1);
        long n = read(slave, b, 8);
        read(over[0], b, 1);
        printf("woken: %ld, %d hang-ups\n", n, hups);
        CALL(poll(&p, 1, -1));
        CALL(open("/dev/tty", O_RDWR));
        fflush(stdout);
        _exit(0);
    }
    read(told[0], b, 1);
    usleep(100000);
    fflush(stdout);
    CALL(vhangup());
    fflush(stdout);
    write(over[1], "2", 1);
    int status;
    waitpid(pid, &status, 0);
    describe("reader", status);
    SHOW(hups);
    CALL(tcgetpgrp(slave));
}

/* The foreground group hears of it when its leader ends. */
static void group(void)
{
    int master, told[2], status;
    char name[64], b;
    pipe(told);
    fflush(stdout);
    pid_t leader = fork();
    if (leader == 0) {
        int slave = lead(&master, name);
        pid_t pid = fork();
        if (pid == 0) {
            setpgid(0, 0);
            signal(SIGTTOU, SIG_IGN);
            tcsetpgrp(slave, getpid());
            hups = conts = 0;
            write(told[1], "1", 1);
            while (!hups)
                usleep(1000);
            write(told[1], "3", 1);
            _exit(0);
        }
        read(told[0], &b, 1);
        vhangup();
        usleep(100000);
        struct pollfd p = {told[0], POLLIN, 0};
        CALL(poll(&p, 1, 0));
        fflush(stdout);
        _exit(0);
    }
    waitpid(leader, &status, 0);
    describe("leader", status);
    struct pollfd p = {told[0], POLLIN, 0};
    CALL(poll(&p, 1, 5000));
}

static void rights(void)
{
    struct {
        uint32_t version;
        int pid;
    } head = {0x20080522, 0};
    struct {
        uint32_t effective, permitted, inheritable;
    } sets[2];
    syscall(SYS_capget, &head, sets);
    sets[0].effective &= ~(1u << 26);
    CALL(syscall(SYS_capset, &head, sets));
    CALL(vhangup());
    sets[0].effective |= 1u << 26;
    CALL(syscall(SYS_capset, &head, sets));
    CALL(vhangup());
    setuid(1000);
    CALL(vhangup());
    CALL(setdomainname("a", 1));
    CALL(setdomainname("a", 65));
    CALL(setdomainname("a", -1));
    CALL(setdomainname((char *)8, 3));
    CALL(sethostname("a", 1));
    CALL(sethostname("a", 65));
    CALL(sethostname((char *)8, 3));
}

static void shown(void)
{
    struct utsname u;
    char b[128] = "";
    uname(&u);
    printf("[%s] [%s]\n", u.nodename, u.domainname);
    int fd = open("/proc/sys/kernel/domainname", O_RDWR);
    ssize_t n = read(fd, b, sizeof b);
    printf("%zd [%s]\n", n, b);
    close(fd);
    getdomainname(b, sizeof b);
    printf("[%s]\n", b);
}

static void names(void)
{
    char longest[66];
    memset(longest, 'd', 65);
    longest[65] = 0;
    CALL(sethostname("tawaki", 6));
    CALL(setdomainname("example.org", 11));
    shown();
    CALL(setdomainname("example.org", 7));
    shown();
    CALL(setdomainname(longest, 65));
    CALL(setdomainname(longest, -1));
    CALL(setdomainname((char *)8, 3));
    shown();
    CALL(setdomainname(longest, 64));
    shown();
    CALL(setdomainname(longest, 0));
    shown();
    int fd = open("/proc/sys/kernel/domainname", O_WRONLY);
    CALL(write(fd, "written\n", 8));
    close(fd);
    shown();
    CALL(setdomainname("(none)", 6));
    CALL(sethostname(longest, 65));
    CALL(sethostname(longest, -1));
    CALL(sethostname((char *)8, 3));
    CALL(sethostname("other", 5));
    CHILD("a child", shown());
}

int main(void)
{
    unshare(CLONE_NEWUTS);
    puts("-- names");
    names();
    puts("-- a terminal");
    CHILD("session", all());
    puts("-- those who wait");
    CHILD("session", waiting());
    puts("-- the foreground");
    group();
    puts("-- no terminal");
    CHILD("session", { setsid(); CALL(vhangup()); CALL(vhangup()); });
    puts("-- rights");
    CHILD("session", { setsid(); rights(); });
    return 0;
}
