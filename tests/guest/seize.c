/* ptrace without stopping at once: SEIZE, INTERRUPT, LISTEN, group stops; queued signals; the memory of others. */
#include "guest.h"
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <pthread.h>

static volatile long counter = 41;
static const char text[] = "read only text";
static char page[3 * 4096] __attribute__((aligned(4096)));

/* A child that waits in read() until `hold` is closed, or spins. */
static int hold;
static pid_t child(int spins)
{
    int fds[2], ready[2];
    pipe(fds), pipe(ready);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        close(fds[1]);
        write(ready[1], "x", 1);
        if (spins)
            while (counter < 1000)
                asm volatile("pause");
        else
            read(fds[0], &byte, 1);
        _exit(counter & 127);
    }
    char byte;
    read(ready[0], &byte, 1);
    close(ready[0]), close(ready[1]), close(fds[0]);
    hold = fds[1];
    return pid;
}

static int next(pid_t pid, const char *what)
{
    int status = 0;
    if (waitpid(pid, &status, __WALL) < 0) {
        printf("%s: wait %s\n", what, strerrorname_np(errno));
        return -1;
    }
    if (WIFSTOPPED(status) && status >> 16)
        printf("%s: event %d, ", what, status >> 16);
    describe(what, status);
    return status;
}

static void info(pid_t pid)
{
    siginfo_t i = {0};
    if (CALL(ptrace(PTRACE_GETSIGINFO, pid, 0, &i)) == 0)
        printf("signal %d, code %x\n", i.si_signo, i.si_code);
}

static void seizing(int spins)
{
    pid_t pid = child(spins);
    CALL(ptrace(PTRACE_SEIZE, pid, 8, 0));
    CALL(ptrace(PTRACE_SEIZE, pid, 0, 0x40000000));
    CALL(ptrace(PTRACE_SEIZE, 999999, 0, 0));
    CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    CALL(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
    CALL(ptrace(PTRACE_SEIZE, pid, 0, 0));
    CALL(ptrace(PTRACE_ATTACH, pid, 0, 0));
    CALL(waitpid(pid, 0, WNOHANG));
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    CALL(ptrace(PTRACE_LISTEN, pid, 0, 0));
    CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    next(pid, "interrupted");
    info(pid);
    long word = ptrace(PTRACE_PEEKDATA, pid, &counter, 0);
    printf("counter %ld\n", word);
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    next(pid, "again");

    /* A signal is a stop as ever, and LISTEN is not for it. */
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    kill(pid, SIGWINCH);
    next(pid, "signal");
    CALL(ptrace(PTRACE_LISTEN, pid, 0, 0));
    CALL(ptrace(PTRACE_CONT, pid, 0, SIGWINCH));

    /* The group stops, is listened to, and goes on. */
    kill(pid, SIGSTOP);
    next(pid, "before the stop");
    CALL(ptrace(PTRACE_CONT, pid, 0, SIGSTOP));
    next(pid, "group stop");
    info(pid);
    CALL(ptrace(PTRACE_LISTEN, pid, 0, 0));
    CALL(ptrace(PTRACE_PEEKDATA, pid, &counter, 0));
    CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    next(pid, "listening, interrupted");
    CALL(ptrace(PTRACE_LISTEN, pid, 0, 0));
    kill(pid, SIGCONT);
    next(pid, "listening, continued");
    info(pid);
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    next(pid, "SIGCONT itself");
    CALL(ptrace(PTRACE_CONT, pid, 0, SIGCONT));

    CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    next(pid, "last");
    if (spins)
        CALL(ptrace(PTRACE_POKEDATA, pid, &counter, 1005));
    close(hold);
    CALL(ptrace(PTRACE_DETACH, pid, 0, 0));
    next(pid, "end");
}

static void as_strace_does(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        pid_t inner = fork();
        if (inner == 0)
            _exit(3);
        int status;
        while (waitpid(inner, &status, 0) < 0)
            ;
        char *argv[] = {"/proc/self/exe", "child", NULL};
        execv("/proc/self/exe", argv);
    }
    int status;
    CALL(waitpid(pid, &status, WSTOPPED) == pid);
    describe("stopped itself", status);
    CALL(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT));
    next(pid, "seized");
    info(pid);
    kill(pid, SIGCONT);
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    next(pid, "goes on");
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    next(pid, "SIGCONT");
    CALL(ptrace(PTRACE_CONT, pid, 0, SIGCONT));
    next(pid, "forks");
    unsigned long message = 0;
    CALL(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
    pid_t inner = message;
    next(inner, "child");
    ptrace(PTRACE_CONT, inner, 0, 0);
    next(inner, "child");
    ptrace(PTRACE_CONT, inner, 0, 0);
    next(inner, "child");
    ptrace(PTRACE_CONT, pid, 0, 0);
    status = next(pid, "parent");
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGCHLD) {
        ptrace(PTRACE_CONT, pid, 0, SIGCHLD);
        next(pid, "parent");
    }
    ptrace(PTRACE_CONT, pid, 0, 0);
    next(pid, "parent");
    ptrace(PTRACE_CONT, pid, 0, 0);
    next(pid, "parent");
}

