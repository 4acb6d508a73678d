/* PTRACE_SYSEMU, PTRACE_SYSEMU_SINGLESTEP: system calls that a tracer makes in the program's place. */
#include "guest.h"
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/user.h>

/* After linux/ptrace.h: the library's own header has the same names. */
long ptrace(int, ...);
#define SYSGOOD 1
#define TRACEFORK 2
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU 31
#define PTRACE_SYSEMU_SINGLESTEP 32
#endif
#ifdef __x86_64__
#define NUMBER orig_rax
#define RESULT rax
#define FIRST rdi
#define SECOND rsi
#define THIRD rdx
#define IP rip
#define ENTER "syscall"
#define CLOBBERED "rcx", "r11", "memory", "cc"
#else
#define NUMBER orig_eax
#define RESULT eax
#define FIRST ebx
#define SECOND ecx
#define THIRD edx
#define IP eip
#define ENTER "int $0x80"
#define CLOBBERED "memory", "cc"
#endif

static pid_t pid;

static const char *name_of(long nr)
{
    static char number[32];
    switch (nr) {
    case SYS_getpid: return "getpid";
    case SYS_getppid: return "getppid";
    case SYS_getuid: return "getuid";
    case SYS_write: return "write";
    case SYS_fork: return "fork";
    case SYS_kill: return "kill";
    case SYS_exit_group: return "exit_group";
    case -1: return "none";
    }
    snprintf(number, sizeof number, "%ld", nr);
    return number;
}

static int stopped(const char *what)
{
    int status = 0;
    if (waitpid(pid, &status, __WALL) < 0) {
        printf("%s: wait %s\n", what, strerrorname_np(errno));
        return -1;
    }
    if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80))
        printf("%s: system call\n", what);
    else if (WIFSTOPPED(status) && status >> 16)
        printf("%s: event %d\n", what, status >> 16);
    else
        describe(what, status);
    return status;
}

static pid_t begin(void (*body)(void))
{
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        body();
        syscall(SYS_exit_group, 7);
    }
    stopped("begin");
    ptrace(PTRACE_SETOPTIONS, pid, 0, SYSGOOD | TRACEFORK);
    return pid;
}

static struct user_regs_struct regs;

static void look(void)
{
    ptrace(PTRACE_GETREGS, pid, 0, &regs);
    struct ptrace_syscall_info info;
    memset(&info, 0, sizeof info);
    unsigned long message = 99;
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info);
    ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
    printf("  %s, result %ld, kind %d of %s, message %lu\n", name_of((long)regs.NUMBER), (long)regs.RESULT, info.op,
           size > 0 ? "some" : "none", message);
}

/* The next system call in the program's place. */
static int emulate(int request, long result)
{
    if (ptrace(request, pid, 0, 0))
        printf("resume: %s\n", strerrorname_np(errno));
    int status = stopped("emulated");
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
        return status;
    look();
    regs.RESULT = result;
    ptrace(PTRACE_SETREGS, pid, 0, &regs);
    return status;
}

static volatile long got[8];

static void some_calls(void)
{
    got[0] = syscall(SYS_getpid);
    got[1] = syscall(SYS_getppid);
    got[2] = syscall(SYS_write, 1, "not written\n", 12);
    got[3] = syscall(SYS_kill, getpid(), SIGKILL);
    got[4] = syscall(SYS_fork);
    got[5] = syscall(100000);
    errno = 0;
    got[6] = syscall(SYS_getuid);
    got[7] = errno;
}

static void tell_got(void)
{
    printf("got");
    for (int i = 0; i < 8; i++) {
        errno = 0;
        printf(" %ld", ptrace(PTRACE_PEEKDATA, pid, &got[i], 0));
    }
    puts("");
}

static void emulating(void)
{
    puts("- emulated");
    begin(some_calls);
    emulate(PTRACE_SYSEMU, 1234);
    emulate(PTRACE_SYSEMU, 1);
    emulate(PTRACE_SYSEMU, 12);
    emulate(PTRACE_SYSEMU, 4321); /* its getpid */
    emulate(PTRACE_SYSEMU, 0);
    emulate(PTRACE_SYSEMU, 77);
    emulate(PTRACE_SYSEMU, -ENOSYS);
    emulate(PTRACE_SYSEMU, -EPERM);
    emulate(PTRACE_SYSEMU, 0); /* exit_group, which does not end it */
    tell_got();
    ptrace(PTRACE_KILL, pid, 0, 0);
    stopped("killed");
}

/* The one way into a call and another way out of it. */
static void mixing(void)
{
    puts("- mixed");
    begin(some_calls);
    emulate(PTRACE_SYSEMU, 11);
    puts("on to the end of the call");
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    stopped("end");
    look();
    puts("on to the beginning of the next");
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    stopped("beginning");
    look();
    puts("now emulated, when it has begun: it is made");
    emulate(PTRACE_SYSEMU, 12);
    puts("a number changed does not make it a call");
    regs.NUMBER = SYS_exit_group;
    regs.FIRST = 3;
    ptrace(PTRACE_SETREGS, pid, 0, &regs);
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("cont");
}

static void in_order(void)
{
    long a = SYS_getuid;
    asm volatile("int3\n nop\n " ENTER "\n nop\n nop\n nop\n" : "+a"(a)::CLOBBERED);
    got[0] = a;
    a = SYS_getppid;
    asm volatile("int3\n nop\n " ENTER "\n nop\n nop\n nop\n" : "+a"(a)::CLOBBERED);
    got[1] = a;
}

