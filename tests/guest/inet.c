/* TCP and UDP over the loopback: addresses, connections, errors, options, waiting. */
#include "guest.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static struct sockaddr_in v4(const char *ip, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, ip, &a.sin_addr);
    return a;
}

static struct sockaddr_in6 v6(const char *ip, int port)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, ip, &a.sin6_addr);
    return a;
}

static int port_of(int s)
{
    struct sockaddr_in6 a;
    socklen_t n = sizeof a;
    getsockname(s, (void *)&a, &n);
    return ntohs(a.sin6_port);
}

static void show(const char *what, int s, int peer)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof a;
    char text[64] = "";
    int r = peer ? getpeername(s, (void *)&a, &n) : getsockname(s, (void *)&a, &n);
    if (r < 0) {
        printf("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    if (a.ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr, text, sizeof text);
    printf("%s: family %d length %d %s\n", what, a.ss_family, n, text);
}

static int option(int s, int level, int name)
{
    int value = -1;
    socklen_t n = sizeof value;
    if (getsockopt(s, level, name, &value, &n) < 0)
        return -errno;
    return value;
}

static int events(int s)
{
    struct pollfd p = {s, POLLIN | POLLOUT | POLLRDHUP, 0};
    poll(&p, 1, 50);
    return p.revents;
}

#define AT(a) (struct sockaddr *)&a, sizeof a

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    char b[200];
    int on = 1, port;

    /* What cannot be made or named. */
    CALL(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
    CALL(socket(AF_INET, SOCK_SEQPACKET, 0));
    CALL(socket(AF_INET, 77, 0));
    int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    SHOW(fcntl(l, F_GETFD));
    struct sockaddr_in any = v4("0.0.0.0", 0), self = v4("127.0.0.1", 0), far = v4("198.51.100.7", 80);
    struct sockaddr_in6 self6 = v6("::1", 0), any6 = v6("::", 0);
    CALL(bind(l, AT(far)));
    CALL(bind(l, (void *)&self, 4));
    CALL(bind(l, AT(self6)));
    CALL(bind(0, AT(self)));
    CALL(bind(99, AT(self)));
    CALL(accept(l, 0, 0));
    show("unbound", l, 0);
    show("no peer", l, 1);
    SHOW(events(l) == (POLLOUT | POLLHUP));
    CALL(bind(l, AT(self)));
    CALL(bind(l, AT(self)));
    show("bound", l, 0);
    port = port_of(l);
    SHOW(port >= 1024);
    self.sin_port = htons(port);
    int c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    CALL(bind(c, AT(self)));
    CALL(listen(l, 2));
    CALL(listen(l, 5));
    SHOW(option(l, SOL_SOCKET, SO_ACCEPTCONN));
    SHOW(events(l));
    CALL(connect(l, AT(self)));
    CALL(send(c, "x", 1, 0));
    CALL(recv(c, b, 1, 0));

    /* A connection. */
    CALL(connect(c, AT(self)));
    CALL(connect(c, AT(self)));
    SHOW(events(l) == POLLIN);
    struct sockaddr_in from;
    socklen_t n = sizeof from;
    int s = accept4(l, (void *)&from, &n, SOCK_NONBLOCK);
    SHOW(s > 0);
    SHOW(n);
    SHOW(from.sin_family == AF_INET && ntohl(from.sin_addr.s_addr) == INADDR_LOOPBACK);
    SHOW(ntohs(from.sin_port) == port_of(c));
    SHOW(port_of(s) == port);
    SHOW((fcntl(s, F_GETFL) & O_NONBLOCK) != 0);
    show("client", c, 0);
    show("its peer", c, 1);
    show("server's peer", s, 1);
    CALL(recv(s, b, 10, 0));
    CALL(write(c, "hello world", 11));
    CALL(recv(s, b, 5, MSG_PEEK));
    CALL(recv(s, b, 5, 0));
    int count = -1;
    CALL(ioctl(s, FIONREAD, &count));
    SHOW(count);
    CALL(recv(s, b, 100, 0));
    SHOW(memcmp(b, " world", 6));
    CALL(recv(s, b, 100, MSG_DONTWAIT));
    CALL(recv(s, b, 1, MSG_OOB));
    SHOW(events(s) == POLLOUT);
    n = sizeof from;
    CALL(write(c, "abc", 3));
    CALL(recvfrom(s, b, 100, 0, (void *)&from, &n));
    SHOW(n);
    CHILD("pieces for MSG_WAITALL", write(c, "12345", 5); usleep(50000); write(c, "67890", 5));
    fcntl(s, F_SETFL, 0);
    CALL(recv(s, b, 10, MSG_WAITALL));
    SHOW(option(s, SOL_SOCKET, SO_TYPE));
    SHOW(option(s, SOL_SOCKET, SO_PROTOCOL));
    SHOW(option(s, SOL_SOCKET, SO_DOMAIN));
    SHOW(option(s, SOL_SOCKET, SO_ERROR));
    SHOW(option(s, IPPROTO_TCP, TCP_NODELAY));
    CALL(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    SHOW(option(s, IPPROTO_TCP, TCP_NODELAY));
    CALL(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
    SHOW(option(s, SOL_SOCKET, SO_KEEPALIVE));
    CALL(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &on, 2));
    CALL(setsockopt(s, SOL_SOCKET, 9999, &on, sizeof on));
    CALL(setsockopt(s, IPPROTO_TCP, 9999, &on, sizeof on));

    /* Ends. */
    CALL(shutdown(c, SHUT_WR));
    CALL(write(c, "x", 1));
    SHOW(events(s) == (POLLIN | POLLOUT | POLLRDHUP));
    CALL(read(s, b, 10));
    CALL(write(s, "still", 5));
    CALL(read(c, b, 10));
    CALL(close(s));
    SHOW(events(c) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP));
    CALL(read(c, b, 10));
    CALL(close(c));

    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    s = accept(l, 0, 0);
    close(s);
    usleep(20000);
    SHOW(events(c) == (POLLIN | POLLOUT | POLLRDHUP));
    CALL(write(c, "into a closed one", 17));
    usleep(20000);
    CALL(write(c, "x", 1));
    CALL(read(c, b, 10));
    close(c);

    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    s = accept(l, 0, 0);
    CALL(write(c, "unread", 6));
    usleep(20000);
    close(s);
    usleep(20000);
    SHOW(events(c) == (POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
    CALL(read(c, b, 10));
    CALL(read(c, b, 10));
    CALL(write(c, "x", 1));
    show("after a reset", c, 1);
    close(c);

    struct linger none = {1, 0};
    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    s = accept(l, 0, 0);
    CALL(setsockopt(c, SOL_SOCKET, SO_LINGER, &none, sizeof none));
    close(c);
    usleep(20000);
    SHOW(option(s, SOL_SOCKET, SO_ERROR) == ECONNRESET);
    SHOW(option(s, SOL_SOCKET, SO_ERROR));
    close(s);

    /* Without waiting. */
    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CALL(connect(c, AT(self)));
    SHOW(events(c) == POLLOUT);
    SHOW(option(c, SOL_SOCKET, SO_ERROR));
    CALL(connect(c, AT(self)));
    CALL(connect(c, AT(self)));
    s = accept(l, 0, 0);
    close(s);
    close(c);
    int closed = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in nobody = v4("127.0.0.1", 0);
    bind(closed, AT(nobody));
    nobody.sin_port = htons(port_of(closed));
    c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    CALL(connect(c, AT(nobody)));
    SHOW(events(c) == (POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP));
    SHOW(option(c, SOL_SOCKET, SO_ERROR) == ECONNREFUSED);
    SHOW(option(c, SOL_SOCKET, SO_ERROR));
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(nobody)));
    close(c);

    /* A listener that goes away, and one that is shut. */
    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    close(l);
    usleep(20000);
    CALL(read(c, b, 1));
    close(c);
    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    close(c);

    /* Addresses in use. */
    int x = socket(AF_INET, SOCK_STREAM, 0), y = socket(AF_INET, SOCK_STREAM, 0);
    any.sin_port = 0;
    CALL(bind(x, AT(any)));
    port = port_of(x);
    any.sin_port = self.sin_port = htons(port);
    CALL(bind(y, AT(self)));
    setsockopt(x, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(y, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    CALL(bind(y, AT(self)));
    CALL(listen(x, 1));
    CALL(listen(y, 1));
    int z = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(z, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    CALL(bind(z, AT(any)));
    close(z);
    close(y);
    close(x);
    x = socket(AF_INET, SOCK_STREAM, 0);
    y = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(x, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(y, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    any.sin_port = 0;
    bind(x, AT(any));
    any.sin_port = htons(port_of(x));
    CALL(bind(y, AT(any)));
    CALL(listen(x, 1));
    CALL(listen(y, 1));
    close(x);
    close(y);

    /* IPv6, and IPv4 through it. */
    int l6 = socket(AF_INET6, SOCK_STREAM, 0);
    CALL(bind(l6, AT(any6)));
    CALL(listen(l6, 5));
    port = port_of(l6);
    show("wildcard", l6, 0);
    self.sin_port = self6.sin6_port = htons(port);
    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    s = accept(l6, 0, 0);
    show("mapped", s, 0);
    show("mapped peer", s, 1);
    close(c);
    close(s);
    c = socket(AF_INET6, SOCK_STREAM, 0);
    CALL(connect(c, AT(self6)));
    s = accept(l6, 0, 0);
    show("IPv6", s, 0);
    show("IPv6 peer", s, 1);
    CALL(connect(c, AT(self)));
    close(c);
    close(s);
    close(l6);
    l6 = socket(AF_INET6, SOCK_STREAM, 0);
    SHOW(option(l6, IPPROTO_IPV6, IPV6_V6ONLY));
    setsockopt(l6, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    any6.sin6_port = 0;
    CALL(bind(l6, AT(any6)));
    CALL(listen(l6, 5));
    self.sin_port = htons(port_of(l6));
    c = socket(AF_INET, SOCK_STREAM, 0);
    CALL(connect(c, AT(self)));
    close(c);
    close(l6);

    /* Datagrams. */
    int u = socket(AF_INET, SOCK_DGRAM, 0), w = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(send(w, "x", 1, 0));
    CALL(listen(u, 1));
    CALL(accept(u, 0, 0));
    self.sin_port = 0;
    CALL(bind(u, AT(self)));
    port = port_of(u);
    self.sin_port = htons(port);
    CALL(sendto(w, "datagram", 8, 0, AT(self)));
    CALL(sendto(w, "", 0, 0, AT(self)));
    CALL(sendto(w, "third", 5, 0, (void *)&self, 3));
    n = sizeof from;
    CALL(recvfrom(u, b, 100, 0, (void *)&from, &n));
    SHOW(n);
    SHOW(ntohs(from.sin_port) == port_of(w) && ntohl(from.sin_addr.s_addr) == INADDR_LOOPBACK);
    CALL(recv(u, b, 100, 0));
    CALL(recv(u, b, 100, MSG_DONTWAIT));
    CALL(sendto(u, "back", 4, 0, (void *)&from, n));
    CALL(recv(w, b, 2, MSG_TRUNC));
    SHOW(events(u) == POLLOUT);
    CALL(connect(w, AT(self)));
    show("connected", w, 0);
    show("to", w, 1);
    CALL(send(w, "more", 4, 0));
    CALL(read(u, b, 100));
    int other = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in mine = v4("127.0.0.1", port_of(w));
    CALL(sendto(other, "stranger", 8, 0, AT(mine)));
    CALL(recv(w, b, 100, MSG_DONTWAIT));
    close(u);
    CALL(send(w, "nobody", 6, 0));
    usleep(20000);
    CALL(send(w, "nobody", 6, 0));
    CALL(send(w, "nobody", 6, 0));
    usleep(20000);
    CALL(recv(w, b, 1, 0));
    struct sockaddr none_ = {AF_UNSPEC};
    CALL(connect(w, &none_, sizeof none_));
    show("dissolved", w, 1);
    static char big[66000];
    CALL(sendto(w, big, sizeof big, 0, AT(self)));
    self.sin_port = 0;
    CALL(sendto(w, b, 1, 0, AT(self)));
    struct sockaddr_in all = v4("255.255.255.255", 9);
    CALL(sendto(w, b, 1, 0, AT(all)));
    u = socket(AF_INET6, SOCK_DGRAM, 0);
    any6.sin6_port = 0;
    CALL(bind(u, AT(any6)));
    self.sin_port = htons(port_of(u));
    CALL(sendto(w, "mapped", 6, 0, AT(self)));
    struct sockaddr_in6 from6;
    n = sizeof from6;
    CALL(recvfrom(u, b, 100, 0, (void *)&from6, &n));
    SHOW(n);
    SHOW(IN6_IS_ADDR_V4MAPPED(&from6.sin6_addr));
    CALL(sendto(u, "reply", 5, 0, (void *)&from6, n));
    CALL(recv(w, b, 100, 0));
    close(u);
    close(w);

    /* Timeouts. */
    struct timeval tenth = {0, 100000}, got = {9, 9};
    u = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(setsockopt(u, SOL_SOCKET, SO_RCVTIMEO, &tenth, sizeof tenth));
    n = sizeof got;
    CALL(getsockopt(u, SOL_SOCKET, SO_RCVTIMEO, &got, &n));
    SHOW(got.tv_sec);
    SHOW(got.tv_usec > 90000 && got.tv_usec < 110000);
    CALL(recv(u, b, 1, 0));
    close(u);

    /* Edges. */
    l = socket(AF_INET, SOCK_STREAM, 0);
    self.sin_port = 0;
    bind(l, AT(self));
    listen(l, 5);
    self.sin_port = htons(port_of(l));
    c = socket(AF_INET, SOCK_STREAM, 0);
    connect(c, AT(self));
    s = accept4(l, 0, 0, SOCK_NONBLOCK);
    int e = epoll_create1(0);
    struct epoll_event ev = {EPOLLIN | EPOLLET, {.fd = s}};
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, s, &ev));
    CALL(epoll_wait(e, &ev, 1, 0));
    write(c, "abcdef", 6);
    CALL(epoll_wait(e, &ev, 1, 1000));
    CALL(read(s, b, 2));
    CALL(epoll_wait(e, &ev, 1, 0));
    write(c, "g", 1);
    CALL(epoll_wait(e, &ev, 1, 1000));
    SHOW(ev.events == EPOLLIN);
    ev.events = EPOLLIN | EPOLLONESHOT;
    CALL(epoll_ctl(e, EPOLL_CTL_MOD, s, &ev));
    CALL(epoll_wait(e, &ev, 1, 1000));
    CALL(epoll_wait(e, &ev, 1, 0));
    /* Filled until it blocks; room comes as an edge. */
    fcntl(c, F_SETFL, O_NONBLOCK);
    ev.events = EPOLLOUT | EPOLLET;
    ev.data.fd = c;
    CALL(epoll_ctl(e, EPOLL_CTL_ADD, c, &ev));
    CALL(epoll_wait(e, &ev, 1, 1000));
    while (write(c, big, sizeof big) > 0)
        ;
    SHOW(errno == EAGAIN);
    CALL(epoll_wait(e, &ev, 1, 0));
    while (read(s, big, sizeof big) > 0)
        usleep(1000);
    CALL(epoll_wait(e, &ev, 1, 1000));
    SHOW(ev.events == EPOLLOUT && ev.data.fd == c);
    return 0;
}
