/* mremap in all its forms, madvise, mincore, mlock and its limit, areas that grow down, huge requests. */
#include "guest.h"
#include <sys/syscall.h>

#define PAGE 4096
#define MAP(n, prot) ((char *)mmap(0, (n) * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
#define RW (PROT_READ | PROT_WRITE)
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define FAILS(e) CALL((long)(e) == -1 ? -1 : 0)

static int mapped(char *at)
{
    unsigned char vec;
    return mincore(at, PAGE, &vec) == 0;
}

static char *room(int pages)
{
    char *m = MAP(pages, PROT_NONE);
    munmap(m, pages * PAGE);
    return m;
}

int main(void)
{
    no_cores();
    setvbuf(stdout, 0, _IONBF, 0);

    /* mremap: moving to a place. */
    char *m = MAP(4, RW), *to = room(8);
    strcpy(m, "one"), strcpy(m + PAGE, "two"), strcpy(m + 3 * PAGE, "four");
    SHOW(mremap(m, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    printf("%s %s %s\n", to, to + PAGE, to + 3 * PAGE);
    SHOW(mapped(m));
    /* Over something else, growing and shrinking. */
    char *wall = MAP(8, RW);
    strcpy(wall + 5 * PAGE, "stays");
    SHOW(mremap(to, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, wall) == wall);
    printf("%s %s %d %s\n", wall, wall + 3 * PAGE, wall[4 * PAGE], wall + 5 * PAGE);
    SHOW(mapped(to));
    to = room(8);
    SHOW(mremap(wall, 4 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    SHOW(mapped(wall + 2 * PAGE));
    SHOW(mapped(wall + 4 * PAGE));
    printf("%s %s\n", to, to + PAGE);
    /* A part out of the middle of an area. */
    m = MAP(6, RW);
    for (int i = 0; i < 6; i++)
        m[i * PAGE] = 'a' + i;
    to = room(4);
    SHOW(mremap(m + 2 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
    printf("%c%c%c%c%c%c %d%d\n", m[0], m[PAGE], to[0], to[PAGE], m[4 * PAGE], m[5 * PAGE], mapped(m + 2 * PAGE), mapped(m + 3 * PAGE));
    /* It stays where it was, empty. */
    SHOW(syscall(SYS_mremap, m, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0) != -1);
    SHOW(m[0] + m[PAGE]);
    m[0] = 'A';
    to = room(4);
    SHOW(mremap(m, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, to) == to);
    printf("%c %d\n", to[0], m[0]);
    /* In place into a free neighbour. */
    m = MAP(4, RW);
    m[PAGE] = 'n';
    munmap(m + 2 * PAGE, 2 * PAGE);
    SHOW(mremap(m, 2 * PAGE, 4 * PAGE, 0) == m);
    SHOW(m[PAGE] == 'n' && m[3 * PAGE] == 0);
    SHOW(mremap(m + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED);
    /* With the protection it had. */
    m = MAP(2, RW);
    m[0] = 'r';
    mprotect(m, 2 * PAGE, PROT_READ);
    m = mremap(m, 2 * PAGE, 200 * PAGE, MREMAP_MAYMOVE);
    SHOW(m[0] == 'r' && m[199 * PAGE] == 0);
    CHILD("write", m[100 * PAGE] = 1);
    m = MAP(2, RW);
    m[PAGE] = 'h';
    mprotect(m, 2 * PAGE, PROT_NONE);
    m = mremap(m, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room(2));
    CHILD("read", (void)*(volatile char *)m);
    mprotect(m, 2 * PAGE, PROT_READ);
    SHOW(m[PAGE] == 'h');
    /* Wrong. */
    m = MAP(4, RW);
    FAILS(mremap(m, PAGE, PAGE, 64));
    FAILS(mremap(m, PAGE, PAGE, MREMAP_FIXED, m + 3 * PAGE));
    FAILS(mremap(m, PAGE, PAGE, MREMAP_DONTUNMAP));
    FAILS(mremap(m, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
    FAILS(mremap(m, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, m + 3 * PAGE + 1));
    FAILS(mremap(m, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, m + PAGE));
    FAILS(mremap(m, 0, PAGE, MREMAP_MAYMOVE));
    FAILS(mremap(m + 1, PAGE, PAGE, 0));
    munmap(m + PAGE, PAGE);
    FAILS(mremap(m, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE));
    FAILS(mremap(m + PAGE, PAGE, PAGE, 0));

    /* Files. */
    int fd = open("/tmp/file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < 6; i++) {
        char text[PAGE];
        memset(text, '0' + i, PAGE);
        write(fd, text, PAGE);
    }
    char *f = mmap(0, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
    f = mremap(f, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    printf("%c%c%c%c\n", f[0], f[PAGE], f[2 * PAGE], f[4 * PAGE - 1]);
    f = mremap(f + PAGE, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room(3));
    printf("%c%c%c\n", f[0], f[PAGE], f[2 * PAGE]);
    char *s = mmap(0, 2 * PAGE, RW, MAP_SHARED, fd, 0);
    s[0] = 'S', s[PAGE] = 'T';
    s = mremap(s, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    printf("%c%c%c\n", s[0], s[PAGE], s[2 * PAGE]);
    s[2 * PAGE] = 'U';
    munmap(s, 3 * PAGE);
    char got[3];
    for (int i = 0; i < 3; i++)
        pread(fd, got + i, 1, i * PAGE);
    printf("%.3s\n", got);

    /* madvise. */
    char *p = mmap(0, 2 * PAGE, RW, MAP_PRIVATE, fd, 3 * PAGE);
    p[0] = 'x', p[PAGE] = 'y';
    CALL(madvise(p, PAGE, MADV_DONTNEED));
    printf("%c%c\n", p[0], p[PAGE]);
    CALL(madvise(p, PAGE, MADV_FREE));
    CALL(madvise(p, PAGE, MADV_WIPEONFORK));
    CALL(madvise(p, PAGE, MADV_REMOVE));
    m = MAP(8, RW);
    memset(m, 'm', 8 * PAGE);
    CALL(madvise(m + PAGE, 2 * PAGE, MADV_DONTNEED));
    printf("%c%d%d%c\n", m[0], m[PAGE], m[3 * PAGE - 1], m[3 * PAGE]);
    CALL(madvise(m + 4 * PAGE, PAGE, MADV_WIPEONFORK));
    CALL(madvise(m + 5 * PAGE, PAGE, MADV_DONTFORK));
    CHILD("wiped", printf("%c%d\n", m[0], m[4 * PAGE]); (void)*(volatile char *)(m + 5 * PAGE));
    CALL(madvise(m + 4 * PAGE, PAGE, MADV_KEEPONFORK));
    CALL(madvise(m + 5 * PAGE, PAGE, MADV_DOFORK));
    CHILD("kept", printf("%c%c%c\n", m[0], m[4 * PAGE], m[5 * PAGE]));
    for (int advice = MADV_NORMAL; advice <= MADV_WILLNEED; advice++)
        printf("%d", madvise(m, PAGE, advice));
    printf("%d%d%d\n", madvise(m, PAGE, MADV_DONTDUMP), madvise(m, PAGE, MADV_DODUMP), madvise(m, PAGE, MADV_COLD));
    CALL(madvise(m, 0, MADV_DONTNEED));
    CALL(madvise(m, PAGE, 77));
    CALL(madvise(m + 1, PAGE, MADV_DONTNEED));
    munmap(m + 2 * PAGE, PAGE);
    CALL(madvise(m, 4 * PAGE, MADV_DONTNEED));
    printf("%d%d%c\n", m[0], m[3 * PAGE], m[4 * PAGE]);

    /* mincore. */
    unsigned char vec[8] = {0};
    m[0] = 1;
    CALL(mincore(m, PAGE, vec));
    SHOW(vec[0] & 1);
    CALL(mincore(m, 4 * PAGE, vec));
    CALL(mincore(m + 1, PAGE, vec));
    CALL(mincore(m, PAGE, (void *)8));
    CALL(mincore(m, 0, vec));

    /* mlock. */
    m = MAP(64, RW);
    CALL(mlock(m + 5, 10));
    CALL(madvise(m, PAGE, MADV_DONTNEED));
    CALL(munlock(m, PAGE));
    CALL(madvise(m, PAGE, MADV_DONTNEED));
    CALL(syscall(SYS_mlock2, m, PAGE, 1));
    CALL(syscall(SYS_mlock2, m, PAGE, 2));
    CALL(mlockall(0));
    CALL(mlockall(8));
    CALL(mlockall(MCL_ONFAULT));
    CALL(munlockall());
    CHILD("the limit of a user", {
        struct rlimit r = {16 * PAGE, 16 * PAGE};
        setrlimit(RLIMIT_MEMLOCK, &r);
        setuid(1000);
        CALL(mlock(m, 16 * PAGE));
        CALL(mlock(m, 17 * PAGE));
        CALL(mlock(m, 8 * PAGE));
        CALL(mlock(m + 16 * PAGE, PAGE));
        FAILS(mmap(0, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
        CALL(munlock(m + 8 * PAGE, 8 * PAGE));
        CALL(mlock(m + 16 * PAGE, 8 * PAGE));
        munmap(m, 8 * PAGE);
        SHOW(mmap(0, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) != MAP_FAILED);
        FAILS(mremap(m + 16 * PAGE, 8 * PAGE, 64 * PAGE, MREMAP_MAYMOVE));
        CALL(mlockall(MCL_CURRENT));
        CHILD("is not inherited", CALL(mlock(m + 32 * PAGE, 16 * PAGE)));
    });
    CHILD("nothing to lock", {
        struct rlimit r = {0, 0};
        setrlimit(RLIMIT_MEMLOCK, &r);
        setuid(1000);
        CALL(mlock(m, PAGE));
        CALL(mlockall(MCL_FUTURE));
        FAILS(mmap(0, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0));
    });
    munmap(m + PAGE, PAGE);
    CALL(mlock(m, 3 * PAGE));
    CALL(munlock(m + PAGE, PAGE));

    /* Growing down. */
    char *low = room(1024);
    m = mmap(low + 1000 * PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
    SHOW(m == low + 1000 * PAGE);
    m[-1] = 'g';
    m[-100 * PAGE] = 'G';
    SHOW(m[-1] == 'g' && m[-100 * PAGE] == 'G' && m[-50 * PAGE] == 0);
    CHILD("as far as another mapping", {
        mmap(low + 600 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        m[-140 * PAGE] = 1;
        printf("grown\n");
        m[-150 * PAGE] = 1;
    });

    /* What is too much. */
    FAILS(mmap(0, (size_t)0xfff << (sizeof(long) == 8 ? 35 : 20), RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(malloc((size_t)-1 - 100) == 0);
    SHOW(calloc((size_t)1 << (sizeof(long) * 4), (size_t)1 << (sizeof(long) * 4)) == 0);
    m = mmap(0, (size_t)512 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    SHOW(m != MAP_FAILED);
    CALL(mprotect(m + (100 << 20), PAGE, RW));
    m[100 << 20] = 1;
    CALL(munmap(m, (size_t)512 << 20));
    char *taken = MAP(4, RW);
    SHOW(mmap(taken, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
    munmap(taken + PAGE, PAGE);
    SHOW(mmap(taken + PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == taken + PAGE);

    /* A file mapped over itself, as the dynamic loader does it. */
    int same = open("/tmp/same", O_RDWR | O_CREAT | O_TRUNC, 0600);
    char content[4 * 4096];
    for (int i = 0; i < 4; i++) memset(content + i * 4096, 'a' + i, 4096);
    SHOW(write(same, content, 3 * 4096 + 100));
    m = mmap(0, 4 * PAGE, PROT_READ, MAP_PRIVATE, same, 0);
    SHOW(m[0] == 'a' && m[3 * PAGE + 99] == 'd' && m[3 * PAGE + 100] == 0);
    SHOW(mmap(m + PAGE, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, same, PAGE) == m + PAGE && m[PAGE] == 'b');
    SHOW(mmap(m + 2 * PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_FIXED, same, 2 * PAGE) == m + 2 * PAGE && m[2 * PAGE] == 'c');
    m[2 * PAGE] = 'w';
    SHOW(mmap(m + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, same, 2 * PAGE) == m + 2 * PAGE && m[2 * PAGE] == 'c');
    CALL(mprotect(m, PAGE, RW));
    m[0] = 'w';
    CALL(mprotect(m, PAGE, PROT_READ));
    SHOW(m[0]);
    SHOW(mmap(m, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, same, 0) == m && m[0] == 'a');
    SHOW(mmap(m + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, same, 0) == m + PAGE && m[PAGE] == 'a');
    SHOW(pwrite(same, "n", 1, 3 * PAGE));
    SHOW(mmap(m + 3 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, same, 3 * PAGE) == m + 3 * PAGE && m[3 * PAGE] == 'n');
    close(same);
    unlink("/tmp/same");

    /* /proc/self/maps is as of its reading, also after waits (others may have looked then). */
    usleep(150000), usleep(1000);
    char *late = MAP(3, RW), line[256];
    unsigned long start, end;
    int seen = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        seen |= sscanf(line, "%lx-%lx", &start, &end) == 2 && start <= (unsigned long)late && (unsigned long)late < end;
    fclose(maps);
    SHOW(seen);
    unlink("/tmp/file");
    return 0;
}