static void attached_group_stop(void)
{
    pid_t pid = child(0);
    CALL(ptrace(PTRACE_ATTACH, pid, 0, 0));
    next(pid, "attached");
    info(pid);
    CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    CALL(ptrace(PTRACE_LISTEN, pid, 0, 0));
    CALL(ptrace(PTRACE_CONT, pid, 0, SIGSTOP));
    next(pid, "group stop");
    info(pid);
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    kill(pid, SIGCONT);
    next(pid, "continued");
    CALL(ptrace(PTRACE_DETACH, pid, 0, SIGCONT));
    close(hold);
    next(pid, "end");
}

static void killed_with_tracer(void)
{
    for (int option = 0; option < 2; option++) {
        pid_t pid = child(0);
        CHILD("tracer", CALL(ptrace(PTRACE_SEIZE, pid, 0, option ? PTRACE_O_EXITKILL : 0)));
        if (!option)
            close(hold);
        next(pid, "tracee");
        if (option)
            close(hold);
    }
}

static void queued(void)
{
    struct {
        uint64_t off;
        uint32_t flags;
        int32_t nr;
    } args = {0, 0, 10};
    siginfo_t infos[10];
    sigset_t set, old;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, &old);
    pid_t pid = child(0);
    sigprocmask(SIG_SETMASK, &old, 0);
    for (int i = 0; i < 3; i++) {
        union sigval v = {.sival_int = i + 7};
        sigqueue(pid, SIGRTMIN + 1, v);
    }
    syscall(SYS_tgkill, pid, pid, SIGUSR2);
    CALL(ptrace(PTRACE_SEIZE, pid, 0, 0));
    CALL(ptrace(PTRACE_PEEKSIGINFO, pid, &args, infos));
    CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
    next(pid, "interrupted");
    CALL(ptrace(PTRACE_PEEKSIGINFO, pid, &args, infos));
    printf("%d %d\n", infos[0].si_signo == SIGUSR2, infos[0].si_code == SI_TKILL);
    args.flags = 1;
    CALL(ptrace(PTRACE_PEEKSIGINFO, pid, &args, infos));
    printf("%d %d %d\n", infos[0].si_value.sival_int, infos[1].si_value.sival_int, infos[2].si_value.sival_int);
    args.off = 2;
    CALL(ptrace(PTRACE_PEEKSIGINFO, pid, &args, infos));
    printf("%d\n", infos[0].si_value.sival_int);
    args.off = 5;
    CALL(ptrace(PTRACE_PEEKSIGINFO, pid, &args, infos));
    args.off = 0, args.nr = -1;
    CALL(ptrace(PTRACE_PEEKSIGINFO, pid, &args, infos));
    args.nr = 1, args.flags = 2;
    CALL(ptrace(PTRACE_PEEKSIGINFO, pid, &args, infos));
    close(hold);
    CALL(ptrace(PTRACE_DETACH, pid, 0, 0));
    next(pid, "end");
}

