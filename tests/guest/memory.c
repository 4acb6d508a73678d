/* mmap, munmap, mprotect, mremap, brk and file mappings. */
#include "guest.h"

static int probe_status;
/* Whether an access works: in a child, so that a fault costs nothing. */
static const char *probe(volatile char *at, int write_)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (write_)
            *at = 1;
        else
            (void)*at;
        _exit(0);
    }
    waitpid(pid, &probe_status, 0);
    return WIFEXITED(probe_status) ? "yes" : sigabbrev_np(WTERMSIG(probe_status));
}
#define PROBE(at) printf("%s: read %s, write %s\n", #at, probe(at, 0), probe(at, 1))

int main(void)
{
    no_cores();
    setvbuf(stdout, 0, _IONBF, 0);
    char *m = mmap(0, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(m != MAP_FAILED && ((uintptr_t)m & 4095) == 0);
    SHOW(m[0] + m[5 * 4096 - 1]);
    m[0] = 'a';
    m[4096] = 'b';
    CALL(mprotect(m + 4096, 4096, PROT_READ));
    PROBE(m + 4096);
    CALL(mprotect(m + 2 * 4096, 4096, PROT_NONE));
    PROBE(m + 2 * 4096);
    CALL(munmap(m + 3 * 4096, 4096));
    PROBE(m + 3 * 4096);
    PROBE(m + 4 * 4096);
    CALL(mprotect(m, 5 * 4096, PROT_READ | PROT_WRITE));
    CALL(mprotect(m + 1, 4096, PROT_READ));
    CALL(munmap(m + 3 * 4096, 4096));
    CALL(munmap(m + 1, 4096));
    CALL(munmap(m, 0));
    SHOW(m[4096]);

    /* Where things go. */
    SHOW(mmap(m + 3 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == m + 3 * 4096);
    CALL((long)mmap(m, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    char *hint = mmap(m, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(hint != m && hint != MAP_FAILED);
    SHOW(mmap(m, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == m);
    SHOW(m[0]);
    CALL((long)mmap(m + 1, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    CALL((long)mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    CALL((long)mmap(0, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
    CALL((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, -1, 0));
    CALL((long)mmap(0, (size_t)-1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

    /* mremap. */
    char *r = mmap(0, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(r, "first");
    strcpy(r + 4096, "second");
    char *wall = mmap(r + 2 * 4096, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    (void)wall;
    CALL((long)mremap(r, 2 * 4096, 100 * 4096, 0));
    char *moved = mremap(r, 2 * 4096, 100 * 4096, MREMAP_MAYMOVE);
    SHOW(moved != MAP_FAILED && moved != r);
    printf("%s %s %d\n", moved, moved + 4096, moved[99 * 4096]);
    PROBE(r);
    SHOW(mremap(moved, 100 * 4096, 4096, 0) == moved);
    PROBE(moved + 4096);
    CALL((long)mremap(moved + 1, 4096, 8192, MREMAP_MAYMOVE));
    CALL((long)mremap(moved, 4096, 0, MREMAP_MAYMOVE));
    CALL((long)mremap((void *)16, 4096, 8192, MREMAP_MAYMOVE));

    /* Heap. */
    char *start = sbrk(0);
    SHOW(sbrk(10000) == start);
    memset(start, 7, 10000);
    SHOW(start[9999]);
    SHOW(brk(start) == 0 && sbrk(0) == start);
    sbrk(8192);
    SHOW(start[4096 * 2 - 1 - ((uintptr_t)start & 4095)]);
    char *list[100];
    for (int i = 0; i < 100; i++) {
        list[i] = malloc(100000);
        memset(list[i], i, 100000);
    }
    long sum = 0;
    for (int i = 0; i < 100; i++) {
        sum += list[i][99999];
        free(list[i]);
    }
    SHOW(sum);

    /* Files. */
    int fd = open("/tmp/mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char page[5000];
    memset(page, 'p', sizeof page);
    write(fd, page, sizeof page);
    char *f = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    SHOW(f[4999]);
    SHOW(f[5000]);
    f[0] = 'q';
    pread(fd, page, 1, 0);
    SHOW(page[0]);
    char *g = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 4096);
    SHOW(g[0]);
    CALL((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 100));
    f = mmap(0, 3 * 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    PROBE(f + 8191);
    PROBE(f + 8192);
    int ro = open("/tmp/mapped", O_RDONLY), wo = open("/tmp/mapped", O_WRONLY);
    CALL((long)mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0));
    SHOW(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0) != MAP_FAILED);
    CALL((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, wo, 0));
    CALL((long)mmap(0, 4096, PROT_READ, MAP_PRIVATE, open("/tmp", O_RDONLY), 0));
    unlink("/tmp/mapped");
    close(fd);
    SHOW(f[1]);

    /* Code made at run time. */
    unsigned char code[] = {0xb8, 42, 0, 0, 0, 0xc3};
    unsigned char *x = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(x, code, 6);
    SHOW(((int (*)(void))x)());
    x[1] = 43;
    SHOW(((int (*)(void))x)());
    mprotect(x, 4096, PROT_READ | PROT_EXEC);
    SHOW(((int (*)(void))x)());
    mprotect(x, 4096, PROT_READ | PROT_WRITE);
    x[1] = 44;
    mprotect(x, 4096, PROT_READ | PROT_EXEC);
    SHOW(((int (*)(void))x)());

    /* madvise. */
    m[0] = 9;
    CALL(madvise(m, 4096, MADV_DONTNEED));
    SHOW(m[0]);
    CALL(madvise(m + 1, 4096, MADV_NORMAL));
    CALL(madvise(m, 4096, 12345));
    CALL(msync(m, 4096, MS_ASYNC));
    CALL(msync(m + 1, 4096, MS_ASYNC));
    return 0;
}
