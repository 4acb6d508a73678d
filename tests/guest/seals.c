/* Seals of memfds against mappings (fcntl(2) F_ADD_SEALS, memfd_create(2)): a file that is mapped shared and may be
   written gets no seal against writing, and one that has it is not mapped so. */
#include "guest.h"
#include <sys/ioctl.h>

#ifndef MFD_EXEC
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC 16
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

#define PAGE 4096

static int fresh(void)
{
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
    ftruncate(fd, 4 * PAGE);
    return fd;
}

static char *map(int fd, int prot, int kind)
{
    return mmap(0, 2 * PAGE, prot, kind, fd, 0);
}

/* A seal while there is a mapping. */
static void busy(int prot, int kind)
{
    int fd = fresh();
    char *p = map(fd, prot, kind);
    CALL(p == MAP_FAILED);
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(munmap(p, PAGE));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW));
    CALL(munmap(p + PAGE, PAGE));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW));
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(write(fd, "x", 1));
    close(fd);
}

/* Mappings of what is sealed. */
static void sealed(int seal)
{
    int fd = fresh();
    pwrite(fd, "word", 4, 0);
    CALL(fcntl(fd, F_ADD_SEALS, seal));
    CALL(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED) == MAP_FAILED);
    SHOW(errno == EPERM);
    CALL(map(fd, PROT_WRITE, MAP_SHARED) == MAP_FAILED);
    char *p = map(fd, PROT_READ, MAP_SHARED);
    CALL(p == MAP_FAILED);
    CALL(memcmp(p, "word", 4));
    CALL(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
    CALL(mprotect(p, PAGE, PROT_NONE));
    CALL(mprotect(p, PAGE, PROT_READ));
    CALL(memcmp(p, "word", 4));
    CALL(munmap(p, 2 * PAGE));
    char *q = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    CALL(q == MAP_FAILED);
    q[0] = 'W';
    char b[4];
    CALL(pread(fd, b, 4, 0));
    CALL(memcmp(b, "word", 4));
    CALL(munmap(q, 2 * PAGE));
    close(fd);
}

int main(void)
{
    puts("-- shared and writable");
    busy(PROT_READ | PROT_WRITE, MAP_SHARED);
    puts("-- shared, could become writable");
    busy(PROT_READ, MAP_SHARED);
    puts("-- private");
    busy(PROT_READ | PROT_WRITE, MAP_PRIVATE);

    puts("-- no writing from now on");
    int fd = fresh();
    char *p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    p[0] = 'a';
    CALL(mprotect(p, PAGE, PROT_READ));
    CALL(mprotect(p, PAGE, PROT_READ | PROT_WRITE));
    p[1] = 'b';
    char b[2];
    CALL(pread(fd, b, 2, 0));
    CALL(memcmp(b, "ab", 2));
    CALL(pwrite(fd, "x", 1, 0));
    CALL(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED) == MAP_FAILED);
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(munmap(p, 2 * PAGE));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(fd, F_GET_SEALS));
    close(fd);

    puts("-- through a descriptor for reading");
    fd = fresh();
    char name[32];
    sprintf(name, "/proc/self/fd/%d", fd);
    int ro = open(name, O_RDONLY);
    p = map(ro, PROT_READ, MAP_SHARED);
    CALL(p == MAP_FAILED);
    CALL(fcntl(ro, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(ro, F_ADD_SEALS, 0x1000));
    CALL(fcntl(fd, F_ADD_SEALS, 0x1000));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(ro, F_GET_SEALS));
    CALL(munmap(p, 2 * PAGE));
    close(ro);
    close(fd);

    puts("-- the descriptor is closed, the mapping stays");
    fd = fresh();
    sprintf(name, "/proc/self/fd/%d", fd);
    int again = open(name, O_RDWR);
    p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    close(fd);
    CALL(fcntl(again, F_ADD_SEALS, F_SEAL_WRITE));
    char *moved = mremap(p, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
    CALL(moved == MAP_FAILED);
    CALL(fcntl(again, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(mmap(moved, 3 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == moved);
    CALL(fcntl(again, F_ADD_SEALS, F_SEAL_WRITE));
    close(again);

    puts("-- a mapping of a process that has ended");
    fd = fresh();
    CHILD("child", {
        char *p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
        p[0] = 'c';
        CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    });
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(pread(fd, b, 1, 0));
    SHOW(b[0]);
    close(fd);

    puts("-- a mapping of another process");
    fd = fresh();
    int ready[2], over[2];
    pipe(ready);
    pipe(over);
    pid_t pid = fork();
    if (pid == 0) {
        char c, *p = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
        write(ready[1], p == MAP_FAILED ? "n" : "y", 1);
        read(over[0], &c, 1);
        munmap(p, 2 * PAGE);
        write(ready[1], "z", 1);
        read(over[0], &c, 1);
        _exit(0);
    }
    read(ready[0], b, 1);
    SHOW(b[0] == 'y');
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    write(over[1], "1", 1);
    read(ready[0], b, 1);
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    write(over[1], "2", 1);
    waitpid(pid, 0, 0);
    close(fd);

    puts("-- sealed against writing");
    sealed(F_SEAL_WRITE);
    puts("-- sealed against writing in future");
    sealed(F_SEAL_FUTURE_WRITE);

    puts("-- sealed against running");
    struct stat s;
    fd = memfd_create("data", MFD_NOEXEC_SEAL);
    fstat(fd, &s);
    SHOW(s.st_mode & 0777);
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(fchmod(fd, 0700));
    CALL(fchmod(fd, 0600));
    CALL(write(fd, "x", 1));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    CALL(fcntl(fd, F_GET_SEALS));
    close(fd);
    fd = memfd_create("program", MFD_EXEC | MFD_ALLOW_SEALING);
    fstat(fd, &s);
    SHOW(s.st_mode & 0777);
    CALL(ftruncate(fd, 4 * PAGE));
    p = map(fd, PROT_READ, MAP_SHARED);
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC));
    CALL(munmap(p, 2 * PAGE));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC));
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(fchmod(fd, 0444));
    CALL(fchmod(fd, 0555));
    CALL(fchmod(fd, 0333));
    CALL(write(fd, "x", 1));
    close(fd);
    CALL(memfd_create("both", MFD_EXEC | MFD_NOEXEC_SEAL));
    CALL(memfd_create("unknown", 0x20));

    puts("-- what has no seals");
    fd = memfd_create("plain", 0);
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(fd, F_ADD_SEALS, 0x1000));
    close(fd);
    fd = open("/proc/self/exe", O_RDONLY);
    CALL(fcntl(fd, F_GET_SEALS));
    CALL(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    close(fd);
    int ends[2];
    pipe(ends);
    CALL(fcntl(ends[1], F_GET_SEALS));
    CALL(fcntl(ends[1], F_ADD_SEALS, F_SEAL_WRITE));
    CALL(fcntl(99, F_ADD_SEALS, F_SEAL_WRITE));
    return 0;
}
