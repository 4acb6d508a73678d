/* Files and directories: what open, rename, link, truncate and their like allow and refuse. */
#include "guest.h"
#include <dirent.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/vfs.h>

static void put(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    write(fd, text, strlen(text));
    close(fd);
}

static void get(const char *name)
{
    char buffer[200];
    int fd = open(name, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, buffer, 199);
    if (n < 0)
        printf("%s: %s\n", name, strerrorname_np(errno));
    else
        printf("%s: [%.*s]\n", name, (int)n, buffer);
    close(fd);
}

static void info(const char *name)
{
    struct stat st;
    if (lstat(name, &st) < 0)
        printf("%s: %s\n", name, strerrorname_np(errno));
    else
        printf("%s: mode %o links %ld owner %d:%d size %ld\n", name, st.st_mode, (long)st.st_nlink, st.st_uid, st.st_gid,
               S_ISDIR(st.st_mode) ? 0L : (long)st.st_size);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *name)
{
    char *names[300];
    int n = 0;
    DIR *d = opendir(name);
    for (struct dirent *e; (e = readdir(d)) && n < 300;)
        names[n++] = strdup(e->d_name);
    closedir(d);
    qsort(names, n, sizeof *names, by_name);
    printf("%s:", name);
    for (int i = 0; i < n && i < 12; i++)
        printf(" %s", names[i]);
    printf(" (%d)\n", n);
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    umask(022);
    mkdir("/tmp/files", 0755);
    if (chdir("/tmp/files") < 0)
        return 1;

    /* Opening. */
    CALL(open("missing", O_RDONLY));
    int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666);
    info("a");
    CALL(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
    CALL(open("a/b", O_RDONLY));
    CALL(open("a", O_RDONLY | O_DIRECTORY));
    CALL(open(".", O_RDWR));
    CALL(open("new/", O_RDWR | O_CREAT, 0666));
    CALL(open("", O_RDONLY));
    CALL(open("no/such", O_RDWR | O_CREAT, 0666));
    char longname[300], longpath[5000];
    memset(longname, 'n', 299);
    longname[299] = 0;
    memset(longpath, '/', 4999);
    longpath[4999] = 0;
    CALL(open(longname, O_RDONLY));
    CALL(open(longpath, O_RDONLY));
    longname[255] = 0;
    CALL(open(longname, O_RDONLY));

    /* Reading, writing, positions, holes. */
    CALL(write(fd, "0123456789", 10));
    CALL(lseek(fd, 2, SEEK_SET));
    char b[100];
    CALL(read(fd, b, 3));
    CALL(lseek(fd, 0, SEEK_CUR));
    CALL(lseek(fd, -3, SEEK_END));
    CALL(lseek(fd, -100, SEEK_CUR));
    CALL(lseek(fd, 0, 99));
    CALL(pwrite(fd, "XY", 2, 4));
    CALL(pread(fd, b, 100, 3));
    CALL(pread(fd, b, 1, -1));
    get("a");
    CALL(lseek(fd, 10000, SEEK_SET));
    CALL(write(fd, "end", 3));
    CALL(pread(fd, b, 10, 9990));
    SHOW(b[0] + b[9]);
    CALL(ftruncate(fd, 5));
    CALL(ftruncate(fd, 8));
    CALL(pread(fd, b, 100, 0));
    SHOW(b[4] == 'X' && b[5] == 0 && b[7] == 0);
    CALL(ftruncate(fd, -1));
    CALL(truncate("missing", 1));
    CALL(truncate(".", 1));
    int app = open("a", O_WRONLY | O_APPEND);
    lseek(app, 0, SEEK_SET);
    write(app, "tail", 4);
    CALL(lseek(app, 0, SEEK_CUR));
    CALL(read(app, b, 1));
    int ro = open("a", O_RDONLY);
    CALL(write(ro, b, 1));
    CALL(ftruncate(ro, 1));
    int big = open("big", O_RDWR | O_CREAT, 0644);
    CALL(pwrite(big, "x", 1, 300000000) == 1);
    struct stat st;
    fstat(big, &st);
    SHOW(st.st_size == 300000001 && st.st_blocks < 1000);
    close(big);
    unlink("big");
    /* Descriptors share a position only after dup and fork. */
    int d = dup(fd), e = open("a", O_RDONLY);
    lseek(fd, 3, SEEK_SET);
    CALL(lseek(d, 0, SEEK_CUR));
    CALL(lseek(e, 0, SEEK_CUR));
    CHILD("seeker", lseek(fd, 6, SEEK_SET));
    CALL(lseek(fd, 0, SEEK_CUR));

    /* Unlinked but open. */
    put("gone", "still here");
    int g = open("gone", O_RDWR);
    CALL(unlink("gone"));
    CALL(open("gone", O_RDONLY));
    CALL(read(g, b, 100));
    fstat(g, &st);
    SHOW(st.st_nlink);
    CALL(write(g, "!", 1));
    close(g);

    /* Rename. */
    put("r1", "one");
    put("r2", "two");
    CALL(rename("r1", "r2"));
    get("r1");
    get("r2");
    CALL(rename("missing", "x"));
    CALL(mkdir("d1", 0755));
    CALL(mkdir("d2", 0755));
    CALL(mkdir("d2/in", 0755));
    CALL(rename("r2", "d1"));
    CALL(rename("d1", "r2"));
    CALL(rename("d1", "d2"));
    CALL(rename("d2", "d2/in/deeper"));
    CALL(rename("d2", "d1"));
    list("d1");
    CALL(rename("d1/in", "."));
    CALL(rename("d1/.", "d3"));
    CALL(rename("r2", "r2"));
    link("r2", "r3");
    CALL(rename("r2", "r3"));
    info("r2");
    info("r3");
    unlink("r3");
    CALL(rename("r2", "d1/r2"));
    get("d1/r2");
    CALL(rename("d1/in", "in"));
    info("d1");
    info("in");
    CALL(renameat2(AT_FDCWD, "d1/r2", AT_FDCWD, "a", RENAME_NOREPLACE));

    /* Directories. */
    CALL(mkdir("in", 0755));
    CALL(rmdir("in"));
    CALL(rmdir("in"));
    CALL(rmdir("d1"));
    CALL(rmdir("a"));
    CALL(rmdir("."));
    CALL(rmdir("d1/.."));
    CALL(unlink("d1"));
    CALL(unlink("a/"));
    mkdir("many", 0755);
    for (int i = 0; i < 200; i++) {
        snprintf(b, sizeof b, "many/file-with-a-longer-name-%03d", i);
        close(open(b, O_WRONLY | O_CREAT, 0644));
    }
    list("many");
    for (int i = 0; i < 200; i += 2) {
        snprintf(b, sizeof b, "many/file-with-a-longer-name-%03d", i);
        unlink(b);
    }
    list("many");
    for (int i = 1; i < 200; i += 2) {
        snprintf(b, sizeof b, "many/file-with-a-longer-name-%03d", i);
        unlink(b);
    }
    CALL(rmdir("many"));
    char cwd[4096];
    mkdir("here", 0755);
    chdir("here");
    rmdir("../here");
    CALL(getcwd(cwd, sizeof cwd) != 0);
    CALL(open("x", O_WRONLY | O_CREAT, 0644));
    chdir("/tmp/files");
    CALL(getcwd(cwd, 5) != 0);
    printf("%s\n", getcwd(cwd, sizeof cwd));
    CALL(chdir("a"));

    /* Links. */
    CALL(link("a", "hard"));
    info("hard");
    CALL(link("a", "hard"));
    CALL(link("d1", "dirlink"));
    CALL(symlink("a", "soft"));
    CALL(symlink("x", "soft"));
    info("soft");
    CALL(readlink("soft", b, sizeof b));
    CALL(readlink("soft", b, 0));
    CALL(readlink("a", b, sizeof b));
    CALL(open("soft", O_RDONLY | O_NOFOLLOW));
    CALL(open("soft", O_RDWR | O_CREAT | O_EXCL, 0600));
    symlink("loop2", "loop1");
    symlink("loop1", "loop2");
    CALL(open("loop1", O_RDONLY));
    CALL(stat("loop1", &st));
    CALL(lstat("loop1", &st));
    symlink("nowhere", "dangling");
    CALL(open("dangling", O_RDONLY));
    CALL(close(open("dangling", O_WRONLY | O_CREAT, 0644)));
    info("nowhere");
    symlink("d1", "dirsoft");
    get("dirsoft/r2");
    CALL(rmdir("dirsoft"));
    CALL(mkdir("dangling", 0755));
    CALL(unlink("soft"));
    info("a");
    CALL(symlink("", "empty"));

    /* Modes and owners. */
    CALL(chmod("a", 04755));
    info("a");
    CALL(chown("a", 1000, 1000));
    info("a");
    CALL(chmod("a", 0600));
    CALL(access("a", R_OK | W_OK));
    CALL(access("a", X_OK));
    mkdir("sgid", 0777);
    chown("sgid", 0, 77);
    chmod("sgid", 02777);
    close(open("sgid/f", O_CREAT | O_WRONLY, 0644));
    info("sgid/f");
    mkdir("sgid/d", 0755);
    info("sgid/d");
    mkdir("sticky", 0777);
    chmod("sticky", 01777);
    put("sticky/root", "x");
    put("secret", "s");
    chmod("secret", 0600);
    CHILD("as user", {
        setgroups(0, 0);
        setgid(1000);
        setuid(1000);
        CALL(open("secret", O_RDONLY));
        CALL(open("sticky/root", O_WRONLY));
        CALL(unlink("sticky/root"));
        CALL(rename("sticky/root", "sticky/mine"));
        CALL(close(open("sticky/own", O_CREAT | O_WRONLY, 0644)));
        CALL(unlink("sticky/own"));
        CALL(open("user", O_CREAT | O_WRONLY, 0644));
        CALL(chmod("secret", 0666));
        CALL(chown("a", 0, 0));
        CALL(chown("a", 1000, 0));
        CALL(mkdir("/tmp/files/x", 0755));
        CALL(unlink("secret"));
        CALL(access("secret", R_OK));
        CALL(close(open("a", O_RDWR)));
        CALL(kill(1, 0));
        CALL(setuid(0));
    });

    /* Times. */
    struct timespec times[2] = {{1000000000, 0}, {1200000000, 0}};
    CALL(utimensat(AT_FDCWD, "a", times, 0));
    stat("a", &st);
    printf("%ld %ld\n", (long)st.st_atime, (long)st.st_mtime);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = UTIME_NOW;
    CALL(utimensat(AT_FDCWD, "a", times, 0));
    stat("a", &st);
    SHOW(st.st_atime == 1000000000 && st.st_mtime > 1500000000);
    CALL(utimensat(AT_FDCWD, "missing", 0, 0));

    /* openat and friends. */
    int dir = open("d1", O_RDONLY | O_DIRECTORY);
    CALL(close(openat(dir, "r2", O_RDONLY)));
    CALL(openat(fd, "r2", O_RDONLY));
    CALL(openat(999, "r2", O_RDONLY));
    CALL(mkdirat(dir, "sub", 0755));
    CALL(unlinkat(dir, "sub", 0));
    CALL(unlinkat(dir, "sub", AT_REMOVEDIR));
    CALL(fstatat(dir, "", &st, AT_EMPTY_PATH));
    CALL(read(dir, b, 10));
    CALL(fchdir(dir));
    list(".");
    chdir("/tmp/files");

    /* Locks. */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};
    CALL(fcntl(fd, F_SETLK, &lock));
    CHILD("locked", {
        struct flock other = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1};
        CALL(fcntl(fd, F_SETLK, &other));
        CALL(fcntl(fd, F_GETLK, &other));
        SHOW(other.l_type == F_WRLCK && other.l_pid == getppid());
        other.l_type = F_RDLCK;
        other.l_start = 10;
        CALL(fcntl(fd, F_SETLK, &other));
    });
    CALL(flock(fd, LOCK_EX));
    CHILD("flock", CALL(flock(open("a", O_RDONLY), LOCK_SH | LOCK_NB)));

    /* FIFO, sendfile, sync, statfs. */
    CALL(mkfifo("fifo", 0644));
    info("fifo");
    CALL(open("fifo", O_WRONLY | O_NONBLOCK));
    CHILD("fifo", {
        if (fork() == 0) {
            int w = open("fifo", O_WRONLY);
            write(w, "through", 7);
            _exit(0);
        }
        int r = open("fifo", O_RDONLY);
        CALL(read(r, b, 100));
        CALL(read(r, b, 100));
    });
    int out = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0644);
    off_t offset = 2;
    CALL(sendfile(out, fd, &offset, 4));
    SHOW(offset);
    CALL(fsync(out));
    CALL(fsync(999));
    CALL(fdatasync(out));
    struct statfs fs;
    CALL(statfs("/", &fs));
    SHOW(fs.f_namelen);
    CALL(statfs("/missing", &fs));
    CALL(umask(077));
    close(open("masked", O_CREAT | O_WRONLY, 0666));
    info("masked");
    list(".");
    return 0;
}
