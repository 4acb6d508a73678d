/* Extended attributes: the name spaces and their rules, sizes, links, descriptors; capabilities of files. */
#include "guest.h"
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#define D "/xattr-test"

static void names(const char *path)
{
    char list[8192], *seen[64];
    long n = llistxattr(path, list, sizeof list);
    int count = 0;
    for (long i = 0; i < n && count < 64; i += strlen(list + i) + 1)
        seen[count++] = list + i;
    for (int i = 0; i < count; i++)
        for (int j = i + 1; j < count; j++)
            if (strcmp(seen[i], seen[j]) > 0) {
                char *t = seen[i];
                seen[i] = seen[j];
                seen[j] = t;
            }
    printf("  %ld:", n);
    for (int i = 0; i < count; i++)
        printf(" %s", seen[i]);
    printf("\n");
}
static void value(const char *path, const char *name)
{
    char v[4096];
    long n = lgetxattr(path, name, v, sizeof v);
    printf("  %s %s = %.*s (%ld)%s\n", path, name, n > 0 ? (int)(n > 30 ? 30 : n) : 0, v, n, n < 0 ? strerrorname_np(errno) : "");
}
static void caps(const char *what)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2];
    syscall(SYS_capget, &h, d);
    printf("  %s: %x %x %x secure %lu\n", what, d[0].effective & 0xffff, d[0].permitted & 0xffff, d[0].inheritable & 0xffff,
           getauxval(23));
}
static void copy(const char *from, const char *to)
{
    char buffer[65536];
    int a = open(from, O_RDONLY), b = open(to, O_CREAT | O_WRONLY | O_TRUNC, 0755);
    long n;
    while ((n = read(a, buffer, sizeof buffer)) > 0)
        write(b, buffer, n);
    close(a);
    close(b);
}
static void as_user(const char *program)
{
    setgid(1000);
    setuid(1000);
    execl(program, "caps", (char *)0);
    printf("  exec: %s\n", strerrorname_np(errno));
}

