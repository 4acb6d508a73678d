/* ptrace: stops, registers, memory, breakpoints, steps, events, attaching. */
#include "guest.h"
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <stddef.h>

#ifdef __x86_64__
#define IP rip
#define SP rsp
#define RESULT rax
#define NUMBER orig_rax
#define WORD 8
#else
#define IP eip
#define SP esp
#define RESULT eax
#define NUMBER orig_eax
#define WORD 4
#endif

static volatile long counter = 41;
static const char text[] = "read only text";

__attribute__((noinline)) void marked(void)
{
    counter++;
    asm volatile("" ::: "memory");
}

static pid_t start(void (*body)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        body();
        _exit(7);
    }
    int status;
    waitpid(pid, &status, 0);
    describe("start", status);
    return pid;
}

/* Waits for the next stop and prints it, with the event if there is one. */
static int next(pid_t pid, const char *what)
{
    int status = 0;
    if (waitpid(pid, &status, __WALL) < 0) {
        printf("%s: wait %s\n", what, strerrorname_np(errno));
        return -1;
    }
    if (WIFSTOPPED(status) && status >> 16)
        printf("%s: event %d, ", what, status >> 16);
    else if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80)) {
        printf("%s: system call\n", what);
        return status;
    }
    describe(what, status);
    return status;
}

static void registers(pid_t pid, struct user_regs_struct *r)
{
    if (ptrace(PTRACE_GETREGS, pid, 0, r))
        printf("GETREGS %s\n", strerrorname_np(errno));
}

static void calls(void)
{
    getppid();
    close(-1);
}

static void system_calls(void)
{
    pid_t pid = start(calls);
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, 0x40000000));
    struct user_regs_struct r;
    for (int i = 0; i < 12; i++) {
        ptrace(PTRACE_SYSCALL, pid, 0, 0);
        int status = next(pid, "stop");
        if (!WIFSTOPPED(status))
            break;
        registers(pid, &r);
        long number = r.NUMBER;
        const char *name = number == SYS_getppid ? "getppid" : number == SYS_close ? "close" : number == SYS_exit_group ? "exit_group" : "another";
        printf("%s, result %ld\n", name, r.RESULT == getpid() ? 1L : (long)r.RESULT);
        if (number == SYS_close && (long)r.RESULT == -EBADF) {
            /* The tracer gives the call another result. */
            r.RESULT = 0;
            CALL(ptrace(PTRACE_SETREGS, pid, 0, &r));
        }
    }
}

static void spin_marked(void)
{
    marked();
    marked();
    _exit(counter);
}

static void breakpoints(void)
{
    pid_t pid = start(spin_marked);
    errno = 0;
    long code = ptrace(PTRACE_PEEKTEXT, pid, marked, 0);
    printf("code as here: %d\n", memcmp(&code, (void *)marked, WORD) == 0);
    long word = ptrace(PTRACE_PEEKDATA, pid, &counter, 0);
    printf("counter %ld, errno %d\n", word, errno);
    errno = 0;
    word = ptrace(PTRACE_PEEKDATA, pid, 8, 0);
    printf("page zero: %ld %s\n", word, strerrorname_np(errno));
    CALL(ptrace(PTRACE_POKEDATA, pid, 8, 1));
    CALL(ptrace(PTRACE_POKEDATA, pid, &counter, 10));
    long first;
    memcpy(&first, text, WORD);
    CALL(ptrace(PTRACE_POKEDATA, pid, text, first ^ 0x20));
    printf("text there changed: %d, here %s\n", ptrace(PTRACE_PEEKDATA, pid, text, 0) == (first ^ 0x20), text);
    CALL(ptrace(PTRACE_POKETEXT, pid, marked, (code & ~0xffL) | 0xcc));
    struct user_regs_struct r;
    for (int i = 0; i < 2; i++) {
        CALL(ptrace(PTRACE_CONT, pid, 0, 0));
        next(pid, "breakpoint");
        siginfo_t info;
        CALL(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
        printf("code %x\n", info.si_code);
        registers(pid, &r);
        printf("behind the int3: %ld\n", (long)(r.IP - (long)marked));
        r.IP--;
        ptrace(PTRACE_SETREGS, pid, 0, &r);
        ptrace(PTRACE_POKETEXT, pid, marked, code);
        CALL(ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
        next(pid, "step");
        ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
        printf("code %x, moved %d\n", info.si_code, ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.IP), 0) != (long)marked);
        ptrace(PTRACE_POKETEXT, pid, marked, (code & ~0xffL) | 0xcc);
    }
    ptrace(PTRACE_POKETEXT, pid, marked, code);
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    next(pid, "end");
}