static void memory(int spins)
{
    counter = 41;
    strcpy(page, "first page");
    char b[3 * 4096] = "";
    pid_t pid = child(spins);
    struct iovec l = {b, 16}, r = {page, 16};
    CALL(process_vm_readv(pid, &l, 1, &r, 1, 0));
    puts(b);
    CALL(process_vm_readv(pid, &l, 1, &r, 1, 1));
    CALL(process_vm_readv(999999, &l, 1, &r, 1, 0));
    struct iovec many[3] = {{(void *)&counter, sizeof counter}, {(void *)text, 4}, {(void *)8, 8}};
    struct iovec into[2] = {{b, 3}, {b + 3, 100}};
    CALL(process_vm_readv(pid, into, 2, many, 2, 0) == sizeof counter + 4);
    printf("%d, %.4s\n", b[0], b + sizeof counter);
    CALL(process_vm_readv(pid, into, 2, many, 3, 0) == sizeof counter + 4);
    CALL(process_vm_readv(pid, into, 2, many + 2, 1, 0));
    l.iov_len = r.iov_len = sizeof b;
    CALL(process_vm_readv(pid, &l, 1, &r, 1, 0));
    memset(b, 'y', sizeof b);
    CALL(process_vm_writev(pid, &l, 1, &r, 1, 0));
    memset(b, 0, sizeof b);
    CALL(process_vm_readv(pid, &l, 1, &r, 1, 0));
    printf("%c%c, here %s\n", b[0], b[sizeof b - 1], page);
    l.iov_len = 4;
    CALL(process_vm_writev(pid, &l, 1, many + 1, 1, 0));

    char name[64];
    sprintf(name, "/proc/%d/mem", (int)pid);
    int fd = open(name, O_RDWR);
    long value = 0;
    CALL(pread(fd, &value, sizeof value, (long)&counter) == sizeof value);
    printf("counter %ld\n", value);
    CALL(pread(fd, b, 10, 8));
    CALL(pwrite(fd, "x", 1, 8));
    /* The debugger's way past protection. */
    CALL(pwrite(fd, "READ", 4, (long)text));
    memset(b, 0, 16);
    CALL(pread(fd, b, 9, (long)text));
    printf("%s, here %s\n", b, text);
    CALL(lseek(fd, (long)page, SEEK_SET) == (long)page);
    CALL(read(fd, b, 1));
    CALL(lseek(fd, 0, SEEK_CUR) - (long)page);
    CALL(lseek(fd, 0, SEEK_END));
    value = 1003;
    CALL(pwrite(fd, &value, sizeof value, (long)&counter) == sizeof value);
    close(hold);
    next(pid, "end");
    CALL(pread(fd, b, 10, (long)page));
    CALL(pwrite(fd, b, 10, (long)page));
    close(fd);
    CALL(open(name, O_RDONLY));

    fd = open("/proc/self/mem", O_RDWR);
    value = 77;
    CALL(pwrite(fd, &value, sizeof value, (long)&counter) == sizeof value);
    printf("counter %ld\n", counter);
    CALL(pread(fd, &value, sizeof value, (long)&counter) == sizeof value);
    close(fd);
}

static void *reader(void *arg)
{
    char b[64];
    struct iovec l = {b, 64}, r = {page, 64};
    for (int i = 0; i < 300; i++)
        if (process_vm_readv((long)arg, &l, 1, &r, 1, 0) != 64)
            return (void *)1;
    return 0;
}

/* Several threads look at a process that itself makes calls and takes signals. */
static void crowd(void)
{
    fflush(stdout);
    signal(SIGUSR1, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        for (;;) {
            getppid();
            usleep(100);
        }
    }
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], 0, reader, (void *)(long)pid);
    for (int i = 0; i < 100; i++)
        kill(pid, SIGUSR1), usleep(100);
    long bad = 0;
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        bad += (long)result;
    }
    SHOW(bad);
    kill(pid, SIGKILL);
    next(pid, "end");
    struct iovec v = {page, 8};
    CALL(process_vm_readv(pid, &v, 1, &v, 1, 0));
}

static void others(void)
{
    pid_t pid = child(0);
    char name[64];
    sprintf(name, "/proc/%d/mem", (int)pid);
    CHILD("nobody", setgid(65534); setuid(65534); struct iovec v = {page, 8};
          CALL(process_vm_readv(pid, &v, 1, &v, 1, 0)); CALL(open(name, O_RDONLY)); CALL(ptrace(PTRACE_SEIZE, pid, 0, 0)));
    close(hold);
    next(pid, "end");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return 6;
    no_cores();
    setvbuf(stdout, 0, _IOLBF, 0);
    puts("-- seizing one that waits");
    seizing(0);
    puts("-- seizing one that runs");
    seizing(1);
    puts("-- as strace does");
    as_strace_does();
    puts("-- attached");
    attached_group_stop();
    puts("-- end of the tracer");
    killed_with_tracer();
    puts("-- queued");
    queued();
    puts("-- memory of one that waits");
    memory(0);
    puts("-- memory of one that runs");
    memory(1);
    puts("-- crowd");
    crowd();
    puts("-- others");
    others();
    return 0;
}
