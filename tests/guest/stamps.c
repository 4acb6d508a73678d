/* What sockets tell of datagrams when asked: time stamps, addresses, time to live, type of service; on IPv4, IPv6 and
   local sockets. */
#include "guest.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static void take(const char *what, int s, int room)
{
    char data[16];
    _Alignas(16) char control[512];
    struct iovec v = {data, sizeof data};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
    ssize_t n = recvmsg(s, &m, MSG_DONTWAIT);
    printf("%s: %d, flags %x\n", what, (int)n, m.msg_flags);
    if (n < 0)
        return;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        unsigned char *d = CMSG_DATA(c);
        int len = c->cmsg_len - CMSG_LEN(0);
        printf("  level %d type %d", c->cmsg_level, c->cmsg_type);
        if (c->cmsg_level == SOL_SOCKET) {
            long long sec = len == 16 && sizeof(long) == 4 ? *(long long *)d : *(long *)d;
            long long rest = len == 16 && sizeof(long) == 4 ? ((long long *)d)[1] : ((long *)d)[1];
            int fraction = rest >= 0 && rest < (c->cmsg_type == SCM_TIMESTAMP || c->cmsg_type == 63 ? 1000000 : 1000000000);
            printf(" words %d near %d fraction %d\n", (int)(len / (c->cmsg_type >= 63 ? 8 : sizeof(long))), llabs(sec - time(0)) < 10, fraction);
            continue;
        }
        printf(" length %d:", len);
        for (int i = 0; i < len; i++)
            printf(" %02x", d[i]);
        puts("");
    }
}

#define ON(s, level, name) ({ int on_ = 1; printf(#name " on: %d\n", setsockopt(s, level, name, &on_, sizeof on_)); })
#define OFF(s, level, name) ({ int on_ = 0; printf(#name " off: %d\n", setsockopt(s, level, name, &on_, sizeof on_)); })
static int get(int s, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    getsockopt(s, level, name, &value, &len);
    return value;
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);

    int r = socket(AF_INET, SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in a = {AF_INET}, to;
    socklen_t len = sizeof a;
    bind(r, (void *)&a, len);
    getsockname(r, (void *)&a, &len);
    to = a;
    to.sin_addr.s_addr = htonl(0x7f000005);
    puts("-- IPv4");
    sendto(s, "nothing", 7, 0, (void *)&to, len);
    take("nothing asked", r, 512);
    ON(r, SOL_SOCKET, SO_TIMESTAMP);
    sendto(s, "time", 4, 0, (void *)&to, len);
    take("time", r, 512);
    ON(r, SOL_SOCKET, SO_TIMESTAMPNS);
    SHOW(get(r, SOL_SOCKET, SO_TIMESTAMP));
    SHOW(get(r, SOL_SOCKET, SO_TIMESTAMPNS));
    sendto(s, "time", 4, 0, (void *)&to, len);
    take("nanoseconds", r, 512);
    ON(r, SOL_SOCKET, 63);
    sendto(s, "time", 4, 0, (void *)&to, len);
    take("wide", r, 512);
    OFF(r, SOL_SOCKET, 63);
    sendto(s, "time", 4, 0, (void *)&to, len);
    take("off", r, 512);
    ON(r, SOL_IP, IP_PKTINFO);
    ON(r, SOL_IP, IP_RECVTTL);
    ON(r, SOL_IP, IP_RECVTOS);
    sendto(s, "all", 3, 0, (void *)&to, len);
    take("all", r, 512);
    ON(r, SOL_SOCKET, SO_TIMESTAMP);
    int ttl = 7, tos = 0x10;
    CALL(setsockopt(s, SOL_IP, IP_TTL, &ttl, sizeof ttl));
    CALL(setsockopt(s, SOL_IP, IP_TOS, &tos, sizeof tos));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sendto(s, "all", 3, 0, (void *)&to, len);
    OFF(r, SOL_SOCKET, SO_TIMESTAMP);
    take("of the sender", r, 512);
    sendto(s, "all", 3, 0, (void *)&to, len);
    take("no room", r, 0);
    char b[8];
    sendto(s, "all", 3, 0, (void *)&to, len);
    CALL(recv(r, b, sizeof b, 0));

    puts("-- IPv6");
    int r6 = socket(AF_INET6, SOCK_DGRAM, 0), s6 = socket(AF_INET6, SOCK_DGRAM, 0);
    struct sockaddr_in6 a6 = {AF_INET6}, to6;
    len = sizeof a6;
    bind(r6, (void *)&a6, len);
    getsockname(r6, (void *)&a6, &len);
    to6 = a6;
    to6.sin6_addr = in6addr_loopback;
    ON(r6, SOL_IPV6, IPV6_RECVPKTINFO);
    ON(r6, SOL_IPV6, IPV6_RECVHOPLIMIT);
    ON(r6, SOL_IPV6, IPV6_RECVTCLASS);
    ON(r6, SOL_SOCKET, SO_TIMESTAMPNS);
    sendto(s6, "six", 3, 0, (void *)&to6, len);
    take("all", r6, 512);
    to.sin_port = a6.sin6_port;
    sendto(s, "four", 4, 0, (void *)&to, sizeof to);
    take("of IPv4", r6, 512);

    puts("-- local");
    int l[2];
    socketpair(AF_UNIX, SOCK_DGRAM, 0, l);
    ON(l[1], SOL_SOCKET, SO_TIMESTAMP);
    write(l[0], "x", 1);
    take("a datagram", l[1], 512);
    return 0;
}
