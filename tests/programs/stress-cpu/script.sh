# Covered: Debian's unmodified stress-ng; each CPU method computes and compares with what it knows to be right, in the
# child that stress-ng forks; what differs comes back as a "fail:" line and as the exit status.
# Not covered: the memory that stress-ng shares, writable, between itself and its children, which this machine does not
# give out. The library below makes it private, here as on the Linux that recorded the output. Counters of operations
# that the parent would show stay 0 by that, so no figure of theirs is looked at; the children count their own to know
# when to end.
cd /tmp
cat >private.c <<'C'
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static void *map(void *addr, size_t len, int prot, int flags, int fd, long long at)
{
    if ((flags & MAP_ANONYMOUS) && (flags & MAP_TYPE) == MAP_SHARED)
        flags = (flags & ~MAP_TYPE) | MAP_PRIVATE;
#ifdef SYS_mmap2
    return (void *)syscall(SYS_mmap2, addr, len, prot, flags, fd, (long)(at >> 12));
#else
    return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, at);
#endif
}
void *mmap(void *a, size_t n, int p, int f, int fd, off_t at) { return map(a, n, p, f, fd, at); }
void *mmap64(void *a, size_t n, int p, int f, int fd, off64_t at) { return map(a, n, p, f, fd, at); }
C
printf 'long double lgammal(long double x) { return x * 0.5L; }\n' >wrong.c
gcc -O1 -shared -fPIC -o private.so private.c && gcc -O1 -fno-builtin -shared -fPIC -o wrong.so wrong.c || exit 1
export LD_PRELOAD=/tmp/private.so
run() {
    name=$1; shift
    stress-ng "$@" --verify --timeout 300 >log 2>&1
    echo "$name: status $?, $(grep -c 'fail:' log) failures"; grep 'fail:' log | sed 's/\[.*\] //' | head -3
}
run all --cpu 1 --cpu-method all --cpu-ops 200
for method in $(stress-ng --cpu-method list 2>&1 | cut -d: -f2); do
    [ "$method" = all ] || run "$method" --cpu 1 --cpu-method "$method" --cpu-ops 20
done
# Failures are seen.
LD_PRELOAD="/tmp/private.so /tmp/wrong.so" run 'wrong logarithms' --cpu 1 --cpu-method factorial --cpu-ops 1 | sed 's/[0-9][0-9][0-9]* fail/many fail/'
for stressor in bsearch crypt hash heapsort longjmp matrix mergesort qsort radixsort str vecmath vecwide zlib; do
    run $stressor --$stressor 1 --$stressor-ops 2
done
