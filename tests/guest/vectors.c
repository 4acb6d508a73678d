/* Reading and writing in the rarer ways: vmsplice(2) at both ends of a pipe, flags of preadv2(2) and pwritev2(2), and
   holes in what is mapped (madvise(2), MADV_REMOVE). */
#include "guest.h"
#include <poll.h>
#include <sys/uio.h>

#define PAGE 4096

static char big[1 << 20] __attribute__((aligned(PAGE)));

static long sum(const char *p, size_t n)
{
    long s = 0;
    while (n--)
        s = s * 31 % 1000003 + (unsigned char)*p++;
    return s;
}

static void pipes(void)
{
    int p[2];
    char a[8] = "", b[8] = "", c[PAGE];
    pipe(p);
    struct iovec out[2] = {{"hello ", 6}, {"world", 5}}, in[3] = {{a, 4}, {0, 0}, {b, 7}};
    puts("-- there and back");
    CALL(vmsplice(p[1], out, 2, 0));
    CALL(vmsplice(p[0], in, 3, 0));
    SHOW(memcmp(a, "hell", 4) || memcmp(b, "o world", 7));
    puts("-- more room than there is");
    write(p[1], "abc", 3);
    struct iovec wide = {c, sizeof c};
    CALL(vmsplice(p[0], &wide, 1, 0));
    SHOW(memcmp(c, "abc", 3));
    puts("-- nothing there");
    CALL(vmsplice(p[0], &wide, 1, SPLICE_F_NONBLOCK));
    CALL(vmsplice(p[0], &wide, 0, 0));
    struct iovec nothing = {c, 0};
    CALL(vmsplice(p[0], &nothing, 1, 0));
    CALL(vmsplice(p[1], &nothing, 1, 0));
    puts("-- what does not do");
    CALL(vmsplice(p[0], &wide, 1, 0x10));
    CALL(vmsplice(p[0], &wide, 2000, 0));
    CALL(vmsplice(p[0], (void *)8, 1, 0));
    CALL(vmsplice(99, &wide, 1, 0));
    CALL(vmsplice(99, &wide, 1, 0x10));
    int fd = open("/tmp/file", O_RDWR | O_CREAT, 0600);
    CALL(vmsplice(fd, &wide, 1, 0));
    close(fd);
    fd = open("/tmp/file", O_PATH);
    CALL(vmsplice(fd, &wide, 1, 0));
    close(fd);
    struct iovec bad = {(void *)8, 10};
    CALL(vmsplice(p[1], &bad, 1, 0));
    write(p[1], "kept", 4);
    CALL(vmsplice(p[0], &bad, 1, 0));
    CALL(vmsplice(p[0], &wide, 1, SPLICE_F_NONBLOCK | SPLICE_F_GIFT | SPLICE_F_MORE | SPLICE_F_MOVE));
    SHOW(memcmp(c, "kept", 4));
    puts("-- until it is full");
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = i * 7 + (i >> 12);
    struct iovec whole = {big, sizeof big};
    CALL(vmsplice(p[1], &whole, 1, 0));
    CALL(vmsplice(p[1], &whole, 1, SPLICE_F_NONBLOCK));
    static char back[1 << 20];
    struct iovec into[2] = {{back, 10000}, {back + 10000, sizeof back - 10000}};
    CALL(vmsplice(p[0], into, 2, 0));
    SHOW(sum(back, 65536) == sum(big, 65536));
    puts("-- it waits, O_NONBLOCK or not");
    fcntl(p[0], F_SETFL, O_NONBLOCK);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(100000);
        write(p[1], "late", 4);
        _exit(0);
    }
    CALL(vmsplice(p[0], &wide, 1, 0));
    SHOW(memcmp(c, "late", 4));
    waitpid(pid, 0, 0);
    fcntl(p[1], F_SETFL, O_NONBLOCK);
    CALL(vmsplice(p[1], &whole, 1, 0));
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        usleep(100000);
        read(p[0], back, 65536);
        _exit(0);
    }
    whole.iov_len = PAGE;
    CALL(vmsplice(p[1], &whole, 1, 0));
    waitpid(pid, 0, 0);
    CALL(vmsplice(p[0], &wide, 1, 0));
    puts("-- ends closed");
    close(p[1]);
    CALL(vmsplice(p[0], &wide, 1, 0));
    close(p[0]);
    pipe(p);
    close(p[0]);
    signal(SIGPIPE, SIG_IGN);
    CALL(vmsplice(p[1], &whole, 1, 0));
    signal(SIGPIPE, SIG_DFL);
    CHILD("signal", vmsplice(p[1], &whole, 1, 0));
    close(p[1]);
    puts("-- a named one, both ends in one");
    mkfifo("/tmp/fifo", 0600);
    fd = open("/tmp/fifo", O_RDWR);
    CALL(vmsplice(fd, out, 2, 0));
    memset(c, 0, sizeof c);
    CALL(read(fd, c, sizeof c));
    SHOW(memcmp(c, "hello world", 11));
    close(fd);
    unlink("/tmp/fifo");
    unlink("/tmp/file");
}

