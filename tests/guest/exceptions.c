/* The processor's exceptions: signal, si_code, si_addr, the saved instruction pointer and registers, and that the
   instruction had no other effect. What only one word size has is compared here and printed as right or wrong. */
#include "guest.h"
#include <setjmp.h>
#include <ucontext.h>

#ifdef __x86_64__
#define IP REG_RIP
#define SP REG_RSP
#define SPN "rsp"
#define AX "rax"
#define BX "rbx"
#define SI "rsi"
#define DI "rdi"
static const int kept[] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI};
#else
#define IP REG_EIP
#define SP REG_ESP
#define SPN "esp"
#define AX "eax"
#define BX "ebx"
#define SI "esi"
#define DI "edi"
static const int kept[] = {REG_EAX, REG_EBX, REG_ECX, REG_EDX, REG_ESI, REG_EDI};
#endif

static sigjmp_buf back;
static char *expected;           /* the address that the exception is about */
static long in[6];               /* eax, ebx, ecx, edx, esi, edi before */
static volatile long out[6];     /* and as the handler saw them */
static volatile long sp_seen, ip_seen, trap_seen;
static volatile int signal_seen, code_seen;
static char page[8192] __attribute__((aligned(4096)));

static void handler(int signo, siginfo_t *info, void *context)
{
    /* The alignment check stays on in a handler. */
    __asm__ volatile("pushf; andl $~0x40000, (%%" SPN "); popf" ::: "memory", "cc");
    ucontext_t *uc = context;
    greg_t *regs = uc->uc_mcontext.gregs;
    signal_seen = signo;
    code_seen = info->si_code;
    ip_seen = regs[IP];
    sp_seen = regs[SP];
    trap_seen = regs[REG_TRAPNO];
    for (int i = 0; i < 6; i++)
        out[i] = regs[kept[i]];
    char *address = info->si_addr;
    const char *where = address == expected ? "expected" : address == (char *)regs[IP] ? "instruction" : address ? "other" : "none";
    if (address == 0)
        where = "none";
    printf("  SIG%s code %d address %s trap %d\n", sigabbrev_np(signo), info->si_code, where, (int)trap_seen);
    /* The flags that would make it happen again. */
    regs[REG_EFL] &= ~0x40100;
    siglongjmp(back, 1);
}

/* Runs an instruction between two labels with six registers set. */
#define RUN(text, a, b, c, d, s, t)                                                                      \
    do {                                                                                                  \
        long v_[6] = {(long)(a), (long)(b), (long)(c), (long)(d), (long)(s), (long)(t)};                  \
        memcpy(in, v_, sizeof in);                                                                       \
        signal_seen = 0;                                                                                 \
        if (!sigsetjmp(back, 1)) {                                                                       \
            long a_ = in[0], b_ = in[1], c_ = in[2], d_ = in[3], s_ = in[4], t_ = in[5];                  \
            __asm__ volatile(text                                                                        \
                             : "+a"(a_), "+b"(b_), "+c"(c_), "+d"(d_), "+S"(s_), "+D"(t_)                \
                             :                                                                           \
                             : "memory", "cc");                                                          \
            printf("  nothing happened\n");                                                              \
        } else {                                                                                         \
            __asm__ volatile("cld; fninit" ::: "memory");                                                \
            for (int i_ = 0; i_ < 6; i_++)                                                               \
                if (out[i_] != in[i_] && labs(out[i_] - in[i_]) < 4096)                                                                 \
                    printf("  register %d: %+ld\n", i_, out[i_] - in[i_]);                               \
        }                                                                                                \
    } while (0)
#define PLAIN(name, text) (printf("%s\n", name), ({ RUN(text, 1, 2, 3, 4, 5, 6); }))

static void flags_clear(void)
{
    __asm__ volatile("pushf; andl $~0x40100, (%%" SPN "); popf" ::: "memory", "cc");
}

static volatile int come;

static void arrived(int signo)
{
    come = 1;
}

