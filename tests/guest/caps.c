/* Capabilities: sets, what setuid and exec make of them, securebits, the ambient set. */
#include "guest.h"
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <netinet/in.h>

static void show(const char *what)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2];
    syscall(SYS_capget, &h, d);
    printf("  %s: %x %x %x, %x\n", what, d[0].effective & 0xff, d[0].permitted & 0xff, d[0].inheritable & 0xff,
           d[1].permitted & 0xff);
}
static int set(unsigned e, unsigned p, unsigned i)
{
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct d[2] = {{e, p, i}, {0, 0, 0}};
    return syscall(SYS_capset, &h, d);
}
static int low_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(81), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int s = socket(AF_INET, SOCK_STREAM, 0), r = bind(s, (void *)&in, sizeof in), e = errno;
    close(s);
    errno = e;
    return r;
}
#define BIT(cap) (1u << (cap))

int main(int argc, char **argv)
{
    if (argc == 1 && !strcmp(argv[0], "again")) {
        show("after exec");
        return 0;
    }
    setvbuf(stdout, 0, _IOLBF, 0);
    int file = open("/tmp/secret", O_CREAT | O_WRONLY, 0600);
    CHILD("setuid drops them", show("before"); setuid(1000); show("after"); CALL(set(1, 1, 0)); CALL(set(0, 0, 0)));
    CHILD("seteuid only the effective ones", seteuid(1000); show("user"); CALL(open("/tmp/secret", O_RDONLY)); seteuid(0);
          show("back"); CALL(close(open("/tmp/secret", O_RDONLY))));
    CHILD("kept", {
        CALL(prctl(PR_SET_KEEPCAPS, 1));
        setuid(1000);
        show("kept");
        CALL(set(BIT(CAP_NET_BIND_SERVICE), BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_KILL), 0));
        CALL(low_port());
        CALL(kill(1, 0));
        CALL(open("/tmp/secret", O_RDONLY));
        CALL(setuid(0));
        CALL(set(BIT(CAP_CHOWN), BIT(CAP_NET_BIND_SERVICE), 0));
        CALL(set(BIT(CAP_KILL), BIT(CAP_KILL), 0));
        CALL(low_port());
        CALL(kill(1, 0));
        CALL(set(BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_KILL)));
        CALL(set(BIT(CAP_KILL), BIT(CAP_KILL), BIT(CAP_CHOWN)));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 99, 0, 0));
        CALL(prctl(PR_CAP_AMBIENT, 77, 0, 0, 0));
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("a root without", {
        CALL(set(0, 0, 0));
        CALL(open("/tmp/secret", O_RDONLY) >= 0);
        CALL(low_port());
        CALL(setuid(5));
        CALL(chroot("/"));
        CALL(setgroups(0, 0));
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("bounding set", {
        CALL(prctl(PR_CAPBSET_DROP, CAP_KILL));
        CALL(prctl(PR_CAPBSET_READ, CAP_KILL));
        CALL(prctl(PR_CAPBSET_READ, CAP_CHOWN));
        CALL(prctl(PR_CAPBSET_DROP, 99));
        show("still there");
        CALL(set(BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0));
        CALL(prctl(PR_CAPBSET_DROP, CAP_CHOWN));
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("securebits", {
        CALL(prctl(PR_SET_SECUREBITS, 0x1000));
        CALL(prctl(PR_SET_SECUREBITS, 4 | 8 | 1));
        CALL(prctl(PR_GET_SECUREBITS));
        CALL(prctl(PR_SET_SECUREBITS, 1));
        setuid(1000);
        show("no fix-up");
        setuid(0);
        execl("/proc/self/exe", "again", NULL);
    });
    CHILD("keepcaps is a securebit", CALL(prctl(PR_SET_SECUREBITS, 16)); CALL(prctl(PR_GET_KEEPCAPS)); CALL(prctl(PR_SET_KEEPCAPS, 0));
          CALL(prctl(PR_GET_SECUREBITS)));
    struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 1};
    struct __user_cap_data_struct d[2] = {0};
    CALL(syscall(SYS_capset, &h, d));
    h.version = 1;
    CALL(syscall(SYS_capset, &h, d));
    CALL(syscall(SYS_capset, 8, d));
    close(file);
    unlink("/tmp/secret");
    return 0;
}
