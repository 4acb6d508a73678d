/* Record locks, OFD locks, flock, allocation, extended attributes, mounts, roots. */
#include "guest.h"
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/xattr.h>

static int lock(int fd, int cmd, int type, int start, int len)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
    int r = fcntl(fd, cmd, &l);
    if (r == 0 && (cmd == F_GETLK || cmd == F_OFD_GETLK))
        printf("  type %d from %d for %d, pid %s\n", l.l_type, (int)l.l_start, (int)l.l_len,
               l.l_pid == -1 ? "-1" : l.l_pid == 0 ? "0" : l.l_pid == getppid() ? "parent" : "other");
    return r;
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    chdir("/tmp");
    int f = open("file", O_CREAT | O_RDWR, 0644), g = open("file", O_RDWR), r = open("file", O_RDONLY);
    write(f, "0123456789", 10);
    CALL(lock(f, F_SETLK, F_WRLCK, 0, 4));
    CALL(lock(g, F_SETLK, F_RDLCK, 6, 0));
    CALL(lock(r, F_SETLK, F_WRLCK, 0, 1));
    CALL(lock(f, F_SETLK, 99, 0, 1));
    CALL(lock(f, F_SETLK, F_RDLCK, -5, 1));
    CALL(lock(0, F_SETLK, F_RDLCK, 0, 0) < 0);
    CHILD("another process", {
        CALL(lock(f, F_GETLK, F_WRLCK, 2, 1));
        CALL(lock(f, F_GETLK, F_RDLCK, 7, 1));
        CALL(lock(f, F_GETLK, F_WRLCK, 0, 0));
        CALL(lock(f, F_SETLK, F_WRLCK, 3, 1));
        CALL(lock(f, F_SETLK, F_RDLCK, 8, 1));
        CALL(lock(f, F_SETLK, F_WRLCK, 8, 1));
        CALL(lock(f, F_SETLK, F_WRLCK, 4, 2));
    });
    CALL(close(dup(f)));
    CHILD("closing any descriptor unlocks", CALL(lock(g, F_SETLK, F_WRLCK, 0, 0)));
    CALL(lock(f, F_OFD_SETLK, F_WRLCK, 0, 5));
    CALL(lock(g, F_OFD_SETLK, F_RDLCK, 4, 2));
    CALL(lock(g, F_OFD_GETLK, F_RDLCK, 4, 2));
    CALL(lock(g, F_OFD_SETLK, F_RDLCK, 5, 2));
    CHILD("inherited", CALL(lock(f, F_OFD_SETLK, F_UNLCK, 0, 1)));
    CALL(lock(g, F_OFD_SETLK, F_RDLCK, 0, 1));
    close(f);
    CALL(lock(g, F_OFD_SETLK, F_WRLCK, 0, 0));
    f = open("file", O_RDWR);
    CALL(flock(f, 77));
    CALL(flock(f, LOCK_EX));
    CALL(flock(g, LOCK_SH | LOCK_NB));
    CALL(flock(f, LOCK_SH));
    CALL(flock(g, LOCK_SH | LOCK_NB));
    CALL(flock(g, LOCK_EX | LOCK_NB));
    CALL(flock(f, LOCK_UN));
    CALL(flock(g, LOCK_EX | LOCK_NB));
    CHILD("waits", alarm(10); CALL(flock(open("file", O_RDONLY), LOCK_EX | LOCK_NB)));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int h = open("file", O_RDWR);
        _exit(flock(h, LOCK_EX));
    }
    usleep(50000);
    flock(g, LOCK_UN);
    int status;
    waitpid(child, &status, 0);
    describe("got it", status);

    /* Allocation. */
    struct stat st;
    char b[100];
    CALL(fallocate(f, 0, 0, 0));
    CALL(fallocate(f, 0, -1, 10));
    CALL(fallocate(r, 0, 0, 10));
    CALL(fallocate(f, 0, 0, 100));
    fstat(f, &st);
    SHOW(st.st_size);
    CALL(fallocate(f, FALLOC_FL_KEEP_SIZE, 0, 10000));
    fstat(f, &st);
    SHOW(st.st_size);
    CALL(fallocate(f, FALLOC_FL_PUNCH_HOLE, 2, 3));
    CALL(fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 3));
    CALL(pread(f, b, 100, 0));
    SHOW(memcmp(b, "01\0\0\0" "56789", 10));
    fstat(f, &st);
    SHOW(st.st_size);
    for (int mode = 0; mode < 256; mode++)
        if (mode != FALLOC_FL_KEEP_SIZE && mode && mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) {
            errno = 0;
            int result = fallocate(f, mode, 4096, 4096);
            if (result == 0 || errno != EOPNOTSUPP)
                printf("mode %#x: %d %s\n", mode, result, strerrorname_np(errno));
        }
    CALL(fallocate(r, FALLOC_FL_COLLAPSE_RANGE, 0, 4096));
    CALL(fallocate(r, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096));
    CALL(fallocate(-1, 0x80, 0, 0));
    CALL(fallocate(f, 0x80, 0, 0));
    int pipes[2];
    CALL(pipe(pipes));
    CALL(fallocate(pipes[1], 0, 0, 10));
    CALL(fallocate(pipes[0], 0, 0, 10));
    int device = open("/dev/null", O_RDWR);
    CALL(fallocate(device, 0, 0, 10));
    close(device), close(pipes[0]), close(pipes[1]);

    /* Attributes that nobody set. */
    CALL(getxattr("file", "user.none", b, 100) < 0);
    CALL(setxattr("missing", "user.x", "v", 1, 0));
    CALL(getxattr("missing", "user.x", b, 100));

    /* Mounts and roots. */
    mkdir("m", 0755);
    mkdir("n", 0755);
    CALL(mount("none", "missing", "tmpfs", 0, 0));
    CALL(mount("none", "file", "tmpfs", 0, 0));
    CALL(mount("none", "m", "nosuchfs", 0, 0));
    CALL(mount("none", "m", "tmpfs", 0, "size=64k"));
    close(open("m/inside", O_CREAT | O_WRONLY, 0644));
    CALL(mount("m", "n", 0, MS_BIND, 0));
    CALL(access("n/inside", F_OK));
    CALL(mount(0, "n", 0, MS_REMOUNT | MS_BIND | MS_RDONLY, 0));
    CALL(open("n/new", O_CREAT | O_WRONLY, 0644));
    CALL(rename("m/inside", "n/other"));
    int in = open("m", O_RDONLY);
    CALL(umount("n"));
    CALL(umount("m"));
    close(in);
    CALL(umount("m"));
    CALL(umount("m"));
    CALL(access("m/inside", F_OK));
    CHILD("a bound file", {
        CALL(mount("file", "m", 0, MS_BIND, 0));
        close(open("target", O_CREAT | O_WRONLY, 0644));
        CALL(mount("file", "target", 0, MS_BIND, 0));
        stat("target", &st);
        SHOW(st.st_size);
        CALL(umount("target"));
        stat("target", &st);
        SHOW(st.st_size);
    });
    CHILD("moved", {
        CALL(mount("none", "m", "tmpfs", 0, 0));
        close(open("m/inside", O_CREAT | O_WRONLY, 0644));
        mkdir("m/below", 0755);
        CALL(mount("none", "m/below", "tmpfs", 0, 0));
        close(open("m/below/deep", O_CREAT | O_WRONLY, 0644));
        CALL(mount("n", "m", 0, MS_MOVE, 0));
        CALL(mount("missing", "n", 0, MS_MOVE, 0));
        CALL(mount("m", "file", 0, MS_MOVE, 0));
        CALL(mount("m", "m/below", 0, MS_MOVE, 0));
        int held = open("m/inside", O_RDWR);
        CALL(mount("m", "n", 0, MS_MOVE, 0));
        CALL(access("m/inside", F_OK));
        CALL(access("n/inside", F_OK));
        CALL(access("n/below/deep", F_OK));
        CALL(write(held, "x", 1));
        close(held);
        CALL(umount("m"));
        CALL(umount("n"));
        CALL(umount("n/below"));
        CALL(umount("n"));
    });
    CHILD("lazily", {
        CALL(mount("none", "m", "tmpfs", 0, 0));
        mkdir("m/below", 0755);
        CALL(mount("none", "m/below", "tmpfs", 0, 0));
        int held = open("m/inside", O_RDWR | O_CREAT, 0644);
        int deep = open("m/below/deep", O_RDWR | O_CREAT, 0644);
        int top = open("m", O_RDONLY | O_DIRECTORY);
        CALL(umount2("m", MNT_DETACH));
        CALL(access("m/inside", F_OK));
        CALL(write(held, "held", 4));
        CALL(write(deep, "deep", 4));
        CALL(faccessat(top, "inside", F_OK, 0));
        CALL(faccessat(top, "below/deep", F_OK, 0));
        CALL(close(openat(top, "new", O_CREAT | O_WRONLY, 0644)) < 0);
        char line[200];
        int seen = 0;
        FILE *mounts = fopen("/proc/self/mounts", "r");
        while (fgets(line, sizeof line, mounts))
            seen += strstr(line, "/m ") || strstr(line, "/m/below ");
        fclose(mounts);
        SHOW(seen);
        CALL(pread(held, line, 10, 0));
        close(top);
        CALL(mount("none", "m", "tmpfs", 0, 0));
        CALL(access("m/inside", F_OK));
        CALL(umount2("m", MNT_DETACH));
        CALL(umount2("m", MNT_DETACH));
        CALL(umount2("file", MNT_DETACH));
        CALL(pread(held, line, 10, 0));
        CALL(pread(deep, line, 10, 0));
    });
    CHILD("as a user", {
        setuid(1000);
        CALL(mount("none", "m", "tmpfs", 0, 0));
        CALL(umount("m"));
        CALL(chroot("m"));
    });
    CHILD("another root", {
        mkdir("m/tmp", 0755);
        CALL(chroot("missing"));
        CALL(chroot("file"));
        CALL(chroot("m"));
        CALL(chdir("/"));
        CALL(access("/tmp", F_OK));
        CALL(access("/bin", F_OK));
        CALL(chdir(".."));
        puts(getcwd(b, 100));
        CALL(access("../file", F_OK));
    });
    return 0;
}
