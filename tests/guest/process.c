/* fork, vfork, exec, wait, groups and sessions. */
#include "guest.h"
#include <spawn.h>
#include <sys/ptrace.h>

static void file(const char *path, const void *bytes, size_t n, int mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    write(fd, bytes, n);
    fchmod(fd, mode);
    close(fd);
}

static void try(const char *path)
{
    char *argv[] = {(char *)path, "one", NULL}, *env[] = {"A=1", NULL};
    CHILD(path, execve(path, argv, env); printf("execve %s: %s\n", path, strerrorname_np(errno)); fflush(stdout); _exit(1));
}

int main(int argc, char **argv, char **envp)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    if (argc > 1) {
        if (!strcmp(argv[1], "show")) {
            for (int i = 2; i < argc; i++)
                printf("argv[%d] %s\n", i, argv[i]);
            for (int i = 0; envp[i]; i++)
                printf("env %s\n", envp[i]);
            return 5;
        }
        if (!strcmp(argv[1], "count")) {
            long total = 0;
            for (int i = 2; i < argc; i++)
                total += strlen(argv[i]) + 1;
            printf("%d arguments, %ld bytes\n", argc - 2, total);
            return 0;
        }
        if (!strcmp(argv[1], "fds")) {
            for (int i = 3; i < 10; i++)
                if (fcntl(i, F_GETFD) >= 0)
                    printf("fd %d open\n", i);
            struct sigaction sa;
            sigaction(SIGUSR1, 0, &sa);
            printf("USR1 %s\n", sa.sa_handler == SIG_DFL ? "default" : sa.sa_handler == SIG_IGN ? "ignored" : "handled");
            sigaction(SIGUSR2, 0, &sa);
            printf("USR2 %s\n", sa.sa_handler == SIG_DFL ? "default" : sa.sa_handler == SIG_IGN ? "ignored" : "handled");
            sigset_t set;
            sigprocmask(0, 0, &set);
            printf("HUP %s\n", sigismember(&set, SIGHUP) ? "blocked" : "open");
            return 0;
        }
        /* #! script: print how we were called */
        for (int i = 1; i < argc; i++)
            printf("script argument %s\n", strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i]);
        return 6;
    }
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return 1;
    self[n] = 0;

    CHILD("exit 3", exit(3));
    CHILD("exit 256+7", _exit(256 + 7));
    CHILD("kill", kill(getpid(), SIGKILL));
    CHILD("term", raise(SIGTERM));
    CALL(waitpid(-1, 0, 0));
    CALL(waitpid(-1, 0, WNOHANG));
    CALL(waitpid(999999, 0, 0));

    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        sleep(1);
        _exit(4);
    }
    CALL(waitpid(pid, &status, WNOHANG));
    SHOW(waitpid(pid, &status, 0) == pid);
    describe("sleeper", status);

    siginfo_t info;
    if ((pid = fork()) == 0)
        _exit(11);
    memset(&info, 0, sizeof info);
    CALL(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
    printf("waitid: code %d status %d pid %d signo %d\n", info.si_code, info.si_status, info.si_pid == pid, info.si_signo);
    SHOW(waitpid(pid, &status, 0) == pid);
    CALL(waitid(P_PID, pid, &info, WEXITED));

    /* Stop and continue. */
    if ((pid = fork()) == 0) {
        raise(SIGSTOP);
        usleep(200000);
        _exit(1);
    }
    waitpid(pid, &status, WUNTRACED);
    describe("stopper", status);
    kill(pid, SIGCONT);
    waitpid(pid, &status, WCONTINUED);
    describe("stopper", status);
    waitpid(pid, &status, 0);
    describe("stopper", status);

    /* vfork shares memory until exec. */
    static volatile int shared;
    shared = 0;
    if ((pid = vfork()) == 0) {
        shared = 42;
        _exit(2);
    }
    SHOW(shared);
    waitpid(pid, &status, 0);
    describe("vfork", status);

    /* fork does not. */
    CHILD("private", shared = 7);
    SHOW(shared);

    /* Orphans go to init or a subreaper; the pipe tells when. */
    int ends[2];
    pipe(ends);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            while (getppid() == parent)
                usleep(1000);
            write(ends[1], getppid() != parent ? "adopted" : "waiting", 7);
            _exit(0);
        }
        _exit(0);
    }
    waitpid(pid, 0, 0);
    char word[8] = {0};
    read(ends[0], word, 7);
    printf("orphan: %s\n", word);

    /* Arguments and environment. */
    char *args[] = {"name", "show", "", "a b", NULL}, *env[] = {"X=1", "EMPTY=", NULL};
    CHILD("exec", execve(self, args, env));
    posix_spawn(&pid, self, 0, 0, args, env);
    fflush(stdout);
    waitpid(pid, &status, 0);
    describe("spawn", status);
    CHILD("execvp missing", execvp("no-such-program", args); printf("%s\n", strerrorname_np(errno)); fflush(stdout); _exit(127));
    printf("posix_spawn missing: %s\n", strerrorname_np(posix_spawn(&pid, "/no/such", 0, 0, args, env)));

    /* What survives exec. */
    CHILD("survives", {
        int a = open("/dev/null", O_RDONLY), b = open("/dev/null", O_RDONLY | O_CLOEXEC);
        dup2(a, 5);
        dup2(b, 6);
        dup3(b, 7, O_CLOEXEC);
        for (int i = 3; i < 5; i++)
            close(i);
        close(8);
        close(9);
        signal(SIGUSR1, (void (*)(int))describe);
        signal(SIGUSR2, SIG_IGN);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        sigprocmask(SIG_BLOCK, &set, 0);
        execl(self, "x", "fds", NULL);
    });

    /* Scripts and broken programs. */
    char line[4200], elf[64];
    mkdir("/tmp/process", 0777);
    chdir("/tmp/process");
    file("script", line, sprintf(line, "#! %s  -x  y \nrest\n", self), 0755);
    try("./script");
    file("nested", line, sprintf(line, "#!/tmp/process/script\n"), 0755);
    try("./nested");
    file("loop", line, sprintf(line, "#!/tmp/process/loop\n"), 0755);
    try("./loop");
    file("lost", line, sprintf(line, "#!/no/such/interpreter\n"), 0755);
    try("./lost");
    file("plain", "echo no\n", 8, 0755);
    try("./plain");
    file("empty", "", 0, 0755);
    try("./empty");
    file("forbidden", "#!/bin/sh\n", 10, 0644);
    try("./forbidden");
    mkdir("directory", 0755);
    try("./directory");
    try("./plain/under");
    int fd = open(self, O_RDONLY);
    read(fd, elf, sizeof elf);
    close(fd);
    file("truncated-header", elf, 40, 0755);
    try("./truncated-header");
    file("truncated", elf, 64, 0755);
    try("./truncated");
    elf[18] = 40; /* EM_ARM */
    file("other-machine", elf, 64, 0755);
    try("./other-machine");
    elf[18] = 3, elf[4] = 9;
    file("bad-class", elf, 64, 0755);
    try("./bad-class");
    fd = open("./busy", O_RDWR | O_CREAT, 0755);
    try("./busy");
    close(fd);

    /* A long command line: 1 MB passes, one argument over 128 KiB does not. */
    CHILD("1 MB of arguments", {
        static char *many[10003];
        char *word100 = malloc(101);
        memset(word100, 'w', 100);
        word100[100] = 0;
        many[0] = "x";
        many[1] = "count";
        for (int i = 2; i < 10002; i++)
            many[i] = word100;
        execv(self, many);
        printf("%s\n", strerrorname_np(errno));
    });
    CHILD("argument of 128 KiB", {
        char *huge = malloc(131073);
        memset(huge, 'h', 131072);
        huge[131072] = 0;
        execl(self, "x", "count", huge, NULL);
        printf("%s\n", strerrorname_np(errno));
    });
    CHILD("argument just below", {
        char *huge = malloc(131073);
        memset(huge, 'h', 131071);
        huge[131071] = 0;
        execl(self, "x", "count", huge, NULL);
        printf("%s\n", strerrorname_np(errno));
    });
    CHILD("8 MB of arguments", {
        static char *many[83];
        char *huge = malloc(100001);
        memset(huge, 'h', 100000);
        huge[100000] = 0;
        many[0] = "x";
        many[1] = "count";
        for (int i = 2; i < 82; i++)
            many[i] = huge;
        execv(self, many);
        printf("%s\n", strerrorname_np(errno));
    });

    /* Groups and sessions. */
    CHILD("group", {
        SHOW(setpgid(0, 0) == 0 && getpgrp() == getpid());
        CALL(setsid());
        CALL(setpgid(1, 0));
        CALL(setpgid(0, -1));
        CALL(getpgid(999999));
    });
    CHILD("session", SHOW(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid()); CALL(setsid()));
    CALL(kill(999999, 0));
    CALL(kill(getpid(), 0));
    CALL(kill(getpid(), 65));

    struct rusage usage;
    CALL(getrusage(RUSAGE_CHILDREN, &usage));
    CALL(getpriority(PRIO_PROCESS, 0));
    CHILD("a stopped member of a group that was orphaned before", {
        setsid();
        pid_t a = fork();
        if (a == 0) {
            raise(SIGSTOP);
            _exit(0);
        }
        int st;
        waitpid(a, &st, WUNTRACED);
        pid_t b = fork();
        if (b == 0)
            _exit(0);
        waitpid(b, &st, 0);
        usleep(20000);
        printf("goes on\n");
        kill(a, SIGKILL);
    });
    return 0;
}
