/* Calls that say how things are: scheduling attributes, I/O priorities, name spaces, file handles, prctl, one's own memory. */
#include "guest.h"
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

struct attr {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t least, most;
};

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    struct attr a = {0};
    CALL(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
    printf("size %d policy %d nice %d\n", a.size, a.policy, a.nice);
    CALL(syscall(SYS_sched_getattr, 0, &a, 40, 0));
    CALL(syscall(SYS_sched_getattr, 0, &a, sizeof a, 1));
    CALL(syscall(SYS_sched_getattr, -1, &a, sizeof a, 0));
    CALL(syscall(SYS_sched_getattr, 999999, &a, sizeof a, 0));
    CALL(syscall(SYS_sched_getattr, 0, 8, sizeof a, 0));
    a = (struct attr){.size = sizeof a, .nice = 3};
    CALL(syscall(SYS_sched_setattr, 0, &a, 0));
    CALL(getpriority(PRIO_PROCESS, 0));
    CALL(syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
    SHOW(a.nice);
    a.size = 10;
    CALL(syscall(SYS_sched_setattr, 0, &a, 0));
    a = (struct attr){.size = sizeof a, .policy = 99};
    CALL(syscall(SYS_sched_setattr, 0, &a, 0));
    CALL(syscall(SYS_sched_setattr, 0, 0, 0));
    struct timespec t;
    CALL(sched_rr_get_interval(0, &t));
    CALL(sched_rr_get_interval(-1, &t));
    CALL(sched_rr_get_interval(999999, &t));

    CALL(syscall(SYS_ioprio_get, 1, 0));
    CALL(syscall(SYS_ioprio_get, 9, 0));
    CALL(syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 4));
    printf("I/O priority %#x\n", (int)syscall(SYS_ioprio_get, 1, 0));
    CALL(syscall(SYS_ioprio_set, 1, 0, 3 << 13));
    CALL(syscall(SYS_ioprio_set, 9, 0, 0));
    CALL(syscall(SYS_ioprio_set, 1, 0, 7 << 13));

    CALL(unshare(0));
    CALL(unshare(CLONE_FILES));
    CALL(unshare(CLONE_FS | CLONE_SYSVSEM));
    CALL(unshare(1));
    CHILD("as a user", {
        setuid(1000);
        CALL(unshare(CLONE_NEWNS));
        CALL(syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    });
    CALL(setns(999, 0));
    CALL(setns(0, 0));

    struct {
        uint32_t bytes;
        int32_t type;
        unsigned char f[128];
    } handle = {128};
    int id;
    CALL(syscall(SYS_name_to_handle_at, AT_FDCWD, "/nowhere", &handle, &id, 0));
    CALL(syscall(SYS_name_to_handle_at, AT_FDCWD, 8, &handle, &id, 0));

    /* One's own memory. */
    char from[] = "some text to copy", to[32] = "";
    struct iovec l[2] = {{to, 4}, {to + 10, 5}}, r[2] = {{from + 5, 3}, {from, 20}};
    CALL(syscall(SYS_process_vm_readv, getpid(), l, 2, r, 2, 0));
    printf("%s %s\n", to, to + 10);
    struct iovec l2 = {"WRITTEN", 7}, r2 = {from + 1, 7};
    CALL(syscall(SYS_process_vm_writev, getpid(), &l2, 1, &r2, 1, 0));
    puts(from);
    r2.iov_base = (void *)8;
    CALL(syscall(SYS_process_vm_readv, getpid(), l, 2, &r2, 1, 0));
    r[1].iov_base = (void *)8;
    CALL(syscall(SYS_process_vm_readv, getpid(), l, 2, r, 2, 0));
    CALL(syscall(SYS_process_vm_readv, getpid(), l, 2, r, 2, 1));
    CALL(syscall(SYS_process_vm_readv, getpid(), l, 5000, r, 2, 0));
    CALL(syscall(SYS_process_vm_readv, 999999, l, 2, r, 2, 0));

    /* prctl. */
    CALL(prctl(PR_SET_TIMERSLACK, 12345));
    CALL(prctl(PR_GET_TIMERSLACK));
    CALL(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    CALL(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    CALL(prctl(PR_GET_TIMING));
    CALL(prctl(PR_SET_TIMING, 0));
    CALL(prctl(PR_SET_TIMING, 1));
    CALL(prctl(PR_TASK_PERF_EVENTS_DISABLE));
    CALL(prctl(PR_GET_UNALIGN, from));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0));
    CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
    CALL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    CALL(prctl(PR_GET_SECUREBITS));
    CALL(prctl(PR_CAPBSET_READ, 1));
    CALL(prctl(PR_CAPBSET_READ, 99));
    CALL(prctl(PR_SET_PDEATHSIG, 99));
    CALL(prctl(PR_SET_DUMPABLE, 5));
    CALL(prctl(99999));
    CHILD("keeps its capabilities", CALL(prctl(PR_SET_KEEPCAPS, 1)); CALL(prctl(PR_GET_KEEPCAPS)));
    return 0;
}