static volatile int handled;
static void handler(int signo)
{
    handled += signo;
}

static void raising(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    raise(SIGUSR2);
    raise(SIGWINCH);
    _exit(handled == SIGUSR1 ? 1 : handled == 0 ? 2 : 3);
}

static void signals(void)
{
    for (int keep = 0; keep < 2; keep++) {
        pid_t pid = start(raising);
        int pass = 0;
        for (int i = 0; i < 8; i++) {
            ptrace(PTRACE_CONT, pid, 0, pass);
            int status = next(pid, "signal");
            if (!WIFSTOPPED(status))
                break;
            siginfo_t info;
            ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
            printf("from itself: %d\n", info.si_pid == pid);
            /* USR2 would kill it: kept from it. */
            pass = WSTOPSIG(status) == SIGUSR1 && keep ? SIGUSR1 : 0;
        }
    }
    pid_t pid = start(raising);
    ptrace(PTRACE_CONT, pid, 0, SIGTERM);
    next(pid, "passed SIGTERM");
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
}

static void forking(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(9);
    int status;
    waitpid(pid, &status, 0);
    char *argv[] = {"/proc/self/exe", "child", NULL};
    execv("/proc/self/exe", argv);
}

static void events(void)
{
    pid_t pid = start(forking);
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT));
    unsigned long message = 0;
    ptrace(PTRACE_CONT, pid, 0, 0);
    next(pid, "parent");
    CALL(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
    pid_t child = message;
    next(child, "child");
    ptrace(PTRACE_CONT, child, 0, 0);
    next(child, "child");
    ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
    printf("status %lx\n", message);
    ptrace(PTRACE_CONT, child, 0, 0);
    next(child, "child");
    ptrace(PTRACE_CONT, pid, 0, 0);
    int status = next(pid, "parent");
    /* The tracer's wait for the child lets the parent's own go on; SIGCHLD comes first. */
    if (WSTOPSIG(status) == SIGCHLD) {
        ptrace(PTRACE_CONT, pid, 0, 0);
        next(pid, "parent");
    }
    ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
    printf("own number: %d\n", message == pid);
    ptrace(PTRACE_CONT, pid, 0, 0);
    next(pid, "parent");
    ptrace(PTRACE_CONT, pid, 0, 0);
    next(pid, "parent");
}

static void attaching(void)
{
    int fds[2];
    pipe(fds);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        close(fds[1]);
        read(fds[0], &byte, 1);
        _exit(4);
    }
    close(fds[0]);
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    CALL(ptrace(PTRACE_ATTACH, getpid(), 0, 0));
    CALL(ptrace(PTRACE_ATTACH, 999999, 0, 0));
    CALL(ptrace(PTRACE_ATTACH, pid, 0, 0));
    next(pid, "attached");
    CALL(ptrace(PTRACE_ATTACH, pid, 0, 0));
    char line[128], want[32];
    sprintf(line, "/proc/%d/status", (int)pid);
    sprintf(want, "TracerPid:\t%d", (int)getpid());
    FILE *f = fopen(line, "r");
    int found = 0;
    while (fgets(line, sizeof line, f))
        found |= !strncmp(line, want, strlen(want));
    fclose(f);
    printf("TracerPid: %d\n", found);
    long word = ptrace(PTRACE_PEEKDATA, pid, &counter, 0);
    printf("counter %ld\n", word);
    CALL(ptrace(PTRACE_DETACH, pid, 0, 0));
    CALL(ptrace(PTRACE_CONT, pid, 0, 0));
    close(fds[1]);
    next(pid, "end");
    /* A tracer that ends lets its tracee go. */
    pipe(fds);
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        char byte;
        close(fds[1]);
        read(fds[0], &byte, 1);
        _exit(5);
    }
    close(fds[0]);
    CHILD("tracer", ptrace(PTRACE_ATTACH, pid, 0, 0); waitpid(pid, 0, 0));
    close(fds[1]);
    next(pid, "left alone");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return 6;
    no_cores();
    setvbuf(stdout, 0, _IOLBF, 0);
    puts("-- system calls");
    system_calls();
    puts("-- breakpoints");
    breakpoints();
    puts("-- signals");
    signals();
    puts("-- events");
    events();
    puts("-- attaching");
    attaching();
    return 0;
}
