/* Local sockets: pairs, streams, datagrams, addresses. */
#include "guest.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    int s[2];
    char b[100];
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CALL(write(s[0], "to one", 6));
    CALL(send(s[1], "to zero", 7, 0));
    CALL(read(s[1], b, 100));
    CALL(recv(s[0], b, 3, MSG_PEEK));
    CALL(recv(s[0], b, 100, 0));
    CALL(recv(s[0], b, 100, MSG_DONTWAIT));
    struct pollfd p = {s[0], POLLIN | POLLOUT, 0};
    CALL(poll(&p, 1, 0));
    SHOW(p.revents == POLLOUT);
    CHILD("child speaks", write(s[1], "hello", 5));
    CALL(read(s[0], b, 100));
    CALL(shutdown(s[1], SHUT_WR));
    CALL(read(s[0], b, 100));
    CALL(write(s[1], "x", 1));
    CALL(write(s[0], "x", 1));
    close(s[1]);
    CALL(write(s[0], "x", 1));
    close(s[0]);

    CALL(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    CALL(write(s[0], "one", 3));
    CALL(write(s[0], "two!", 4));
    CALL(read(s[1], b, 2));
    CALL(read(s[1], b, 100));
    close(s[0]);
    close(s[1]);

    unlink("/tmp/socket");
    struct sockaddr_un address = {AF_UNIX, "/tmp/socket"};
    int l = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address));
    CALL(bind(l, (void *)&address, sizeof address));
    CALL(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address));
    CALL(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address));
    CALL(listen(l, 5));
    fflush(stdout);
    if (fork() == 0) {
        int c = socket(AF_UNIX, SOCK_STREAM, 0);
        connect(c, (void *)&address, sizeof address);
        write(c, "ping", 4);
        read(c, b, 4);
        _exit(memcmp(b, "pong", 4) != 0);
    }
    int c = accept(l, 0, 0);
    SHOW(c >= 0);
    CALL(read(c, b, 100));
    CALL(write(c, "pong", 4));
    CALL(read(c, b, 100));
    int status;
    wait(&status);
    describe("client", status);
    CALL(socket(AF_UNIX, 99, 0));
    CALL(socket(999, SOCK_STREAM, 0));
    CALL(accept(c, 0, 0));
    CALL(listen(0, 1));
    struct stat st;
    stat("/tmp/socket", &st);
    SHOW(S_ISSOCK(st.st_mode));
    CALL(open("/tmp/socket", O_RDWR));

    /* A descriptor travels. */
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    int pipe_[2];
    pipe(pipe_);
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {"f", 1};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(h), &pipe_[1], sizeof(int));
    CALL(sendmsg(s[0], &m, 0));
    close(pipe_[1]);
    memset(control, 0, sizeof control);
    iov.iov_base = b;
    CALL(recvmsg(s[1], &m, 0));
    int got = -1;
    if ((h = CMSG_FIRSTHDR(&m)))
        memcpy(&got, CMSG_DATA(h), sizeof got);
    CALL(write(got, "through", 7));
    CALL(read(pipe_[0], b, 100));
    return 0;
}
