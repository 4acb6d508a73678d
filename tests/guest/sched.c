/* Scheduling: policies, priorities and processors, remembered and inherited. */
#include "guest.h"
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

struct attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

static struct sched_param param(int priority) { return (struct sched_param){priority}; }

static void show(const char *name)
{
    struct sched_param p = {-1};
    struct attr a = {0};
    int policy = sched_getscheduler(0);
    sched_getparam(0, &p);
    syscall(SYS_sched_getattr, 0, &a, sizeof a, 0);
    printf("%s: policy %#x priority %d, attributes %d %d %d %d\n", name, policy, p.sched_priority, a.policy, (int)a.flags, a.nice, a.priority);
}

/* Fields of /proc/self/stat by their number in proc(5). */
static void stat_fields(void)
{
    char text[1024] = "", *rest;
    int n = 2;
    FILE *f = fopen("/proc/self/stat", "r");
    fgets(text, sizeof text, f);
    fclose(f);
    for (rest = strtok(strrchr(text, ')') + 1, " \n"); rest; rest = strtok(0, " \n")) {
        n++;
        if (n == 18 || n == 19 || n == 40 || n == 41)
            printf("field %d: %s\n", n, rest);
    }
    printf("fields %d\n", n);
}

static void *thread(void *arg)
{
    show("thread");
    struct sched_param p = param(0);
    CALL(sched_setscheduler(0, SCHED_OTHER, &p));
    return arg;
}

static void user(void)
{
    struct sched_param p = param(1), none = param(0);
    if (setuid(1000))
        return;
    show("as a user");
    CALL(sched_setscheduler(0, SCHED_FIFO, &p));
    CALL(sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &p));
    CALL(sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none));
    CALL(sched_setscheduler(0, SCHED_BATCH, &none));
    CALL(sched_setscheduler(0, SCHED_IDLE | SCHED_RESET_ON_FORK, &none));
    CALL(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none));
    CALL(sched_setscheduler(1, SCHED_OTHER, &none));
    cpu_set_t set;
    OK(sched_getaffinity(1, sizeof set, &set));
    CALL(sched_setaffinity(1, sizeof set, &set));
    show("at last");
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    show("at first");
    struct sched_param p = param(7), none = param(0), high = param(100);
    CALL(sched_setscheduler(0, SCHED_FIFO, &none));
    CALL(sched_setscheduler(0, SCHED_FIFO, &high));
    CALL(sched_setscheduler(0, SCHED_OTHER, &p));
    CALL(sched_setscheduler(0, 4, &none));
    CALL(sched_setscheduler(0, -1, &none));
    CALL(sched_setscheduler(0, SCHED_FIFO, NULL));
    CALL(sched_setscheduler(0, SCHED_FIFO, (void *)8));
    CALL(sched_setscheduler(-1, SCHED_FIFO, &p));
    CALL(sched_setscheduler(999999, SCHED_FIFO, &p));
    CALL(sched_setparam(0, &p));
    CALL(sched_setparam(0, NULL));
    CALL(sched_getparam(0, NULL));
    CALL(sched_getparam(-1, &p));
    CALL(sched_getparam(999999, &p));
    show("still");
    p = param(7);
    CALL(sched_setscheduler(0, SCHED_BATCH, &none));
    show("batch");
    CALL(sched_setscheduler(0, SCHED_IDLE, &none));
    show("idle");
    CALL(nice(4));
    CALL(sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none));
    show("other");
    CHILD("inherits", show("child"));

    /* Not every machine lets its superuser have real-time priorities. */
    CALL(sched_get_priority_max(SCHED_RR));
    struct attr a = {.size = sizeof a, .policy = SCHED_BATCH, .flags = 1, .nice = 2};
    CALL(syscall(SYS_sched_setattr, 0, &a, 0));
    show("set by attributes");
    a = (struct attr){.size = sizeof a, .policy = SCHED_OTHER, .priority = 4};
    CALL(syscall(SYS_sched_setattr, 0, &a, 0));
    a = (struct attr){.size = sizeof a, .flags = 8, .nice = 5};
    CALL(syscall(SYS_sched_setattr, 0, &a, 0));
    show("policy kept");
    stat_fields();
    pthread_t t;
    pthread_create(&t, 0, thread, 0);
    pthread_join(t, 0);
    show("the first thread");

    cpu_set_t set, one;
    CPU_ZERO(&one);
    sched_getaffinity(0, sizeof set, &set);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set)) {
            CPU_SET(i, &one);
            break;
        }
    CALL(sched_setaffinity(0, sizeof one, &one));
    sched_getaffinity(0, sizeof set, &set);
    SHOW(CPU_EQUAL(&set, &one));
    SHOW(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    CHILD("inherits processors", {
        cpu_set_t mine;
        sched_getaffinity(0, sizeof mine, &mine);
        SHOW(CPU_EQUAL(&mine, &one));
    });
    CPU_ZERO(&set);
    CALL(sched_setaffinity(0, sizeof set, &set));
    CALL(sched_setaffinity(999999, sizeof one, &one));
    CALL(sched_setaffinity(0, sizeof one, (void *)8));
    CHILD("a user", user());
    return 0;
}
