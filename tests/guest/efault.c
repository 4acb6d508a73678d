/* A wild pointer in every pointer argument of every system call: an error, never a crash. */
#include "guest.h"
#include <grp.h>
#include <poll.h>
#include <sys/syscall.h>

static long bad[4];
static int fd, dir, rd, wr;

struct probe {
    const char *name;
    long number;
    /* One letter an argument: p wild pointer, g good buffer, n path, f file, d directory, r w pipe ends, digits, m -1, k 4096 */
    const char *arguments;
};

static const struct probe probes[] = {
    {"read", SYS_read, "fpk"}, {"write", SYS_write, "fpk"}, {"write pipe", SYS_write, "wpk"},
    {"open", SYS_open, "p0"}, {"openat", SYS_openat, "dp0"}, {"stat", SYS_stat, "pg"}, {"lstat", SYS_lstat, "pg"},
    {"access", SYS_access, "p0"}, {"faccessat", SYS_faccessat, "dp0"}, {"chdir", SYS_chdir, "p"}, {"chmod", SYS_chmod, "p0"},
    {"fchmodat", SYS_fchmodat, "dp0"}, {"mkdir", SYS_mkdir, "p0"}, {"rmdir", SYS_rmdir, "p"},
    {"unlink", SYS_unlink, "p"}, {"unlinkat", SYS_unlinkat, "dp0"}, {"rename from", SYS_rename, "pn"},
    {"rename to", SYS_rename, "np"}, {"link from", SYS_link, "pn"}, {"link to", SYS_link, "np"},
    {"symlink from", SYS_symlink, "pn"}, {"symlink to", SYS_symlink, "np"},
    {"readlink path", SYS_readlink, "pgk"}, {"truncate", SYS_truncate, "p0"},
    {"pipe", SYS_pipe, "p"}, {"pipe2", SYS_pipe2, "p0"}, {"readv", SYS_readv, "fp1"}, {"writev", SYS_writev, "fp1"},
    {"getcwd", SYS_getcwd, "pk"}, {"poll", SYS_poll, "p10"}, {"uname", SYS_uname, "p"},
    {"gettimeofday", SYS_gettimeofday, "p0"}, {"nanosleep", SYS_nanosleep, "p0"},
    {"times", SYS_times, "p"}, {"getrusage", SYS_getrusage, "0p"}, {"sysinfo", SYS_sysinfo, "p"},
    {"getrlimit", SYS_getrlimit, "0p"}, {"setrlimit", SYS_setrlimit, "0p"}, {"prlimit64", SYS_prlimit64, "000p"},
    {"rt_sigaction new", SYS_rt_sigaction, "9p08"}, {"rt_sigprocmask set", SYS_rt_sigprocmask, "0p08"},
    {"rt_sigpending", SYS_rt_sigpending, "p8"}, {"sigaltstack", SYS_sigaltstack, "p0"},
    {"getitimer", SYS_getitimer, "0p"}, {"setitimer", SYS_setitimer, "0p0"},
    {"getdents64", SYS_getdents64, "dpk"}, {"statfs", SYS_statfs, "np"}, {"fstatfs", SYS_fstatfs, "fp"},
    {"utimensat path", SYS_utimensat, "dp00"}, {"utimensat times", SYS_utimensat, "dnp0"},
    {"wait4 status", SYS_wait4, "mp00"}, {"getgroups", SYS_getgroups, "8p"}, {"setgroups", SYS_setgroups, "2p"},
    {"getresuid", SYS_getresuid, "pgg"}, {"clock_gettime", SYS_clock_gettime, "1p"},
    {"clock_getres", SYS_clock_getres, "1p"}, {"getrandom", SYS_getrandom, "pk0"},
    {"ioctl TIOCGWINSZ", SYS_ioctl, "fT"}, {"fcntl F_GETLK", SYS_fcntl, "f5p"}, {"select", SYS_select, "8p000"},
    {"pselect6", SYS_pselect6, "800p00"}, {"ppoll", SYS_ppoll, "p10"},
    {"mknod", SYS_mknod, "p0"}, {"chown", SYS_chown, "p00"}, {"lchown", SYS_lchown, "p00"},
    {"sendfile", SYS_sendfile, "wfp1"}, {"newfstat", SYS_fstat, "fp"}, {"statx path", SYS_statx, "dp00g"},
    {"statx buffer", SYS_statx, "dn00p"},
    /* Last: a file open for writing cannot be executed. */
    {"execve path", SYS_execve, "pgg"}, {"execve argv", SYS_execve, "npg"}, {"execve envp", SYS_execve, "n0p"},
};

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    static char good[8192];
    setgroups(0, 0);
    char name[] = "/tmp/efault";
    bad[0] = 8;
    bad[1] = (long)mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bad[2] = -4096 + 16;
    bad[3] = -1;
    fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0700);
    write(fd, good, sizeof good);
    fchmod(fd, 0755);
    dir = open("/tmp", O_RDONLY);
    int ends[2];
    pipe(ends);
    rd = ends[0], wr = ends[1];
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < sizeof probes / sizeof *probes; i++) {
        const struct probe *p = &probes[i];
        printf("%s:", p->name);
        for (int b = 0; b < 4; b++) {
            long a[6] = {0};
            for (int j = 0; p->arguments[j]; j++) {
                char c = p->arguments[j];
                a[j] = c == 'p'   ? bad[b]
                       : c == 'g' ? (long)good
                       : c == 'n' ? (long)name
                       : c == 'f' ? fd
                       : c == 'd' ? dir
                       : c == 'r' ? rd
                       : c == 'w' ? wr
                       : c == 'm' ? -1
                       : c == 'k' ? 4096
                       : c == 'T' ? 0x5413
                                  : c - '0';
            }
            if (p->number == SYS_execve)
                close(fd);
            else
                lseek(fd, 0, SEEK_SET);
            memset(good, 0, sizeof good);
            errno = 0;
            long r = syscall(p->number, a[0], a[1], a[2], a[3], a[4], a[5]);
            printf(" %s", r == -1 ? strerrorname_np(errno) : "ok");
        }
        printf("\n");
    }
    unlink(name);
    /* A buffer that ends in a bad page is used as far as it goes. */
    char *edge = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(edge + 4096, 4096, PROT_NONE);
    memcpy(edge + 4090, "abcdef", 6);
    CALL(write(wr, edge + 4090, 6));
    CALL(write(wr, edge + 4090, 7) < 7);
    CALL(open(edge + 4090, O_RDONLY));
    edge[4095] = 0;
    CALL(open(edge + 4090, O_RDONLY));
    return 0;
}
