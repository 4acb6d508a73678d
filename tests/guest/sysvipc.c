/* System V message queues and semaphores. */
#include "guest.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

struct text {
    long kind;
    char text[100];
};
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};
static int semctl_(int id, int n, int cmd, long arg)
{
    union semun u = {.buf = (void *)arg};
    if (cmd == SETVAL)
        u.val = arg;
    return semctl(id, n, cmd, u);
}
static int op(int id, int n, int change, int flags)
{
    struct sembuf b = {n, change, flags};
    return semop(id, &b, 1);
}
static void on_alarm(int s) { (void)s; }

int main(void)
{
    setvbuf(stdout, 0, _IONBF, 0);
    struct text m = {1, "one"};
    int q = msgget(IPC_PRIVATE, 0600);
    SHOW(q >= 0);
    key_t key = 0x7a3a0000 | (getpid() & 0xffff);
    CALL(msgget(key, 0));
    int named = msgget(key, IPC_CREAT | IPC_EXCL | 0640);
    SHOW(named >= 0 && named != q);
    CALL(msgget(key, IPC_CREAT | IPC_EXCL | 0600));
    SHOW(msgget(key, 0) == named);
    SHOW(msgget(key, IPC_CREAT) == named);

    CALL(msgsnd(q, &m, 4, 0));
    m.kind = 5, strcpy(m.text, "five");
    CALL(msgsnd(q, &m, 5, 0));
    m.kind = 3, strcpy(m.text, "three");
    CALL(msgsnd(q, &m, 6, 0));
    CALL(msgrcv(q, &m, 100, 7, IPC_NOWAIT));
    CALL(msgrcv(q, &m, 3, 5, IPC_NOWAIT));
    CALL(msgrcv(q, &m, 100, -4, 0));
    printf("%ld %s\n", m.kind, m.text);
    CALL(msgrcv(q, &m, 100, -4, 0));
    printf("%ld %s\n", m.kind, m.text);
    CALL(msgrcv(q, &m, 3, 0, MSG_NOERROR));
    printf("%ld %.3s\n", m.kind, m.text);
    CALL(msgrcv(q, &m, 100, 0, IPC_NOWAIT));
    m.kind = 1;
    msgsnd(q, &m, 1, 0);
    m.kind = 2;
    msgsnd(q, &m, 2, 0);
    CALL(msgrcv(q, &m, 100, 1, MSG_EXCEPT));
    CALL(msgrcv(q, &m, 0, 0, MSG_NOERROR));
    /* Wrong. */
    m.kind = 0;
    CALL(msgsnd(q, &m, 1, 0));
    m.kind = 1;
    CALL(msgsnd(q, &m, 9000, 0));
    CALL(msgsnd(-1, &m, 1, 0));
    CALL(msgsnd(q, (void *)8, 1, 0));
    CALL(msgrcv(q, &m, -1, 0, IPC_NOWAIT));
    CALL(msgctl(q, 999, 0));
    /* State. */
    struct msqid_ds st;
    m.kind = 1;
    msgsnd(q, &m, 10, 0);
    msgsnd(q, &m, 20, 0);
    CALL(msgctl(q, IPC_STAT, &st));
    printf("%ld messages, %ld bytes of %ld, mode %o, %d %d\n", (long)st.msg_qnum, (long)st.__msg_cbytes, (long)st.msg_qbytes,
           st.msg_perm.mode, st.msg_lspid == getpid(), st.msg_stime != 0 && st.msg_ctime != 0);
    st.msg_perm.mode = 0644;
    st.msg_qbytes = 40;
    CALL(msgctl(q, IPC_SET, &st));
    CALL(msgsnd(q, &m, 20, IPC_NOWAIT));
    CALL(msgsnd(q, &m, 10, IPC_NOWAIT));
    msgctl(q, IPC_STAT, &st);
    printf("mode %o, %ld bytes of %ld\n", st.msg_perm.mode, (long)st.__msg_cbytes, (long)st.msg_qbytes);
    CHILD("another user", {
        setuid(1234);
        CALL(msgrcv(q, &m, 1, 99, IPC_NOWAIT));
        CALL(msgsnd(q, &m, 1, IPC_NOWAIT));
        CALL(msgctl(q, IPC_RMID, 0));
        CALL(msgctl(q, IPC_SET, &st));
        CALL(msgget(key, 0600));
    });
    /* Waiting. */
    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        while (msgrcv(q, &m, 100, 1, IPC_NOWAIT) >= 0);
        m.kind = 77, strcpy(m.text, "late");
        msgsnd(q, &m, 5, 0);
        _exit(0);
    }
    CALL(msgsnd(q, &m, 30, 0));
    CALL(msgrcv(q, &m, 100, 77, 0) > 0);
    printf("%s\n", m.text);
    waitpid(child, 0, 0);
    child = fork();
    if (child == 0) {
        int r = msgrcv(q, &m, 100, 1000, 0);
        _exit(r < 0 && errno == EIDRM ? 7 : 8);
    }
    usleep(20000);
    signal(SIGALRM, on_alarm);
    struct itimerval soon = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &soon, 0);
    CALL(msgrcv(q, &m, 100, 1000, 0));
    CALL(msgctl(q, IPC_RMID, 0));
    int status;
    waitpid(child, &status, 0);
    describe("removed under it", status);
    CALL(msgctl(q, IPC_STAT, &st));
    CALL(msgsnd(q, &m, 1, 0));
    CALL(msgctl(named, IPC_RMID, 0));

    /* Semaphores. */
    CALL(semget(key, 0, 0));
    CALL(semget(IPC_PRIVATE, 0, 0600));
    CALL(semget(IPC_PRIVATE, -1, 0600));
    CALL(semget(IPC_PRIVATE, 1000000, 0600));
    int s = semget(key, 3, IPC_CREAT | 0600);
    SHOW(s >= 0);
    SHOW(semget(key, 2, 0) == s);
    CALL(semget(key, 4, 0));
    CALL(semctl_(s, 0, GETVAL, 0));
    CALL(semctl_(s, 1, SETVAL, 5));
    CALL(semctl_(s, 1, GETVAL, 0));
    CALL(semctl_(s, 3, GETVAL, 0));
    CALL(semctl_(s, -1, SETVAL, 1));
    CALL(semctl_(s, 0, SETVAL, 32768));
    CALL(semctl_(s, 0, SETVAL, -1));
    unsigned short all[3] = {1, 2, 3};
    CALL(semctl_(s, 0, SETALL, (long)all));
    memset(all, 0, sizeof all);
    CALL(semctl_(s, 0, GETALL, (long)all));
    printf("%d %d %d\n", all[0], all[1], all[2]);
    SHOW(semctl_(s, 0, GETPID, 0) == getpid());
    CALL(op(s, 0, -1, 0));
    CALL(op(s, 0, -1, IPC_NOWAIT));
    CALL(op(s, 0, 0, IPC_NOWAIT));
    CALL(op(s, 1, 0, IPC_NOWAIT));
    CALL(op(s, 3, 1, 0));
    CALL(op(s, 0, 32767, 0));
    CALL(op(s, 0, 1, 0));
    CALL(op(s, 0, -32767, 0));
    struct sembuf two[2] = {{1, -2, IPC_NOWAIT}, {2, -4, IPC_NOWAIT}};
    CALL(semop(s, two, 2));
    CALL(semctl_(s, 1, GETVAL, 0));
    two[1].sem_op = -3;
    CALL(semop(s, two, 2));
    CALL(semop(s, two, 0));
    CALL(semop(s, (void *)8, 1));
    CALL(semop(-1, two, 1));
    struct timespec brief = {0, 20000000}, bad = {0, 2000000000};
    struct sembuf take = {0, -1, 0};
    CALL(semtimedop(s, &take, 1, &brief));
    CALL(semtimedop(s, &take, 1, &bad));
    setitimer(ITIMER_REAL, &soon, 0);
    CALL(op(s, 0, -1, 0));
    /* What a process took comes back at its end. */
    semctl_(s, 0, SETVAL, 4);
    CHILD("takes three", CALL(op(s, 0, -3, SEM_UNDO)); CALL(semctl_(s, 0, GETVAL, 0)));
    CALL(semctl_(s, 0, GETVAL, 0));
    CHILD("killed", op(s, 0, -2, SEM_UNDO); raise(SIGKILL));
    CALL(semctl_(s, 0, GETVAL, 0));
    /* Two processes. */
    semctl_(s, 0, SETVAL, 0);
    semctl_(s, 1, SETVAL, 0);
    child = fork();
    if (child == 0) {
        for (int i = 0; i < 100; i++) {
            op(s, 0, -1, 0);
            op(s, 1, 1, 0);
        }
        _exit(0);
    }
    for (int i = 0; i < 100; i++) {
        op(s, 0, 1, 0);
        op(s, 1, -1, 0);
    }
    waitpid(child, &status, 0);
    describe("in turn", status);
    child = fork();
    if (child == 0) {
        op(s, 0, 0, 0);
        _exit(op(s, 0, -1, 0) < 0 && errno == EIDRM ? 9 : 8);
    }
    for (int i = 0; i < 1000 && semctl_(s, 0, GETNCNT, 0) == 0; i++)
        usleep(1000);
    CALL(semctl_(s, 0, GETNCNT, 0));
    CALL(semctl_(s, 0, GETZCNT, 0));
    CALL(semctl_(s, 1, GETNCNT, 0));
    struct semid_ds sd;
    CALL(semctl_(s, 0, IPC_STAT, (long)&sd));
    printf("%ld semaphores, mode %o, %d\n", (long)sd.sem_nsems, sd.sem_perm.mode, sd.sem_otime != 0 && sd.sem_ctime != 0);
    sd.sem_perm.mode = 0604;
    CALL(semctl_(s, 0, IPC_SET, (long)&sd));
    CHILD("another user", {
        setuid(1234);
        CALL(semctl_(s, 0, GETVAL, 0));
        CALL(op(s, 0, 1, 0));
        CALL(op(s, 0, 0, IPC_NOWAIT));
        CALL(semctl_(s, 0, SETVAL, 0));
        CALL(semctl_(s, 0, IPC_RMID, 0));
    });
    CALL(semctl_(s, 0, IPC_RMID, 0));
    waitpid(child, &status, 0);
    describe("removed under it", status);
    CALL(op(s, 0, 1, 0));
    CALL(semctl_(s, 0, 999, 0));
    return 0;
}
