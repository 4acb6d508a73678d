/* Private mappings of files are read anew after MADV_DONTNEED: changed, renamed, replaced, deleted, in a child, after
   exec; and grow over what they have not shown yet. */
#include "guest.h"
#include <sys/statfs.h>

#define PAGE 4096
#define RW (PROT_READ | PROT_WRITE)

static void make(const char *path, char first)
{
    char block[PAGE];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    for (int i = 0; i < 8; i++) {
        memset(block, first + i, PAGE);
        write(fd, block, PAGE);
    }
    close(fd);
}

static char *map(const char *path, int pages)
{
    int fd = open(path, O_RDONLY);
    char *m = mmap(0, pages * PAGE, RW, MAP_PRIVATE, fd, 0);
    close(fd);
    return m;
}

static void again(const char *what, char *m)
{
    m[0] = m[PAGE] = m[3 * PAGE + 1] = '!';
    int r = madvise(m, 4 * PAGE, MADV_DONTNEED);
    printf("%s: %d %c%c%c%c\n", what, r, m[0], m[PAGE], m[2 * PAGE], m[3 * PAGE + 1]);
}

static const char constant[2 * PAGE] __attribute__((aligned(PAGE))) = "constant";

int main(int argc, char **argv)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    if (argc > 1) {
        printf("unlink: %d\n", unlink(argv[1]));
        char *page = (char *)constant;
        CALL(mprotect(page, PAGE, RW));
        strcpy(page, "changed");
        CALL(madvise(page, PAGE, MADV_DONTNEED));
        puts(page);
        return 0;
    }
    chdir("/tmp");
    make("a", 'a');
    char *m = map("a", 4);
    again("as it is", m);
    rename("a", "b");
    again("renamed", m);
    make("a", 'A');
    again("another of its name", m);
    char *n = map("a", 4);
    again("that", n);
    rename("b", "a");
    again("renamed over", m);
    again("what was there", n);
    munmap(n, 2 * PAGE);
    n[2 * PAGE] = '!';
    CALL(madvise(n + 2 * PAGE, 2 * PAGE, MADV_DONTNEED));
    printf("a part: %c\n", n[2 * PAGE]);
    munmap(n + 2 * PAGE, 2 * PAGE);
    unlink("a");
    again("deleted", m);
    char *p = mremap(m, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    printf("grown: %c%c\n", p[0], p[7 * PAGE]);
    m = p;
    CHILD("child", {
        again("in a child", m);
        munmap(m, 8 * PAGE);
    });
    again("after the child", m);
    pid_t pid = vfork();
    if (pid == 0) {
        madvise(m, PAGE, MADV_DONTNEED);
        _exit(m[0]);
    }
    int status;
    waitpid(pid, &status, 0);
    SHOW(WEXITSTATUS(status));
    again("after vfork", m);
    munmap(m, 8 * PAGE);

    /* What nobody shows any more is free again. */
    struct statfs before, after;
    statfs("/tmp", &before);
    for (int i = 0; i < 20; i++) {
        make("big", 'x');
        m = map("big", 8);
        unlink("big");
        again(i ? "" : "big", m);
        munmap(m, 8 * PAGE);
    }
    statfs("/tmp", &after);
    SHOW(before.f_bfree - after.f_bfree);

    CHILD("itself", {
        char name[64];
        snprintf(name, sizeof name, "/tmp/copy");
        int from = open("/proc/self/exe", O_RDONLY), to = open(name, O_WRONLY | O_CREAT, 0755);
        char block[PAGE];
        long got;
        while ((got = read(from, block, sizeof block)) > 0)
            write(to, block, got);
        close(to);
        close(from);
        execl(name, "anew", name, NULL);
    });
    return 0;
}