/* What the instruction right after kill(2) sees. */
static int at_once(void)
{
    int seen;
    signal(SIGUSR1, arrived);
#ifdef __x86_64__
    __asm__ volatile("syscall; movl %1, %0" : "=b"(seen) : "m"(come), "a"(62L), "D"((long)getpid()), "S"((long)SIGUSR1) : "rcx", "r11", "memory");
#else
    __asm__ volatile("int $0x80; movl %1, %0" : "=d"(seen) : "m"(come), "a"(37), "b"(getpid()), "c"(SIGUSR1) : "memory");
#endif
    return seen;
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    static char alt[65536];
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
    sigaltstack(&ss, 0);
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    int all[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (int i = 0; i < 5; i++)
        sigaction(all[i], &sa, 0);
    char *none = mmap(0, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *two = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *ro = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(two + 4096, 4096);

    printf("signal to oneself: %s\n", at_once() ? "before the next instruction" : "later");
    printf("division by zero\n");
    RUN("divl %%ebx", 7, 0, 3, 0, 5, 6);
    printf("quotient too large\n");
    RUN("idivl %%ebx", 0x80000000u, -1, 3, -1, 5, 6);
    PLAIN("undefined", "ud2");
    PLAIN("lock of a register", ".byte 0xf0, 0x90");
    PLAIN("privileged", "hlt");
    PLAIN("port", "inb $0x80, %%al");
    PLAIN("interrupt without a gate", "int $0x81");
    PLAIN("breakpoint", "int3");
    PLAIN("breakpoint, long form", "int $3");
    PLAIN("debug exception by an instruction", ".byte 0xf1");
    printf("bad selector\n");
    RUN("movw %%bx, %%fs", 1, 0x1234, 3, 4, 5, 6);
    printf("misaligned by 8\n");
    RUN("movaps (%%" DI "), %%xmm0", 1, 2, 3, 4, 5, page + 8);
    expected = none + 5;
    printf("no permission\n");
    RUN("movl (%%" DI "), %%eax", 1, 2, 3, 4, 5, none + 5);
    expected = ro + 9;
    printf("read only\n");
    RUN("addl %%eax, (%%" DI ")", 1, 2, 3, 4, 5, ro + 9);
    expected = two + 4096;
    printf("over the end of a page\n");
    memset(two, 0x55, 4096);
    RUN("movl %%eax, (%%" DI ")", 1, 2, 3, 4, 5, two + 4094);
    printf("  bytes before it: %s\n", two[4094] == 0x55 && two[4095] == 0x55 ? "kept" : "changed");
    printf("exchange over the end of a page\n");
    RUN("lock xaddl %%eax, (%%" DI ")", 1, 2, 3, 4, 5, two + 4093);
    printf("string copy that faults half-way\n");
    RUN("rep movsb", 1, 2, 100, 4, page, two + 4096 - 30);
    printf("  stores: %d\n", two[4095] == page[29] ? 30 : 0);
    printf("pop to bad memory\n");
    expected = none;
    RUN("push %%" AX "; mov %%" SPN ", %%" SI "; pop (%%" DI ")", 1, 2, 3, 4, 5, none);
    printf("  stack pointer: %s\n", out[4] == sp_seen ? "kept" : "moved");
    printf("call through bad memory\n");
    RUN("mov %%" SPN ", %%" SI "; call *(%%" DI ")", 1, 2, 3, 4, 5, none);
    printf("  stack pointer: %s\n", out[4] == sp_seen ? "kept" : "moved");
    expected = ro;
    printf("jump to data\n");
    RUN("jmp *%%" DI "", 1, 2, 3, 4, 5, ro);
    printf("  instruction pointer: %s\n", ip_seen == (long)ro ? "the target" : "elsewhere");
    printf("alignment check\n");
    RUN("pushf; orl $0x40000, (%%" SPN "); popf; movl (%%" DI "), %%eax", 1, 2, 3, 4, 5, page + 1);
    flags_clear();
    printf("alignment check of a page that is not there\n");
    RUN("pushf; orl $0x40000, (%%" SPN "); popf; movl (%%" DI "), %%eax", 1, 2, 3, 4, 5, none + 1);
    flags_clear();
    printf("single step\n");
    RUN("pushf; orl $0x100, (%%" SPN "); popf; nop; nop", 1, 2, 3, 4, 5, 6);
    flags_clear();
    printf("floating point, x87\n");
    static short unmasked = 0x37b;
    RUN("fldcw (%%" DI "); fldz; fld1; fdivp %%st, %%st(1); fldz; fld1; fdiv %%st(1), %%st; fwait", 1, 2, 3, 4, 5, &unmasked);
    printf("floating point, SSE\n");
    static int mxcsr[2] = {0x1d80, 0x1f80};
    static float zero = 0, one = 1;
    RUN("ldmxcsr (%%" DI "); movss (%%" SI "), %%xmm0; divss (%%" BX "), %%xmm0", 1, &zero, 3, 4, &one, mxcsr);
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr[1]));
    printf("stack segment\n");
#ifdef __x86_64__
    RUN("mov %%rbp, %%r8; mov %%rdi, %%rbp; mov (%%rbp), %%rax", 1, 2, 3, 4, 5, 1L << 63);
    printf("not canonical\n");
    RUN("mov (%%rdi), %%rax", 1, 2, 3, 4, 5, 1L << 62);
    printf("into: right\nbound: right\nnull segment: right\n");
#else
    RUN("mov %%ebp, %%esi; mov %%edi, %%ebp; mov (%%ebp), %%eax", 1, 2, 3, 4, 5, 0xfffffffe);
    printf("not canonical\n");
    RUN("mov (%%edi), %%eax", 1, 2, 3, 4, 5, 0xfffffffe);
    freopen("/dev/null", "w", stderr);
    int saved = dup(1), nowhere = open("/dev/null", O_WRONLY);
    fflush(stdout);
    dup2(nowhere, 1);
    RUN("movb $0x7f, %%al; addb $1, %%al; into", 0, 2, 3, 4, 5, 6);
    int into = signal_seen == SIGSEGV && code_seen == 128 && trap_seen == 4;
    static int bounds[2] = {3, 5};
    RUN("bound %%eax, (%%edi)", 6, 2, 3, 4, 5, bounds);
    int bound = signal_seen == SIGSEGV && code_seen == 128 && trap_seen == 5;
    RUN("movl %%fs:(%%edi), %%eax", 1, 2, 3, 4, 5, page);
    int null = signal_seen == SIGSEGV && code_seen == 128 && trap_seen == 13;
    fflush(stdout);
    dup2(saved, 1);
    printf("into: %s\nbound: %s\n", into ? "right" : "wrong", bound ? "right" : "wrong");
    printf("null segment: %s\n", null ? "right" : "wrong");
#endif
    return 0;
}
