/* Running out: descriptors, memory, processes, file size, CPU time, stack. */
#include "guest.h"

static long open_all(void)
{
    long n = 0;
    while (open("/dev/null", O_RDONLY) >= 0)
        n++;
    return n;
}

static volatile char *bottom;
static long deep(long bytes)
{
    volatile char room[4096];
    room[0] = bytes;
    bottom = room;
    return bytes <= 0 ? room[0] : deep(bytes - 4096) + room[0];
}

int main(void)
{
    no_cores();
    setvbuf(stdout, 0, _IOLBF, 0);
    struct rlimit r;

    CHILD("descriptors", {
        r = (struct rlimit){10003, 10003};
        CALL(setrlimit(RLIMIT_NOFILE, &r));
        for (int i = 3; i < 1000; i++)
            close(i);
        SHOW(open_all());
        printf("%s\n", strerrorname_np(errno));
        int p[2];
        CALL(pipe(p));
        CALL(dup(0));
        CALL(fork() == 0 ? (_exit(close(9000) == 0 && close(9000) < 0 ? 0 : 1), 0) : 0);
        int status;
        wait(&status);
        describe("inherited", status);
        close(5000);
        CALL(open("/dev/zero", O_RDONLY));
        CALL(dup2(0, 10002));
        CALL(dup2(0, 10003));
        char c;
        CALL(read(5000, &c, 1));
        CALL(read(10001, &c, 1));
    });
    CHILD("few descriptors", {
        r = (struct rlimit){6, 6};
        setrlimit(RLIMIT_NOFILE, &r);
        for (int i = 3; i < 1000; i++)
            close(i);
        SHOW(open_all());
        int p[2];
        close(5);
        CALL(pipe(p));
        CALL(open("/dev/null", O_RDONLY));
    });
    CHILD("memory", {
        r = (struct rlimit){200 << 20, 200 << 20};
        CALL(setrlimit(RLIMIT_AS, &r));
        long n = 0;
        char *last = 0;
        for (char *m; (m = malloc(1 << 20)); n++) {
            memset(m, 1, 1 << 20);
            *(char **)m = last;
            last = m;
        }
        SHOW(errno == ENOMEM);
        SHOW(n > 150 && n < 200);
        CALL((long)mmap(0, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        SHOW(sbrk(64 << 20) == (void *)-1);
        for (char *m = last; m; m = last) {
            last = *(char **)m;
            free(m);
        }
        void *again = malloc(64 << 20);
        SHOW(again != 0);
    });
    CHILD("processes", {
        setgid(54321);
        setuid(54321);
        r = (struct rlimit){12, 12};
        setrlimit(RLIMIT_NPROC, &r);
        int n = 0;
        pid_t pids[100];
        while (n < 100 && (pids[n] = fork()) >= 0) {
            if (pids[n] == 0) {
                pause();
                _exit(0);
            }
            n++;
        }
        printf("%d children, %s\n", n, strerrorname_np(errno));
        for (int i = 0; i < n; i++)
            kill(pids[i], SIGKILL);
        int status;
        while (wait(&status) > 0) {
        }
        pid_t last = fork();
        if (last == 0)
            _exit(0);
        SHOW(last > 0);
    });
    CHILD("bomb", {
        setgid(54322);
        setuid(54322);
        r = (struct rlimit){20, 20};
        setrlimit(RLIMIT_NPROC, &r);
        setpgid(0, 0);
        /* Every process forks until it cannot; all end after a while. */
        alarm(2);
        for (int i = 0; i < 200; i++)
            if (fork() < 0)
                usleep(20000);
        pause();
    });
    usleep(300000);
    CHILD("after the bomb", printf("works\n"));
    CHILD("file size", {
        r = (struct rlimit){5000, 5000};
        setrlimit(RLIMIT_FSIZE, &r);
        static char block[4096];
        int fd = open("/tmp/limited", O_RDWR | O_CREAT | O_TRUNC, 0600);
        CALL(write(fd, block, 4096));
        CALL(write(fd, block, 4096));
        signal(SIGXFSZ, SIG_IGN);
        CALL(write(fd, block, 1));
        CALL(ftruncate(fd, 6000));
        signal(SIGXFSZ, SIG_DFL);
        write(fd, block, 1);
    });
    unlink("/tmp/limited");
    CHILD("CPU time", {
        r = (struct rlimit){1, 3};
        setrlimit(RLIMIT_CPU, &r);
        alarm(6);
        for (;;) {
        }
    });
    CHILD("a stack within its limit", deep(3 << 20));
    CHILD("a stack that may not grow any more", {
        r = (struct rlimit){1 << 20, 4 << 20};
        CALL(setrlimit(RLIMIT_STACK, &r));
        deep(512 << 10);
        printf("so far\n");
        deep(2 << 20);
        printf("too far\n");
    });
    CHILD("a stack that may grow again", {
        r = (struct rlimit){1 << 20, 8 << 20};
        CALL(setrlimit(RLIMIT_STACK, &r));
        r.rlim_cur = 4 << 20;
        CALL(prlimit(getpid(), RLIMIT_STACK, &r, 0));
        CHILD("inherited", deep(3 << 20));
        r.rlim_cur = 1 << 20;
        CALL(prlimit(0, RLIMIT_STACK, &r, 0));
        CHILD("inherited", deep(3 << 20));
    });
    CHILD("a stack raised while it runs", {
        r = (struct rlimit){64 << 20, RLIM_INFINITY};
        CALL(setrlimit(RLIMIT_STACK, &r));
        deep(60 << 20);
        printf("so far\n");
        CHILD("inherited", deep(62 << 20));
        CHILD("too far", deep(70 << 20));
    });
    CHILD("a stack without a limit", {
        r = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
        CALL(setrlimit(RLIMIT_STACK, &r));
        deep(100 << 20);
    });
    CHILD("a raised stack and what is mapped later", {
        r = (struct rlimit){64 << 20, RLIM_INFINITY};
        CALL(setrlimit(RLIMIT_STACK, &r));
        char *m[24];
        for (int i = 0; i < 24; i++) {
            m[i] = mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            memset(m[i], i + 1, 4096);
            memset(m[i] + (8 << 20) - 4096, i + 1, 4096);
        }
        deep(62 << 20);
        int intact = 0;
        for (int i = 0; i < 24; i++)
            for (int j = 0; j < 4096; j++)
                intact += m[i][j] == i + 1 && m[i][(8 << 20) - 1 - j] == i + 1;
        SHOW(intact);
    });
    r = (struct rlimit){5, 4};
    CALL(setrlimit(RLIMIT_NOFILE, &r));
    CALL(getrlimit(99, &r));
    CHILD("limits of a user", {
        r = (struct rlimit){100, 200};
        setrlimit(RLIMIT_NOFILE, &r);
        setuid(1000);
        r.rlim_cur = 200;
        CALL(setrlimit(RLIMIT_NOFILE, &r));
        r.rlim_max = 201;
        CALL(setrlimit(RLIMIT_NOFILE, &r));
        r.rlim_cur = r.rlim_max = 50;
        CALL(setrlimit(RLIMIT_NOFILE, &r));
        r.rlim_max = 60;
        CALL(setrlimit(RLIMIT_NOFILE, &r));
    });
    return 0;
}
