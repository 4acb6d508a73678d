/* Debug registers by ptrace: watched data and addresses of code, what register 6 and the signal say, and what may be
   set. Where a thread stopped is told by how far it is from a label, so both word sizes say the same. */
#include "guest.h"
#include <pthread.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#ifdef __x86_64__
#define IP rip
#define FLAGS eflags
#define A "rax"
#define B "rbx"
#define C "rcx"
#define D "rdi"
#define SP "rsp"
#else
#define IP eip
#define FLAGS eflags
#define A "eax"
#define B "ebx"
#define C "ecx"
#define D "edi"
#define SP "esp"
#endif

#define DEBUG(n) ((void *)(offsetof(struct user, u_debugreg) + (n) * sizeof(long)))
enum { EXECUTE, WRITE, PORTS, ACCESS };
#define CONTROL(slot, kind, len) (1ul << 2 * (slot) | (unsigned long)(kind) << (16 + 4 * (slot)) | (unsigned long)(len) << (18 + 4 * (slot)))

static volatile unsigned char area[4096] __attribute__((aligned(64)));
static volatile long other;

/* Each piece of code ends at a label of its name. */
#define PIECE(name, code) "movb $0, other\n" code "\n" #name ": nop\n"
#define ALL(X)                                                                                                          \
    X(store, "movl $5, 8(%%" B ")")                                                                                     \
    X(same, "movl $5, 8(%%" B ")")                                                                                      \
    X(beside, "movl $5, 12(%%" B "); movl $5, 4(%%" B ")")                                                              \
    X(load, "movl 8(%%" B "), %%eax")                                                                                   \
    X(byte, "movb $1, 11(%%" B ")")                                                                                     \
    X(across, "movl $7, 5(%%" B ")")                                                                                    \
    X(vector, "movups %%xmm0, (%%" B ")")                                                                               \
    X(changes, "addl $1, 8(%%" B ")")                                                                                   \
    X(compares, "cmpl $1, 8(%%" B ")")                                                                                  \
    X(exchange, "movl $3, %%eax; xchgl %%eax, 8(%%" B ")")                                                              \
    X(failed, "movl $99, %%eax; lock cmpxchgl %%ecx, 8(%%" B ")")                                                       \
    X(added, "movl $1, %%eax; lock xaddl %%eax, 8(%%" B ")")                                                            \
    X(bit, "movl $70, %%eax; btsl %%eax, (%%" B ")")                                                                    \
    X(test, "movl $70, %%eax; btl %%eax, (%%" B ")")                                                                    \
    X(pushed, "mov %%" SP ", %%" D "; lea 12(%%" B "), %%" SP "; pushw %%ax; pushw %%ax; pushw %%ax; mov %%" D ", %%" SP)        \
    X(popped, "mov %%" SP ", %%" D "; lea 8(%%" B "), %%" SP "; popw %%ax; mov %%" D ", %%" SP)                        \
    X(string, "lea 8(%%" B "), %%" D "; stosb")                                                                         \
    X(none, "lea 8(%%" B "), %%" D "; xor %%ecx, %%ecx; rep stosb")                                                     \
    X(address, "lea 8(%%" B "), %%" A "; nopl 8(%%" B "); prefetcht0 8(%%" B ")")                                       \
    X(last, "movb $9, other")

#define LABEL(name, code) extern char name[];
ALL(LABEL)

static void run(void)
{
    __asm__ volatile(".globl start_of_all\nstart_of_all:\n"
#define CODE(name, code) PIECE(name, code)
        ALL(CODE)::"b"(area)
        : A, C, D, "memory", "cc");
}

static const struct { const char *name; char *at; } labels[] = {
#define ROW(name, code) {#name, name},
    ALL(ROW)};

static void where(pid_t pid)
{
    struct user_regs_struct r;
    siginfo_t info;
    ptrace(PTRACE_GETREGS, pid, 0, &r);
    ptrace(PTRACE_GETSIGINFO, pid, 0, &info);
    const char *name = "elsewhere";
    long distance = 0;
    for (int i = 0; i < sizeof labels / sizeof *labels; i++) {
        long d = labels[i].at - (char *)r.IP;
        if (d >= 0 && d < 40 && (name[0] == 'e' && name[1] == 'l' || d < distance)) {
            name = labels[i].name;
            distance = d;
        }
    }
    long status = ptrace(PTRACE_PEEKUSER, pid, DEBUG(6), 0);
    printf("  %s%s: code %d, status %lx, RF %d%s\n", name, distance ? " before its end" : "", info.si_code, status & 0xffffffff,
        (int)(r.FLAGS >> 16 & 1), info.si_addr == (void *)r.IP ? "" : ", another address");
}

static pid_t begin(void (*body)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        body();
        _exit(7);
    }
    waitpid(pid, 0, 0);
    return pid;
}

/* Runs to the end, telling each stop. */
static void follow(pid_t pid, int request)
{
    int status;
    for (int i = 0; i < 40; i++) {
        ptrace(request, pid, 0, 0);
        waitpid(pid, &status, 0);
        if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGCHLD)
            continue;
        if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
            break;
        where(pid);
        ptrace(PTRACE_POKEUSER, pid, DEBUG(6), 0);
    }
    describe("end", status);
    if (WIFSTOPPED(status)) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
}

