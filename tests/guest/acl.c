/* Access lists (acl(5)): what is a list, what it says of the mode, whom it lets in, what new files get. */
#include "guest.h"
#include <ftw.h>
#include <grp.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"
#define NONE 0xffffffffu

enum { U = 1, USER = 2, G = 4, GROUP = 8, M = 16, O = 32 };
struct entry {
    unsigned short tag, perm;
    unsigned id;
};
struct list {
    unsigned version;
    struct entry e[12];
} __attribute__((packed));

static struct list l;
static long build(const struct entry *e)
{
    int n = 0;
    l.version = 2;
    for (; e[n].tag; n++)
        l.e[n] = e[n];
    return 4 + 8 * n;
}
#define ENTRIES(...) build((const struct entry[]){__VA_ARGS__, {0}})
#define SET(path, name, ...) printf("%s %s %s: %s\n", path, strrchr(name, '_') + 1, #__VA_ARGS__, \
    setxattr(path, name, &l, ENTRIES(__VA_ARGS__), 0) ? strerrorname_np(errno) : "ok")

/* Mode and lists of a file. */
static void show(const char *path)
{
    struct stat s;
    char names[200];
    if (lstat(path, &s)) {
        printf("  %s: %s\n", path, strerrorname_np(errno));
        return;
    }
    printf("  %s %o, %ld bytes of names", path, s.st_mode & 07777, (long)llistxattr(path, names, sizeof names));
    for (int i = 0; i < 2; i++) {
        struct list got;
        long n = lgetxattr(path, i ? DEFAULT : ACCESS, &got, sizeof got);
        if (n < 0) {
            printf(", %s", strerrorname_np(errno));
            continue;
        }
        printf(", %s(%u)", i ? "default" : "access", got.version);
        for (int j = 0; j < (n - 4) / 8; j++)
            printf(" %x:%o:%d", got.e[j].tag, got.e[j].perm, (int)got.e[j].id);
    }
    printf("\n");
}

/* What user and group may do with a file; `more`: a further group, or 0. */
static void may(const char *path, unsigned uid, unsigned gid, unsigned more)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setgroups(more != 0, &more);
        setgid(gid);
        setuid(uid);
        struct stat s;
        stat(path, &s);
        int dir = S_ISDIR(s.st_mode);
        int r = open(path, O_RDONLY) >= 0, w = dir ? access(path, W_OK) == 0 : open(path, O_WRONLY) >= 0;
        int rw = dir ? access(path, R_OK | W_OK) == 0 : open(path, O_RDWR) >= 0;
        printf("  %s by %u:%u,%u: %s%s%s%s%s\n", path, uid, gid, more, r ? "r" : "-", w ? "w" : "-",
            access(path, X_OK) ? "-" : "x", rw ? " both" : "", access(path, R_OK) == 0 == r ? "" : " access(2) differs");
        fflush(stdout);
        _exit(0);
    }
    waitpid(pid, 0, 0);
}

