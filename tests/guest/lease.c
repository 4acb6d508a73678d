/* Leases: F_SETLEASE, F_GETLEASE, what breaks them, the signal, and opens that wait. */
#include "guest.h"
#include <sys/socket.h>

#define FILE_ "/tmp/leased"

/* Takes what is pending and tells it. */
static void take(const char *what)
{
    struct timespec t = {0, 100000000};
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGCHLD);
    siginfo_t info;
    int count = 0, signo;
    while ((signo = sigtimedwait(&set, &info, &t)) > 0 && count++ < 5) {
        printf("  %s: %s code %d", what, signo >= SIGRTMIN ? "RT" : sigabbrev_np(signo), info.si_code);
        if (info.si_code > 0 && info.si_code < 0x80)
            printf(" band %lx fd %d", info.si_band, info.si_fd);
        puts("");
        t.tv_nsec = 20000000;
    }
    if (!count)
        printf("  %s: nothing\n", what);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int old_time;
static void break_time(int seconds)
{
    char text[20];
    int fd = open("/proc/sys/fs/lease-break-time", O_RDWR);
    int n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    if (!old_time)
        old_time = atoi(text);
    printf("%d\n", pwrite(fd, text, sprintf(text, "%d\n", seconds), 0) > 0);
    close(fd);
}

static void opens(const char *what, int flags)
{
    int fd = open(FILE_, flags | O_NONBLOCK);
    printf("  %s: %s\n", what, fd < 0 ? strerrorname_np(errno) : "opened");
    if (fd >= 0)
        close(fd);
}

static void kinds(void)
{
    puts("-- kinds");
    int r = open(FILE_, O_RDONLY);
    CALL(fcntl(r, F_GETLEASE));
    CALL(fcntl(r, F_SETLEASE, F_UNLCK));
    CALL(fcntl(r, F_SETLEASE, 7));
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    CALL(fcntl(r, F_GETLEASE));
    CALL(fcntl(r, F_SETLEASE, F_WRLCK));
    CALL(fcntl(r, F_GETLEASE));
    CALL(fcntl(r, F_GETOWN) == getpid());
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    int r2 = open(FILE_, O_RDONLY);
    CALL(fcntl(r2, F_GETLEASE));
    CALL(fcntl(r2, F_SETLEASE, F_WRLCK));
    CALL(fcntl(r2, F_SETLEASE, F_RDLCK));
    CALL(fcntl(r, F_SETLEASE, F_WRLCK));
    CALL(fcntl(r, F_SETLEASE, F_UNLCK));
    CALL(fcntl(r2, F_SETLEASE, F_WRLCK));
    close(r);
    CALL(fcntl(r2, F_SETLEASE, F_WRLCK));
    int copy = dup(r2);
    CALL(fcntl(copy, F_GETLEASE));
    close(r2);
    CALL(fcntl(copy, F_GETLEASE));
    CALL(fcntl(copy, F_SETLEASE, F_UNLCK));
    close(copy);
    int w = open(FILE_, O_RDWR);
    CALL(fcntl(w, F_SETLEASE, F_RDLCK));
    CALL(fcntl(w, F_SETLEASE, F_WRLCK));
    CALL(fcntl(w, F_GETLEASE));
    close(w);
    r = open(FILE_, O_RDONLY);
    CALL(fcntl(r, F_GETLEASE));
    w = open(FILE_, O_WRONLY);
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    close(w);
    close(r);
    puts("-- what has none");
    int d = open("/tmp", O_RDONLY | O_DIRECTORY), p[2], s[2], n = open("/dev/null", O_RDONLY), o = open(FILE_, O_PATH);
    pipe(p);
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    CALL(fcntl(d, F_SETLEASE, F_RDLCK));
    CALL(fcntl(p[0], F_SETLEASE, F_RDLCK));
    CALL(fcntl(s[0], F_SETLEASE, F_RDLCK));
    CALL(fcntl(n, F_SETLEASE, F_RDLCK));
    CALL(fcntl(o, F_SETLEASE, F_RDLCK));
    CALL(fcntl(p[0], F_SETLEASE, F_UNLCK));
    CALL(fcntl(-1, F_SETLEASE, F_RDLCK));
    for (int i = 0; i < 2; i++)
        close(p[i]), close(s[i]);
    close(d), close(n), close(o);
    CHILD("of another user", {
        setuid(1000);
        int fd = open(FILE_, O_RDONLY);
        CALL(fcntl(fd, F_SETLEASE, F_RDLCK));
        CALL(fcntl(fd, F_SETLEASE, 9));
        CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
        int own = open("/tmp/own", O_CREAT | O_RDONLY, 0600);
        CALL(fcntl(own, F_SETLEASE, F_RDLCK));
        unlink("/tmp/own");
    });
}