static void content(int fd)
{
    char b[256];
    ssize_t n = pread(fd, b, sizeof b - 1, 0);
    b[n < 0 ? 0 : n] = 0;
    printf("[%s] at %ld\n", b, (long)lseek(fd, 0, SEEK_CUR));
}

static void flags(void)
{
    int fd = open("/tmp/flags", O_RDWR | O_CREAT | O_TRUNC, 0600), p[2];
    char b[16];
    struct iovec v[2] = {{"one", 3}, {"two", 3}}, in = {b, 4};
    pipe(p);
    puts("-- RWF_APPEND");
    CALL(pwritev2(fd, v, 2, 0, 0));
    CALL(pwritev2(fd, v, 1, 1, RWF_APPEND));
    content(fd);
    CALL(pwritev2(fd, v + 1, 1, -1, RWF_APPEND));
    content(fd);
    CALL(pwritev2(fd, v, 1, -1, 0));
    content(fd);
    lseek(fd, 2, SEEK_SET);
    CALL(pwritev2(fd, v, 1, -1, RWF_APPEND | RWF_DSYNC));
    content(fd);
    CALL(pwritev2(fd, v, 0, 0, RWF_APPEND));
    CALL(pwritev2(fd, v, 1, -2, RWF_APPEND));
    CALL(preadv2(fd, &in, 1, 3, RWF_APPEND));
    SHOW(memcmp(b, "two", 3));
    CALL(pwritev2(p[1], v, 2, -1, RWF_APPEND));
    CALL(pwritev2(p[1], v, 2, 0, RWF_APPEND));
    CALL(read(p[0], b, 16));
    puts("-- synchronous, high priority");
    CALL(pwritev2(fd, v, 1, 0, RWF_SYNC));
    CALL(pwritev2(fd, v, 1, 0, RWF_DSYNC));
    CALL(pwritev2(fd, v, 1, 0, RWF_DSYNC | RWF_SYNC | RWF_HIPRI));
    CALL(preadv2(fd, &in, 1, 0, RWF_DSYNC | RWF_SYNC | RWF_HIPRI));
    CALL(pwritev2(p[1], v, 2, -1, RWF_SYNC));
    CALL(preadv2(p[0], &in, 1, -1, RWF_HIPRI));
    content(fd);
    puts("-- unknown ones");
    CALL(pwritev2(fd, v, 1, 0, 0x8000));
    CALL(preadv2(fd, &in, 1, 0, 0x8000 | RWF_SYNC));
    CALL(pwritev2(fd, v, 0, 0, 0x8000));
    CALL(pwritev2(99, v, 1, 0, 0x8000));
    CALL(pwritev2(fd, v, -1, 0, 0x8000));
    CALL(pwritev2(fd, (void *)8, 1, 0, 0x8000));
    CALL(pwritev2(fd, v, 1, -2, 0x8000));
    CALL(pwritev2(p[1], v, 1, 0, 0x8000));
    int ro = open("/tmp/flags", O_RDONLY);
    CALL(pwritev2(ro, v, 1, 0, 0x8000));
    CALL(pwritev2(ro, v, 1, 0, RWF_APPEND));
    CALL(preadv2(ro, &in, 1, 0, 0x8000));
    close(ro);
    puts("-- a large one");
    struct iovec large[3] = {{big, 300000}, {big + 300000, 400000}, {big, 0}};
    ftruncate(fd, 5);
    CALL(pwritev2(fd, large, 3, 2, RWF_APPEND));
    SHOW(lseek(fd, 0, SEEK_END));
    static char back[700000];
    CALL(pread(fd, back, 700000, 5));
    SHOW(memcmp(back, big, 700000));
    puts("-- limits and seals");
    CHILD("limit", {
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit l = {700008, 700008};
        setrlimit(RLIMIT_FSIZE, &l);
        CALL(pwritev2(fd, large, 1, 0, RWF_APPEND));
        CALL(pwritev2(fd, large, 1, 0, RWF_APPEND));
    });
    SHOW(lseek(fd, 0, SEEK_END));
    int m = memfd_create("m", MFD_ALLOW_SEALING);
    write(m, "abc", 3);
    fcntl(m, F_ADD_SEALS, F_SEAL_GROW);
    CALL(pwritev2(m, v, 1, 0, RWF_APPEND));
    CALL(pwritev2(m, v, 1, 0, 0));
    content(m);
    close(m);
    close(fd);
    unlink("/tmp/flags");
    close(p[0]);
    close(p[1]);
}

