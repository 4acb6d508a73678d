/* Directory notification: F_NOTIFY, what each bit hears of, once and again, the signal, descriptors, forks and exec. */
#include "guest.h"
#include <sys/syscall.h>

static int dir;
static volatile int heard;

static void on(int signo)
{
    heard++;
}

/* Takes what is pending and tells it. */
static void take(const char *what)
{
    struct timespec t = {0, 10000000};
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGCHLD);
    siginfo_t info;
    int count = 0, signo;
    printf("  %s:", what);
    while ((signo = sigtimedwait(&set, &info, &t)) > 0 && count++ < 12) {
        printf(" %s code %d", signo >= SIGRTMIN ? "RT" : sigabbrev_np(signo), info.si_code);
        if (info.si_code > 0 && info.si_code < 0x80)
            printf(" band %lx fd %d", info.si_band, info.si_fd - dir);
        t.tv_nsec = 1000;
    }
    puts(count ? "" : " nothing");
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    write(fd, text, strlen(text));
    close(fd);
}

/* Each thing that can happen in the directory, and what is heard of it. */
static void happens(const char *what, unsigned bits)
{
    char b[64];
    int fd;
    printf("-- %s\n", what);
    CALL(fcntl(dir, F_NOTIFY, (long)(bits | DN_MULTISHOT)));
    put("/tmp/d/file", "hello");
    take("made and written");
    fd = open("/tmp/d/file", O_RDWR);
    take("opened");
    read(fd, b, sizeof b);
    take("read");
    pwrite(fd, "x", 1, 1);
    take("written");
    ftruncate(fd, 2);
    take("truncated");
    fchmod(fd, 0600);
    take("mode");
    futimens(fd, NULL);
    take("times");
    close(fd);
    take("closed");
    rename("/tmp/d/file", "/tmp/d/name");
    take("renamed");
    put("/tmp/d/other", "");
    take("another made");
    rename("/tmp/d/name", "/tmp/d/other");
    take("renamed over it");
    rename("/tmp/d/other", "/tmp/out");
    take("moved out");
    rename("/tmp/out", "/tmp/d/in");
    take("moved in");
    link("/tmp/d/in", "/tmp/d/second");
    take("linked");
    symlink("in", "/tmp/d/symbolic");
    take("symbolic link");
    mkdir("/tmp/d/sub", 0755);
    take("directory");
    chmod("/tmp/d/sub", 0700);
    take("its mode");
    put("/tmp/d/sub/below", "deeper");
    take("a file in it");
    rename("/tmp/d/sub", "/tmp/d/sub2");
    take("directory renamed");
    syscall(SYS_renameat2, AT_FDCWD, "/tmp/d/in", AT_FDCWD, "/tmp/d/sub2/below", 2 /* RENAME_EXCHANGE */);
    take("exchanged with one below");
    unlink("/tmp/d/sub2/below");
    take("removed below");
    rmdir("/tmp/d/sub2");
    take("directory removed");
    unlink("/tmp/d/second");
    unlink("/tmp/d/symbolic");
    unlink("/tmp/d/in");
    take("three removed");
    chmod("/tmp/d", 0755);
    take("mode of the directory itself");
    syscall(SYS_getdents64, dir, (char[2048]){0}, 2048);
    lseek(dir, 0, SEEK_SET);
    take("the directory read");
    CALL(fcntl(dir, F_NOTIFY, 0L));
    put("/tmp/d/file", "again");
    unlink("/tmp/d/file");
    take("no more");
}

static void errors(void)
{
    puts("-- errors");
    int file = open("/tmp/plain", O_RDWR | O_CREAT, 0644), path = open("/tmp/d", O_PATH), p[2];
    pipe(p);
    CALL(fcntl(file, F_NOTIFY, DN_CREATE));
    CALL(fcntl(p[0], F_NOTIFY, DN_CREATE));
    CALL(fcntl(file, F_NOTIFY, 0L));
    CALL(fcntl(path, F_NOTIFY, DN_CREATE));
    CALL(fcntl(99, F_NOTIFY, DN_CREATE));
    CALL(fcntl(dir, F_NOTIFY, 0x100L));
    put("/tmp/d/file", "a");
    take("a bit without meaning");
    CALL(fcntl(dir, F_NOTIFY, (long)DN_MULTISHOT));
    int proc = open("/proc", O_RDONLY | O_DIRECTORY);
    CALL(fcntl(proc, F_NOTIFY, DN_MODIFY));
    close(proc), close(file), close(path), close(p[0]), close(p[1]);
    int knob = open("/proc/sys/fs/dir-notify-enable", O_RDWR);
    char before[8] = "";
    SHOW(pread(knob, before, 7, 0));
    SHOW(atoi(before));
    pwrite(knob, "0\n", 2, 0);
    CALL(fcntl(dir, F_NOTIFY, DN_CREATE));
    CALL(fcntl(dir, F_NOTIFY, 0L));
    pwrite(knob, "1\n", 2, 0);
    close(knob);
    unlink("/tmp/d/file");
    unlink("/tmp/plain");
}

static void once(void)
{
    puts("-- once");
    CALL(fcntl(dir, F_NOTIFY, DN_CREATE));
    CALL(fcntl(dir, F_GETOWN) == getpid());
    put("/tmp/d/a", "");
    take("one");
    put("/tmp/d/b", "");
    take("two");
    CALL(fcntl(dir, F_NOTIFY, DN_CREATE));
    CALL(fcntl(dir, F_NOTIFY, DN_DELETE));
    unlink("/tmp/d/a");
    put("/tmp/d/a", "");
    take("either, once");
    CALL(fcntl(dir, F_NOTIFY, DN_CREATE));
    CALL(fcntl(dir, F_NOTIFY, (long)(DN_DELETE | DN_MULTISHOT)));
    unlink("/tmp/d/a");
    put("/tmp/d/a", "");
    take("either, again and again");
    CALL(fcntl(dir, F_NOTIFY, 0L));
    rename("/tmp/d/b", "/tmp/d/c");
    CALL(fcntl(dir, F_NOTIFY, DN_RENAME | DN_CREATE | DN_DELETE));
    rename("/tmp/d/c", "/tmp/d/b");
    take("a rename, once");
}

