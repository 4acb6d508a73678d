/* openat2: how far a path may lead; and the descriptor requests that a file system may refuse. */
#include "guest.h"
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static int dir;

static void try_(const char *what, int at, const char *path, uint64_t flags, uint64_t resolve)
{
    struct open_how how = {.flags = flags, .resolve = resolve};
    int fd = syscall(SYS_openat2, at, path, &how, sizeof how);
    char text[32] = "";
    if (fd >= 0 && !(flags & (O_PATH | O_DIRECTORY)))
        read(fd, text, sizeof text - 1);
    printf("%s %s: %s%s%s\n", what, path, fd < 0 ? strerrorname_np(errno) : "ok", *text ? " " : "", text);
    if (fd >= 0)
        close(fd);
}

static void put(const char *path, const char *text)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    write(fd, text, strlen(text));
    close(fd);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    mkdir("/tmp/d", 0755), mkdir("/tmp/d/sub", 0755), mkdir("/tmp/d/mounted", 0755);
    put("/tmp/outside", "outside");
    put("/tmp/d/file", "file");
    put("/tmp/d/sub/deep", "deep");
    symlink("file", "/tmp/d/link");
    symlink("sub", "/tmp/d/way");
    symlink("../outside", "/tmp/d/out");
    symlink("/tmp/outside", "/tmp/d/far");
    symlink("/file", "/tmp/d/top");
    symlink("/tmp/d/file", "/tmp/d/whole");
    symlink("../file", "/tmp/d/sub/up");
    symlink("../../outside", "/tmp/d/sub/away");
    symlink("mounted/m", "/tmp/d/cross");
    symlink("loop", "/tmp/d/loop");
    mount("tmpfs", "/tmp/d/mounted", "tmpfs", 0, 0);
    put("/tmp/d/mounted/m", "m");
    dir = open("/tmp/d", O_PATH | O_DIRECTORY);
    int mounted = open("/tmp/d/mounted", O_RDONLY | O_DIRECTORY);
    chdir("/tmp/d");

    static const char *const paths[] = {
        "file", "./file", "sub/deep", "sub/../file", "sub/../../outside", "..", "../d/file", "/tmp/d/file", "/file",
        "link", "way/deep", "way", "out", "far", "top", "whole", "sub/up", "sub/away", "mounted/m", "mounted", "cross",
        "mounted/../file", "loop", "missing", "sub/../..", "../../../file",
    };
    static const struct { const char *name; uint64_t bits; } kinds[] = {
        {"free", 0}, {"beneath", RESOLVE_BENEATH}, {"in root", RESOLVE_IN_ROOT}, {"no symlinks", RESOLVE_NO_SYMLINKS},
        {"no magic", RESOLVE_NO_MAGICLINKS}, {"no other mount", RESOLVE_NO_XDEV},
        {"beneath, no other mount", RESOLVE_BENEATH | RESOLVE_NO_XDEV},
    };
    for (unsigned k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        printf("-- %s\n", kinds[k].name);
        for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
            try_("open", dir, paths[i], O_RDONLY, kinds[k].bits);
        try_("directory", dir, "sub", O_RDONLY | O_DIRECTORY, kinds[k].bits);
        try_("a link itself", dir, "link", O_PATH | O_NOFOLLOW, kinds[k].bits);
        try_("not followed", dir, "link", O_RDONLY | O_NOFOLLOW, kinds[k].bits);
        try_("the directory", dir, ".", O_PATH, kinds[k].bits);
        try_("where we are", AT_FDCWD, "file", O_RDONLY, kinds[k].bits);
        try_("where we are", AT_FDCWD, "../outside", O_RDONLY, kinds[k].bits);
        try_("up from a mount", mounted, "..", O_PATH, kinds[k].bits);
        try_("in a mount", mounted, "m", O_RDONLY, kinds[k].bits);
        try_("by process", AT_FDCWD, "/proc/self/cwd/file", O_RDONLY, kinds[k].bits);
        try_("by process", AT_FDCWD, "/proc/self/comm", O_PATH, kinds[k].bits & ~RESOLVE_NO_SYMLINKS);
        char path[40];
        snprintf(path, sizeof path, "/proc/self/fd/%d", mounted);
        try_("a descriptor's place", AT_FDCWD, path, O_PATH, kinds[k].bits);
        try_("a descriptor's link", AT_FDCWD, path, O_PATH | O_NOFOLLOW, kinds[k].bits);
        int proc = open("/proc/self", O_PATH);
        try_("a place", proc, "cwd", O_PATH, kinds[k].bits);
        try_("through a place", proc, "cwd/file", O_RDONLY, kinds[k].bits);
        try_("a place's link", proc, "cwd", O_PATH | O_NOFOLLOW, kinds[k].bits);
        close(proc);
        try_("no directory", 99, "file", O_RDONLY, kinds[k].bits);
        try_("no directory", 0, "file", O_RDONLY, kinds[k].bits);
        try_("empty", dir, "", O_RDONLY, kinds[k].bits);
    }

    puts("-- what is made");
    try_("new", dir, "made", O_CREAT | O_RDWR, RESOLVE_BENEATH);
    try_("new outside", dir, "../made", O_CREAT | O_RDWR, RESOLVE_BENEATH);
    try_("new by root", dir, "/sub/made", O_CREAT | O_RDWR, RESOLVE_IN_ROOT);
    try_("new by a link", dir, "way/made2", O_CREAT | O_RDWR, RESOLVE_NO_SYMLINKS);
    try_("new in a mount", dir, "mounted/made", O_CREAT | O_RDWR, RESOLVE_NO_XDEV);
    try_("nameless", dir, "sub", O_TMPFILE | O_RDWR, RESOLVE_BENEATH);
    try_("nameless", dir, "..", O_TMPFILE | O_RDWR, RESOLVE_BENEATH);
    CALL(access("/tmp/d/made", F_OK) | access("/tmp/d/sub/made", F_OK));
    CALL(access("/tmp/made", F_OK)), CALL(access("/tmp/d/sub/made2", F_OK)), CALL(access("/tmp/d/mounted/made", F_OK));
    struct stat s;
    CALL(stat("/tmp/d/made", &s));
    printf("%o\n", s.st_mode & 07777);

    puts("-- what is not a request");
    struct { struct open_how how; uint64_t more; } long_ = {{.flags = O_RDONLY}, 0};
    try_("both", dir, "file", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT);
    try_("unknown", dir, "file", O_RDONLY, 0x40);
    try_("unknown flag", dir, "file", 1ull << 40, 0);
    try_("unknown flag", dir, "file", 1u << 30, 0);
    try_("cached, made", dir, "made3", O_CREAT | O_RDWR, RESOLVE_CACHED);
    try_("cached, cut", dir, "file", O_TRUNC | O_RDWR, RESOLVE_CACHED);
    try_("cached", dir, "file", O_RDONLY, RESOLVE_CACHED);
    CALL(syscall(SYS_openat2, dir, "file", &long_, 16));
    CALL(syscall(SYS_openat2, dir, "file", &long_, 0));
    CALL(syscall(SYS_openat2, dir, "file", &long_, 32) > 0);
    long_.more = 1;
    CALL(syscall(SYS_openat2, dir, "file", &long_, 32));
    CALL(syscall(SYS_openat2, dir, "file", &long_, 5000));
    CALL(syscall(SYS_openat2, dir, "file", 8, 24));
    CALL(syscall(SYS_openat2, dir, 8, &long_, 24));
    long_.how.mode = 0600;
    CALL(syscall(SYS_openat2, dir, "file", &long_, 24));
    long_.how = (struct open_how){.flags = O_CREAT | O_RDWR, .mode = 010600};
    CALL(syscall(SYS_openat2, dir, "made4", &long_, 24));
    long_.how = (struct open_how){.flags = O_PATH | O_RDWR};
    CALL(syscall(SYS_openat2, dir, "file", &long_, 24));
    long_.how = (struct open_how){.flags = O_TMPFILE | O_RDONLY};
    CALL(syscall(SYS_openat2, dir, "sub", &long_, 24));
    long_.how = (struct open_how){.flags = O_CREAT | O_DIRECTORY | O_RDWR};
    CALL(syscall(SYS_openat2, dir, "made5", &long_, 24));

    puts("-- leases and notes");
    int file = open("file", O_RDONLY), p[2];
    pipe(p);
    CALL(fcntl(file, F_GETLEASE) == F_UNLCK);
    CALL(fcntl(p[0], F_GETLEASE) == F_UNLCK);
    CALL(fcntl(dir, F_GETLEASE));
    CALL(fcntl(p[0], F_SETLEASE, F_RDLCK));
    CALL(fcntl(file, F_SETLEASE, 99));
    CALL(fcntl(file, F_NOTIFY, DN_CREATE));
    return 0;
}
