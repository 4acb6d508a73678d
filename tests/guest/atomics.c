/* Memory order and atomic operations between threads, as x86 promises them; futex(2) in its forms. */
#include "guest.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#define ROUNDS 20000
static pthread_barrier_t gate;
static volatile int x, y, seen_x, seen_y, stop;

static void pair(void *(*one)(void *), void *(*two)(void *))
{
    pthread_t a, b;
    pthread_create(&a, 0, one, 0);
    pthread_create(&b, 0, two, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
}

/* Message passing: who sees the flag sees the data. */
static volatile int data_[64], flag;
static void *sends(void *arg)
{
    for (int i = 1; i <= ROUNDS; i++) {
        data_[32] = i;
        flag = i;
        if (i % 64 == 0) sched_yield();
    }
    return arg;
}
static long passed_wrong;
static void *receives(void *arg)
{
    int f;
    do {
        f = flag;
        if (data_[32] < f) passed_wrong++;
    } while (f < ROUNDS);
    return arg;
}

/* Store buffering: with a fence, or an exchange, at least one sees the other. */
static long both_missed;
#define BUFFER(name, mine, other, saw, fence)                                                      \
    static void *name(void *arg)                                                                   \
    {                                                                                              \
        for (int i = 1; i <= 2000; i++) {                                                          \
            while (stop != i) if (stop < 0) return arg; else sched_yield();                        \
            fence;                                                                                 \
            saw = other;                                                                           \
            __sync_fetch_and_add(&done, 1);                                                        \
        }                                                                                          \
        return arg;                                                                                \
    }
static volatile int done;
BUFFER(fence_x, x, y, seen_x, x = 1; __asm__ volatile("mfence" ::: "memory"))
BUFFER(fence_y, y, x, seen_y, y = 1; __asm__ volatile("mfence" ::: "memory"))
BUFFER(swap_x, x, y, seen_x, __atomic_exchange_n(&x, 1, __ATOMIC_SEQ_CST))
BUFFER(swap_y, y, x, seen_y, __atomic_exchange_n(&y, 1, __ATOMIC_SEQ_CST))
static void buffering(const char *name, void *(*one)(void *), void *(*two)(void *))
{
    pthread_t a, b;
    both_missed = 0, stop = 0;
    pthread_create(&a, 0, one, 0);
    pthread_create(&b, 0, two, 0);
    for (int i = 1; i <= 2000; i++) {
        x = y = 0, done = 0;
        __sync_synchronize();
        stop = i;
        while (done < 2) sched_yield();
        if (!seen_x && !seen_y) both_missed++;
    }
    stop = -1;
    pthread_join(a, 0);
    pthread_join(b, 0);
    printf("%s: %ld\n", name, both_missed);
}

/* Contended operations, of every width, aligned or across a line or a page. */
static char *area;
static volatile char *at8;
static volatile short *at16;
static volatile int *at32;
static volatile long long *at64;
static void *counts(void *arg)
{
    pthread_barrier_wait(&gate);
    for (int i = 0; i < ROUNDS; i++) {
        __asm__ volatile("lock incb %0" : "+m"(*at8));
        __asm__ volatile("lock incw %0" : "+m"(*at16));
        __asm__ volatile("lock incl %0" : "+m"(*at32));
        int one = 1;
        __asm__ volatile("lock xaddl %0, %1" : "+r"(one), "+m"(*at32));
        int old, new;
        do {
            old = *at32;
            new = old + 1;
        } while (!__sync_bool_compare_and_swap(at32, old, new));
        long long was;
        do
            was = *at64;
        while (!__sync_bool_compare_and_swap(at64, was, was + 1));
    }
    return arg;
}
static void contend(const char *name, int offset)
{
    at8 = area + offset, at16 = (short *)(area + offset + 1024), at32 = (int *)(area + offset + 2048);
    at64 = (long long *)(area + offset + 3072);
    *at8 = 0, *at16 = 0, *at32 = 0, *at64 = 0;
    pair(counts, counts);
    printf("%s: %d %d %d %lld\n", name, (unsigned char)*at8, (unsigned short)*at16, *at32, *at64);
}
/* Across a page each in turn. */
static void across(int width)
{
    char *page = area + 4096;
    at8 = page - 100, at16 = (short *)(page - 200), at32 = (int *)(page - 300), at64 = (long long *)(page - 400);
    if (width == 2) at16 = (short *)(page - 1);
    if (width == 4) at32 = (int *)(page - 3);
    if (width == 8) at64 = (long long *)(page - 5);
    *at8 = 0, *at16 = 0, *at32 = 0, *at64 = 0;
    pair(counts, counts);
    printf("across a page, %d bytes: %d %d %d %lld\n", width, (unsigned char)*at8, (unsigned short)*at16, *at32, *at64);
}
/* Bits, and two neighbours in one word written by two threads. */
static volatile unsigned char neighbours[2];
static volatile unsigned bits;
static long lost;
static void *left(void *arg)
{
    pthread_barrier_wait(&gate);
    for (int i = 0; i < ROUNDS; i++) {
        neighbours[0] = i;
        if (neighbours[0] != (i & 255)) lost++;
        __asm__ volatile("lock btsl $3, %0" : "+m"(bits));
        __asm__ volatile("lock btrl $3, %0" : "+m"(bits));
        __asm__ volatile("lock xorl $0x100, %0" : "+m"(bits));
    }
    return arg;
}
static void *right(void *arg)
{
    pthread_barrier_wait(&gate);
    for (int i = 0; i < ROUNDS; i++) {
        neighbours[1] = i * 3;
        if (neighbours[1] != (i * 3 & 255)) lost++;
        __asm__ volatile("lock orl $0x10, %0" : "+m"(bits));
        __asm__ volatile("lock andl $~0x10, %0" : "+m"(bits));
        __asm__ volatile("lock addl $0x1000, %0" : "+m"(bits));
    }
    return arg;
}

/* futex(2). */
static int word, other;
static long futex(int *at, int op, int value, void *timeout, int *second, int third)
{
    return syscall(SYS_futex, at, op | FUTEX_PRIVATE_FLAG, value, timeout, second, third);
}
static volatile int asleep, awake;
static void *waits(void *bits_)
{
    __sync_fetch_and_add(&asleep, 1);
    long r = bits_ ? futex(&word, FUTEX_WAIT_BITSET, 0, 0, 0, (long)bits_) : futex(&word, FUTEX_WAIT, 0, 0, 0, 0);
    __sync_fetch_and_add(&awake, 1);
    return (void *)r;
}
static pthread_t threads[4];
static void start_waiting(int n, long bits_)
{
    asleep = awake = 0;
    for (int i = 0; i < n; i++)
        pthread_create(&threads[i], 0, waits, (void *)(bits_ ? bits_ << i : 0));
    while (asleep < n) usleep(1000);
    usleep(20000);
}
static void settle(int n)
{
    for (int i = 0; i < 1000 && awake < n; i++) usleep(1000);
    usleep(5000);
    printf("  awake: %d\n", awake);
}
static int pi;
static void *takes(void *arg)
{
    long r = futex(&pi, FUTEX_LOCK_PI, 0, 0, 0, 0);
    int mine = (pi & FUTEX_TID_MASK) == syscall(SYS_gettid);
    printf("  taken: %ld %d\n", r, mine);
    CALL(futex(&pi, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
    return arg;
}
static pthread_mutex_t robust;
static void *dies(void *arg)
{
    pthread_mutex_lock(&robust);
    return arg;
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    pthread_barrier_init(&gate, 0, 2);
    pair(sends, receives);
    printf("message passing: %ld\n", passed_wrong);
    buffering("store buffering with a fence", fence_x, fence_y);
    buffering("store buffering with an exchange", swap_x, swap_y);

    area = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    contend("aligned", 512);
    contend("odd", 513);
    contend("across a line", 512 + 63);
    for (int width = 2; width <= 8; width *= 2) across(width);
    pair(left, right);
    printf("neighbours: %ld, bits %x\n", lost, bits);

    CALL(futex(&word, FUTEX_WAIT, 1, 0, 0, 0));
    struct timespec brief = {0, 10000000}, bad = {0, -1};
    CALL(futex(&word, FUTEX_WAIT, 0, &brief, 0, 0));
    CALL(futex(&word, FUTEX_WAIT, 0, &bad, 0, 0));
    CALL(futex((int *)((char *)&word + 1), FUTEX_WAIT, 0, 0, 0, 0));
    CALL(futex((int *)8, FUTEX_WAIT, 0, 0, 0, 0));
    CALL(futex(&word, FUTEX_WAIT_BITSET, 0, 0, 0, 0));
    CALL(futex(&word, 99, 0, 0, 0, 0));
    CALL(futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
    start_waiting(3, 0);
    CALL(futex(&word, FUTEX_WAKE, 2, 0, 0, 0));
    settle(2);
    CALL(futex(&word, FUTEX_WAKE, 100, 0, 0, 0));
    settle(3);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
    start_waiting(3, 1);
    CALL(futex(&word, FUTEX_WAKE_BITSET, 100, 0, 0, 2));
    settle(1);
    CALL(futex(&word, FUTEX_WAKE_BITSET, 100, 0, 0, 8));
    CALL(futex(&word, FUTEX_WAKE_BITSET, 100, 0, 0, 5));
    settle(3);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
    start_waiting(4, 0);
    CALL(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2, &other, 7));
    CALL(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)2, &other, 0));
    settle(1);
    CALL(futex(&other, FUTEX_WAKE, 100, 0, 0, 0));
    settle(3);
    CALL(futex(&word, FUTEX_WAKE, 100, 0, 0, 0));
    settle(4);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
    start_waiting(2, 0);
    other = 5;
    CALL(futex(&other, FUTEX_WAKE_OP, 1, (void *)1, &word, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
    SHOW(word);
    settle(1);
    CALL(futex(&other, FUTEX_WAKE_OP, 1, (void *)1, &word, FUTEX_OP(FUTEX_OP_ANDN, 1, FUTEX_OP_CMP_GT, 3)));
    SHOW(word);
    settle(1);
    CALL(futex(&word, FUTEX_WAKE, 1, 0, 0, 0));
    settle(2);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);

    /* Locks with an owner. */
    CALL(futex(&pi, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
    CALL(futex(&pi, FUTEX_LOCK_PI, 0, 0, 0, 0));
    SHOW(pi == getpid());
    CALL(futex(&pi, FUTEX_LOCK_PI, 0, 0, 0, 0));
    CALL(futex(&pi, FUTEX_TRYLOCK_PI, 0, 0, 0, 0));
    pthread_create(&threads[0], 0, takes, 0);
    usleep(50000);
    SHOW(pi == (getpid() | FUTEX_WAITERS));
    long handed = futex(&pi, FUTEX_UNLOCK_PI, 0, 0, 0, 0);
    pthread_join(threads[0], 0);
    SHOW(handed);
    SHOW(pi);

    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attr);
    pthread_create(&threads[0], 0, dies, 0);
    pthread_join(threads[0], 0);
    SHOW(pthread_mutex_lock(&robust) == EOWNERDEAD);
    SHOW(pthread_mutex_consistent(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_STALLED);
    SHOW(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT));
    pthread_mutex_t inherits;
    SHOW(pthread_mutex_init(&inherits, &attr));
    SHOW(pthread_mutex_lock(&inherits));
    SHOW(pthread_mutex_unlock(&inherits));
    return 0;
}
