cat >anew.c <<'EOF'
// Pages lose and get permissions between and during runs of loops that are compiled by then.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
enum { PAGE = 4096, PAGES = 8, WORDS = PAGES * PAGE / 4 };
static uint32_t own[WORDS] __attribute__((aligned(PAGE)));
static sigjmp_buf back;
static volatile uintptr_t at;
static void caught(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    at = (uintptr_t)info->si_addr;
    siglongjmp(back, 1);
}
__attribute__((noinline)) static void fill(uint32_t *to, uint32_t n, uint32_t with) {
    for (uint32_t i = 0; i < n; i++) to[i] = with + i;
}
__attribute__((noinline)) static uint32_t sum(const uint32_t *from, uint32_t n) {
    uint32_t all = 0;
    for (uint32_t i = 0; i < n; i++) all += from[i] * 3;
    return all;
}
__attribute__((noinline)) static void bump(uint32_t *const *places, uint32_t n, uint32_t rounds) {
    while (rounds--) for (uint32_t i = 0; i < n; i++) ++*places[i];
}
// Where it faulted, in words; -1: nowhere.
static long fill_at(uint32_t *to, uint32_t with) {
    if (sigsetjmp(back, 1)) return ((long)at - (long)to) / 4;
    fill(to, WORDS, with);
    return -1;
}
static long sum_at(const uint32_t *from) {
    if (sigsetjmp(back, 1)) return ((long)at - (long)from) / 4;
    return sum(from, WORDS) == 0 ? -2 : -1;
}
static int filled(const uint32_t *p, uint32_t from, uint32_t to, uint32_t with) {
    for (; from < to; from++) if (p[from] != with + from) return 0;
    return 1;
}
static void pages(const char *what, uint32_t *p) {
    char *bytes = (char *)p;
    for (int round = 0; round < 400; round++) {
        fill(p, WORDS, round);
        sum(p, WORDS);
    }
    printf("%s: %ld", what, fill_at(p, 1000));
    mprotect(bytes + 3 * PAGE, PAGE, PROT_READ);
    long where = fill_at(p, 2000);
    printf(", read-only %ld %d %d, %ld", where, filled(p, 0, 3 * 1024, 2000), filled(p, 3 * 1024, WORDS, 1000), sum_at(p));
    mprotect(bytes + 5 * PAGE, PAGE, PROT_NONE);
    mprotect(bytes + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE);
    where = fill_at(p, 3000);
    printf(", none %ld %d, %ld", where, filled(p, 0, 5 * 1024, 3000), sum_at(p));
    // Across the edge.
    memset(bytes + 4 * PAGE, 0, PAGE);
    where = -1;
    if (sigsetjmp(back, 1)) where = (long)at - (long)bytes;
    else for (int i = -16; i <= 8; i++) *(volatile uint64_t *)(bytes + 5 * PAGE - 8 + i) = 1;
    printf(", edge %ld", where - 5 * PAGE);
    mmap(bytes + 5 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    where = fill_at(p, 4000);
    printf(", anew %ld %d\n", where, filled(p, 0, WORDS, 4000));
}
static void *protect(void *page) {
    usleep(50000);
    mprotect(page, PAGE, PROT_READ);
    // A store that was allowed before may still be under way: on a busy machine its thread waits for a processor.
    usleep(100000);
    volatile uint32_t *word = page;
    uint32_t now[4];
    for (int i = 0; i < 4; i++) {
        now[i] = word[8 * i];
        for (volatile int wait = 0; wait < 20000; wait++) {}
    }
    int same = 1;
    for (int i = 0; i < 4; i++) same &= word[8 * i] == now[i];
    return same ? page : 0;
}
int main(void) {
    struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &action, 0);
    pages("its own", own);
    pages("heap", (uint32_t *)(((uintptr_t)malloc(PAGES * PAGE + PAGE) + PAGE - 1) & -PAGE));
    uint32_t *mapped = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pages("mapped", mapped);
    munmap(mapped, PAGES * PAGE);
    printf("gone: %ld %ld\n", fill_at(mapped, 1), sum_at(mapped));
    // Another thread takes the page away while this one writes: soon after that nothing changes.
    int right = 0;
    for (int round = 0; round < 5; round++) {
        char *page = (char *)own + (round + 1) * PAGE;
        uint32_t *places[4];
        for (int i = 0; i < 4; i++) places[i] = (uint32_t *)page + 8 * i;
        pthread_t other;
        void *same = 0;
        pthread_create(&other, 0, protect, page);
        volatile int faulted = 0;
        if (sigsetjmp(back, 1)) faulted = at - (uintptr_t)page < PAGE;
        else bump(places, 4, 2000000000);
        pthread_join(other, &same);
        mprotect(page, PAGE, PROT_READ | PROT_WRITE);
        right += faulted && same;
    }
    printf("another thread: %d of 5\n", right);
    return 0;
}
EOF
gcc -O2 -w anew.c -o anew -lpthread || exit 1
./anew
