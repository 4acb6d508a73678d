/* What a tracer is told of a system call: PTRACE_GET_SYSCALL_INFO at entry, exit and elsewhere, the message of such stops,
   and stops that a seccomp filter asks for. */
#include "guest.h"
#include <linux/audit.h>
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
#define TRACESECCOMP 0x80
#ifdef __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#define CALL_NR offsetof(struct user_regs_struct, orig_rax)
#define RESULT offsetof(struct user_regs_struct, rax)
#define FIRST offsetof(struct user_regs_struct, rdi)
#define IP(r) (r).rip
#define SP(r) (r).rsp
#else
#define ARCH AUDIT_ARCH_I386
#define CALL_NR (11 * 4)
#define RESULT (6 * 4)
#define FIRST 0
#define IP(r) (uint32_t)(r).eip
#define SP(r) (uint32_t)(r).esp
#endif

static pid_t pid;

static const char *name_of(uint64_t nr)
{
    static char number[32];
    switch (nr) {
    case SYS_getpid: return "getpid";
    case SYS_getppid: return "getppid";
    case SYS_getuid: return "getuid";
    case SYS_close: return "close";
    case SYS_read: return "read";
    case SYS_write: return "write";
    case SYS_fork: return "fork";
    case SYS_exit_group: return "exit_group";
    }
    snprintf(number, sizeof number, "%lld", (long long)nr);
    return number;
}

/* The newest form of the structure, as a kernel fills it. */
static void tell(const char *where)
{
    struct ptrace_syscall_info i;
    memset(&i, 0x5a, sizeof i);
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof i, &i);
    struct user_regs_struct regs;
    if (size < 0) {
        printf("%s: %s\n", where, strerrorname_np(errno));
        return;
    }
    unsigned long message = 77;
    ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
    ptrace(12, pid, 0, &regs);
    printf("%s: %ld bytes, op %d, arch %s, ip %s, sp %s, message %lx;", where, size, i.op, i.arch == ARCH ? "ok" : "wrong",
           i.instruction_pointer == IP(regs) ? "ok" : "wrong", i.stack_pointer == SP(regs) ? "ok" : "wrong", message);
    if (i.op == PTRACE_SYSCALL_INFO_ENTRY || i.op == PTRACE_SYSCALL_INFO_SECCOMP) {
        printf(" %s(", name_of(i.entry.nr));
        for (int n = 0; n < 6 && i.entry.nr == 1000; n++)
            printf("%s%x", n ? ", " : "", (unsigned)i.entry.args[n]);
        printf(")");
    }
    if (i.op == PTRACE_SYSCALL_INFO_SECCOMP)
        printf(" data %x", i.seccomp.ret_data);
    if (i.op == PTRACE_SYSCALL_INFO_EXIT)
        printf(" %s %lld", i.exit.is_error ? "error" : "result",
               i.exit.rval == getpid() ? 11111LL : i.exit.rval == pid ? 22222LL : (long long)i.exit.rval);
    puts("");
}

static int next(int how, int signal, const char *what)
{
    int status = 0;
    if (ptrace(how, pid, 0, signal) < 0 || waitpid(pid, &status, __WALL) < 0) {
        printf("%s: %s\n", what, strerrorname_np(errno));
        return -1;
    }
    if (WIFSTOPPED(status)) {
        siginfo_t i = {0};
        ptrace(PTRACE_GETSIGINFO, pid, 0, &i);
        printf("%s: stopped by %d, event %d, code %x\n", what, WSTOPSIG(status), status >> 16, i.si_code);
    } else {
        describe(what, status);
    }
    return status;
}

/* A child that stops, then runs `body`. */
#define TRACED(...)                                  \
    do {                                             \
        fflush(stdout);                              \
        if ((pid = fork()) == 0) {                   \
            ptrace(PTRACE_TRACEME, 0, 0, 0);         \
            raise(SIGSTOP);                          \
            __VA_ARGS__;                             \
            _exit(0);                                \
        }                                            \
        waitpid(pid, 0, 0);                          \
    } while (0)

static void caught(int signal)
{
}

