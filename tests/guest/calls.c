/* Calls that no other program here makes: older and newer forms, identities, scheduling, timers by id. */
#include "guest.h"
#include <dirent.h>
#include <grp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <utime.h>

#define NOBODY 65534
static void ids(const char *what)
{
    uid_t r, e, s;
    gid_t gr, ge, gs;
    getresuid(&r, &e, &s);
    getresgid(&gr, &ge, &gs);
    printf("  %s: %d %d %d, %d %d %d\n", what, r, e, s, gr, ge, gs);
}

static void files(void)
{
    char b[64];
    struct stat st;
    CALL(close(creat("f", 0640)));
    int d = open(".", O_RDONLY | O_DIRECTORY), f = open("f", O_RDWR);
    CALL(creat("missing/f", 0600));
    struct iovec v[2] = {{"abc", 3}, {"defg", 4}};
    CALL(pwritev(f, v, 2, 2));
    struct iovec w[2] = {{b, 2}, {b + 10, 30}};
    CALL(preadv(f, w, 2, 3));
    printf("%.2s %.4s\n", b, b + 10);
    CALL(preadv(f, w, 2000, 0));
    CALL(pwritev(999, v, 1, 0));
    CALL(symlinkat("f", d, "s"));
    CALL(symlinkat("f", d, "s"));
    CALL(readlinkat(d, "s", b, 64));
    CALL(readlinkat(d, "f", b, 64));
    CALL(linkat(d, "f", d, "l", 0));
    CALL(linkat(d, "s", d, "ls", AT_SYMLINK_FOLLOW));
    CALL(linkat(d, "f", d, "x", 0x80));
    CALL(linkat(999, "f", d, "y", 0));
    CALL(fstatat(d, "ls", &st, AT_SYMLINK_NOFOLLOW));
    SHOW(S_ISREG(st.st_mode) && st.st_nlink == 3);
    CALL(renameat(d, "l", d, "m"));
    CALL(renameat(d, "l", d, "m"));
    CALL(mknodat(d, "fifo", S_IFIFO | 0600, 0));
    CALL(mknodat(d, "fifo", S_IFIFO | 0600, 0));
    CALL(fchown(f, 5, 6));
    CALL(fchownat(d, "m", 7, -1, 0));
    CALL(fchownat(d, "m", 7, -1, 0x7777));
    fstat(f, &st);
    printf("%d %d\n", st.st_uid, st.st_gid);
    CALL(syscall(439, d, "f", R_OK, AT_EACCESS)); /* faccessat2 */
    CALL(syscall(439, d, "f", 99, 0));
    CALL(syscall(452, d, "s", 0600, AT_SYMLINK_NOFOLLOW)); /* fchmodat2 */
    CALL(syscall(452, d, "f", 0604, 0));
    stat("f", &st);
    SHOW(st.st_mode & 07777);
    struct utimbuf times = {100, 200};
    CALL(utime("f", &times));
    stat("f", &st);
    printf("%ld %ld\n", (long)st.st_atime, (long)st.st_mtime);
    struct timeval tv[2] = {{300, 500000}, {400, 600000}};
    CALL(utimes("f", tv));
    CALL(futimesat(d, "s", tv));
    stat("f", &st);
    printf("%ld %ld.%ld\n", (long)st.st_atime, (long)st.st_mtime, st.st_mtim.tv_nsec / 1000);
    tv[0].tv_usec = 2000000;
    CALL(utimes("f", tv));
    CALL(syncfs(f));
    CALL(syncfs(999));
    long n = syscall(SYS_getdents, d, b, 8);
    printf("getdents: %ld %s\n", n, strerrorname_np(errno));
    char big[1024];
    SHOW(syscall(SYS_getdents, d, big, sizeof big) > 40);
    SHOW(syscall(SYS_getdents, d, big, sizeof big));
    CALL(syscall(SYS_getdents, f, big, sizeof big));
#ifdef SYS__llseek
    long long at = 0;
    int went = syscall(SYS__llseek, f, 0, 5, &at, SEEK_SET) == 0, back = syscall(SYS__llseek, f, -1, -9, &at, SEEK_SET) == -1;
#else
    long at = lseek(f, 5, SEEK_SET);
    int went = at == 5, back = lseek(f, -9, SEEK_SET) == -1;
#endif
    printf("seek: %d %d %d %d\n", went, (int)at, back, errno == EINVAL);
    CALL(close_range(900, 1000, 0));
    CALL(close_range(10, 9, 0));
    CALL(close_range(0, 0, 77));
    int g = dup2(f, 50);
    CALL(close_range(50, 60, CLOSE_RANGE_CLOEXEC));
    SHOW(fcntl(g, F_GETFD));
    CALL(close_range(50, 60, 0));
    CALL(fcntl(g, F_GETFD));
    CALL(umount2("f", 0));
    CALL(umount2("missing", 0));
    CALL(umount2(".", 0x100));
    CHILD("execveat", {
        char *argv[] = {"again", 0};
        int self = open("/proc/self/exe", O_RDONLY);
        CALL(syscall(SYS_execveat, d, "missing", argv, 0, 0));
        CALL(syscall(SYS_execveat, d, "s", argv, 0, AT_SYMLINK_NOFOLLOW));
        syscall(SYS_execveat, self, "", argv, 0, AT_EMPTY_PATH);
    });
}

