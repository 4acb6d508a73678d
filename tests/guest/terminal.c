/* Pseudo-terminals: line discipline, sizes, sessions, job control, hang-up. */
#include "guest.h"
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static void dump(const char *what, int fd)
{
    unsigned char b[256];
    int n = read(fd, b, sizeof b);
    printf("%s:", what);
    for (int i = 0; i < n; i++)
        printf(" %02x", b[i]);
    puts("");
}

static void discipline(void)
{
    int m, s;
    struct termios t;
    char buffer[64];
    puts("-- line discipline");
    CALL(openpty(&m, &s, 0, 0, 0));
    tcgetattr(s, &t);
    printf("%o %o %o %o\n", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
    CALL(isatty(s));
    write(m, "ab\177c\r", 5);
    dump("line", s);
    dump("echo", m);
    write(m, "some words\027\025x\026\003\n", 16);
    dump("line", s);
    dump("echo", m);
    write(m, "part\004", 5);
    dump("line", s);
    dump("echo", m);
    write(s, "x\ty\n", 4);
    dump("output", m);
    t.c_lflag &= ~(ICANON | ECHO);
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 1;
    CALL(tcsetattr(s, TCSANOW, &t));
    CALL(read(s, buffer, 9));
    write(m, "q", 1);
    CALL(read(s, buffer, 9));
    t.c_cc[VMIN] = 2;
    t.c_cc[VTIME] = 0;
    tcsetattr(s, TCSADRAIN, &t);
    struct pollfd p = {s, POLLIN, 0};
    write(m, "1", 1);
    CALL(poll(&p, 1, 20));
    write(m, "2", 1);
    CALL(poll(&p, 1, 20));
    CALL(read(s, buffer, 9));
    struct winsize w = {11, 22, 0, 0};
    CALL(ioctl(m, TIOCSWINSZ, &w));
    memset(&w, 0, sizeof w);
    ioctl(s, TIOCGWINSZ, &w);
    printf("%d rows, %d columns\n", w.ws_row, w.ws_col);
    close(s);
    CALL(read(m, buffer, 9));
    close(m);
}

static void jobs(void)
{
    int m, s, status;
    puts("-- job control");
    openpty(&m, &s, 0, 0, 0);
    pid_t leader = fork();
    if (leader == 0) {
        close(m);
        setsid();
        CALL(ioctl(s, TIOCSCTTY, 0));
        SHOW(tcgetpgrp(s) == getpid());
        pid_t job = fork();
        if (job == 0) {
            setpgid(0, 0);
            tcsetpgrp(s, getpid());
            _exit(0);
        }
        waitpid(job, &status, WUNTRACED);
        printf("background: stopped %d by %d\n", WIFSTOPPED(status), WSTOPSIG(status));
        kill(job, SIGKILL);
        waitpid(job, 0, 0);
        SHOW(open("/dev/tty", O_RDWR) >= 0);
        for (;;)
            pause();
    }
    usleep(300000);
    write(m, "\003", 1);
    waitpid(leader, &status, 0);
    printf("leader: signal %d\n", WTERMSIG(status));
    /* The leader hears of a hang-up; its group when it ends by that. */
    int gone[2];
    char byte;
    pipe(gone);
    leader = fork();
    if (leader == 0) {
        int m2, s2;
        setsid();
        openpty(&m2, &s2, 0, 0, 0);
        ioctl(s2, TIOCSCTTY, 0);
        if (fork() == 0) {
            close(m2);
            pause();
            _exit(0);
        }
        usleep(50000);
        close(m2);
        pause();
        _exit(0);
    }
    close(gone[1]);
    SHOW(read(gone[0], &byte, 1));
    waitpid(leader, &status, 0);
    printf("leader: signal %d\n", WTERMSIG(status));
    SHOW(open("/dev/tty", O_RDWR) >= 0);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    /* No controlling terminal, whoever runs this. */
    if (fork() == 0) {
        setsid();
        discipline();
        jobs();
        _exit(0);
    }
    wait(0);
    return 0;
}