static void calls(void)
{
    int pipes[2];
    pipe(pipes);
    TRACED({
        signal(SIGUSR1, caught);
        syscall(SYS_getppid);
        syscall(SYS_close, 987);
        syscall(1000, 1, 0xfffffff0, 3, 4, 5, 6);
        char byte;
        syscall(SYS_read, pipes[0], &byte, 1);
        syscall(SYS_getpid);
        syscall(SYS_getuid);
        syscall(SYS_getppid);
    });
    tell("signal");
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, SYSGOOD));
    /* The handler's two stops. */
    next(24, 0, "sigaction"), next(24, 0, "sigaction");
    next(24, 0, "entry");
    tell("entry");
    struct ptrace_syscall_info i;
    for (long size = 0; size <= 80; size += size == 24 ? 1 : size == 25 ? 55 : 12) {
        memset(&i, 0x5a, sizeof i);
        long whole = ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)size, &i);
        int written = sizeof i;
        while (written && ((unsigned char *)&i)[written - 1] == 0x5a)
            written--;
        printf("room for %ld: %ld, written %d\n", size, whole, written);
    }
    CALL(ptrace(PTRACE_GET_SYSCALL_INFO, pid, 0, 0));
    CALL(ptrace(PTRACE_GET_SYSCALL_INFO, pid, 8, 0));
    CALL(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, 1));
    CALL(ptrace(PTRACE_GET_SYSCALL_INFO, getppid(), sizeof i, &i));
    next(24, 0, "exit");
    tell("exit");
    next(24, 0, "entry"), tell("close");
    next(24, 0, "exit"), tell("close");
    next(24, 0, "entry"), tell("unknown");
    next(24, 0, "exit"), tell("unknown");
    next(24, 0, "entry");
    ptrace(24, pid, 0, 0);
    usleep(50000);
    CALL(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, &i));
    kill(pid, SIGUSR1);
    waitpid(pid, 0, 0);
    tell("interrupted read");
    next(24, 0, "its signal"), tell("its signal");
    next(24, SIGUSR1, "sigreturn"), next(24, 0, "sigreturn");
    next(24, 0, "read again"), tell("read again");
    write(pipes[1], "x", 1);
    next(24, 0, "read has"), tell("read has");

    puts("-- changed by the tracer");
    next(24, 0, "entry"), tell("getpid");
    CALL(ptrace(PTRACE_POKEUSR, pid, CALL_NR, -1L));
    tell("none");
    CALL(ptrace(PTRACE_POKEUSR, pid, RESULT, 4711));
    next(24, 0, "exit"), tell("none");
    next(24, 0, "entry"), tell("getuid");
    CALL(ptrace(PTRACE_POKEUSR, pid, CALL_NR, SYS_getppid));
    next(24, 0, "exit"), tell("getppid instead");

    puts("-- without TRACESYSGOOD");
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, 0));
    next(24, 0, "entry"), tell("entry");
    next(24, 0, "exit"), tell("exit");
    next(7, 0, "end");
    CALL(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, &i));
}

static void events(void)
{
    puts("-- events");
    TRACED({
        pid_t inner = syscall(SYS_fork);
        if (!inner)
            _exit(3);
        waitpid(inner, 0, 0);
    });
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, SYSGOOD | TRACEFORK));
    next(24, 0, "entry"), tell("fork");
    next(24, 0, "event");
    unsigned long message = 0;
    ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
    struct ptrace_syscall_info i;
    SHOW(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof i, &i));
    SHOW(i.op);
    int status;
    waitpid(message, &status, __WALL);
    describe("inner", status);
    ptrace(7, (pid_t)message, 0, 0);
    waitpid(message, &status, __WALL);
    describe("inner", status);
    next(7, 0, "SIGCHLD");
    next(7, SIGCHLD, "end");
}

/* A filter that has getppid traced with 0x77, getuid with 0x88. */
static void filter(void)
{
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 0x77),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 0x88),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof f / sizeof *f, f};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        perror("filter");
}

