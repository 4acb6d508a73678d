/* Capabilities: sets, what setuid and exec make of them, securebits, the ambient set. */
#include "guest.h"
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <netinet/in.h>

static void show(const char *what)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2];
    syscall(SYS_capget, &h, d);
    printf("  %s: %x %x %x, %x\n", what, d[0].effective & 0xff, d[0].permitted & 0xff, d[0].inheritable & 0xff,
           d[1].permitted & 0xff);
}
static int set(unsigned e, unsigned p, unsigned i)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2] = {{e, p, i}, {0, 0, 0}};
    return syscall(SYS_capset, &h, d);
}
static int low_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(81), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_STREAM, 0), r = bind(s, (void *)&in, sizeof in), e = errno;
    close(s);
    errno = e;
    return r;
}
#define BIT(cap) (1u << (cap))
static int make(const char *path, int mode, int uid, int gid)
{
    unlink(path);
    int fd = open(path, O_CREAT | O_WRONLY, 0600), r = write(fd, "x", 1) - 1 | fchown(fd, uid, gid) | fchmod(fd, mode);
    close(fd);
    return r;
}
static int mode(const char *path)
{
    struct stat s;
    return stat(path, &s) ? -1 : s.st_mode & 07777;
}
/* What one capability lets a user do with the files of others. */
static void with(const char *name, unsigned cap)
{
    rmdir("/tmp/d/new");
    rmdir("/tmp/d");
    mkdir("/tmp/d", 0700);
    mkdir("/tmp/sticky", 0777);
    chmod("/tmp/sticky", 01777);
    if (make("/tmp/secret", 0600, 0, 0) || make("/tmp/mine", 0755, 1000, 0) || make("/tmp/set", 06777, 0, 0) || make("/tmp/sticky/f", 0666, 0, 0))
        printf("cannot make the files\n");
    CHILD(name, {
        struct timespec then[2] = {{1, 0}, {2, 0}};
        setgroups(0, 0);
        setgid(1000);
        prctl(PR_SET_KEEPCAPS, 1);
        setuid(1000);
        set(cap, cap, 0);
        CALL(close(open("/tmp/secret", O_RDONLY)));
        CALL(close(open("/tmp/secret", O_WRONLY)));
        CALL(close(open("/tmp/secret", O_RDWR)));
        CALL(close(open("/tmp/mine", O_RDONLY | O_NOATIME)));
        CALL(close(open("/tmp/set", O_RDONLY | O_NOATIME)));
        CALL(access("/tmp/secret", R_OK));
        CALL(faccessat(AT_FDCWD, "/tmp/secret", R_OK, AT_EACCESS));
        CALL(faccessat(AT_FDCWD, "/tmp/secret", X_OK, AT_EACCESS));
        CALL(close(open("/tmp/d", O_RDONLY | O_DIRECTORY)));
        CALL(mkdir("/tmp/d/new", 0700));
        CALL(chdir("/tmp/d"));
        CALL(chmod("/tmp/secret", 0640));
        CALL(utimensat(AT_FDCWD, "/tmp/secret", then, 0));
        CALL(utimensat(AT_FDCWD, "/tmp/secret", 0, 0));
        CALL(chown("/tmp/secret", 1000, -1));
        CALL(chown("/tmp/mine", 1000, 0));
        CALL(chown("/tmp/mine", -1, 1000));
        CALL(chown("/tmp/mine", -1, 7));
        CALL(chmod("/tmp/mine", 02755));
        CALL(mode("/tmp/mine"));
        int fd = open("/tmp/set", O_WRONLY);
        CALL(write(fd, "y", 1));
        CALL(mode("/tmp/set"));
        CALL(truncate("/tmp/set", 0));
        CALL(unlink("/tmp/sticky/f"));
        CALL(mknod("/tmp/sticky/null", S_IFCHR | 0600, makedev(1, 3)));
        CALL(unlink("/tmp/sticky/null"));
        CALL(chown("/tmp/mine", 0, -1));
        int tty = posix_openpt(O_RDWR | O_NOCTTY);
        unlockpt(tty);
        CALL(chmod(ptsname(tty), 0622));
        CALL(chown(ptsname(tty), 1000, -1));
        CALL(chown(ptsname(tty), -1, 77));
        CALL(chown(ptsname(tty), 0, -1));
    });
}

