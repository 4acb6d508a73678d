/* Memory shared between processes, System V and anonymous, files mapped shared. */
#include "guest.h"

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    volatile int *anonymous = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHILD("child writes", anonymous[0] = 77; anonymous[1] = 78);
    SHOW(anonymous[0]);
    SHOW(anonymous[1]);
    int fd = open("/tmp/shared", O_RDWR | O_CREAT | O_TRUNC, 0600);
    ftruncate(fd, 8192);
    volatile char *a = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    a[5] = 'x';
    char c = 0;
    msync((void *)a, 8192, MS_SYNC);
    pread(fd, &c, 1, 5);
    SHOW(c);
    CHILD("child writes the file", a[6] = 'y'; munmap((void *)a, 8192));
    pread(fd, &c, 1, 6);
    SHOW(c);
    munmap((void *)a, 8192);
    int again = open("/tmp/shared", O_RDONLY);
    pread(again, &c, 1, 5);
    SHOW(c);
    unlink("/tmp/shared");
    return 0;
}
