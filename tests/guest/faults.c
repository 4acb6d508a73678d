/* Faults: the signal, si_code, si_addr and the saved instruction pointer; status 139 without a handler. */
#include "guest.h"
#include <ucontext.h>

static volatile char *expected;
static char *stack_low;

#ifdef __x86_64__
#define IP REG_RIP
#else
#define IP REG_EIP
#endif

static void handler(int signo, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    char line[200];
    const char *where = "other";
    if (info->si_addr == expected)
        where = "expected";
    else if ((uintptr_t)info->si_addr == (uintptr_t)uc->uc_mcontext.gregs[IP])
        where = "instruction";
    else if (stack_low && (char *)info->si_addr < stack_low && (char *)info->si_addr > stack_low - (12 << 20))
        where = "below the stack";
    int n = snprintf(line, sizeof line, "  SIG%s code %d address %s\n", sigabbrev_np(signo), info->si_code, where);
    write(1, line, n);
    _exit(9);
}

static void install(void)
{
    static char alt[65536];
    stack_t ss = {.ss_sp = alt, .ss_size = sizeof alt};
    sigaltstack(&ss, 0);
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    int all[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (int i = 0; i < 5; i++)
        sigaction(all[i], &sa, 0);
}

static int depth(int n)
{
    volatile char room[4096];
    room[0] = n;
    return n > 100000000 ? 0 : depth(n + 1) + room[0];
}

static volatile int zero, one = 1;

static void act(int what)
{
    static char *none, *gone, *ro, *past;
    none = mmap(0, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    gone = mmap(0, 4 * 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 8192;
    ro = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("/tmp/short", O_RDWR | O_CREAT, 0600);
    ftruncate(fd, 100);
    past = mmap(0, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
    unlink("/tmp/short");
    munmap(gone, 8192);
    char *text = "literal";
    stack_low = (char *)&text;
    switch (what) {
    case 0: expected = (char *)8; *(volatile char *)8 = 1; break;
    case 1: expected = text; *(volatile char *)text = 'L'; break;
    case 2: expected = none + 5; *(volatile char *)(none + 5) = 1; break;
    case 3: expected = none + 5; printf("%d\n", *(volatile char *)(none + 5)); break;
    case 4: expected = gone + 4096; *(volatile char *)(gone + 4096) = 1; break;
    case 5: expected = ro + 4095; *(volatile char *)(ro + 4095) = 1; break;
    case 6: expected = past + 5000; printf("%d\n", *(volatile char *)(past + 5000)); break;
    case 7: printf("%d %d\n", past[99], past[4095]); break;
    case 8: depth(0); break;
    case 9: printf("%d\n", one / zero); break;
    case 10: __asm__ volatile("ud2"); break;
    case 11: __asm__ volatile("int3"); break;
    case 12: __asm__ volatile("hlt"); break;
    case 13: expected = gone; ((void (*)(void))gone)(); break;
    case 14: expected = ro; ((void (*)(void))ro)(); break;
    case 15: expected = (char *)-16L; *(volatile char *)-16L = 1; break;
    case 16: raise(SIGSEGV); break;
    case 17: abort(); break;
    case 18: { long big = (long)1 << (sizeof(long) * 8 - 1); volatile long m = -1; printf("%ld\n", big / m); break; }
    case 19: expected = 0; ((void (*)(void))0)(); break;
    }
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    static const char *names[] = {
        "null write", "string literal", "PROT_NONE write", "PROT_NONE read", "unmapped write", "read-only write",
        "past the file", "page of the end of the file", "stack overflow", "division by zero", "undefined instruction",
        "breakpoint", "privileged instruction", "jump to unmapped", "jump to data", "top of memory", "raise", "abort",
        "minimum by minus one", "jump to null"};
    no_cores();
    for (int i = 0; i < 20; i++) {
        CHILD(names[i], act(i));
        CHILD(names[i], install(); act(i));
    }
    return 0;
}
