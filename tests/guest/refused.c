/* What is refused by name: rings of io_uring, as by a kernel that has none (or has them switched off), and typing
   into terminals, as with dev.tty.legacy_tiocsti=0. */
#include "guest.h"
#include <linux/io_uring.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>

/* Without rings it is ENOSYS. Where they are there but switched off, there is never a descriptor of one: EPERM to make
   one, EBADF to use one. */
static void ring(const char *name, long result, int off)
{
    printf("%s: %s\n", name, result == -1 && (errno == ENOSYS || errno == off) ? "refused" : "there");
}

static void rings(void)
{
    struct io_uring_params p;
    for (unsigned entries = 1; entries <= 4096; entries *= 64) {
        memset(&p, 0, sizeof p);
        ring("setup", syscall(SYS_io_uring_setup, entries, &p), EPERM);
        SHOW(p.sq_entries | p.cq_entries | p.features);
    }
    ring("setup nowhere", syscall(SYS_io_uring_setup, 8, (void *)8), EPERM);
    ring("enter", syscall(SYS_io_uring_enter, 99, 1, 1, 1, 0, 0), EBADF);
    ring("register", syscall(SYS_io_uring_register, 99, 0, 0, 0), EBADF);
    /* Nothing was opened on the way. */
    int fd = open("/dev/null", O_RDONLY);
    SHOW(fd);
    close(fd);
}

static void typing(int slave, int master)
{
    struct termios t;
    tcgetattr(slave, &t);
    t.c_lflag &= ~(ICANON | ECHO);
    tcsetattr(slave, TCSANOW, &t);
    setuid(1000);
    CALL(ioctl(slave, TIOCSTI, "x"));
    CALL(ioctl(master, TIOCSTI, "x"));
    CALL(ioctl(slave, TIOCSTI, (void *)8));
    int waiting = 7;
    CALL(ioctl(slave, FIONREAD, &waiting));
    SHOW(waiting);
}

int main(void)
{
    puts("-- rings");
    rings();
    puts("-- typing");
    int m, s;
    openpty(&m, &s, 0, 0, 0);
    CHILD("for others", typing(s, m));
    CHILD("for oneself", {
        setsid();
        ioctl(s, TIOCSCTTY, 0);
        typing(s, m);
        CALL(tcgetpgrp(s) == getpid());
    });
    return 0;
}
