/* POSIX threads: creation, locks, conditions, thread-local storage, signals, exit. */
#include "guest.h"
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t sem;
static long counter, atomic_counter, destroyed, inits, turn;
static __thread long local = 5;

static void init(void)
{
    inits++;
}

static void destroy(void *value)
{
    __sync_fetch_and_add(&destroyed, (long)value);
}

static void *adder(void *arg)
{
    pthread_once(&once, init);
    pthread_setspecific(key, arg);
    local += (long)arg;
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        pthread_mutex_unlock(&lock);
        __sync_fetch_and_add(&atomic_counter, 1);
    }
    pthread_barrier_wait(&barrier);
    return (void *)local;
}

static void *player(void *arg)
{
    long me = (long)arg;
    for (int i = 0; i < 500; i++) {
        pthread_mutex_lock(&lock);
        while (turn % 2 != me)
            pthread_cond_wait(&changed, &lock);
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return 0;
}

static volatile int hit;
static volatile long hit_by;
static void on_usr1(int signo)
{
    (void)signo;
    hit++;
    hit_by = syscall(SYS_gettid);
}

static void *sleeper(void *arg)
{
    *(long *)arg = syscall(SYS_gettid);
    sem_post(&sem);
    while (!hit)
        usleep(1000);
    return 0;
}

static void *cancelled(void *arg)
{
    (void)arg;
    for (;;)
        sleep(10);
}

static void *forker(void *arg)
{
    (void)arg;
    CHILD("fork in a thread", _exit(syscall(SYS_gettid) == getpid() ? 3 : 4));
    return 0;
}

static void *exiter(void *arg)
{
    (void)arg;
    _exit(7);
}

static void *forever(void *arg)
{
    (void)arg;
    for (;;)
        pause();
}

static void *crasher(void *arg)
{
    (void)arg;
    *(volatile int *)8 = 1;
    return 0;
}

static void *last(void *arg)
{
    pthread_join(*(pthread_t *)arg, 0);
    printf("outlived main\n");
    exit(5);
}

int main(int argc, char **argv)
{
    if (argc == 1 && !strcmp(argv[0], "x"))
        return 6;
    no_cores();
    setvbuf(stdout, 0, _IOLBF, 0);
    pthread_t t[8];
    void *result;
    pthread_key_create(&key, destroy);
    pthread_barrier_init(&barrier, 0, 4);
    for (long i = 0; i < 4; i++)
        CALL(pthread_create(&t[i], 0, adder, (void *)(i + 1)));
    long sum = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &result);
        sum += (long)result;
    }
    SHOW(counter);
    SHOW(atomic_counter);
    SHOW(sum);
    SHOW(local);
    SHOW(destroyed);
    SHOW(inits);
    for (long i = 0; i < 2; i++)
        pthread_create(&t[i], 0, player, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], 0);
    SHOW(turn);

    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 50000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&lock);
    SHOW(pthread_cond_timedwait(&changed, &lock, &until) == ETIMEDOUT);
    SHOW(pthread_mutex_trylock(&lock) == EBUSY);
    pthread_mutex_unlock(&lock);

    /* A signal to one thread, and to the process with only one thread open to it. */
    signal(SIGUSR1, on_usr1);
    sem_init(&sem, 0, 0);
    long tid = 0;
    pthread_create(&t[0], 0, sleeper, &tid);
    sem_wait(&sem);
    CALL(pthread_kill(t[0], SIGUSR1));
    pthread_join(t[0], 0);
    SHOW(hit == 1 && hit_by == tid && tid != getpid());
    hit = 0;
    pthread_create(&t[0], 0, sleeper, &tid);
    sem_wait(&sem);
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, 0);
    kill(getpid(), SIGUSR1);
    pthread_join(t[0], 0);
    SHOW(hit == 1 && hit_by == tid);
    /* A joined thread may exist for a moment still. */
    for (int i = 0; i < 1000 && syscall(SYS_tgkill, getpid(), tid, 0) == 0; i++) usleep(1000);
    CALL(syscall(SYS_tgkill, getpid(), tid, 0));

    pthread_create(&t[0], 0, cancelled, 0);
    usleep(10000);
    CALL(pthread_cancel(t[0]));
    pthread_join(t[0], &result);
    SHOW(result == PTHREAD_CANCELED);

    pthread_create(&t[0], 0, forker, 0);
    pthread_join(t[0], 0);

    CHILD("_exit in a thread", pthread_create(&t[0], 0, exiter, 0); forever(0));
    CHILD("fault in a thread", pthread_create(&t[0], 0, crasher, 0); forever(0));
    CHILD("exit with threads", for (int i = 0; i < 4; i++) pthread_create(&t[i], 0, forever, 0); usleep(10000); exit(9));
    CHILD("main leaves first", t[7] = pthread_self(); pthread_create(&t[0], 0, last, &t[7]); pthread_exit(0));
    CHILD("exec with threads", for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, forever, 0); usleep(10000);
          execl("/proc/self/exe", "x", NULL); _exit(1));
    return 0;
}