static void filtered(void)
{
    puts("-- seccomp, nobody listens");
    CHILD("untraced", filter(); CALL(syscall(SYS_getppid)));
    TRACED({
        filter();
        _exit(syscall(SYS_getppid) == -1 && errno == ENOSYS ? 5 : 6);
    });
    next(7, 0, "traced without the option");

    puts("-- seccomp");
    int told[2];
    pipe(told);
    TRACED({
        pid_t parent = getppid();
        filter();
        for (int n = 0; n < 7; n++) {
            int result = n == 1 ? syscall(SYS_getuid) : syscall(SYS_getppid);
            result = result == -1 ? -errno : result == parent ? 11111 : result;
            write(told[1], &result, sizeof result);
        }
    });
#define RESULT_OF(what)                                \
    do {                                               \
        int r_ = 0;                                    \
        read(told[0], &r_, sizeof r_);                 \
        printf("%s: the program has %d\n", what, r_); \
    } while (0)
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, SYSGOOD | TRACESECCOMP));
    next(7, 0, "event"), tell("event");
    next(7, 0, "second"), tell("second");
    RESULT_OF("0");
    /* Seen to its end. */
    next(24, 0, "exit"), tell("exit");
    next(24, 0, "write"), tell("write");
    next(24, 0, "written"), tell("written");
    RESULT_OF("1");
    /* Told at its entry first. */
    next(24, 0, "entry"), tell("entry");
    next(24, 0, "event"), tell("after the entry");
    /* Not made at all. */
    CALL(ptrace(PTRACE_POKEUSR, pid, CALL_NR, -1L));
    CALL(ptrace(PTRACE_POKEUSR, pid, RESULT, 1234));
    next(24, 0, "skipped"), tell("skipped");
    next(7, 0, "fourth");
    RESULT_OF("2");
    /* Made another one, which the filter looks at again, asking nobody. */
    CALL(ptrace(PTRACE_POKEUSR, pid, CALL_NR, SYS_close));
    next(24, 0, "made close"), tell("made close");
    next(7, 0, "fifth");
    RESULT_OF("3");
    CALL(ptrace(PTRACE_POKEUSR, pid, CALL_NR, SYS_getuid));
    next(24, 0, "made getuid"), tell("made getuid");
    next(7, 0, "sixth");
    RESULT_OF("4");
    /* The option is taken back. */
    CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, SYSGOOD));
    next(7, 0, "end");
    RESULT_OF("5");
    RESULT_OF("6");
}

struct area {
    unsigned number, base, limit, flags;
};

static void areas(void)
{
    puts("-- thread areas");
    int told[2];
    unsigned base = 0;
    pipe(told);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        unsigned own = 1;
#ifdef __i386__
        asm("mov %%gs:0, %0" : "=r"(own));
#endif
        write(told[1], &own, sizeof own);
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(0);
    }
    waitpid(pid, 0, 0);
    read(told[0], &base, sizeof base);
    struct area a = {0};
    CALL(ptrace(25, pid, 12, &a));
    puts(base == 1 || a.base == base && a.flags == 0x51 ? "as the program has it" : "another");
    CALL(ptrace(25, pid, 13, &a));
    printf("%u %x %x %x\n", a.number, a.base, a.limit, a.flags);
    a = (struct area){77, 0x12345000, 0xfffff, 0x51};
    CALL(ptrace(26, pid, 13, &a));
    memset(&a, 0, sizeof a);
    CALL(ptrace(25, pid, 13, &a));
    printf("%u %x %x %x\n", a.number, a.base, a.limit, a.flags);
    CALL(ptrace(25, pid, 14, &a));
    printf("%u %x %x %x\n", a.number, a.base, a.limit, a.flags);
    CALL(ptrace(25, pid, 11, &a));
    CALL(ptrace(25, pid, 15, &a));
    CALL(ptrace(25, pid, -1, &a));
    CALL(ptrace(25, pid, 13, 8));
    CALL(ptrace(26, pid, 13, 8));
    static const unsigned flags[] = {0x50, 0x55, 0x71, 0x28, 0x51, 0};
    for (int i = 0; i < 6; i++) {
        a = (struct area){13, 0x1000, 5, flags[i]};
        printf("%x: ", flags[i]);
        CALL(ptrace(26, pid, 13, &a));
    }
    a = (struct area){13, 0, 0, 0x28};
    CALL(ptrace(26, pid, 13, &a));
    CALL(ptrace(26, pid, 14, &a));
    CALL(ptrace(26, pid, 15, &a));
    CALL(ptrace(25, pid, 13, &a));
    printf("%u %x %x %x\n", a.number, a.base, a.limit, a.flags);
    next(7, 0, "end");
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    alarm(40);
    calls();
    events();
    filtered();
    areas();
    return 0;
}
