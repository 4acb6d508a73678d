cat >fault.c <<'EOF'
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static char stack[65536];
static volatile uintptr_t low, high;
static void caught(int number, siginfo_t *info, void *context) {
    uintptr_t at = (uintptr_t)info->si_addr;
    (void)context;
    printf("signal %d code %d address %s\n", number, info->si_code, at >= low && at < high ? "right" : "wrong");
    fflush(stdout);
    _exit(3);
}
static int deep(int n) { volatile char use[4096]; use[0] = n; return n ? deep(n + 1) + use[0] : 0; }
int main(int argc, char **argv) {
    volatile char *text = "literal", *none = mmap(0, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile int zero = 0, one = 1;
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    if (argc > 2) {
        sigaltstack(&alternate, 0);
        sigaction(SIGSEGV, &action, 0); sigaction(SIGFPE, &action, 0); sigaction(SIGILL, &action, 0);
    }
    low = 0; high = UINTPTR_MAX;
    switch (argv[1][0]) {
    case 'n': high = 1; *(volatile char *)zero = 1; break;
    case 'l': low = (uintptr_t)text; high = low + 1; text[0] = 'L'; break;
    case 'p': low = (uintptr_t)none + 4097; high = low + 1; none[4097] = 1; break;
    case 'r': low = (uintptr_t)none; high = low + 1; return *none;
    case 's': low = (uintptr_t)&zero - (9 << 20); high = (uintptr_t)&zero; return deep(1);
    case 'd': return one / zero;
    case 'i': __builtin_trap();
    case 'a': abort();
    }
    return 0;
}
EOF
gcc -O1 -w -fno-delete-null-pointer-checks fault.c -o fault || exit 1
for kind in n l p r s d i a; do
    ./fault $kind 2>/dev/null; echo "$kind: status $?"
done 2>/dev/null
for kind in n l p r s d i; do ./fault $kind handler; done
echo "still here"
