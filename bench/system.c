/* System costs for `cargo xtask bench`: `system NAME COUNT` prints the name, and
 * writes nanoseconds per operation (per byte for `pipe`) to /tmp/figure; for `threads`
 * the time of two threads that share the work, relative to one's. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
	perror(what);
	exit(1);
}

/* One system call that no library answers by itself. */
static void getppid_loop(long count) {
	for (long i = 0; i < count; i++) syscall(SYS_getppid);
}

static void fork_exec(long count) {
	for (long i = 0; i < count; i++) {
		int status;
		pid_t pid = fork();
		if (pid < 0) fail("fork");
		if (pid == 0) {
			execl("/bin/true", "true", (char *)0);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid || status) fail("wait");
	}
}

static void fork_only(long count) {
	for (long i = 0; i < count; i++) {
		int status;
		pid_t pid = fork();
		if (pid < 0) fail("fork");
		if (pid == 0) _exit(0);
		if (waitpid(pid, &status, 0) != pid || status) fail("wait");
	}
}

static void pipe_bytes(long count) {
	static char buffer[65536];
	int fds[2], status;
	long left = count;
	if (pipe(fds)) fail("pipe");
	pid_t pid = fork();
	if (pid < 0) fail("fork");
	if (pid == 0) {
		close(fds[0]);
		while (left > 0) {
			ssize_t n = write(fds[1], buffer, left < (long)sizeof buffer ? (size_t)left : sizeof buffer);
			if (n < 0) _exit(1);
			left -= n;
		}
		_exit(0);
	}
	close(fds[1]);
	for (ssize_t n; (n = read(fds[0], buffer, sizeof buffer)) > 0;) left -= n;
	if (waitpid(pid, &status, 0) != pid || status || left) fail("pipe reader");
}

static volatile uint32_t sink;
static void spin(long count) {
	uint32_t x = 1;
	for (long i = 0; i < count; i++) x = x * 1664525u + 1013904223u;
	sink = x;
}

/* The same loop in two processes at once. */
static void spin_two(long count) {
	int status;
	pid_t pid = fork();
	if (pid < 0) fail("fork");
	spin(count);
	if (pid == 0) _exit(0);
	if (waitpid(pid, &status, 0) != pid || status) fail("wait");
}

static volatile uint32_t sinks[2];
static void *share(void *count) {
	uint32_t x = 1, sum = 0;
	for (long i = 0; i < (long)(intptr_t)count; i++) {
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		sum += x;
	}
	return (void *)(uintptr_t)sum;
}

/* The work of one thread done by two. */
static double quotient;
static void threads(long count) {
	sinks[1] = (uintptr_t)share((void *)(intptr_t)(count / 8));
	int64_t t0 = now();
	sinks[0] = (uintptr_t)share((void *)(intptr_t)count);
	int64_t t1 = now();
	pthread_t two[2];
	for (int i = 0; i < 2; i++)
		if (pthread_create(&two[i], 0, share, (void *)(intptr_t)(count / 2))) fail("pthread_create");
	for (int i = 0; i < 2; i++) {
		void *sum;
		if (pthread_join(two[i], &sum)) fail("pthread_join");
		sinks[i] = (uintptr_t)sum;
	}
	quotient = (double)(now() - t1) / (double)(t1 - t0);
}

static const struct { const char *name; void (*run)(long); } benches[] = {
	{"getppid", getppid_loop}, {"forkexec", fork_exec}, {"fork", fork_only},
	{"pipe", pipe_bytes}, {"spin", spin}, {"spin2", spin_two},
	{"threads", threads},
};

int main(int argc, char **argv) {
	if (argc != 3) return fprintf(stderr, "usage: system NAME COUNT\n"), 2;
	long count = atol(argv[2]);
	for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
		if (strcmp(benches[i].name, argv[1])) continue;
		int64_t t0 = now();
		benches[i].run(count);
		int64_t t1 = now();
		printf("%s %ld\n", argv[1], count);
		FILE *figure = fopen("/tmp/figure", "w");
		if (!figure) fail("/tmp/figure");
		fprintf(figure, "%.3f\n", quotient > 0 ? quotient : (double)(t1 - t0) / (double)count);
		if (fclose(figure)) fail("/tmp/figure");
		return 0;
	}
	return fprintf(stderr, "system: no benchmark named %s\n", argv[1]), 2;
}
