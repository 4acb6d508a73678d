/* seccomp(2): filters, their actions, who inherits them; personality. */
#include "guest.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#ifdef __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_I386
#endif

static int install(int nr, unsigned action, int by_prctl)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = {sizeof code / sizeof *code, code};
    if (by_prctl)
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}
/* getppid's argument decides. */
static int by_argument(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 100, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog prog = {sizeof code / sizeof *code, code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}
static void on_sys(int signo, siginfo_t *info, void *context)
{
    printf("  SIGSYS: code %d, call %d, errno %d, arch %d\n", info->si_code, info->si_syscall == SYS_getppid, info->si_errno,
           info->si_arch == ARCH);
}

int main(int argc, char **argv)
{
    if (argc == 1 && !strcmp(argv[0], "again")) {
        CALL(syscall(SYS_getppid));
        printf("personality %x\n", personality(0xffffffff));
        return 0;
    }
    no_cores();
    setvbuf(stdout, 0, _IONBF, 0);
    CALL(prctl(PR_GET_SECCOMP));
    struct sock_fprog none = {0, 0};
    CALL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &none));
    CALL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 8));
    CALL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, &none));
    CALL(syscall(SYS_seccomp, 99, 0, 0));
    CALL(prctl(PR_SET_SECCOMP, 7, 0));
    unsigned action = SECCOMP_RET_TRAP;
    CALL(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
    action = 0x12340000;
    CALL(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
    CHILD("no privilege", {
        setuid(1000);
        CALL(install(SYS_getppid, SECCOMP_RET_ERRNO | EBUSY, 0));
        CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        CALL(install(SYS_getppid, SECCOMP_RET_ERRNO | EBUSY, 0));
        CALL(syscall(SYS_getppid));
        CALL(prctl(PR_GET_SECCOMP));
    });
    CHILD("an error", {
        CALL(install(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV, 1));
        CALL(syscall(SYS_getppid));
        SHOW(getpid() > 0);
        CHILD("inherited", CALL(syscall(SYS_getppid)));
        CALL(install(SYS_getppid, SECCOMP_RET_ERRNO | ENOSPC, 0));
        CALL(syscall(SYS_getppid));
        CALL(install(SYS_getppid, SECCOMP_RET_ERRNO | 0, 0));
        CALL(syscall(SYS_getppid));
        personality(ADDR_NO_RANDOMIZE);
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("kept by vfork and exec", {
        install(SYS_getppid, SECCOMP_RET_ERRNO | ELOOP, 0);
        personality(ADDR_NO_RANDOMIZE);
        pid_t pid = vfork();
        if (pid == 0) {
            execl("/proc/self/exe", "again", NULL);
            _exit(1);
        }
        int status;
        waitpid(pid, &status, 0);
        describe("again", status);
    });
    CHILD("by argument", {
        CALL(by_argument());
        CALL(syscall(SYS_getppid, 101));
        SHOW(syscall(SYS_getppid, 100) > 0);
    });
    CHILD("killed", install(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0); getppid());
    CHILD("killed thread", install(SYS_getppid, SECCOMP_RET_KILL_THREAD, 0); getppid());
    CHILD("nobody traces", install(SYS_getppid, SECCOMP_RET_TRACE, 0); CALL(syscall(SYS_getppid)));
    CHILD("let through", install(SYS_getppid, SECCOMP_RET_LOG, 0); SHOW(getppid() > 0));
    CHILD("trapped", {
        struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
        sigaction(SIGSYS, &sa, 0);
        install(SYS_getppid, SECCOMP_RET_TRAP | 55, 0);
        SHOW(syscall(SYS_getppid) == SYS_getppid);
    });
    CHILD("trapped without a handler", install(SYS_getppid, SECCOMP_RET_TRAP, 0); getppid());
    CHILD("the strictest counts", {
        install(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0);
        install(SYS_getppid, SECCOMP_RET_ERRNO | EBUSY, 0);
        getppid();
    });
    CHILD("strict", {
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
        write(1, "written\n", 8);
        syscall(SYS_exit, 3);
    });
    CHILD("strict, and more", {
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
        getppid();
    });
    return 0;
}
