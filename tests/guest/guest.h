/* Shared by the guest programs: every line they print is the same on Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Prints an expression, its value, and errno's name where it is negative. */
#define CALL(e)                                                                                   \
    ({                                                                                            \
        errno = 0;                                                                                \
        long r_ = (long)(e);                                                                      \
        int n_ = errno;                                                                           \
        printf("%s = %ld%s%s\n", #e, r_, r_ < 0 ? " " : "", r_ < 0 ? strerrorname_np(n_) : "");   \
        r_;                                                                                       \
    })

/* The same for a call whose positive results differ from run to run. */
#define OK(e)                                                                                     \
    ({                                                                                            \
        errno = 0;                                                                                \
        long r_ = (long)(e);                                                                      \
        printf("%s: %s\n", #e, r_ == -1 ? strerrorname_np(errno) : "ok");                         \
        r_;                                                                                       \
    })

#define SHOW(e) printf("%s: %ld\n", #e, (long)(e))

/* Runs `body` in a child and prints how it ended. */
#define CHILD(name, ...)                                                                         \
    do {                                                                                          \
        fflush(stdout);                                                                           \
        pid_t pid_ = fork();                                                                      \
        if (pid_ == 0) {                                                                          \
            __VA_ARGS__;                                                                               \
            fflush(stdout);                                                                       \
            _exit(0);                                                                             \
        }                                                                                         \
        int status_ = 0;                                                                          \
        while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {                                \
        }                                                                                         \
        describe(name, status_);                                                                  \
    } while (0)

static inline void describe(const char *name, int status)
{
    if (WIFEXITED(status))
        printf("%s: exit %d\n", name, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("%s: killed by SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
    else if (WIFSTOPPED(status))
        printf("%s: stopped by SIG%s\n", name, sigabbrev_np(WSTOPSIG(status)));
    else if (WIFCONTINUED(status))
        printf("%s: continued\n", name);
    else
        printf("%s: status %x\n", name, status);
}

static inline void no_cores(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
}