int main(int argc, char **argv)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    if (!strcmp(argv[0], "caps")) {
        caps("program");
        return 0;
    }
    char big[70000];
    memset(big, 'x', sizeof big);
    mkdir(D, 0755);
    chdir(D);
    int fd = open("file", O_CREAT | O_RDWR, 0644);
    symlink("file", "link");
    symlink("nowhere", "dangling");
    mkfifo("fifo", 0666);
    mkdir("dir", 0777);
    mkdir("sticky", 0777);
    chmod("dir", 0777);
    chmod("sticky", 01777);

    printf("set and get\n");
    CALL(getxattr("file", "user.a", big, 10));
    CALL(removexattr("file", "user.a"));
    CALL(setxattr("file", "user.a", "first", 5, XATTR_REPLACE));
    CALL(setxattr("file", "user.a", "first", 5, XATTR_CREATE));
    CALL(setxattr("file", "user.a", "first", 5, XATTR_CREATE));
    CALL(setxattr("file", "user.a", "second one", 10, XATTR_REPLACE));
    CALL(setxattr("file", "user.empty", "", 0, 0));
    CALL(setxattr("file", "user.null", 0, 0, 0));
    CALL(fsetxattr(fd, "user.longer name", "by descriptor", 13, 0));
    CALL(setxattr("link", "user.link", "through the link", 16, 0));
    CALL(lsetxattr("link", "user.link", "on the link", 11, 0));
    CALL(lgetxattr("link", "user.link", big, 10));
    CALL(setxattr("fifo", "user.f", "x", 1, 0));
    CALL(getxattr("fifo", "user.f", big, 1));
    CALL(lsetxattr("link", "trusted.link", "root's", 6, 0));
    CALL(setxattr("dir", "user.dir", "d", 1, 0));
    names("file");
    names("link");
    names("dir");
    names("fifo");
    value("file", "user.a");
    value("file", "user.empty");
    value("file", "user.longer name");
    value("link", "trusted.link");
    CALL(getxattr("file", "user.a", 0, 0));
    CALL(getxattr("file", "user.a", big, 9));
    CALL(getxattr("file", "user.a", (void *)8, 10));
    CALL(listxattr("file", 0, 0));
    CALL(listxattr("file", big, 5));
    CALL(flistxattr(fd, (void *)8, 1000));
    CALL(fgetxattr(fd, "user.a", big, 100));
    CALL(fremovexattr(fd, "user.empty"));
    CALL(fremovexattr(fd, "user.empty"));
    CALL(lremovexattr("link", "trusted.link"));
    names("file");

    printf("what is refused\n");
    CALL(setxattr("file", "user.a", "x", 1, 4));
    CALL(setxattr("file", "user.a", "x", 1, 3));
    CALL(setxattr("file", "user.new", "x", 1, 3));
    CALL(setxattr("file", "user.", "x", 1, 0));
    CALL(setxattr("file", "user", "x", 1, 0));
    CALL(setxattr("file", "", "x", 1, 0));
    CALL(setxattr("file", "other.a", "x", 1, 0));
    CALL(getxattr("file", "other.a", big, 1));
    CALL(getxattr("file", "user.", big, 1));
    CALL(setxattr("file", "user.a", big, 65537, 0));
    CALL(setxattr("file", "user.a", (void *)8, 5, 0));
    CALL(setxattr("file", (void *)8, "x", 1, 0));
    CALL(setxattr((void *)8, "user.a", "x", 1, 0));
    CALL(setxattr("nothing", "user.a", "x", 1, 0));
    CALL(setxattr("file/x", "user.a", "x", 1, 0));
    CALL(setxattr("dangling", "user.a", "x", 1, 0));
    CALL(fsetxattr(-1, "user.a", "x", 1, 0));
    int path = open("file", O_PATH);
    CALL(fgetxattr(path, "user.a", big, 100));
    CALL(flistxattr(path, big, 100));
    char name[300] = "user.";
    memset(name + 5, 'n', 294);
    CALL(setxattr("file", name, "x", 1, 0));
    name[256] = 0;
    CALL(setxattr("file", name, "x", 1, 0));
    name[255] = 0;
    CALL(setxattr("file", name, "x", 1, 0));
    CALL(getxattr("file", name, big, 10));
    CALL(removexattr("file", name));
    CALL(getxattr("/proc/self/status", "user.a", big, 10));
    CALL(setxattr("/proc/self/status", "user.a", "x", 1, 0));
    CALL(listxattr("/proc/self/status", big, 10));

    printf("many and large ones\n");
    CALL(setxattr("file", "user.large", big, 300, 0));
    for (int i = 0; i < 20; i++) {
        char n[20], v[20];
        sprintf(n, "user.n%d", i);
        sprintf(v, "value %d", i);
        if (setxattr("file", n, v, strlen(v), 0))
            perror(n);
    }
    names("file");
    value("file", "user.large");
    value("file", "user.n7");
    for (int i = 0; i < 20; i += 2) {
        char n[20];
        sprintf(n, "user.n%d", i);
        removexattr("file", n);
    }
    CALL(setxattr("file", "user.large", "small", 5, 0));
    names("file");
    value("file", "user.large");
    value("file", "user.n7");
    CALL(rename("file", "renamed"));
    CALL(link("renamed", "file"));
    value("renamed", "user.a");
    CALL(unlink("renamed"));

    printf("who may\n");
    setxattr("file", "trusted.t", "t", 1, 0);
    setxattr("file", "security.other", "s", 1, 0);
    CHILD("a user", {
        setgid(1000);
        setuid(1000);
        names("file");
        CALL(getxattr("file", "user.a", big, 100));
        CALL(getxattr("file", "trusted.t", big, 100));
        CALL(getxattr("file", "security.other", big, 100));
        CALL(setxattr("file", "user.b", "x", 1, 0));
        CALL(setxattr("file", "trusted.b", "x", 1, 0));
        CALL(setxattr("file", "security.b", "x", 1, 0));
        CALL(removexattr("file", "trusted.t"));
        CALL(setxattr("dir", "user.b", "x", 1, 0));
        CALL(setxattr("sticky", "user.b", "x", 1, 0));
        CALL(removexattr("file", "security.capability"));
    });
    chmod("file", 0200);
    CHILD("unreadable", setuid(1000); CALL(getxattr("file", "user.a", big, 100)); names("file"));
    chmod("file", 0666);
    CHILD("writable", setuid(1000); CALL(setxattr("file", "user.b", "x", 1, 0)); CALL(removexattr("file", "user.b")));

    printf("capabilities of files\n");
    struct vfs_cap_data {
        unsigned magic;
        unsigned data[4];
    } cap = {0x02000001, {1 << CAP_NET_BIND_SERVICE | 1 << CAP_KILL, 0, 0, 0}};
    copy("/proc/self/exe", "program");
    CHILD("without", as_user(D "/program"));
    CALL(setxattr("program", "security.capability", &cap, 19, 0));
    CALL(setxattr("program", "security.capability", "twenty bytes of text", 20, 0));
    CALL(setxattr("program", "security.capability", &cap, 20, 0));
    CALL(getxattr("program", "security.capability", big, 100));
    CHILD("effective", as_user(D "/program"));
    CHILD("as root", execl(D "/program", "caps", (char *)0));
    CHILD("no new privileges", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); as_user(D "/program"));
    CHILD("not in the bounding set", CALL(prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0)); as_user(D "/program"));
    cap.magic = 0x02000000;
    CALL(setxattr("program", "security.capability", &cap, 20, XATTR_REPLACE));
    CHILD("permitted", as_user(D "/program"));
    CHILD("permitted, not in the bounding set", prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0); as_user(D "/program"));
    CHILD("a user sets them", setuid(1000); CALL(setxattr("dir", "security.capability", &cap, 20, 0)));
    CALL(chown("program", 1, 1));
    names("program");
    CALL(setxattr("program", "security.capability", &cap, 20, 0));
    CALL(chmod("program", 0755));
    names("program");
    CALL(truncate("program", 100));
    names("program");
    CALL(setxattr("program", "security.capability", &cap, 20, 0));
    int w = open("program", O_WRONLY);
    CALL(write(w, "x", 1));
    names("program");

    chdir("/");
    const char *all[] = {"file", "link", "dangling", "fifo", "program"};
    for (int i = 0; i < 5; i++) {
        char p[100];
        sprintf(p, D "/%s", all[i]);
        unlink(p);
    }
    rmdir(D "/dir");
    rmdir(D "/sticky");
    CALL(rmdir(D));
    return 0;
}
