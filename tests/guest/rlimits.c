/* Limits of memory that bite (RLIMIT_DATA, RLIMIT_AS), over fork, vfork, posix_spawn and exec. */
#include "guest.h"
#include <spawn.h>

#define MB (1L << 20)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define FITS(e) printf("%s: %s\n", #e, (e) != MAP_FAILED ? "yes" : strerrorname_np(errno))

extern char **environ;
static int file;

static void limit(int what, long soft, long hard)
{
    struct rlimit r = {soft, hard};
    CALL(setrlimit(what, &r));
}

static void *map(long mb, int prot, int flags)
{
    return mmap(0, mb * MB, prot, flags, flags & MAP_ANONYMOUS ? -1 : file, 0);
}

static void data(void)
{
    limit(RLIMIT_DATA, 64 * MB, 128 * MB);
    void *a, *b;
    FITS(a = map(32, PROT_READ | PROT_WRITE, ANON));
    FITS(map(40, PROT_READ | PROT_WRITE, ANON));
    FITS(map(40, PROT_READ, ANON));
    FITS(map(40, PROT_NONE, ANON));
    FITS(map(40, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS));
    FITS(map(40, PROT_READ | PROT_WRITE, ANON | MAP_GROWSDOWN));
    FITS(map(40, PROT_READ, MAP_PRIVATE));
    FITS(map(40, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    FITS(b = map(8, PROT_READ | PROT_WRITE, MAP_PRIVATE));
    CALL(munmap(b, 8 * MB));
    puts("-- becoming data");
    b = map(40, PROT_READ, ANON);
    CALL(mprotect(b, 40 * MB, PROT_READ | PROT_WRITE));
    CALL(mprotect(b, 8 * MB, PROT_READ | PROT_WRITE));
    CALL(mprotect(b, 8 * MB, PROT_READ | PROT_WRITE | PROT_EXEC));
    CALL(mprotect(b, 40 * MB, PROT_READ));
    CALL(munmap(b, 40 * MB));
    b = map(40, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    CALL(mprotect(b, 40 * MB, PROT_READ));
    CALL(mprotect(b, 40 * MB, PROT_READ | PROT_WRITE));
    puts("-- growing");
    FITS(b = mremap(a, 32 * MB, 48 * MB, MREMAP_MAYMOVE));
    FITS(mremap(b, 48 * MB, 80 * MB, MREMAP_MAYMOVE));
    FITS(b = mremap(b, 48 * MB, 8 * MB, MREMAP_MAYMOVE));
    puts("-- the heap");
    FITS(sbrk(24 * MB));
    FITS(sbrk(40 * MB));
    FITS(sbrk(-24 * MB));
    FITS(sbrk(40 * MB));
    FITS(sbrk(-40 * MB));
    puts("-- in place of others");
    FITS(mmap(b, 8 * MB, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1, 0));
    FITS(map(40, PROT_READ | PROT_WRITE, ANON));
    FITS(mmap(b, 8 * MB, PROT_READ | PROT_WRITE, ANON | MAP_FIXED, -1, 0));
    puts("-- the soft limit nothing, the hard one counts");
    limit(RLIMIT_DATA, 0, 128 * MB);
    FITS(map(40, PROT_READ | PROT_WRITE, ANON));
    FITS(map(60, PROT_READ | PROT_WRITE, ANON));
    limit(RLIMIT_DATA, 4096, 128 * MB);
    FITS(map(1, PROT_READ | PROT_WRITE, ANON));
    FITS(map(1, PROT_READ, ANON));
    CHILD("a child has it, too", FITS(map(1, PROT_READ | PROT_WRITE, ANON)));
    limit(RLIMIT_DATA, 128 * MB, 128 * MB);
    FITS(map(1, PROT_READ | PROT_WRITE, ANON));
}

static void space(void)
{
    limit(RLIMIT_AS, 200 * MB, 200 * MB);
    void *a, *b;
    FITS(a = map(101, PROT_READ | PROT_WRITE, ANON));
    memset(a, 1, 100 * MB);
    FITS(map(120, PROT_NONE, ANON));
    /* A part that cannot grow where it is: only what is added counts when it moves. */
    FITS(b = mremap(a, 100 * MB, 150 * MB, MREMAP_MAYMOVE));
    printf("moved %d, there %d %d\n", b != a, *(char *)b, ((char *)b)[100 * MB - 1]);
    FITS(mremap(b, 150 * MB, 220 * MB, MREMAP_MAYMOVE));
    FITS(map(60, PROT_READ, ANON));
}

/* What a program finds that was started with limits. */
static int started(void)
{
    file = open("/proc/self/exe", O_RDONLY);
    FITS(map(30, PROT_READ | PROT_WRITE, ANON));
    FITS(map(60, PROT_READ | PROT_WRITE, ANON));
    FITS(map(60, PROT_READ, ANON));
    FITS(map(150, PROT_READ, ANON));
    return 0;
}

static void over_exec(void)
{
    char *argv[] = {"rlimits", "started", NULL};
    pid_t pid;
    int status;
    fflush(stdout);
    CHILD("exec", {
        limit(RLIMIT_DATA, 64 * MB, 64 * MB);
        limit(RLIMIT_AS, 200 * MB, 200 * MB);
        execv("/proc/self/exe", argv);
    });
    CHILD("posix_spawn", {
        limit(RLIMIT_DATA, 64 * MB, 64 * MB);
        limit(RLIMIT_AS, 200 * MB, 200 * MB);
        posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ);
        waitpid(pid, &status, 0);
        describe("spawned", status);
    });
    struct rlimit data = {64 * MB, 64 * MB}, space = {200 * MB, 200 * MB};
    pid = vfork();
    if (pid == 0) {
        setrlimit(RLIMIT_DATA, &data);
        setrlimit(RLIMIT_AS, &space);
        execv("/proc/self/exe", argv);
        _exit(9);
    }
    waitpid(pid, &status, 0);
    describe("vfork", status);
    FITS(map(80, PROT_READ | PROT_WRITE, ANON));
    FITS(map(250, PROT_READ, ANON));
    int p[2];
    pipe(p);
    pid = fork();
    if (pid == 0) {
        char c;
        read(p[0], &c, 1);
        execv("/proc/self/exe", argv);
        _exit(9);
    }
    CALL(prlimit(pid, RLIMIT_DATA, &data, NULL));
    CALL(prlimit(pid, RLIMIT_AS, &space, NULL));
    write(p[1], "", 1);
    waitpid(pid, &status, 0);
    describe("given from outside", status);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    if (argc > 1)
        return started();
    file = open("/proc/self/exe", O_RDONLY);
    CHILD("data", data());
    CHILD("address space", space());
    over_exec();
    return 0;
}
