/* Credentials of threads: a system call changes the caller's alone, the C library changes everybody's. */
#include "guest.h"
#include <linux/capability.h>
#include <pthread.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#ifdef __i386__
#define SETRESUID SYS_setresuid32
#define SETRESGID SYS_setresgid32
#define SETGROUPS SYS_setgroups32
#else
#define SETRESUID SYS_setresuid
#define SETRESGID SYS_setresgid
#define SETGROUPS SYS_setgroups
#endif

static pthread_barrier_t step;
static int first, second;

static void show(const char *who)
{
    uid_t r, e, s;
    gid_t rg, eg, sg, groups[8];
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2];
    getresuid(&r, &e, &s);
    getresgid(&rg, &eg, &sg);
    syscall(SYS_capget, &h, d);
    int n = getgroups(8, groups), f = open("/tmp/roots", O_RDONLY);
    printf("  %s: users %d %d %d groups %d %d %d and %d, may %x %x, reads %d\n", who, r, e, s, rg, eg, sg, n,
           d[0].effective & 0xff, d[0].permitted & 0xff, f >= 0);
    if (f >= 0)
        close(f);
}
static void told(const char *who, int tid)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/status", tid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4))
            printf("  /proc of %s: %s", who, line);
    if (f)
        fclose(f);
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, tid};
    struct __user_cap_data_struct d[2] = {0};
    CALL(syscall(SYS_capget, &h, d));
    printf("  may %x\n", d[0].effective & 0xff);
}
static void *of_mine(void *arg)
{
    show("a user's thread");
    return NULL;
}
static void *user(void *arg)
{
    second = gettid();
    gid_t groups[2] = {7, 8};
    CALL(syscall(SETGROUPS, 2, groups));
    CALL(syscall(SETRESGID, 100, 100, 100));
    CALL(syscall(SETRESUID, 1000, 1000, 0));
    show("second");
    pthread_barrier_wait(&step); /* 1 */
    pthread_barrier_wait(&step); /* 2 */
    told("first", first);
    pthread_t mine;
    pthread_create(&mine, 0, of_mine, 0);
    pthread_join(mine, 0);
    CHILD("a user's child", show("child"); CALL(syscall(SETRESUID, -1, 0, -1)); show("again"));
    int f = open("/tmp/users", O_CREAT | O_WRONLY, 0600);
    struct stat st;
    CALL(fstat(f, &st));
    printf("  owner %d %d\n", st.st_uid, st.st_gid);
    close(f);
    CALL(kill(1, 0));
    pthread_barrier_wait(&step); /* 3 */
    pthread_barrier_wait(&step); /* 4 */
    show("second");
    pthread_barrier_wait(&step); /* 5 */
    execl("/proc/self/exe", "again", NULL);
    return NULL;
}

static void *library(void *arg)
{
    show("second");
    pthread_barrier_wait(&step);
    pthread_barrier_wait(&step);
    show("second");
    CALL(setuid(1000));
    pthread_barrier_wait(&step);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc == 1 && !strcmp(argv[0], "again")) {
        show("after exec");
        printf("  it is the first one: %d\n", gettid() == getpid());
        told("itself", getpid());
        return 0;
    }
    setvbuf(stdout, 0, _IOLBF, 0);
    setgroups(0, 0);
    close(open("/tmp/roots", O_CREAT | O_WRONLY, 0600));
    CHILD("threads", {
        pthread_barrier_init(&step, 0, 2);
        pthread_t t;
        first = gettid();
        pthread_create(&t, 0, user, 0);
        pthread_barrier_wait(&step); /* 1 */
        show("first");
        told("second", second);
        told("first", first);
        pthread_barrier_wait(&step); /* 2 */
        pthread_barrier_wait(&step); /* 3 */
        struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct d[2] = {{1 << CAP_KILL, 1 << CAP_KILL | 1 << CAP_SETUID, 0}, {0, 0, 0}};
        CALL(syscall(SYS_capset, &h, d));
        show("first");
        pthread_barrier_wait(&step); /* 4 */
        pthread_barrier_wait(&step); /* 5 */
        pause();
    });
    CHILD("the first one changes", {
        pthread_barrier_init(&step, 0, 2);
        CALL(setfsuid(0));
        pthread_t t;
        pthread_create(&t, 0, of_mine, 0);
        pthread_join(t, 0);
        CALL(syscall(SETRESUID, 1000, 1000, 1000));
        show("first");
        told("itself", gettid());
        pthread_create(&t, 0, of_mine, 0);
        pthread_join(t, 0);
    });
    CHILD("the C library", {
        pthread_barrier_init(&step, 0, 2);
        pthread_t t;
        pthread_create(&t, 0, library, 0);
        pthread_barrier_wait(&step);
        CALL(setresgid(5, 5, 5));
        CALL(seteuid(1000));
        pthread_barrier_wait(&step);
        pthread_barrier_wait(&step);
        show("first");
    });
    unlink("/tmp/roots");
    unlink("/tmp/users");
    return 0;
}
