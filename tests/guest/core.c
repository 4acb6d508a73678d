/* Core files: when there is one, and what it says. */
#include "guest.h"
#include <elf.h>
#include <pthread.h>
#include <sys/procfs.h>
#include <sys/user.h>

#define D "/core-test"
#if __SIZEOF_POINTER__ == 8
typedef Elf64_Ehdr Ehdr;
typedef Elf64_Phdr Phdr;
#else
typedef Elf32_Ehdr Ehdr;
typedef Elf32_Phdr Phdr;
#endif

static char marker[5000] = "in the data";
static volatile int *nowhere;

/* Not as it lies in the program's constants. */
static void hide(volatile char *to, const char *from)
{
    while (*from)
        *to++ = *from++ ^ 0x80;
}
static void crash(void)
{
    char local[100];
    char *heap = malloc(100);
    hide(local, "on the stack");
    hide(heap, "on the heap");
    strcpy(marker + 4500, "changed");
    asm volatile("" ::"r"(local), "r"(heap) : "memory");
    *nowhere = 1;
}
static int find(const char *data, long n, const char *what)
{
    long len = strlen(what), same = 0;
    for (long i = 0; i + len < n && same < len; i++)
        for (same = 0; same < len && data[i + same] == (char)(what[same] ^ 0x80); same++)
            ;
    return same == len;
}
static void read_core(pid_t pid)
{
    int fd = open("core", O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        printf("  no core\n");
        close(fd);
        return;
    }
    /* Not in a child's memory, and so not in the next core. */
    char *data = mmap(0, 1 << 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long n = read(fd, data, 1 << 24);
    close(fd);
    printf("  mode %o, all of it read: %d\n", st.st_mode & 07777, n == st.st_size);
    Ehdr *e = (void *)data;
    printf("  type %d, program headers of the right size: %d\n", e->e_type, e->e_phentsize == sizeof(Phdr));
    Phdr *p = (void *)(data + e->e_phoff);
    int loads = 0, marked = 0, ordered = 1;
    unsigned long last = 0;
    for (int i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD) {
            loads++;
            ordered &= p[i].p_vaddr >= last && p[i].p_filesz <= p[i].p_memsz;
            last = p[i].p_vaddr + p[i].p_memsz;
            unsigned long at = (unsigned long)marker;
            if (at >= p[i].p_vaddr && at + sizeof marker <= p[i].p_vaddr + p[i].p_filesz) {
                char *copy = data + p[i].p_offset + (at - p[i].p_vaddr);
                marked = !strcmp(copy, "in the data") && !strcmp(copy + 4500, "changed");
                printf("  the data can be read and written: %d\n", p[i].p_flags == (PF_R | PF_W));
            }
        }
        if (p[i].p_type != PT_NOTE)
            continue;
        for (char *at = data + p[i].p_offset, *end = at + p[i].p_filesz; at < end;) {
            Elf32_Nhdr *h = (void *)at;
            char *name = at + sizeof *h, *desc = name + (h->n_namesz + 3 & ~3);
            at = desc + (h->n_descsz + 3 & ~3);
            switch (h->n_type) {
            case NT_PRSTATUS: {
                struct elf_prstatus *s = (void *)desc;
                struct user_regs_struct *r = (void *)s->pr_reg;
#if __SIZEOF_POINTER__ == 8
                unsigned long pc = r->rip;
#else
                unsigned long pc = r->eip;
#endif
                printf("  status: size %d, signal %d %d, it %d, its parent %d, stopped in crash: %d\n",
                       h->n_descsz == sizeof *s, s->pr_cursig, s->pr_info.si_signo, s->pr_pid == pid,
                       s->pr_ppid == getpid(), pc >= (unsigned long)crash && pc < (unsigned long)crash + 500);
                break;
            }
            case NT_PRPSINFO: {
                struct elf_prpsinfo *s = (void *)desc;
                printf("  process: size %d, it %d, user %d, %.4s\n", h->n_descsz == sizeof *s, s->pr_pid == pid, s->pr_uid,
                       s->pr_fname);
                break;
            }
            case NT_SIGINFO:
                printf("  siginfo: size %d, signal %d code %d\n", h->n_descsz, ((siginfo_t *)desc)->si_signo,
                       ((siginfo_t *)desc)->si_code);
                break;
            case NT_FPREGSET:
                printf("  registers of the FPU: size %d\n", h->n_descsz == sizeof(struct user_fpregs_struct));
                break;
            case NT_AUXV: {
                unsigned long *v = (void *)desc;
                for (; *v && *v != AT_PAGESZ; v += 2)
                    ;
                printf("  auxiliary vector: pages of %lu\n", v[1]);
                break;
            }
            case NT_FILE: {
                unsigned long *v = (void *)desc;
                char *names = (char *)(v + 2 + 3 * v[0]);
                printf("  files: units %lu, the program's first page 0: %d\n", v[1],
                       v[0] > 0 && v[4] == 0 && strchr(names, '/') == names);
                break;
            }
            }
        }
    }
    printf("  several areas: %d, in order: %d, the data is there: %d, stack %d, heap %d, shared %d, of a file %d\n", loads > 3,
           ordered, marked, find(data, n, "on the stack"), find(data, n, "on the heap"), find(data, n, "in shared memory"),
           find(data, n, "in a shared file"));
    unlink("core");
    munmap(data, 1 << 24);
}
static void *stays(void *unused)
{
    for (;;)
        pause();
}
/* All threads are in it, the one that crashed first; and shared memory unless it is a file's. */
static void with_threads(void)
{
    int file = open("shared", O_CREAT | O_RDWR | O_TRUNC, 0600);
    ftruncate(file, 4096);
    hide(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), "in shared memory");
    hide(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), "in a shared file");
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, &small, stays, 0);
    }
    usleep(100000);
    crash();
}
static void run(const char *name, void (*body)(void), int limit)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit r = {limit ? RLIM_INFINITY : 0, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &r);
        body();
        _exit(0);
    }
    siginfo_t info;
    waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
    int status;
    waitpid(pid, &status, 0);
    printf("%s: signal %d, dumped %d, code %d\n", name, WTERMSIG(status), !!WCOREDUMP(status), info.si_code);
    read_core(pid);
}
/* How a core ends where the limit is. */
static void run_up_to(long limit)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit r = {limit, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &r);
        abort();
    }
    int status;
    waitpid(pid, &status, 0);
    struct stat st;
    int there = stat("core", &st) == 0;
    printf("up to %ld: dumped %d, a file %d", limit, !!WCOREDUMP(status), there);
    /* Holes do not count. */
    if (there)
        printf(", keeps to it: %d", st.st_blocks * 512L <= limit + 16384);
    printf("\n");
    unlink("core");
}
static void wait_for_quit(void)
{
    kill(getpid(), SIGQUIT);
}
static void terminate(void)
{
    raise(SIGTERM);
}
static void as_user(void)
{
    setuid(1000);
    abort();
}
static void handled(void)
{
    signal(SIGSEGV, _exit);
    crash();
}

int main(void)
{
    mkdir(D, 0777);
    chmod(D, 0777);
    chdir(D);
    run("without a limit", crash, 1);
    run("threads", with_threads, 1);
    unlink("shared");
    run("limit of nothing", crash, 0);
    run("a signal that only ends", terminate, 1);
    run("a handler", handled, 1);
    run("abort", abort, 1);
    run("quit", wait_for_quit, 1);
    close(open("core", O_CREAT | O_WRONLY, 0600));
    link("core", "other");
    run("a file with two names", abort, 1);
    unlink("other");
    mkdir("core", 0700);
    run("a directory of that name", abort, 1);
    rmdir("core");
    run("another user now", as_user, 1);
    unlink("core");
    for (int i = 0; i < 7; i++)
        run_up_to((long[]){0, 1, 4095, 4096, 20000, 65536, 100000}[i]);
    run_up_to(1 << 28);
    unlink("core");
    chdir("/");
    rmdir(D);
    return 0;
}
