/* Single step by TF over what the kernel has a part in: system calls, signal delivery and return, faults. The traps are
   told by how far they are from a label, so both word sizes say the same. */
#include "guest.h"
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __x86_64__
#define IP REG_RIP
#define SET "pushfq; orl $0x100, (%%rsp); popfq\n"
#define CLEAR "pushfq; andl $~0x100, (%%rsp); popfq\n"
#else
#define IP REG_EIP
#define SET "pushfl; orl $0x100, (%%esp); popfl\n"
#define CLEAR "pushfl; andl $~0x100, (%%esp); popfl\n"
#endif

static volatile struct { int signal, code, flag; char *at, *address; } seen[64];
static volatile int count, stop_at, inside;

static void note(int signo, siginfo_t *info, void *context)
{
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (count < 64) {
        seen[count].signal = signo;
        seen[count].code = info->si_code;
        seen[count].flag = regs[REG_EFL] >> 8 & 1;
        seen[count].at = (char *)regs[IP];
        seen[count].address = info->si_addr;
        count++;
    }
    if (signo == SIGSEGV || signo == SIGILL) {
        regs[IP] += 2; /* over the faulting instruction */
        regs[REG_EFL] |= 0x100;
    }
    if (signo == SIGUSR1) {
        long flags;
        __asm__ volatile("pushf; pop %0" : "=r"(flags));
        inside = flags >> 8 & 1; /* clear in a handler */
    }
    if (count == stop_at)
        regs[REG_EFL] &= ~0x100;
}

static void tell(const char *name, char *start, char *end)
{
    printf("%s\n", name);
    for (int i = 0; i < count; i++) {
        char *at = seen[i].at;
        if (at < start || at > end)
            continue; /* the instructions that clear the flag */
        printf("  SIG%s code %d at %+d flag %d%s\n", sigabbrev_np(seen[i].signal), seen[i].code, (int)(at - start), seen[i].flag,
               seen[i].signal == SIGTRAP && seen[i].address == at ? " address there" : "");
    }
    count = 0;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    for (const int *s = (int[]){SIGTRAP, SIGUSR1, SIGSEGV, SIGILL, 0}; *s; s++)
        sigaction(*s, &action, 0);
    extern char plain[], plain_end[], call[], call_end[], killed[], killed_end[], fault[], fault_end[], bad[], bad_end[], once[], once_end[], far_[], far_end[];
    char *where = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long a = 5;

    __asm__ volatile(SET "plain: nop; nop; jmp 1f; nop; 1: nop\nplain_end: " CLEAR ::: "memory", "cc");
    tell("four instructions", plain, plain_end);

    a = 39 /* getpid */;
#ifdef __x86_64__
    __asm__ volatile(SET "call: nop; syscall; nop; nop\ncall_end: " CLEAR : "+a"(a) : : "rcx", "r11", "memory", "cc");
#else
    a = 20;
    __asm__ volatile(SET "call: nop; int $0x80; nop; nop\ncall_end: " CLEAR : "+a"(a) : : "memory", "cc");
#endif
    tell("a system call", call, call_end);
    printf("  %s\n", a == getpid() ? "made" : "not made");

    a = 20;
    __asm__ volatile(SET "far_: nop; int $0x80; nop; nop\nfar_end: " CLEAR : "+a"(a) : : "memory", "cc");
    tell("int 0x80", far_, far_end);

    /* A signal sent to oneself: its handler runs without the flag, which is back after it. */
    {
        pid_t self = getpid();
#ifdef __x86_64__
        long number = 62, first = self, second = SIGUSR1;
        __asm__ volatile(SET "killed: syscall; nop; nop\nkilled_end: " CLEAR : "+a"(number) : "D"(first), "S"(second) : "rcx", "r11", "memory", "cc");
#else
        long number = 37;
        __asm__ volatile(SET "killed: int $0x80; nop; nop\nkilled_end: " CLEAR : "+a"(number) : "b"(self), "c"(SIGUSR1) : "memory", "cc");
#endif
        tell("a signal in between", killed, killed_end);
        printf("  in the handler: %d\n", inside);
    }

    __asm__ volatile(SET "fault: nop; movb (%0), %%al; nop\nfault_end: " CLEAR : : "b"(where) : "eax", "memory", "cc");
    tell("a fault", fault, fault_end);

    __asm__ volatile(SET "bad: nop; ud2; nop\nbad_end: " CLEAR ::: "memory", "cc");
    tell("an undefined instruction", bad, bad_end);

    /* The handler clears the flag in the saved state. */
    stop_at = 2;
    __asm__ volatile(SET "once: nop; nop; nop; nop\nonce_end: nop" ::: "memory", "cc");
    tell("twice", once, once_end);
    return 0;
}
