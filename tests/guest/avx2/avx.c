/* AVX registers across signals, system calls, fork and threads; what glibc's own AVX2 functions do. */
#include "../guest.h"
#include <immintrin.h>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <ucontext.h>

typedef unsigned long long u64;
static __m256i value(u64 n) { return _mm256_set_epi64x(n * 4, n * 3, n * 2, n); }

static void show(const char *what, __m256i v)
{
    u64 lanes[4];
    _mm256_storeu_si256((void *)lanes, v);
    printf("%s: %llx %llx %llx %llx\n", what, lanes[0], lanes[1], lanes[2], lanes[3]);
}

static int damage;

static void handler(int signo, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    unsigned char *state = (void *)uc->uc_mcontext.fpregs;
#ifdef __i386__
    state += 112;
#endif
    unsigned magic1, size, magic2;
    u64 features, in_use, upper;
    memcpy(&magic1, state + 464, 4);
    memcpy(&features, state + 472, 8);
    memcpy(&size, state + 480, 4);
    memcpy(&magic2, state + size, 4);
    memcpy(&in_use, state + 512, 8);
    memcpy(&upper, state + 576 + 16 * 3, 8);
    printf("  flags %lu magic %x %x features %llx in use %llx upper half of 3: %llx\n", uc->uc_flags & 1, magic1, magic2,
           features & 7, in_use & 6, upper);
    upper = 0x77;
    memcpy(state + 576 + 16 * 3 + 8, &upper, 8);
    if (damage)
        memset(state + size, 0, 4);
    _mm256_zeroall();
}

/* Raises a signal with registers 2 and 3 set, and shows them afterwards. */
static void across(const char *what)
{
    __m256i a = value(0x1111), b = value(0x2222);
    long pid = getpid(), result = 0;
#ifdef __x86_64__
    __asm__ volatile("vmovdqa %2, %%ymm2; vmovdqa %3, %%ymm3; syscall; vmovdqa %%ymm2, %0; vmovdqa %%ymm3, %1"
                     : "=m"(a), "=m"(b)
                     : "m"(a), "m"(b), "a"(62L), "D"(pid), "S"((long)SIGUSR1)
                     : "rcx", "r11", "memory", "xmm2", "xmm3");
#else
    __asm__ volatile("vmovdqa %2, %%ymm2; vmovdqa %3, %%ymm3; int $0x80; vmovdqa %%ymm2, %0; vmovdqa %%ymm3, %1"
                     : "=m"(a), "=m"(b)
                     : "m"(a), "m"(b), "a"(37L), "b"(pid), "c"((long)SIGUSR1)
                     : "memory", "xmm2", "xmm3");
#endif
    printf("%s\n", what);
    show("  register 2", a);
    show("  register 3", b);
}

static void *thread(void *argument)
{
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < 20000; i++) {
        sum = _mm256_add_epi64(sum, value((long)argument));
        if (i % 1000 == 0)
            sched_yield();
    }
    u64 *out = malloc(32);
    _mm256_storeu_si256((void *)out, sum);
    return out;
}

