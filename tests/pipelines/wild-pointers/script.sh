cat >wild.c <<'EOF'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#define CHECK(call) do { errno = 0; long r = (long)(call); printf("%-10.10s %ld %s\n", #call, r, strerrorname_np(errno)); } while (0)
int main(void) {
    char *gone = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int ends[2], zero = open("/dev/zero", O_RDONLY);
    munmap(gone, 4096);
    if (pipe(ends)) return 1;
    CHECK(open(gone, O_RDONLY));
    CHECK(write(ends[1], gone, 10));
    CHECK(read(zero, gone, 10));
    CHECK(read(zero, (void *)"constant", 4));
    CHECK(stat("/", (void *)gone));
    CHECK(pipe((int *)gone));
    CHECK(getcwd(gone, 4096) == 0);
    CHECK(execve(gone, 0, 0));
    CHECK(execve("/bin/true", (char **)gone, 0));
    CHECK(uname((struct utsname *)gone));
    CHECK(readlink("/proc/self/exe", gone, 10));
    CHECK(poll((struct pollfd *)gone, 1, 0));
    CHECK(nanosleep((struct timespec *)gone, 0));
    CHECK(getrlimit(RLIMIT_NOFILE, (struct rlimit *)gone));
    CHECK(readv(zero, (struct iovec *)gone, 1));
    struct iovec into = { gone, 16 };
    CHECK(readv(zero, &into, 1));
    CHECK(mkdir((char *)1, 0));
    CHECK(read(zero, (void *)-4096, 10));
    return 0;
}
EOF
gcc -O1 -w wild.c -o wild && ./wild
