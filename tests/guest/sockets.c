/* AF_UNIX sockets: streams, messages, names, descriptors that travel. */
#include "guest.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un name = {AF_UNIX, "/tmp/socket"};
#define NAME (struct sockaddr *)&name, sizeof name

static void streams(void)
{
    int s[2];
    char buffer[64];
    puts("-- streams");
    CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
    CALL(write(s[0], "hello", 5));
    CALL(recv(s[1], buffer, 3, MSG_PEEK));
    CALL(recv(s[1], buffer, 64, 0));
    CALL(recv(s[1], buffer, 64, MSG_DONTWAIT));
    CALL(shutdown(s[0], SHUT_WR));
    CALL(read(s[1], buffer, 1));
    CALL(write(s[0], "x", 1));
    CALL(send(s[0], "x", 1, MSG_NOSIGNAL));
    CALL(write(s[1], "y", 1));
    close(s[0]);
    /* Closed with unread data. */
    CALL(read(s[1], buffer, 1));
    CALL(read(s[1], buffer, 1));
    CALL(write(s[1], "y", 1));
    close(s[1]);
}

static void messages(void)
{
    int s[2], type;
    char buffer[64];
    socklen_t length = sizeof type;
    puts("-- messages");
    CALL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) == 0);
    CALL(write(s[0], "abcdef", 6));
    CALL(write(s[0], "gh", 2));
    CALL(read(s[1], buffer, 3));
    CALL(read(s[1], buffer, 64));
    getsockopt(s[0], SOL_SOCKET, SO_TYPE, &type, &length);
    SHOW(type);
    close(s[0]);
    close(s[1]);
}

static void pass_descriptor(void)
{
    int s[2], p[2], got;
    char control[CMSG_SPACE(sizeof(int))], byte = 'q', buffer[16];
    struct iovec io = {&byte, 1};
    struct msghdr m = {0};
    puts("-- descriptors");
    socketpair(AF_UNIX, SOCK_STREAM, 0, s);
    pipe(p);
    m.msg_iov = &io;
    m.msg_iovlen = 1;
    m.msg_control = control;
    m.msg_controllen = sizeof control;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &p[1], sizeof(int));
    CALL(sendmsg(s[0], &m, 0));
    close(p[1]);
    memset(control, 0, sizeof control);
    CALL(recvmsg(s[1], &m, 0));
    memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
    CALL(write(got, "via", 3));
    CALL(read(p[0], buffer, 16));
    close(got);
    CALL(read(p[0], buffer, 16));
}

static void names(void)
{
    char buffer[64];
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    puts("-- names");
    unlink(name.sun_path);
    CALL(connect(listener, NAME));
    CALL(bind(listener, NAME));
    CALL(listen(listener, 2));
    pid_t client = fork();
    if (client == 0) {
        int s = socket(AF_UNIX, SOCK_STREAM, 0);
        struct ucred peer;
        socklen_t length = sizeof peer;
        connect(s, NAME);
        getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &length);
        write(s, peer.pid == getppid() ? "right" : "wrong", 5);
        _exit(0);
    }
    waitpid(client, 0, 0);
    int accepted = accept(listener, 0, 0);
    SHOW(accepted >= 0);
    CALL(read(accepted, buffer, 64));
    printf("%.5s\n", buffer);
    CALL(read(accepted, buffer, 64));
    close(accepted);
    close(listener);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    CALL(connect(s, NAME));
    unlink(name.sun_path);
    CALL(connect(s, NAME));
    close(s);
    int d = socket(AF_UNIX, SOCK_DGRAM, 0), e = socket(AF_UNIX, SOCK_DGRAM, 0);
    CALL(bind(d, NAME));
    CALL(sendto(e, "dg", 2, 0, NAME));
    CALL(recv(d, buffer, 64, 0));
    CALL(send(e, "x", 1, 0));
    CALL(connect(e, NAME));
    CALL(send(e, "x", 1, 0));
    close(d);
    CALL(send(e, "x", 1, 0));
    CALL(socket(AF_UNIX, 77, 0));
    CALL(socket(AF_UNIX, SOCK_RDM, 0));
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    streams();
    messages();
    pass_descriptor();
    names();
    return 0;
}
