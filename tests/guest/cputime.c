/* Processor time: clocks, interval timers, usage. */
#include "guest.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/times.h>

static volatile sig_atomic_t virtuals, profs;
static void count(int signo)
{
    if (signo == SIGVTALRM)
        virtuals++;
    else
        profs++;
}

static int64_t now(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t))
        return -1;
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static volatile unsigned sink;
static void burn(int64_t ns)
{
    int64_t until = now(CLOCK_PROCESS_CPUTIME_ID) + ns;
    while (now(CLOCK_PROCESS_CPUTIME_ID) < until)
        for (int i = 0; i < 10000; i++)
            sink += i;
}

static void doze(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&t, &t))
        ;
}

static void *burner(void *arg)
{
    int64_t before = now(CLOCK_THREAD_CPUTIME_ID);
    burn(50000000);
    printf("thread's own time moves: %d\n", now(CLOCK_THREAD_CPUTIME_ID) > before);
    return NULL;
}

static void posix_timer(const char *name, clockid_t clock)
{
    virtuals = 0;
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM};
    timer_t t;
    CALL(timer_create(clock, &ev, &t));
    struct itimerspec its = {{0, 30000000}, {0, 50000000}}, left;
    CALL(timer_settime(t, 0, &its, 0));
    doze(200);
    printf("%s: %d after a sleep, ", name, virtuals);
    timer_gettime(t, &left);
    printf("most is left: %d, ", left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 30000000);
    burn(400000000);
    printf("some after work: %d\n", virtuals >= 3 && virtuals <= 14);
    its.it_value.tv_nsec = its.it_interval.tv_nsec = 0;
    CALL(timer_settime(t, 0, &its, 0));
    virtuals = 0;
    burn(60000000);
    SHOW(virtuals);
    CALL(timer_delete(t));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t signalled = PTHREAD_COND_INITIALIZER;
static int ready, done, tid;

static void *waiter(void *arg)
{
    int64_t before = now(CLOCK_THREAD_CPUTIME_ID);
    pthread_mutex_lock(&mutex);
    tid = gettid();
    __atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
    while (!done)
        pthread_cond_wait(&signalled, &mutex);
    pthread_mutex_unlock(&mutex);
    printf("waiting for another thread takes little %d\n", now(CLOCK_THREAD_CPUTIME_ID) - before < 150000000);
    burn(50000000);
    printf("work after it counts %d\n", now(CLOCK_THREAD_CPUTIME_ID) - before >= 40000000);
    return NULL;
}

/* A wait for a futex is no work, neither while it lasts nor after. */
static void futex_wait(void)
{
    pthread_t t;
    char path[64], state = 0;
    pthread_create(&t, 0, waiter, 0);
    while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
        doze(1);
    int64_t before = now(CLOCK_PROCESS_CPUTIME_ID);
    doze(400);
    printf("waited little %d\n", now(CLOCK_PROCESS_CPUTIME_ID) - before < 150000000);
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%*d %*s %c", &state) == 1)
        printf("state %c\n", state);
    if (f)
        fclose(f);
    pthread_mutex_lock(&mutex);
    done = 1;
    pthread_cond_signal(&signalled);
    pthread_mutex_unlock(&mutex);
    pthread_join(t, 0);
}

int main(void)
{
    no_cores();
    setvbuf(stdout, 0, _IOLBF, 0);
    clockid_t own, thread;
    signal(SIGVTALRM, count);
    posix_timer("process", CLOCK_PROCESS_CPUTIME_ID);
    posix_timer("thread", CLOCK_THREAD_CPUTIME_ID);
    CALL(clock_getcpuclockid(0, &own));
    CALL(pthread_getcpuclockid(pthread_self(), &thread));
    printf("bad clock: %d\n", (int)now(77));
    const struct { const char *name; clockid_t id; } clocks[] = {
        {"process", CLOCK_PROCESS_CPUTIME_ID}, {"thread", CLOCK_THREAD_CPUTIME_ID}, {"own", own}, {"own thread", thread}};
    int64_t before[4];
    for (int i = 0; i < 4; i++)
        before[i] = now(clocks[i].id);
    doze(700);
    for (int i = 0; i < 4; i++)
        printf("%s: asleep little %d\n", clocks[i].name, now(clocks[i].id) - before[i] < 500000000);
    burn(200000000);
    for (int i = 0; i < 4; i++)
        printf("%s: busy much %d\n", clocks[i].name, now(clocks[i].id) - before[i] >= 190000000);

    signal(SIGVTALRM, count);
    signal(SIGPROF, count);
    struct itimerval it = {{0, 0}, {0, 500000}}, left;
    CALL(setitimer(ITIMER_VIRTUAL, &it, 0));
    it.it_value.tv_usec = 600000;
    it.it_interval.tv_usec = 50000;
    CALL(setitimer(ITIMER_PROF, &it, 0));
    CALL(getitimer(ITIMER_PROF, &left));
    printf("left %d, interval %ld\n", left.it_value.tv_sec == 0 && left.it_value.tv_usec > 0 && left.it_value.tv_usec <= 610000, (long)left.it_interval.tv_usec);
    doze(700);
    printf("asleep: virtual %d, prof %d\n", (int)virtuals, (int)profs);
    while (!virtuals || profs < 2)
        for (int i = 0; i < 10000; i++)
            sink += i;
    printf("busy: virtual %d, prof %d\n", (int)virtuals, profs >= 2);
    memset(&it, 0, sizeof it);
    CALL(setitimer(ITIMER_PROF, &it, &left));
    printf("was armed %d\n", left.it_value.tv_usec > 0);
    CALL(getitimer(ITIMER_VIRTUAL, &left));
    printf("expired: %ld\n", (long)left.it_value.tv_usec);

    struct rusage usage;
    for (int n = 0; n < 300; n++) {
        for (int i = 0; i < 1000; i++)
            syscall(SYS_getppid);
        if (getrusage(RUSAGE_SELF, &usage) || usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec > 12000)
            break;
    }
    CALL(getrusage(RUSAGE_SELF, &usage));
    printf("of the system %d, of the program %d\n", usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec > 5000,
           usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec > 100000);
    struct tms ticks;
    times(&ticks);
    printf("ticks %d %d\n", ticks.tms_stime > 0, ticks.tms_utime > 10);
    printf("used %d\n", usage.ru_utime.tv_sec * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1000000L + usage.ru_stime.tv_usec > 300000);
    struct tms tms;
    times(&tms);
    printf("times %d, children %ld\n", tms.tms_utime + tms.tms_stime >= 30, (long)(tms.tms_cutime + tms.tms_cstime));
    CHILD("child", printf("starts anew: %d\n", now(CLOCK_PROCESS_CPUTIME_ID) < 700000000); burn(100000000));
    times(&tms);
    printf("children %d\n", tms.tms_cutime + tms.tms_cstime >= 4);
    pthread_t t;
    pthread_create(&t, 0, burner, 0);
    pthread_join(t, 0);
    futex_wait();
    return 0;
}