/* What a tracer and a core file have of the registers: the XSAVE image, its upper halves at 576. */
static void traced(void)
{
    static unsigned char state[32768];
    struct iovec all = {state, sizeof state}, short_ = {state, 600};
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        __m256i a = value(0x1111), b = value(0x2222);
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        __asm__ volatile("vmovdqa %2, %%ymm2; vmovdqa %3, %%ymm3; int3; vmovdqa %%ymm2, %0; vmovdqa %%ymm3, %1"
                         : "=m"(a), "=m"(b)
                         : "m"(a), "m"(b)
                         : "memory", "xmm2", "xmm3");
        show("  register 2", a);
        show("  register 3", b);
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, 0, 0);
    CALL(ptrace(PTRACE_GETREGSET, pid, 0x202, &all));
    u64 features, in_use, upper[4];
    memcpy(&features, state + 464, 8), memcpy(&in_use, state + 512, 8), memcpy(upper, state + 576 + 32, 32);
    printf("features %llx in use %llx: %llx %llx %llx %llx\n", features & 7, in_use & 6, upper[0], upper[1], upper[2], upper[3]);
    CALL(all.iov_len >= 832);
    upper[1] = 0x77, upper[2] = 0x88;
    memcpy(state + 576 + 32, upper, 32);
    CALL(ptrace(PTRACE_SETREGSET, pid, 0x202, &short_));
    CALL(ptrace(PTRACE_SETREGSET, pid, 0x202, &all));
    state[513 + 7] = 1;
    CALL(ptrace(PTRACE_SETREGSET, pid, 0x202, &all));
    ptrace(PTRACE_CONT, pid, 0, 0);
    waitpid(pid, 0, 0);

    /* Only where a core file is left here. */
    char pattern[16] = "", folder[] = "/tmp/avx.XXXXXX";
    read(open("/proc/sys/kernel/core_pattern", O_RDONLY), pattern, 15);
    mkdtemp(folder), chdir(folder);
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &limit);
    if (!(pid = fork())) {
        __m256i a = value(0x1111);
        __asm__ volatile("vmovdqa %0, %%ymm2; ud2" : : "m"(a) : "xmm2");
    }
    int status;
    waitpid(pid, &status, 0);
    describe("crash", status);
    int fd = open("core", O_RDONLY), got = 0;
    if (fd >= 0) {
        long n = read(fd, state, sizeof state);
        /* A note's length, kind and name, the image behind them. */
        for (unsigned char *p = state; p < state + n - 900; p += 4)
            if (*(unsigned *)p == 0x202 && !memcmp(p + 4, "LINUX", 6))
                got = !memcmp(p + 12 + 576 + 32, (u64[]){0x3333, 0x4444}, 16) && p[12 + 464] & 4;
    }
    printf("core: %s\n", got || strcmp(pattern, "core\n") ? "as it was" : "without");
    unlink("core"), chdir("/"), rmdir(folder);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    __builtin_cpu_init();
    printf("avx2 %d fma %d f16c %d\n", !!__builtin_cpu_supports("avx2"), !!__builtin_cpu_supports("fma"), !!__builtin_cpu_supports("f16c"));
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &sa, 0);
    across("signal");
    damage = 1;
    across("damaged frame");
    traced();
    CHILD("fork", show("  child", value(5)));
    pthread_t threads[4];
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], 0, thread, (void *)(i + 1));
    for (int i = 0; i < 4; i++) {
        u64 *sum;
        pthread_join(threads[i], (void **)&sum);
        printf("thread %d: %llu %llu\n", i, sum[0], sum[3]);
    }
    char text[4096], copy[4096];
    for (int i = 0; i < 4095; i++)
        text[i] = 'a' + i * 7 % 26;
    text[4095] = 0;
    unsigned long sum = 0;
    for (int i = 0; i < 200; i++) {
        memcpy(copy + i % 7, text + i, 3000 + i);
        sum = sum * 31 + strlen(text + i) + (strchr(text + i, 'z') - text) + memcmp(copy + i % 7, text + i, 3000 + i);
        sum = sum * 31 + (unsigned char *)memrchr(text, 'b', 4000 - i) - (unsigned char *)text;
        sum = (sum + strspn(text + i, "abcdefgh")) & 0xffffff;
    }
    printf("strings: %lu\n", sum);
    __m256d x = _mm256_set_pd(1e300, -0.0, 3.5, 1.0 / 3);
    double d[4];
    _mm256_storeu_pd(d, _mm256_fmadd_pd(x, x, _mm256_sqrt_pd(_mm256_set1_pd(2))));
    printf("fma: %a %a %a %a\n", d[0], d[1], d[2], d[3]);
    __m128i half = _mm256_cvtps_ph(_mm256_set_ps(1, 2.5f, 65504, 1e-7f, -3, 1e9f, 0.1f, 7), 0);
    printf("f16c: %llx\n", (u64)_mm_cvtsi128_si32(half));
    return 0;
}
