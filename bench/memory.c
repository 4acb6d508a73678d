/* Memory-bound kernels for `cargo xtask bench`: `memory NAME ROUNDS` prints a
 * checksum. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 2463534242u;
static uint32_t next_random(void) {
	seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
	return seed;
}

/* One cycle through all places (Sattolo), followed for a fixed number of steps. */
static uint32_t chase(uint32_t *next, uint32_t places, uint32_t steps) {
	uint32_t at = 0;
	for (uint32_t i = 0; i < places; i++) next[i] = i;
	for (uint32_t i = places - 1; i > 0; i--) {
		uint32_t j = next_random() % i, t = next[i];
		next[i] = next[j], next[j] = t;
	}
	for (uint32_t i = 0; i < steps; i++) at = next[at];
	return at;
}
static uint32_t near[1 << 12], far[1 << 20];
static uint32_t run_chase_near(void) { return chase(near, 1 << 12, 4000000); }
static uint32_t run_chase_far(void) { return chase(far, 1 << 20, 500000); }

static uint32_t run_histogram(void) {
	static uint8_t data[1 << 22];
	uint32_t counts[256] = {0}, sum = 0;
	for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 2654435761u >> 13);
	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < sizeof data; i++) counts[data[i]]++;
	for (int i = 0; i < 256; i++) sum = sum * 31 + counts[i];
	return sum;
}

/* The library's copy, and a loop that the compiler must not turn into it. */
static uint8_t from[1 << 23], to[1 << 23];
static uint32_t run_copy(void) {
	for (int pass = 0; pass < 8; pass++) {
		from[pass * 4097] = (uint8_t)(pass + 1);
		memcpy(to, from, sizeof to);
	}
	return to[4097];
}
static uint32_t run_copy_loop(void) {
	const uint32_t *source = (const uint32_t *)from;
	uint32_t *target = (uint32_t *)to, sum = 0;
	for (int pass = 0; pass < 4; pass++) {
		for (size_t i = 0; i < sizeof to / 4; i++) {
			target[i] = source[i] + (uint32_t)i;
			__asm__ volatile("" ::: "memory");
		}
		sum += target[pass * 1000 + 5];
	}
	return sum;
}

static uint32_t run_big_sieve(void) {
	static uint8_t composite[1 << 23];
	uint32_t count = 0;
	memset(composite, 0, sizeof composite);
	for (uint32_t i = 2; i < sizeof composite; i++) {
		if (composite[i]) continue;
		count++;
		for (uint32_t j = i * 2; j < sizeof composite; j += i) composite[j] = 1;
	}
	return count;
}

static const struct { const char *name; uint32_t (*run)(void); } kernels[] = {
	{"chase-near", run_chase_near}, {"chase-far", run_chase_far}, {"histogram", run_histogram},
	{"copy", run_copy}, {"copy-loop", run_copy_loop}, {"big-sieve", run_big_sieve},
};

int main(int argc, char **argv) {
	if (argc != 3) return fprintf(stderr, "usage: memory NAME ROUNDS\n"), 2;
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
		uint32_t sum = 0;
		if (strcmp(kernels[i].name, argv[1])) continue;
		for (int round = atoi(argv[2]); round > 0; round--) sum = sum * 33 + kernels[i].run();
		printf("%s %08x\n", argv[1], sum);
		return 0;
	}
	return fprintf(stderr, "memory: no kernel named %s\n", argv[1]), 2;
}
