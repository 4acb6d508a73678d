mkdir -p /var/tmp/soak && cd /var/tmp/soak && cat >soak.c <<'C'
/* Starts processes of many kinds, kills some, and looks whether anything stays. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
extern char **environ;
static unsigned state = 12345;
static unsigned rnd(unsigned n) { state = state * 1103515245 + 12345; return (state >> 16) % n; }
static void nap(long us) { struct timespec t = {us / 1000000, us % 1000000 * 1000}; nanosleep(&t, 0); }

static void leaves(void) { _exit(rnd(256)); }
static void spawns(void)
{
    char *argv[] = {"true", 0};
    pid_t pid;
    posix_spawn(&pid, "/bin/true", 0, 0, argv, environ);
    waitpid(pid, 0, 0);
}
static void pipeline(void) { execl("/bin/sh", "sh", "-c", "echo a b c | cat | wc -w >/dev/null; exit 3", NULL); }
static void sleeps(void) { for (;;) nap(1000000); }
static void spins(void) { alarm(1); for (volatile unsigned i = 0;; i++); }
static void *worker(void *arg) { if (arg) nap(rnd(20000)); for (;;) pause(); return 0; }
static void threads(void)
{
    pthread_t t;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < 3; i++)
        pthread_create(&t, &small, worker, i ? &t : 0);
    nap(rnd(10000));
    if (rnd(2))
        execl("/bin/true", "true", NULL);
    if (rnd(2))
        pthread_exit(0);
    _exit(4);
}
static void resources(void)
{
    int p[2], s[2];
    for (int i = 0; i < 5; i++) {
        pipe(p);
        write(p[1], "some data", 9);
        socketpair(AF_UNIX, SOCK_STREAM, 0, s);
        struct msghdr m = {0};
        char c = 'x', control[CMSG_SPACE(sizeof(int))];
        struct iovec v = {&c, 1};
        m.msg_iov = &v, m.msg_iovlen = 1, m.msg_control = control, m.msg_controllen = sizeof control;
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET, h->cmsg_type = SCM_RIGHTS, h->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(h), &p[0], sizeof(int));
        sendmsg(s[0], &m, 0); /* a descriptor that nobody takes */
    }
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof in;
    int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
    bind(l, (void *)&in, sizeof in);
    listen(l, 5);
    getsockname(l, (void *)&in, &len);
    connect(c, (void *)&in, sizeof in); /* a connection that nobody accepts */
    write(c, "hello", 5);
    int e = epoll_create1(0);
    struct epoll_event ev = {EPOLLIN, {0}};
    epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
    epoll_ctl(e, EPOLL_CTL_ADD, c, &ev);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec its = {{0, 50000000}, {0, 1000000}};
    timerfd_settime(timer, 0, &its, 0);
    sigset_t all;
    sigfillset(&all);
    signalfd(-1, &all, 0);
    eventfd(3, 0);
    int watch = inotify_init();
    inotify_add_watch(watch, ".", IN_ALL_EVENTS);
    int m = memfd_create("soak", 0);
    ftruncate(m, 100000);
    char *shared = mmap(0, 100000, PROT_READ | PROT_WRITE, MAP_SHARED, m, 0);
    if (shared != MAP_FAILED) shared[5] = 1;
    int f = open("locked", O_RDWR | O_CREAT, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_start = rnd(50), .l_len = 10};
    fcntl(f, F_SETLK, &lock);
    flock(f, LOCK_EX | LOCK_NB);
    timer_t pt;
    timer_create(CLOCK_REALTIME, 0, &pt);
    struct itimerspec far = {{0, 0}, {1000, 0}};
    timer_settime(pt, 0, &far, 0);
    if (rnd(2)) kill(getpid(), rnd(2) ? SIGKILL : SIGSEGV);
    if (rnd(2)) { nap(3000); execl("/bin/true", "true", NULL); }
}
static void waits_for_lock(void)
{
    alarm(1 + rnd(2));
    int f = open("locked", O_RDWR | O_CREAT, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_start = 0, .l_len = 0};
    fcntl(f, F_SETLKW, &lock);
    nap(rnd(5000));
}
static void orphans(void)
{
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            nap(rnd(30000));
            _exit(0);
        }
}
static void tree(void)
{
    setpgid(0, 0);
    for (int depth = 0; depth < 3; depth++) {
        fork();
        nap(rnd(2000));
    }
    if (rnd(2)) while (wait(0) > 0);
}
static void session(void)
{
    int master, pid = forkpty(&master, 0, 0, 0);
    if (pid < 0) { perror("forkpty"); return; }
    if (pid == 0) {
        char c;
        if (rnd(2)) execl("/bin/cat", "cat", NULL);
        read(0, &c, 1);
        _exit(0);
    }
    write(master, "line\n", 5);
    nap(rnd(10000));
    if (rnd(2)) close(master);
    else kill(pid, SIGHUP);
    waitpid(pid, 0, 0);
}
static void files(void)
{
    char name[64], other[64];
    snprintf(name, sizeof name, "d%d", getpid());
    mkdir(name, 0755);
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "d%d/f%d", getpid(), i);
        snprintf(other, sizeof other, "d%d/g%d", getpid(), i);
        int f = open(name, O_CREAT | O_RDWR, 0644);
        write(f, name, sizeof name);
        rename(name, other);
        link(other, name);
        unlink(other);
        unlink(name); /* open still */
        write(f, name, sizeof name);
    }
    snprintf(name, sizeof name, "d%d", getpid());
    rmdir(name);
    if (rnd(2)) kill(getpid(), SIGKILL);
}
static void maps(void)
{
    int f = open("mapped", O_RDWR | O_CREAT, 0644);
    ftruncate(f, 20000);
    char *m = mmap(0, 20000, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
    if (m != MAP_FAILED) m[rnd(20000)] = 1;
    char *big = malloc(4 << 20);
    memset(big, 1, 4 << 20);
    if (rnd(2)) fork();
    if (rnd(3) == 0) *(volatile char *)8 = 1;
}
static void traces(void)
{
    pid_t pid = fork();
    if (pid < 0) return;
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        nap(5000);
        _exit(0);
    }
    waitpid(pid, 0, 0);
    if (rnd(2)) ptrace(PTRACE_CONT, pid, 0, 0);
    if (rnd(2)) kill(getpid(), SIGKILL);
}
static void fifo(void)
{
    char name[32];
    snprintf(name, sizeof name, "fifo%d", rnd(3));
    mkfifo(name, 0600);
    alarm(1);
    int f = open(name, rnd(2) ? O_RDONLY : O_WRONLY);
    char c = 0;
    if (rnd(2)) write(f, &c, 1);
    else read(f, &c, 1);
}
static void stops(void) { raise(SIGSTOP); }