static void watch(const char *what, long offset, int kind, int len)
{
    printf("%s\n", what);
    pid_t pid = begin(run);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(2), area + offset);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(2, kind, len));
    follow(pid, PTRACE_CONT);
}

static void loops(void)
{
    for (int i = 0; i < 100000; i++)
        other = i;
    area[8] = 1;
    for (int i = 0; i < 3; i++)
        run();
}

static void *writes(void *arg)
{
    area[8]++;
    return arg;
}

static void family(void)
{
    /* Neither children nor threads are watched. */
    pid_t pid = fork();
    if (pid == 0) {
        area[8] = 4;
        _exit(3);
    }
    int status;
    waitpid(pid, &status, 0);
    other = WEXITSTATUS(status);
    pid = vfork();
    if (pid == 0) {
        area[8] = 5;
        _exit(2);
    }
    waitpid(pid, &status, 0);
    other += WEXITSTATUS(status);
    pthread_t t;
    pthread_create(&t, 0, writes, 0);
    pthread_join(t, 0);
    read(open("/dev/zero", O_RDONLY), (void *)(area + 8), 4); /* nor is the kernel */
    _exit(other);
}

static void handled(int signo, siginfo_t *info, void *context)
{
    other += info->si_code == 4 ? 10 : 1;
}
static void alone(void)
{
    struct sigaction a = {.sa_sigaction = handled, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &a, 0);
    other = 0;
    raise(SIGSTOP);
    area[8] = 1;
    area[9] = 2;
    _exit(other);
}

static void errors(void)
{
    pid_t pid = begin(run);
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(0), area + 1));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 3)));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 1)));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, PORTS, 0)));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, EXECUTE, 1)));
    CALL(ptrace(PTRACE_PEEKUSER, pid, DEBUG(7), 0));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, EXECUTE, 0)));
    CALL(ptrace(PTRACE_PEEKUSER, pid, DEBUG(7), 0));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 0)));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(0), area + 4));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 3)));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(0), area + 2));
    CALL(ptrace(PTRACE_PEEKUSER, pid, DEBUG(0), 0) - (long)area);
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(0), area + 8));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 2)));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(3, WRITE, 0)));
    CALL(ptrace(PTRACE_PEEKUSER, pid, DEBUG(3), 0));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(7), 0));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(4), 0));
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(5), 1));
    CALL(ptrace(PTRACE_PEEKUSER, pid, DEBUG(4), 0));
    CALL(ptrace(PTRACE_PEEKUSER, pid, DEBUG(5), 0));
    printf("%lx\n", ptrace(PTRACE_PEEKUSER, pid, DEBUG(6), 0) & 0xffffffff);
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(6), 0xffff0ff1));
    printf("%lx\n", ptrace(PTRACE_PEEKUSER, pid, DEBUG(6), 0) & 0xffffffff);
    CALL(ptrace(PTRACE_POKEUSER, pid, DEBUG(1), 0));
    kill(pid, SIGKILL);
    waitpid(pid, 0, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        area[8] = 1;
        return 5;
    }
    watch("writing 4 bytes", 8, WRITE, 3);
    watch("access to 4 bytes", 8, ACCESS, 3);
    watch("writing 1 byte", 11, WRITE, 0);
    watch("access to 2 bytes", 8, ACCESS, 1);
    watch("access to 8 bytes", 8, ACCESS, 2);

    puts("steps over a watched store");
    extern char start_of_all[];
    pid_t pid = begin(run);
    int status;
    ptrace(PTRACE_POKEUSER, pid, DEBUG(0), start_of_all);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(1), area + 8);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, EXECUTE, 0) | CONTROL(1, WRITE, 3));
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, &status, 0);
    where(pid);
    for (int i = 0; i < 3; i++) {
        ptrace(PTRACE_SINGLESTEP, pid, 0, 0);
        waitpid(pid, &status, 0);
        where(pid);
    }
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, EXECUTE, 0));
    follow(pid, PTRACE_CONT);

    puts("two places of code");
    pid = begin(loops);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(0), bit);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(3), load);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, EXECUTE, 0) | CONTROL(3, EXECUTE, 0));
    follow(pid, PTRACE_CONT);

    puts("four at once");
    pid = begin(run);
    for (int i = 0; i < 4; i++)
        ptrace(PTRACE_POKEUSER, pid, DEBUG(i), area + 4 * i);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7),
        CONTROL(0, WRITE, 3) | CONTROL(1, WRITE, 3) | CONTROL(2, WRITE, 3) | CONTROL(3, WRITE, 3));
    follow(pid, PTRACE_CONT);

    puts("children, threads, calls");
    pid = begin(family);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(0), area + 8);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 3));
    follow(pid, PTRACE_CONT);

    puts("after the tracer");
    pid = begin(alone);
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, &status, 0);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(0), area + 8);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 1));
    ptrace(PTRACE_DETACH, pid, 0, 0);
    waitpid(pid, &status, 0);
    describe("end", status);

    puts("exec forgets them");
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execl("/proc/self/exe", "watchpoints", "again", NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(0), area + 8);
    ptrace(PTRACE_POKEUSER, pid, DEBUG(7), CONTROL(0, WRITE, 3));
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, &status, 0);
    describe("exec", status);
    SHOW(ptrace(PTRACE_PEEKUSER, pid, DEBUG(7), 0));
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, &status, 0);
    describe("end", status);

    puts("errors");
    errors();
    return 0;
}