static void breaking(void)
{
    puts("-- broken");
    int r = open(FILE_, O_RDONLY);
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    opens("for reading", O_RDONLY);
    take("for reading");
    opens("as a place", O_PATH);
    CALL(open(FILE_, O_CREAT | O_EXCL | O_WRONLY | O_NONBLOCK, 0600));
    take("not opened");
    opens("for writing", O_WRONLY);
    take("for writing");
    CALL(fcntl(r, F_GETLEASE));
    opens("again", O_RDWR);
    take("again");
    opens("for reading", O_RDONLY);
    int r2 = open(FILE_, O_RDONLY);
    CALL(fcntl(r2, F_SETLEASE, F_RDLCK));
    close(r2);
    CALL(fcntl(r, F_SETLEASE, F_UNLCK));
    opens("given up", O_WRONLY);
    CALL(fcntl(r, F_SETSIG, SIGRTMIN + 3));
    CALL(fcntl(r, F_SETLEASE, F_WRLCK));
    opens("for reading", O_RDONLY);
    take("for reading");
    CALL(fcntl(r, F_GETLEASE));
    opens("again", O_RDONLY);
    take("again");
    opens("for writing now", O_WRONLY);
    take("for writing now");
    CALL(fcntl(r, F_GETLEASE));
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    opens("for reading", O_RDONLY);
    opens("for writing", O_WRONLY);
    close(r);
    opens("closed", O_WRONLY);
    take("closed");
    /* Its own process, and one with nobody to be told. */
    int w = open(FILE_, O_RDWR);
    CALL(fcntl(w, F_SETLEASE, F_WRLCK));
    CALL(fcntl(w, F_SETOWN, 0));
    CALL(ftruncate(w, 10));
    CALL(write(w, "x", 1));
    opens("for reading", O_RDONLY);
    take("nobody");
    struct stat st;
    CALL(stat(FILE_, &st));
    CALL(chmod(FILE_, 0666));
    CALL(rename(FILE_, "/tmp/other"));
    CALL(rename("/tmp/other", FILE_));
    close(w);
}

static volatile int rings;
static void ring(int signo)
{
    rings++;
}

static void waiting(void)
{
    puts("-- waiting");
    int r = open(FILE_, O_RDONLY), p[2];
    char b;
    pipe(p);
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(r);
        double t = now();
        int fd = open(FILE_, O_WRONLY);
        t = now() - t;
        usleep(100000);
        printf("opened %d %s\n", fd >= 0, t > 0.15 && t < 1.5 ? "when it was given up" : "at once or late");
        _exit(0);
    }
    take("told");
    usleep(200000);
    CALL(fcntl(r, F_SETLEASE, F_UNLCK));
    waitpid(pid, 0, 0);
    puts("made one for reading, a reader waits");
    CALL(fcntl(r, F_SETLEASE, F_WRLCK));
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        close(r);
        int fd = open(FILE_, O_RDONLY);
        usleep(100000);
        printf("opened %d\n", fd >= 0);
        write(p[1], "o", 1);
        pause();
    }
    take("told");
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    CALL(read(p[0], &b, 1));
    CALL(fcntl(r, F_GETLEASE));
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
    puts("truncated by name");
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        close(r);
        int done = truncate(FILE_, 3);
        printf("truncated %d\n", done);
        _exit(0);
    }
    take("told");
    close(r);
    waitpid(pid, 0, 0);
    puts("a signal in between");
    r = open(FILE_, O_RDONLY);
    CALL(fcntl(r, F_SETLEASE, F_RDLCK));
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        close(r);
        sigset_t none;
        sigemptyset(&none);
        struct sigaction action = {.sa_handler = ring};
        sigaction(SIGALRM, &action, 0);
        sigprocmask(SIG_SETMASK, &none, 0);
        struct itimerval soon = {{0, 0}, {0, 100000}};
        setitimer(ITIMER_REAL, &soon, 0);
        CALL(open(FILE_, O_WRONLY));
        SHOW(rings);
        _exit(0);
    }
    waitpid(pid, 0, 0);
    take("told");
    close(r);
    puts("never given up");
    break_time(1);
    r = open(FILE_, O_RDONLY);
    CALL(fcntl(r, F_SETLEASE, F_WRLCK));
    double t = now();
    int fd = open(FILE_, O_RDONLY);
    t = now() - t;
    printf("opened %d, %s\n", fd >= 0, t > 0.8 && t < 2 ? "a second" : "another time");
    CALL(fcntl(r, F_GETLEASE));
    t = now();
    int w = open(FILE_, O_RDWR);
    t = now() - t;
    printf("opened %d, %s\n", w >= 0, t > 0.8 && t < 2 ? "a second" : "another time");
    CALL(fcntl(r, F_GETLEASE));
    CALL(fcntl(r, F_SETLEASE, F_UNLCK));
    take("told");
    close(fd);
    close(w);
    close(r);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, 0);
    close(open(FILE_, O_CREAT | O_WRONLY, 0666));
    chmod(FILE_, 0666);
    break_time(45);
    kinds();
    breaking();
    waiting();
    break_time(old_time);
    unlink(FILE_);
    return 0;
}
