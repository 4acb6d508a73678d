/* What programs ask about network interfaces: netlink, ioctl, the C library's functions. */
#include "guest.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int talk(int s, int type, int flags, int family)
{
    struct { struct nlmsghdr h; struct ifaddrmsg m; char rest[16]; } q = {0};
    q.h = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(16), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = 77};
    q.m.ifa_family = family;
    return send(s, &q, q.h.nlmsg_len, 0);
}

/* Reads answers until the end; prints what is about interface 1. */
static void answers(int s)
{
    static char b[65536];
    struct sockaddr_nl from;
    for (;;) {
        struct iovec v = {b, sizeof b};
        struct msghdr m = {&from, sizeof from, &v, 1};
        ssize_t n = recvmsg(s, &m, 0);
        if (n <= 0)
            return;
        if (from.nl_family != AF_NETLINK || from.nl_pid != 0)
            puts("not from the kernel");
        for (struct nlmsghdr *h = (void *)b; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
            if (h->nlmsg_seq != 77)
                puts("wrong sequence");
            if (h->nlmsg_type == NLMSG_DONE) {
                puts("done");
                return;
            }
            if (h->nlmsg_type == NLMSG_ERROR) {
                int e = -((struct nlmsgerr *)NLMSG_DATA(h))->error;
                printf("error %s\n", e ? strerrorname_np(e) : "none");
                return;
            }
            if (h->nlmsg_type == RTM_NEWLINK) {
                struct ifinfomsg *i = NLMSG_DATA(h);
                if (i->ifi_index != 1)
                    continue;
                printf("link: type %d flags %x\n", i->ifi_type, i->ifi_flags & 0xffff);
                int left = IFLA_PAYLOAD(h);
                for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
                    if (a->rta_type == IFLA_IFNAME)
                        printf("  name %s\n", (char *)RTA_DATA(a));
                    if (a->rta_type == IFLA_MTU)
                        printf("  mtu %u\n", *(unsigned *)RTA_DATA(a));
                    if (a->rta_type == IFLA_ADDRESS)
                        printf("  address of %d bytes\n", (int)RTA_PAYLOAD(a));
                }
                if (!(h->nlmsg_flags & NLM_F_MULTI))
                    return;
            }
            if (h->nlmsg_type == RTM_NEWADDR) {
                struct ifaddrmsg *i = NLMSG_DATA(h);
                if (i->ifa_index != 1)
                    continue;
                char text[64] = "";
                int left = IFA_PAYLOAD(h);
                for (struct rtattr *a = IFA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
                    if (a->rta_type == IFA_ADDRESS)
                        inet_ntop(i->ifa_family, RTA_DATA(a), text, sizeof text);
                printf("address: %s/%d scope %d\n", text, i->ifa_prefixlen, i->ifa_scope);
            }
        }
    }
}

int main(void)
{
    setvbuf(stdout, 0, _IOLBF, 0);
    CALL(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
    CALL(socket(AF_NETLINK, SOCK_RAW, 99));
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl self = {AF_NETLINK}, got;
    CALL(bind(s, (void *)&self, 4));
    CALL(bind(s, (void *)&self, sizeof self));
    socklen_t n = sizeof got;
    CALL(getsockname(s, (void *)&got, &n));
    SHOW(n);
    SHOW(got.nl_family == AF_NETLINK && got.nl_pid != 0 && got.nl_groups == 0);
    SHOW(talk(s, RTM_GETLINK, NLM_F_DUMP, AF_UNSPEC) > 0);
    answers(s);
    SHOW(talk(s, RTM_GETADDR, NLM_F_DUMP, AF_INET) > 0);
    answers(s);
    SHOW(talk(s, RTM_GETADDR, NLM_F_DUMP, AF_INET6) > 0);
    answers(s);
    CALL(recv(s, &got, sizeof got, MSG_DONTWAIT));
    CALL(listen(s, 1));
    close(s);

    SHOW(if_nametoindex("lo"));
    CALL(if_nametoindex("nothing0"));
    char name[IF_NAMESIZE];
    SHOW(if_indextoname(1, name) && strcmp(name, "lo") == 0);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq r = {.ifr_name = "lo"};
    CALL(ioctl(s, SIOCGIFFLAGS, &r));
    SHOW((r.ifr_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING)) == (IFF_UP | IFF_LOOPBACK | IFF_RUNNING));
    CALL(ioctl(s, SIOCGIFMTU, &r));
    SHOW(r.ifr_mtu);
    CALL(ioctl(s, SIOCGIFADDR, &r));
    SHOW(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CALL(ioctl(s, SIOCGIFNETMASK, &r));
    SHOW(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr == htonl(0xff000000));
    CALL(ioctl(s, SIOCGIFHWADDR, &r));
    SHOW(r.ifr_hwaddr.sa_family);
    strcpy(r.ifr_name, "nothing0");
    CALL(ioctl(s, SIOCGIFFLAGS, &r));
    CALL(ioctl(0, SIOCGIFFLAGS, &r));
    char buffer[4096];
    struct ifconf conf = {.ifc_len = sizeof buffer, .ifc_buf = buffer};
    CALL(ioctl(s, SIOCGIFCONF, &conf));
    int lo = 0;
    for (int i = 0; i < conf.ifc_len / (int)sizeof(struct ifreq); i++)
        lo += !strcmp(conf.ifc_req[i].ifr_name, "lo");
    SHOW(lo);
    return 0;
}