static void identities(void)
{
    CHILD("setresuid", {
        CALL(setresgid(1, 2, 3));
        CALL(setresuid(1, 2, 3));
        ids("after");
        CALL(setresuid(4, -1, -1));
        CALL(setresuid(3, 1, -1));
        ids("after");
        CALL(setresgid(9, -1, -1));
        CALL(setreuid(3, 3));
        CALL(setreuid(8, -1));
        CALL(setregid(3, -1));
        CALL(setregid(-1, 77));
        ids("after");
        CALL(setgroups(0, 0));
        printf("  %d %d %d %d\n", getuid(), geteuid(), getgid(), getegid());
    });
    CHILD("setreuid", {
        CALL(setregid(10, 20));
        CALL(setreuid(10, 20));
        ids("after");
        CALL(setuid(10));
        ids("after");
        CALL(setgid(20));
        CALL(setuid(30));
    });
    CHILD("setfsuid", {
        CALL(setfsuid(5));
        CALL(setfsuid(-1));
        CALL(setfsgid(6));
        CALL(setfsgid(-1));
        setresuid(NOBODY, NOBODY, NOBODY);
        CALL(setfsuid(7));
        CALL(setfsuid(-1));
    });
    CHILD("privileges", {
        CALL(setpriority(PRIO_PROCESS, 0, 5));
        CALL(getpriority(PRIO_PROCESS, 0));
        CALL(setpriority(9, 0, 5));
        CALL(setpriority(PRIO_PROCESS, 999999, 5));
        setuid(NOBODY);
        CALL(setpriority(PRIO_PROCESS, 0, 4));
        CALL(setpriority(PRIO_PROCESS, 1, 19));
        CALL(sethostname("x", 1));
        uint32_t head[2] = {0x20080522, 0}, data[6];
        CALL(syscall(SYS_capget, head, data));
        printf("  %x %x %x\n", data[0], data[1], data[2]);
        head[0] = 7;
        CALL(syscall(SYS_capget, head, data));
        printf("  %x\n", head[0]);
        head[1] = 999999;
        CALL(syscall(SYS_capget, head, data));
    });
    CALL(sethostname("x", -1));
    CALL(sethostname("x", 65));
}

static volatile int hits, value;
static void on_signal(int s, siginfo_t *i, void *c)
{
    (void)c;
    hits++;
    value = i->si_value.sival_int;
}

static void timing(void)
{
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGRTMIN, &sa, 0);
    int id = -1;
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value = {.sival_int = 42}};
    CALL(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id));
    ev.sigev_signo = 99;
    int bad;
    CALL(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &bad));
    CALL(syscall(SYS_timer_create, 999, 0, &bad));
    timer_t t;
    ev.sigev_signo = SIGRTMIN;
    CALL(timer_create(CLOCK_REALTIME, &ev, &t));
    struct itimerspec its = {{0, 0}, {0, 5000000}}, now;
    CALL(timer_settime(t, 0, &its, 0));
    while (!hits) usleep(1000);
    SHOW(value);
    CALL(timer_gettime(t, &now));
    SHOW(now.it_value.tv_sec + now.it_value.tv_nsec);
    CALL(timer_getoverrun(t));
    its.it_value.tv_nsec = 2000000000;
    CALL(timer_settime(t, 0, &its, 0));
    CALL(timer_delete(t));
    CALL(syscall(SYS_timer_gettime, 12345, &now));
    CALL(syscall(SYS_timer_delete, id));
    CALL(syscall(SYS_timer_delete, id));

    hits = 0;
    siginfo_t info = {0};
    info.si_signo = SIGRTMIN, info.si_code = SI_QUEUE, info.si_pid = getpid(), info.si_value.sival_int = 7;
    CALL(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, &info));
    printf("%d %d\n", hits, value);
    info.si_value.sival_int = 8;
    CALL(syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGRTMIN, &info));
    printf("%d %d\n", hits, value);
    CALL(syscall(SYS_tkill, syscall(SYS_gettid), SIGRTMIN));
    SHOW(hits);
    CALL(syscall(SYS_tkill, 999999, 0));
    CALL(syscall(SYS_tkill, -1, 0));
    info.si_code = SI_USER;
    CALL(syscall(SYS_rt_sigqueueinfo, 1, SIGRTMIN, &info));
    CALL(syscall(SYS_rt_tgsigqueueinfo, 999999, 999999, SIGRTMIN, &info));

    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &one, 0);
    int sfd = signalfd(-1, &one, SFD_NONBLOCK | SFD_CLOEXEC);
    SHOW(sfd >= 0);
    CALL(signalfd(-1, &one, 0x7777));
    struct timespec brief = {0, 1000000};
    raise(SIGRTMIN);
    SHOW(sigtimedwait(&one, &info, &brief) == SIGRTMIN);
    CALL(sigtimedwait(&one, &info, &brief));
    sigprocmask(SIG_UNBLOCK, &one, 0);
}