static void signals(void)
{
    puts("-- the signal");
    CALL(fcntl(dir, F_SETSIG, 0L));
    CALL(fcntl(dir, F_NOTIFY, (long)(DN_CREATE | DN_DELETE | DN_MULTISHOT)));
    put("/tmp/d/a", ""), unlink("/tmp/d/a");
    take("SIGIO");
    fcntl(dir, F_SETSIG, SIGUSR1);
    put("/tmp/d/a", "");
    take("another");
    fcntl(dir, F_SETOWN, 0);
    unlink("/tmp/d/a");
    take("nobody's");
    CALL(fcntl(dir, F_NOTIFY, (long)(DN_CREATE | DN_DELETE | DN_MULTISHOT)));
    CALL(fcntl(dir, F_GETOWN) == getpid());
    put("/tmp/d/a", "");
    take("told again");
    CALL(fcntl(dir, F_SETOWN, getpid()));
    unlink("/tmp/d/a");
    take("its own");
    /* A handler has run when the call returns. */
    signal(SIGUSR1, on);
    sigset_t one, old;
    sigemptyset(&one), sigaddset(&one, SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &one, &old);
    int all = 0;
    for (int i = 0; i < 500; i++) {
        mkdir("/tmp/d/quick", 0700);
        all += heard == 2 * i + 1;
        rmdir("/tmp/d/quick");
        all += heard == 2 * i + 2;
    }
    SHOW(all);
    sigprocmask(SIG_SETMASK, &old, NULL);
    fcntl(dir, F_NOTIFY, 0L);
    fcntl(dir, F_SETSIG, SIGRTMIN + 1);
}

static void descriptors(void)
{
    puts("-- descriptors");
    int copy = dup(dir), other = open("/tmp/d", O_RDONLY);
    fcntl(other, F_SETSIG, SIGRTMIN + 2);
    CALL(fcntl(dir, F_NOTIFY, (long)(DN_CREATE | DN_MULTISHOT)));
    CALL(fcntl(copy, F_NOTIFY, (long)(DN_CREATE | DN_MULTISHOT)) == 0);
    CALL(fcntl(other, F_NOTIFY, (long)(DN_DELETE | DN_MULTISHOT)) == 0);
    put("/tmp/d/a", "");
    take("the last that asked");
    close(copy);
    unlink("/tmp/d/a");
    put("/tmp/d/a", "");
    take("one of two closed: that file says no more");
    CALL(fcntl(dir, F_NOTIFY, (long)(DN_DELETE | DN_MULTISHOT)));
    unlink("/tmp/d/a");
    take("both");
    int third = open("/tmp", O_RDONLY);
    dup2(third, other);
    put("/tmp/d/a", ""), unlink("/tmp/d/a");
    take("one replaced by dup2");
    close(third), close(other);
    CHILD("a child closes it", close(dir));
    put("/tmp/d/a", ""), unlink("/tmp/d/a");
    take("heard all the same");
    CHILD("a child does it", put("/tmp/d/a", ""); unlink("/tmp/d/a"));
    take("by a child");
    CHILD("a child asks", fcntl(dir, F_NOTIFY, (long)(DN_CREATE | DN_MULTISHOT)));
    put("/tmp/d/a", "");
    take("no more than before");
    fcntl(dir, F_NOTIFY, 0L);
    CHILD("exec", {
        sigset_t none;
        fcntl(dir, F_SETSIG, SIGUSR2);
        fcntl(dir, F_SETOWN, getpid());
        fcntl(dir, F_NOTIFY, DN_DELETE);
        signal(SIGUSR2, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        no_cores();
        execl("/proc/self/exe", "dnotify", "unlink", NULL);
    });
    CHILD("exec closes it", {
        sigset_t none;
        put("/tmp/d/a", "");
        fcntl(dir, F_SETFD, FD_CLOEXEC);
        fcntl(dir, F_NOTIFY, DN_DELETE);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execl("/proc/self/exe", "dnotify", "unlink", NULL);
    });
    fcntl(dir, F_SETOWN, getpid());
    fcntl(dir, F_SETSIG, SIGRTMIN + 1);
    fcntl(dir, F_NOTIFY, (long)(DN_CREATE | DN_DELETE | DN_ATTRIB | DN_MULTISHOT));
    rename("/tmp/d", "/tmp/e");
    take("the directory renamed");
    put("/tmp/e/a", ""), unlink("/tmp/e/a");
    take("heard by its new name");
    rmdir("/tmp/e");
    take("the directory removed");
    close(dir);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    if (argc > 1)
        return unlink("/tmp/d/a");
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    mkdir("/tmp/d", 0755);
    dir = open("/tmp/d", O_RDONLY | O_DIRECTORY);
    errors();
    once();
    unlink("/tmp/d/a"), unlink("/tmp/d/b");
    fcntl(dir, F_NOTIFY, 0L);
    fcntl(dir, F_SETSIG, SIGRTMIN + 1);
    happens("create", DN_CREATE);
    happens("delete", DN_DELETE);
    happens("rename", DN_RENAME);
    happens("modify", DN_MODIFY);
    happens("access", DN_ACCESS);
    happens("attributes", DN_ATTRIB);
    happens("everything", DN_ACCESS | DN_MODIFY | DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB);
    signals();
    descriptors();
    return 0;
}
