/* A file mapped shared by one process: read, write and truncate see the mapping, and it sees them. */
#include "guest.h"
#include <setjmp.h>

static sigjmp_buf out_of_it;
static void on_bus(int signo)
{
    siglongjmp(out_of_it, signo);
}

int main(void)
{
    setvbuf(stdout, 0, _IONBF, 0);
    int fd = open("/tmp/both", O_RDWR | O_CREAT | O_TRUNC, 0600), other = open("/tmp/both", O_RDWR);
    ftruncate(fd, 3 * 4096);
    char *m = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), b[16] = "";
    strcpy(m, "stored");
    CALL(pread(fd, b, 7, 0));
    puts(b);
    strcpy(m + 5000, "elsewhere");
    CALL(pread(other, b, 10, 5000));
    puts(b);
    CALL(pwrite(fd, "written", 8, 0));
    puts(m);
    CALL(pwrite(other, "twice", 6, 5000));
    puts(m + 5000);
    strcpy(m + 8192, "third");
    lseek(other, 8192, SEEK_SET);
    CALL(read(other, b, 6));
    puts(b);
    CALL(write(other, "after", 6));
    puts(m + 8198);
    /* A copy by the kernel. */
    int out = open("/tmp/copy", O_RDWR | O_CREAT | O_TRUNC, 0600);
    strcpy(m, "copied");
    lseek(fd, 0, SEEK_SET);
    CALL(copy_file_range(fd, 0, out, 0, 7, 0));
    pread(out, b, 7, 0);
    puts(b);
    /* The file grows under its mapping. */
    char *big = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);
    signal(SIGBUS, on_bus);
    signal(SIGSEGV, on_bus);
    int caught = sigsetjmp(out_of_it, 1);
    if (!caught)
        *(volatile char *)(big + 4096) = 1;
    SHOW(caught == SIGBUS);
    ftruncate(out, 4 * 4096);
    big[3 * 4096] = 'B';
    SHOW(big[4096]);
    pread(out, b, 1, 3 * 4096);
    SHOW(b[0]);
    CHILD("another process", char c; pread(out, &c, 1, 3 * 4096); SHOW(c));
    strcpy(m + 100, "mapped twice");
    char *again = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0), *own = mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    printf("%s, %s\n", again + 100, own + 100);
    close(fd);
    strcpy(m, "closed");
    pread(other, b, 7, 0);
    puts(b);
    munmap(m, 3 * 4096);
    unlink("/tmp/both");
    unlink("/tmp/copy");
    return 0;
}