static void waiting(void)
{
    CALL(close(epoll_create(1)));
    CALL(epoll_create(0));
    int e = epoll_create1(EPOLL_CLOEXEC), v = eventfd(1, EFD_NONBLOCK);
    struct epoll_event ev = {EPOLLIN, {.u32 = 5}}, out[4];
    epoll_ctl(e, EPOLL_CTL_ADD, v, &ev);
    sigset_t none;
    sigemptyset(&none);
    CALL(epoll_pwait(e, out, 4, 0, &none));
    SHOW(out[0].data.u32);
    struct timespec brief = {0, 1000000};
    CALL(syscall(441, e, out, 4, &brief, &none, 8)); /* epoll_pwait2 */
    CALL(syscall(441, e, out, 0, &brief, &none, 8));
    brief.tv_nsec = -1;
    CALL(syscall(441, e, out, 4, &brief, &none, 8));
    CALL(eventfd(0, 0x7777));
    CALL(close(inotify_init()));
    int s[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
    struct iovec iov[2] = {{"one", 3}, {"three", 5}};
    struct mmsghdr m[2] = {{.msg_hdr = {.msg_iov = iov, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = iov + 1, .msg_iovlen = 1}}};
    CALL(sendmmsg(s[0], m, 2, 0));
    printf("%d %d\n", m[0].msg_len, m[1].msg_len);
    char b[10];
    CALL(recv(s[1], b, 10, 0));
    CALL(recv(s[1], b, 10, 0));
    CALL(sendmmsg(999, m, 2, 0));
}

static void scheduling(void)
{
    cpu_set_t set;
    SHOW(sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0);
    CALL(sched_getaffinity(0, 1, &set));
    CALL(sched_getaffinity(999999, sizeof set, &set));
    struct sched_param p = {5};
    CALL(sched_getscheduler(0));
    CALL(sched_getscheduler(-1));
    CALL(sched_getscheduler(999999));
    CALL(sched_getparam(0, &p));
    SHOW(p.sched_priority);
    CALL(sched_setparam(0, &p));
    p.sched_priority = 1;
    CALL(sched_setparam(0, &p));
    CALL(sched_get_priority_min(SCHED_FIFO));
    CALL(sched_get_priority_max(SCHED_RR));
    CALL(sched_get_priority_max(SCHED_OTHER));
    CALL(sched_get_priority_min(99));
    unsigned cpu = 99, node = 99;
    CALL(syscall(SYS_getcpu, &cpu, &node, 0));
    SHOW(cpu < 99 && node < 99);
    CALL(syscall(SYS_getcpu, 8, 0, 0));
    SHOW(syscall(SYS_membarrier, 0, 0, 0) > 0);
    CALL(syscall(SYS_membarrier, 1 << 30, 0, 0));
    SHOW(syscall(SYS_set_tid_address, 0) == getpid());
    long head[3] = {(long)head, 0, 0};
    void *got;
    size_t len;
    CALL(syscall(SYS_set_robust_list, head, sizeof head));
    CALL(syscall(SYS_set_robust_list, head, 5));
    CALL(syscall(SYS_get_robust_list, 0, &got, &len));
    SHOW(got == head && len == sizeof head);
    CALL(syscall(SYS_get_robust_list, 999999, &got, &len));
    CALL(syscall(SYS_restart_syscall));
#ifdef __x86_64__
    unsigned long base = 0;
    CALL(syscall(SYS_arch_prctl, 0x1003, &base));
    SHOW(base != 0);
    CALL(syscall(SYS_arch_prctl, 0x1002, -1L));
    CALL(syscall(SYS_arch_prctl, 0x9999, 0));
#else
    struct {
        unsigned entry, base, limit, flags;
    } desc = {-1, (unsigned)&head, 0xfffff, 0x51}, back;
    int r = syscall(SYS_set_thread_area, &desc);
    back.entry = desc.entry;
    printf("syscall(SYS_arch_prctl, 0x1003, &base) = %d\n", r);
    printf("base != 0: %d\n", syscall(SYS_get_thread_area, &back) == 0 && back.base == desc.base);
    desc.entry = 99;
    printf("syscall(SYS_arch_prctl, 0x1002, -1L) = %d EPERM\n", (int)syscall(SYS_set_thread_area, &desc));
    printf("syscall(SYS_arch_prctl, 0x9999, 0) = %d EINVAL\n", (int)syscall(SYS_get_thread_area, &desc));
#endif
    struct utsname u;
    CALL(uname(&u));
    CALL(uname((void *)8));
}

int main(int argc, char **argv)
{
    if (argc == 1 && !strcmp(argv[0], "again")) {
        puts("here");
        return 0;
    }
    setvbuf(stdout, 0, _IOLBF, 0);
    mkdir("/tmp/calls", 0755);
    chdir("/tmp/calls");
    files();
    identities();
    timing();
    waiting();
    scheduling();
    return 0;
}
