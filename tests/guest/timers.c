/* Clocks, sleeps and interval timers. */
#include "guest.h"

static volatile int ticks;
static void tick(int signo)
{
    (void)signo;
    ticks++;
}

static double now(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    struct timespec ts;
    CALL(clock_gettime(CLOCK_REALTIME, &ts));
    SHOW(ts.tv_sec > 1700000000 && ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
    CALL(clock_gettime(999, &ts));
    CALL(clock_getres(CLOCK_MONOTONIC, &ts));
    SHOW(ts.tv_sec == 0 && ts.tv_nsec > 0);
    double a = now(CLOCK_MONOTONIC), b = a;
    int backwards = 0;
    for (int i = 0; i < 2000; i++) {
        double c = now(CLOCK_MONOTONIC);
        backwards += c < b;
        b = c;
    }
    SHOW(backwards);
    struct timeval tv;
    gettimeofday(&tv, 0);
    SHOW(labs((long)tv.tv_sec - (long)time(0)) <= 1);

    a = now(CLOCK_MONOTONIC);
    ts = (struct timespec){0, 70000000};
    CALL(nanosleep(&ts, 0));
    b = now(CLOCK_MONOTONIC) - a;
    SHOW(b >= 0.07 && b < 0.5);
    ts = (struct timespec){0, 1000000000};
    CALL(nanosleep(&ts, 0));
    ts = (struct timespec){-1, 0};
    CALL(nanosleep(&ts, 0));
    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_nsec += 50000000;
    if (ts.tv_nsec >= 1000000000)
        ts.tv_sec++, ts.tv_nsec -= 1000000000;
    a = now(CLOCK_MONOTONIC);
    CALL(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, 0));
    b = now(CLOCK_MONOTONIC) - a;
    SHOW(b > 0.02 && b < 0.5);
    CALL(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, 0));

    signal(SIGALRM, tick);
    struct itimerval it = {{0, 20000}, {0, 50000}}, old;
    CALL(setitimer(ITIMER_REAL, &it, 0));
    a = now(CLOCK_MONOTONIC);
    while (ticks < 5)
        pause();
    b = now(CLOCK_MONOTONIC) - a;
    SHOW(b > 0.12 && b < 1);
    CALL(getitimer(ITIMER_REAL, &old));
    SHOW(old.it_interval.tv_usec > 15000 && old.it_interval.tv_usec < 25000);
    memset(&it, 0, sizeof it);
    CALL(setitimer(ITIMER_REAL, &it, &old));
    ticks = 0;
    usleep(60000);
    SHOW(ticks);
    it.it_value.tv_usec = 1000000;
    CALL(setitimer(ITIMER_REAL, &it, 0));
    CALL(setitimer(7, &it, 0));
    CALL(alarm(10));
    SHOW(alarm(5) >= 9);
    SHOW(alarm(0) >= 4);

    signal(SIGVTALRM, tick);
    it = (struct itimerval){{0, 0}, {0, 50000}};
    ticks = 0;
    CALL(setitimer(ITIMER_VIRTUAL, &it, 0));
    a = now(CLOCK_MONOTONIC);
    while (!ticks && now(CLOCK_MONOTONIC) - a < 5) {
    }
    SHOW(ticks);
    a = now(CLOCK_PROCESS_CPUTIME_ID);
    usleep(100000);
    SHOW(now(CLOCK_PROCESS_CPUTIME_ID) - a < 0.05);
    clock_t c = clock();
    for (volatile int i = 0; i < 3000000; i++) {
    }
    SHOW(clock() > c);
    return 0;
}