static void step(int request, int count)
{
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, pid, 0, &r);
    unsigned long from = r.IP;
    for (int i = 0; i < count; i++) {
        if (ptrace(request, pid, 0, 0)) {
            printf("step: %s\n", strerrorname_np(errno));
            return;
        }
        int status = stopped("step");
        ptrace(PTRACE_GETREGS, pid, 0, &r);
        siginfo_t info;
        memset(&info, 0, sizeof info);
        ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
        printf("  at +%ld, %s, code %x, flag %d\n", (long)(r.IP - from), WSTOPSIG(status) == (SIGTRAP | 0x80) ? name_of((long)r.NUMBER) : "no call",
               info.si_code & 0xffff, (int)(r.eflags >> 8 & 1));
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            r.RESULT = 500;
            ptrace(PTRACE_SETREGS, pid, 0, &r);
        }
    }
}

static void stepping(void)
{
    puts("- stepped and emulated");
    begin(in_order);
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    step(PTRACE_SYSEMU_SINGLESTEP, 5);
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    puts("into the call emulated, out of it by a step");
    step(PTRACE_SYSEMU_SINGLESTEP, 2);
    step(PTRACE_SINGLESTEP, 2);
    emulate(PTRACE_SYSEMU, 0);
    tell_got();
    ptrace(PTRACE_KILL, pid, 0, 0);
    stopped("killed");
}

static void filtered(void)
{
    struct sock_filter deny[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
    struct sock_fprog program = {1, deny};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    asm volatile("int3");
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
    got[0] = syscall(SYS_getuid);
    asm volatile("int3");
}

static void before_filters(void)
{
    puts("- a filter does not see what is emulated");
    begin(filtered);
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    stopped("prctl");
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    stopped("prctl");
    emulate(PTRACE_SYSEMU, 55);
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    tell_got();
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("after it");
}

static volatile int handled;
static void handler(int signo)
{
    handled = signo;
    syscall(SYS_getuid);
}

static void with_handler(void)
{
    signal(SIGUSR1, handler);
    asm volatile("int3");
    got[0] = syscall(SYS_getppid);
    got[1] = handled;
    asm volatile("int3");
}

static void with_signals(void)
{
    puts("- a signal at the stop of an emulated call");
    begin(with_handler);
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    emulate(PTRACE_SYSEMU, 66);
    kill(pid, SIGUSR1);
    ptrace(PTRACE_SYSEMU, pid, 0, 0);
    stopped("signal");
    ptrace(PTRACE_SYSEMU, pid, 0, SIGUSR1);
    stopped("in the handler");
    look();
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    tell_got();
    ptrace(PTRACE_DETACH, pid, 0, 0);
    stopped("after it");
}

static volatile long in_frame = -1;
static void framed(int signo, siginfo_t *info, void *context)
{
#ifdef __x86_64__
    in_frame = ((long *)context)[5 + 17] >> 8 & 1;
#else
    in_frame = ((long *)context)[5 + 16] >> 8 & 1;
#endif
}

static void own_flag(void)
{
    struct sigaction action = {.sa_sigaction = framed, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, 0);
    asm volatile("int3\n nop\n nop\n nop\n nop\n nop\n nop\n");
    got[0] = in_frame;
    long flags = 0;
    asm volatile("int3\n nop\n pushf\n pop %0\n nop\n nop\n" : "=r"(flags));
    got[1] = flags >> 8 & 1;
    asm volatile("int3\n");
    long a = SYS_getppid;
    asm volatile("nop\n" ENTER "\n nop\n nop\n" : "+a"(a)::CLOBBERED);
    got[2] = a == getppid();
}

/* The trap flag that steps is the tracer's, whoever looks. */
static void flags(void)
{
    puts("- the trap flag");
    begin(own_flag);
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    step(PTRACE_SINGLESTEP, 2);
    puts("into a handler");
    struct user_regs_struct r;
    ptrace(PTRACE_GETREGS, pid, 0, &r);
    unsigned long before = r.IP;
    if (ptrace(PTRACE_SINGLESTEP, pid, 0, SIGUSR1))
        puts("not let");
    stopped("step");
    ptrace(PTRACE_GETREGS, pid, 0, &r);
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int told = ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
    printf("  %s, %d, code %x, flag %d\n", r.IP == before ? "still there" : r.IP == (unsigned long)framed ? "at the handler" : "elsewhere", told, info.si_code & 0xffff,
           (int)(r.eflags >> 8 & 1));
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
    stopped("nop");
    ptrace(PTRACE_CONT, pid, 0, 0);
    stopped("breakpoint");
    tell_got();
    puts("a call after a stop at its beginning");
    ptrace(PTRACE_SYSCALL, pid, 0, 0);
    stopped("its beginning");
    ptrace(PTRACE_GETREGS, pid, 0, &r);
    before = r.IP;
    ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
    stopped("its end");
    memset(&info, 0, sizeof info);
    ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
    ptrace(PTRACE_GETREGS, pid, 0, &r);
    printf("  at +%ld, code %x\n", (long)(r.IP - before), info.si_code);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    stopped("after it");
}

int main(void)
{
    no_cores();
    flags();
    emulating();
    mixing();
    stepping();
    before_filters();
    with_signals();
    puts("- errors");
    CALL(ptrace(PTRACE_SYSEMU, getppid(), 0, 0));
    CALL(ptrace(PTRACE_SYSEMU_SINGLESTEP, 0, 0, 0));
    begin(some_calls);
    CALL(ptrace(PTRACE_SYSEMU, pid, 0, 65));
    CALL(ptrace(PTRACE_SYSEMU, pid, 0, 0));
    stopped("call");
    CALL(ptrace(PTRACE_KILL, pid, 0, 0));
    stopped("killed");
    CALL(ptrace(PTRACE_SYSEMU, pid, 0, 0));
    return 0;
}