static const struct { void (*run)(void); int weight; } kinds[] = {
    {leaves, 20}, {spawns, 8}, {pipeline, 4}, {sleeps, 4}, {spins, 1}, {threads, 6}, {resources, 10}, {waits_for_lock, 3},
    {orphans, 6}, {tree, 3}, {session, 4}, {files, 8}, {maps, 4}, {traces, 3}, {fifo, 3}, {stops, 2},
};
static long started(void)
{
    char line[256];
    long n = 0;
    FILE *f = fopen("/proc/stat", "r");
    while (fgets(line, sizeof line, f)) sscanf(line, "processes %ld", &n);
    fclose(f);
    return n;
}
static int tables(char *out, size_t size)
{
    int f = open("/proc/tawaki", O_RDONLY), n = 0, r;
    while (f >= 0 && (r = read(f, out + n, size - 1 - n)) > 0) n += r;
    out[n] = 0;
    close(f);
    return n;
}
static void fill(void)
{
    static char block[65536];
    memset(block, 'f', sizeof block);
    int error = 0;
    for (int n = 0; n < 3; n++) {
        char name[32];
        snprintf(name, sizeof name, "full%d", n);
        int f = open(name, O_CREAT | O_WRONLY, 0644);
        if (f < 0) { error = errno; break; }
        while (write(f, block, n ? 512 : sizeof block) > 0);
        error = errno;
        close(f);
    }
    int m = mkdir("no-room", 0755) == 0 ? 0 : errno;
    int f = open("tiny", O_CREAT | O_WRONLY, 0644);
    (void)m;
    close(f);
    static int told;
    if (!told++) printf("disk full: %s\n", strerror(error));
    else if (error != ENOSPC) printf("later: %s\n", strerror(error));
    unlink("full0"), unlink("full1"), unlink("full2"), unlink("tiny"), rmdir("no-room");
}
int main(int argc, char **argv)
{
    long total = atol(argv[1]);
    int weights = 0, live = 0, fills = 0;
    pid_t pids[12];
    static char before[4096], after[4096];
    setvbuf(stdout, 0, _IOLBF, 0);
    state = argc > 2 ? atol(argv[2]) : 12345;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) weights += kinds[i].weight;
    nap(300000); /* the shell waits for this program by then */
    tables(before, sizeof before);
    struct statvfs disk, disk_now;
    statvfs(".", &disk);
    long first = started(), quiet = 0;
    while (started() - first < total) {
        if (live < 12) {
            unsigned pick = rnd(weights), kind = 0, seed = rnd(65536);
            while (pick >= kinds[kind].weight) pick -= kinds[kind++].weight;
            pid_t pid = fork();
            if (pid == 0) {
                state = seed + getpid();
                kinds[kind].run();
                _exit(0);
            }
            if (pid > 0) pids[live++] = pid;
            else nap(10000);
        }
        if (live && rnd(live == 12 ? 2 : 6) == 0) {
            static const int signals[] = {SIGKILL, SIGTERM, SIGKILL, SIGSEGV, SIGCONT, SIGHUP, SIGKILL};
            pid_t victim = pids[rnd(live)];
            kill(rnd(4) ? victim : -victim, signals[rnd(7)]);
        }
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            for (int i = 0; i < live; i++)
                if (pids[i] == pid) pids[i--] = pids[--live];
        if (live == 12) nap(500);
        if (fills < 2 && (started() - first) * 3 > total * (fills + 1)) fills++, fill();
    }
    printf("processes: enough\n");
    for (int i = 0; i < live; i++) kill(pids[i], SIGKILL);
    while (quiet < 1000) {
        pid_t pid = waitpid(-1, 0, WNOHANG);
        if (pid < 0 && errno == ECHILD) break;
        if (pid == 0) quiet++, nap(10000);
        /* Whoever waits for ever because its other end was killed. */
        if (quiet == 400) system("kill -KILL $(ps -o pid= --ppid $PPID) 2>/dev/null");
    }
    if (quiet < 1000) printf("children: all gone\n");
    else system("ps axl");
    system("rm -rf d* fifo* locked mapped");
    sync();
    statvfs(".", &disk_now);
    if (disk.f_bfree == disk_now.f_bfree && disk.f_ffree == disk_now.f_ffree) printf("disk again: as before\n");
    else printf("disk: %ld blocks and %ld inodes free, before %ld and %ld\n", (long)disk_now.f_bfree, (long)disk_now.f_ffree,
                (long)disk.f_bfree, (long)disk.f_ffree);
    for (int i = 0; i < 500; i++) {
        tables(after, sizeof after);
        if (!strcmp(before, after)) break;
        nap(10000);
    }
    if (!strcmp(before, after)) printf("tables: as before\n");
    else printf("before:\n%safter:\n%s", before, after);
    return 0;
}
C
gcc -O1 -w -o soak soak.c -lpthread -lutil && ./soak ${SOAK:-10000}
cd / && rm -rf /var/tmp/soak