static char *filled(int fd, int prot)
{
    for (int i = 0; i < 4; i++) {
        memset(big, 'a' + i, PAGE);
        pwrite(fd, big, PAGE, i * PAGE);
    }
    return mmap(0, 4 * PAGE, prot, MAP_SHARED, fd, 0);
}

static void look(const char *m, int fd)
{
    for (int i = 0; i < 4; i++) {
        char b[PAGE];
        pread(fd, b, PAGE, i * PAGE);
        printf("%d:%d%s ", m[i * PAGE], b[PAGE - 1], memcmp(m + i * PAGE, b, PAGE) ? " differ" : "");
    }
    puts("");
}

static void holes(void)
{
    puts("-- holes in a memfd");
    int fd = memfd_create("holes", MFD_ALLOW_SEALING);
    char *m = filled(fd, PROT_READ | PROT_WRITE);
    m[0] = 'x';
    m[PAGE] = 'y';
    CALL(madvise(m + PAGE, 2 * PAGE, MADV_REMOVE));
    look(m, fd);
    m[2 * PAGE] = 'z';
    look(m, fd);
    CALL(madvise(m + 3 * PAGE, 100, MADV_REMOVE));
    look(m, fd);
    struct stat s;
    fstat(fd, &s);
    SHOW(s.st_size);
    CALL(madvise(m + 1, PAGE, MADV_REMOVE));
    CALL(madvise(m, 0, MADV_REMOVE));
    mprotect(m, 4 * PAGE, PROT_READ);
    CALL(madvise(m, PAGE, MADV_REMOVE));
    look(m, fd);
    CALL(mlock(m + 2 * PAGE, PAGE));
    CALL(madvise(m + 2 * PAGE, PAGE, MADV_REMOVE));
    CALL(munlock(m + 2 * PAGE, PAGE));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    CALL(madvise(m + 2 * PAGE, PAGE, MADV_REMOVE));
    look(m, fd);
    munmap(m, 4 * PAGE);
    m = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
    CALL(madvise(m, PAGE, MADV_REMOVE));
    munmap(m, PAGE);
    close(fd);
    puts("-- a part of a file, its descriptor closed");
    fd = open("/tmp/holes", O_RDWR | O_CREAT | O_TRUNC, 0600);
    m = filled(fd, PROT_READ | PROT_WRITE);
    ftruncate(fd, 3 * PAGE + 50);
    munmap(m, 2 * PAGE);
    close(fd);
    CALL(madvise(m + 3 * PAGE, PAGE, MADV_REMOVE));
    fd = open("/tmp/holes", O_RDWR);
    char b[60];
    CALL(pread(fd, b, 60, 3 * PAGE));
    SHOW(b[0] | b[49]);
    SHOW(m[3 * PAGE]);
    CALL(pread(fd, b, 1, 2 * PAGE));
    SHOW(b[0]);
    puts("-- what has none");
    CALL(madvise(m, 4 * PAGE, MADV_REMOVE));
    munmap(m + 2 * PAGE, 2 * PAGE);
    m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CALL(madvise(m, PAGE, MADV_REMOVE));
    munmap(m, PAGE);
    CALL(madvise(m, PAGE, MADV_REMOVE));
    int ro = open("/tmp/holes", O_RDONLY);
    m = mmap(0, PAGE, PROT_READ, MAP_SHARED, ro, 0);
    CALL(madvise(m, PAGE, MADV_REMOVE));
    munmap(m, PAGE);
    m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m[0] = 'p';
    CALL(madvise(m, PAGE, MADV_REMOVE));
    SHOW(m[0]);
    munmap(m, PAGE);
    puts("-- shared memory without a file");
    m = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    m[0] = m[PAGE] = m[3 * PAGE] = 's';
    CALL(madvise(m + PAGE, 2 * PAGE, MADV_REMOVE));
    printf("%d %d %d\n", m[0], m[PAGE], m[3 * PAGE]);
    munmap(m + 2 * PAGE, PAGE);
    CALL(madvise(m, 4 * PAGE, MADV_REMOVE));
    printf("%d %d\n", m[0], m[3 * PAGE]);
    unlink("/tmp/holes");
}

int main(void)
{
    pipes();
    flags();
    holes();
    return 0;
}