static void all(const char *place)
{
    printf("== %s\n", place);
    mkdir(place, 0777);
    chmod(place, 0777);
    chdir(place);
    umask(022);
    close(open("file", O_CREAT | O_RDWR, 0640));
    mkdir("dir", 0755);
    symlink("file", "link");
    mkfifo("fifo", 0644);

    printf("set and get\n");
    CALL(getxattr("file", ACCESS, &l, sizeof l));
    CALL(getxattr("dir", DEFAULT, &l, sizeof l));
    CALL(removexattr("file", ACCESS));
    SET("file", ACCESS, {U, 6, NONE}, {USER, 4, 1000}, {G, 0, NONE}, {M, 4, NONE}, {O, 0, NONE});
    show("file");
    CALL(getxattr("file", ACCESS, 0, 0));
    CALL(getxattr("file", ACCESS, &l, 10));
    SET("file", ACCESS, {U, 6, NONE}, {G, 6, NONE}, {O, 4, NONE});
    show("file");
    SET("file", ACCESS, {U, 7, NONE}, {G, 5, NONE}, {M, 1, NONE}, {O, 4, NONE});
    show("file");
    CALL(removexattr("file", ACCESS));
    show("file");
    SET("fifo", ACCESS, {U, 6, NONE}, {G, 0, NONE}, {GROUP, 6, 50}, {M, 6, NONE}, {O, 0, NONE});
    show("fifo");
    SET("link", ACCESS, {U, 6, NONE}, {USER, 6, 7}, {G, 4, NONE}, {M, 6, NONE}, {O, 0, NONE});
    show("file");
    show("link");
    ENTRIES({U, 6, NONE}, {G, 0, NONE}, {O, 0, NONE});
    CALL(lsetxattr("link", ACCESS, &l, 28, 0));
    CALL(lremovexattr("link", ACCESS));

    printf("what is no list\n");
    SET("file", ACCESS, {U, 6, NONE}, {G, 0, NONE});
    SET("file", ACCESS, {U, 6, NONE}, {USER, 6, 1000}, {G, 0, NONE}, {O, 0, NONE});
    SET("file", ACCESS, {U, 6, NONE}, {G, 0, NONE}, {USER, 6, 1000}, {M, 6, NONE}, {O, 0, NONE});
    SET("file", ACCESS, {U, 8, NONE}, {G, 0, NONE}, {O, 0, NONE});
    SET("file", ACCESS, {3, 6, NONE}, {G, 0, NONE}, {O, 0, NONE});
    SET("file", ACCESS, {U, 6, NONE}, {USER, 6, NONE}, {G, 0, NONE}, {M, 6, NONE}, {O, 0, NONE});
    SET("file", ACCESS, {U, 6, NONE}, {G, 0, NONE}, {O, 0, NONE}, {O, 0, NONE});
    SET("file", ACCESS, {U, 6, 5}, {G, 4, 5}, {O, 0, 5});
    show("file");
    ENTRIES({U, 6, NONE}, {G, 0, NONE}, {O, 0, NONE});
    CALL(setxattr("file", ACCESS, &l, 27, 0));
    CALL(setxattr("file", ACCESS, &l, 3, 0));
    CALL(setxattr("file", ACCESS, &l, 4, 0));
    CALL(setxattr("file", ACCESS, &l, 0, 0));
    l.version = 1;
    CALL(setxattr("file", ACCESS, &l, 28, 0));
    l.version = 2;
    CALL(setxattr("file", ACCESS, &l, 28, XATTR_REPLACE));
    CALL(setxattr("file", ACCESS, &l, 28, XATTR_CREATE));
    CALL(setxattr("file", "system.other", &l, 28, 0));
    CALL(getxattr("file", "system.other", &l, 28));
    CALL(setxattr("file", DEFAULT, &l, 28, 0));
    CALL(removexattr("file", DEFAULT));
    CALL(setxattr("/proc/self/status", ACCESS, &l, 28, 0));
    CALL(getxattr("/proc/self/status", ACCESS, &l, 28));

    printf("who may set one\n");
    chown("file", 1000, 1000);
    chmod("file", 02770);
    CHILD("the owner", setgid(1000); setuid(1000);
          SET("file", ACCESS, {U, 6, NONE}, {USER, 6, 7}, {G, 4, NONE}, {M, 6, NONE}, {O, 0, NONE}); show("file"));
    CHILD("another", setgid(1001); setuid(1001); SET("file", ACCESS, {U, 6, NONE}, {G, 4, NONE}, {O, 0, NONE});
          CALL(removexattr("file", ACCESS)); CALL(getxattr("file", ACCESS, 0, 0)));
    chown("file", 1000, 44);
    chmod("file", 02770);
    CHILD("not of the group", setgroups(0, 0); setgid(1000); setuid(1000);
          SET("file", ACCESS, {U, 6, NONE}, {USER, 6, 7}, {G, 4, NONE}, {M, 6, NONE}, {O, 0, NONE}); show("file"));

    printf("whom it lets in\n");
    chown("file", 1, 1);
    SET("file", ACCESS, {U, 0, NONE}, {USER, 7, 10}, {USER, 1, 11}, {USER, 0, 12}, {G, 4, NONE}, {GROUP, 2, 20}, {GROUP, 6, 21}, {M, 6, NONE}, {O, 5, NONE});
    show("file");
    may("file", 1, 1, 0);
    may("file", 10, 5, 0);
    may("file", 11, 20, 0);
    may("file", 12, 21, 0);
    may("file", 5, 1, 0);
    may("file", 5, 20, 0);
    may("file", 5, 21, 0);
    may("file", 5, 1, 20);
    may("file", 5, 20, 21);
    may("file", 5, 5, 1);
    may("file", 5, 5, 0);
    printf("the mask by chmod\n");
    CALL(chmod("file", 0604));
    show("file");
    may("file", 10, 5, 0);
    may("file", 5, 1, 0);
    CALL(chmod("file", 0674));
    show("file");
    may("file", 10, 5, 0);
    may("file", 5, 5, 0);
    may("file", 0, 0, 0);

    printf("what new files get\n");
    SET("dir", DEFAULT, {U, 7, NONE}, {USER, 7, 10}, {G, 5, NONE}, {M, 7, NONE}, {O, 0, NONE});
    show("dir");
    umask(077);
    close(open("dir/file", O_CREAT | O_RDWR, 0666));
    close(open("dir/private", O_CREAT | O_RDWR, 0600));
    mkdir("dir/dir", 0777);
    mkdir("dir/dir/dir", 0700);
    symlink("file", "dir/link");
    mkfifo("dir/fifo", 0666);
    show("dir/file");
    show("dir/private");
    show("dir/dir");
    show("dir/dir/dir");
    show("dir/link");
    show("dir/fifo");
    chmod("dir", 0755);
    may("dir/file", 10, 5, 0);
    may("dir/private", 10, 5, 0);
    may("dir/dir", 10, 5, 0);
    SET("dir", DEFAULT, {U, 7, NONE}, {G, 5, NONE}, {O, 1, NONE});
    show("dir");
    close(open("dir/plain", O_CREAT | O_RDWR, 0666));
    mkdir("dir/plain.d", 0777);
    show("dir/plain");
    show("dir/plain.d");
    int fd = open("dir", O_TMPFILE | O_RDWR, 0666);
    struct stat s;
    fstat(fd, &s);
    printf("  unnamed %o\n", s.st_mode & 07777);
    close(fd);
    CALL(removexattr("dir", DEFAULT));
    CALL(removexattr("dir", DEFAULT));
    show("dir");
    close(open("dir/masked", O_CREAT | O_RDWR, 0666));
    show("dir/masked");

    printf("directories\n");
    mkdir("closed", 0700);
    chmod("closed", 0700);
    umask(0);
    close(open("closed/inside", O_CREAT | O_RDWR, 0666));
    may("closed/inside", 10, 10, 0);
    SET("closed", ACCESS, {U, 7, NONE}, {USER, 1, 10}, {G, 0, NONE}, {M, 7, NONE}, {O, 0, NONE});
    may("closed/inside", 10, 10, 0);
    CHILD("search only", setgid(10); setuid(10); CALL(open("closed/new", O_CREAT | O_RDWR, 0666)); CALL(unlink("closed/inside")));
    SET("closed", ACCESS, {U, 7, NONE}, {USER, 3, 10}, {G, 0, NONE}, {M, 7, NONE}, {O, 0, NONE});
    CHILD("and write", setgid(10); setuid(10); CALL(unlink("closed/inside")); CALL(mkdir("closed/sub", 0755)); CALL(rmdir("closed/sub"));
          CALL(rename("closed/inside", "closed/x")); CALL(close(open("closed/inside", O_CREAT | O_RDWR, 0666))); CALL(unlink("closed/inside")));
    CHILD("times", setgid(10); setuid(10); CALL(utimensat(AT_FDCWD, "file", 0, 0)));
    CHILD("others' times", setgid(11); setuid(11); CALL(utimensat(AT_FDCWD, "file", 0, 0)));
    chdir("/");
}

static int drop(const char *path, const struct stat *s, int what, struct FTW *f)
{
    return remove(path);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    all("/acl-test");
    CALL(nftw("/acl-test", drop, 10, FTW_DEPTH | FTW_PHYS));
    CALL(mount("tmpfs", "/tmp", "tmpfs", 0, 0));
    all("/tmp/acl-test");
    CALL(umount("/tmp"));
    return 0;
}
