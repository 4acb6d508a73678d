/* Who is at the other end of a local socket; abstract names; packets with their ends; descriptors in flight. */
#include "guest.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <stddef.h>

static const char *name_of(pid_t pid, pid_t me, pid_t child)
{
    return pid == 0 ? "nobody" : pid == me ? "parent" : pid == child ? "child" : "somebody";
}

/* Sends one byte, with credentials unless `claimed` is null, and with a descriptor unless it is negative. */
static long tell(int s, const struct ucred *claimed, int fd)
{
    union {
        char room[CMSG_SPACE(sizeof *claimed) + CMSG_SPACE(sizeof fd)];
        struct cmsghdr align;
    } c;
    memset(&c, 0, sizeof c);
    struct iovec v = {"x", 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    size_t used = 0;
    if (claimed) {
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_CREDENTIALS;
        h->cmsg_len = CMSG_LEN(sizeof *claimed);
        memcpy(CMSG_DATA(h), claimed, sizeof *claimed);
        used += CMSG_SPACE(sizeof *claimed);
        h = CMSG_NXTHDR(&m, h);
    }
    if (fd >= 0) {
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(h), &fd, sizeof fd);
        used += CMSG_SPACE(sizeof fd);
    }
    m.msg_controllen = used;
    if (!used)
        m.msg_control = 0;
    return sendmsg(s, &m, 0);
}

static void hear(int s, pid_t me, pid_t child)
{
    char byte;
    union {
        char room[200];
        struct cmsghdr align;
    } c;
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c};
    long n = recvmsg(s, &m, 0);
    printf("  %ld, flags %x", n, m.msg_flags);
    for (struct cmsghdr *h = n < 0 ? 0 : CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
        if (h->cmsg_type == SCM_CREDENTIALS) {
            struct ucred u;
            memcpy(&u, CMSG_DATA(h), sizeof u);
            printf(", credentials of %s %d:%d", name_of(u.pid, me, child), u.uid, u.gid);
        } else {
            int fd;
            memcpy(&fd, CMSG_DATA(h), sizeof fd);
            printf(", a descriptor that %s", fcntl(fd, F_GETFD) >= 0 ? "works" : "does not");
            close(fd);
        }
    }
    printf("\n");
}

static void peer(int s, pid_t me, pid_t child)
{
    struct ucred u = {-1, -1, -1};
    socklen_t n = sizeof u;
    int r = getsockopt(s, SOL_SOCKET, SO_PEERCRED, &u, &n);
    printf("  peer %d: %s %d:%d\n", r, name_of(u.pid, me, child), u.uid, u.gid);
}

static socklen_t abstract(struct sockaddr_un *a, const char *name, int n)
{
    memset(a, 0, sizeof *a);
    a->sun_family = AF_UNIX;
    memcpy(a->sun_path + 1, name, n);
    return offsetof(struct sockaddr_un, sun_path) + 1 + n;
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    int s[2], one = 1;
    pid_t me = getpid();
    printf("pairs\n");
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    peer(s[0], me, 0);
    tell(s[0], 0, -1);
    hear(s[1], me, 0);
    tell(s[0], 0, 1);
    hear(s[1], me, 0);
    CALL(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one));
    tell(s[0], 0, -1);
    hear(s[1], me, 0);
    struct ucred mine = {me, 0, 0}, other = {1, 5, 6}, nobody = {99999, 0, 0};
    CALL(tell(s[0], &mine, 1));
    hear(s[1], me, 0);
    CALL(tell(s[0], &nobody, -1));
    CHILD("a user", setgid(1000); setuid(1000); mine.pid = getpid(); CALL(tell(s[0], &mine, -1)); CALL(tell(s[0], &other, -1));
          mine.uid = mine.gid = 1000; CALL(tell(s[0], &mine, -1)); CALL(tell(s[0], 0, -1)));
    hear(s[1], me, 0);
    hear(s[1], me, 0);
    CALL(recv(s[1], &one, 1, MSG_DONTWAIT));

    printf("abstract names\n");
    struct sockaddr_un a;
    socklen_t n = abstract(&a, "tawaki\0test", 11);
    int l = socket(AF_UNIX, SOCK_SEQPACKET, 0), c = socket(AF_UNIX, SOCK_SEQPACKET, 0), again = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    CALL(connect(c, (void *)&a, n));
    CALL(bind(l, (void *)&a, n));
    CALL(bind(again, (void *)&a, n));
    CALL(bind(again, (void *)&a, n - 1));
    CALL(connect(c, (void *)&a, n));
    CALL(listen(l, 1));
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        setgid(1000);
        setuid(1000);
        connect(c, (void *)&a, n);
        write(c, "first", 5);
        write(c, "the second", 10);
        write(c, "", 0);
        char byte;
        read(c, &byte, 1);
        _exit(0);
    }
    int got = accept(l, 0, 0);
    peer(got, me, pid);
    char buffer[64];
    struct sockaddr_un back;
    socklen_t len = sizeof back;
    CALL(getsockname(got, (void *)&back, &len));
    printf("  a name of %d bytes, the same: %d\n", (int)len, !memcmp(&back, &a, n));
    len = sizeof back;
    CALL(getpeername(got, (void *)&back, &len));
    printf("  a name of %d bytes\n", (int)len);
    struct iovec v = {buffer, 4};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
    CALL(recvmsg(got, &m, 0));
    SHOW(m.msg_flags & (MSG_TRUNC | MSG_EOR));
    CALL(recv(got, buffer, 4, MSG_TRUNC));
    CALL(recv(got, buffer, 4, 0));
    close(got);
    waitpid(pid, 0, 0);
    close(l);
    CALL(connect(again, (void *)&a, n));
    int d = socket(AF_UNIX, SOCK_DGRAM, 0);
    CALL(bind(d, (void *)&(sa_family_t){AF_UNIX}, sizeof(sa_family_t)));
    len = sizeof back;
    CALL(getsockname(d, (void *)&back, &len));
    printf("  chosen: %d bytes, abstract %d\n", (int)len, back.sun_path[0] == 0);
    CALL(connect(d, (void *)&a, n));
    return 0;
}