int main(int argc, char **argv)
{
    if (argc == 1 && !strcmp(argv[0], "again")) {
        show("after exec");
        return 0;
    }
    setvbuf(stdout, 0, _IOLBF, 0);
    int file = open("/tmp/secret", O_CREAT | O_WRONLY, 0600);
    CHILD("setuid drops them", show("before"); setuid(1000); show("after"); CALL(set(1, 1, 0)); CALL(set(0, 0, 0)));
    CHILD("seteuid only the effective ones", seteuid(1000); show("user"); CALL(open("/tmp/secret", O_RDONLY)); seteuid(0);
          show("back"); CALL(close(open("/tmp/secret", O_RDONLY))));
    CHILD("kept", {
        CALL(prctl(PR_SET_KEEPCAPS, 1));
        setuid(1000);
        show("kept");
        CALL(set(BIT(CAP_NET_BIND_SERVICE), BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_KILL), 0));
        CALL(low_port());
        CALL(kill(1, 0));
        CALL(open("/tmp/secret", O_RDONLY));
        CALL(setuid(0));
        CALL(set(BIT(CAP_CHOWN), BIT(CAP_NET_BIND_SERVICE), 0));
        CALL(set(BIT(CAP_KILL), BIT(CAP_KILL), 0));
        CALL(low_port());
        CALL(kill(1, 0));
        CALL(set(BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_KILL)));
        CALL(set(BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_CHOWN)));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 99, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, 77, 0, 0, 0));
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("a root without", {
        CALL(set(0, 0, 0));
        CALL(open("/tmp/secret", O_RDONLY) >= 0);
        CALL(low_port());
        CALL(setuid(5));
        CALL(chroot("/"));
        CALL(setgroups(0, 0));
        execl("/proc/self/exe", "again", NULL);
    });
    with("with none", 0);
    with("CAP_CHOWN", BIT(CAP_CHOWN));
    with("CAP_DAC_OVERRIDE", BIT(CAP_DAC_OVERRIDE));
    with("CAP_DAC_READ_SEARCH", BIT(CAP_DAC_READ_SEARCH));
    with("CAP_FOWNER", BIT(CAP_FOWNER));
    with("CAP_FSETID", BIT(CAP_FSETID));
    with("CAP_MKNOD", BIT(CAP_MKNOD));
    make("/tmp/secret", 0600, 0, 0);
    CHILD("setfsuid", {
        struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct d[2];
        CALL(setfsuid(1000));
        syscall(SYS_capget, &h, d);
        printf("  %x\n", ~d[0].effective & d[0].permitted);
        CALL(close(open("/tmp/secret", O_RDONLY)));
        CALL(chown("/tmp/secret", 0, 0));
        CALL(setfsuid(0));
        syscall(SYS_capget, &h, d);
        printf("  %x\n", ~d[0].effective & d[0].permitted);
        CALL(close(open("/tmp/secret", O_RDONLY)));
        set(BIT(CAP_KILL), BIT(CAP_KILL) | BIT(CAP_CHOWN), 0);
        CALL(setfsuid(5));
        CALL(setfsuid(0));
        show("what is permitted came back");
        CALL(access("/tmp/secret", R_OK));
    });
    CHILD("access counts what is permitted", {
        make("/tmp/secret", 0600, 7, 7);
        CALL(seteuid(1000));
        CALL(set(0, BIT(CAP_DAC_OVERRIDE), 0));
        CALL(access("/tmp/secret", R_OK));
        CALL(faccessat(AT_FDCWD, "/tmp/secret", R_OK, AT_EACCESS));
    });
    CHILD("bounding set", {
        CALL(prctl(PR_CAPBSET_DROP, CAP_KILL));
        CALL(prctl(PR_CAPBSET_READ, CAP_KILL));
        CALL(prctl(PR_CAPBSET_READ, CAP_CHOWN));
        CALL(prctl(PR_CAPBSET_DROP, 99));
        show("still there");
        CALL(set(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0));
        CALL(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("securebits", {
        CALL(prctl(PR_SET_SECUREBITS, 0x1000));
        CALL(prctl(PR_SET_SECUREBITS, 4 | 8 | 1));
        CALL(prctl(PR_GET_SECUREBITS));
        CALL(prctl(PR_SET_SECUREBITS, 1));
        setuid(1000);
        show("no fix-up");
        setuid(0);
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("keepcaps is a securebit", CALL(prctl(PR_SET_SECUREBITS, 16)); CALL(prctl(PR_GET_KEEPCAPS)); CALL(prctl(PR_SET_KEEPCAPS, 0));
          CALL(prctl(PR_GET_SECUREBITS)));
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 1};
    struct __user_cap_data_struct d[2] = {0};
    CALL(syscall(SYS_capset, &h, d));
    h.version = 1;
    CALL(syscall(SYS_capset, &h, d));
    CALL(syscall(SYS_capset, 8, d));
    close(file);
    const char *made[] = {"/tmp/secret", "/tmp/mine", "/tmp/set", "/tmp/sticky/f"};
    for (int i = 0; i < 4; i++)
        unlink(made[i]);
    rmdir("/tmp/d/new");
    rmdir("/tmp/d");
    rmdir("/tmp/sticky");
    return 0;
}
