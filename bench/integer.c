/* Integer compute kernels for `cargo xtask bench`: `integer NAME ROUNDS` prints
 * a checksum. Static, no locale, no allocation, so that a run measures the
 * processor. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 12345;
static uint32_t next_random(void) {
	seed = seed * 1664525u + 1013904223u;
	return seed;
}

static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static uint32_t run_fib(void) { return fib(27); }

static uint32_t run_sieve(void) {
	static uint8_t composite[1 << 20];
	uint32_t count = 0;
	memset(composite, 0, sizeof composite);
	for (uint32_t i = 2; i < sizeof composite; i++) {
		if (composite[i]) continue;
		count++;
		for (uint32_t j = i * 2; j < sizeof composite; j += i) composite[j] = 1;
	}
	return count;
}

static uint32_t run_matmul(void) {
	enum { N = 96 };
	static int32_t a[N][N], b[N][N], c[N][N];
	uint32_t sum = 0;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) a[i][j] = i * 3 + j, b[i][j] = i - j * 7;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			int32_t t = 0;
			for (int k = 0; k < N; k++) t += a[i][k] * b[k][j];
			c[i][j] = t;
			sum = sum * 31 + (uint32_t)c[i][j];
		}
	return sum;
}

static uint32_t run_crc32(void) {
	static uint32_t table[256];
	static uint8_t data[1 << 18];
	uint32_t crc = ~0u;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
		table[i] = c;
	}
	for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7 + (i >> 8));
	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < sizeof data; i++) crc = table[(crc ^ data[i]) & 255] ^ (crc >> 8);
	return ~crc;
}

static uint32_t run_states(void) {
	static char text[1 << 16];
	uint32_t words = 0, numbers = 0, other = 0;
	int state = 0;
	for (size_t i = 0; i < sizeof text; i++) text[i] = "ab1 2c-+xyz 09\n"[next_random() % 15];
	for (int pass = 0; pass < 16; pass++)
		for (size_t i = 0; i < sizeof text; i++) {
			char c = text[i];
			switch (state) {
			case 0:
				if (c >= 'a' && c <= 'z') state = 1, words++;
				else if (c >= '0' && c <= '9') state = 2, numbers++;
				else if (c == '-' || c == '+') state = 3;
				break;
			case 1: if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) state = 0; break;
			case 2: if (!(c >= '0' && c <= '9')) state = c == '-' ? 3 : 0; break;
			default: other++; state = 0;
			}
		}
	return words * 65599u + numbers * 31u + other;
}

struct node { struct node *next; uint32_t key; };
static struct node *merge(struct node *a, struct node *b) {
	struct node head, *tail = &head;
	while (a && b) {
		if (a->key <= b->key) tail->next = a, a = a->next;
		else tail->next = b, b = b->next;
		tail = tail->next;
	}
	tail->next = a ? a : b;
	return head.next;
}
static struct node *sort_list(struct node *l) {
	struct node *slow = l, *fast;
	if (!l || !l->next) return l;
	fast = l->next;
	while (fast && fast->next) slow = slow->next, fast = fast->next->next;
	fast = slow->next;
	slow->next = 0;
	return merge(sort_list(l), sort_list(fast));
}
static uint32_t run_list(void) {
	static struct node nodes[1 << 15];
	uint32_t sum = 0, i = 0;
	for (i = 0; i < 1 << 15; i++) nodes[i].key = next_random() >> 8, nodes[i].next = i + 1 < 1 << 15 ? &nodes[i + 1] : 0;
	i = 0;
	for (struct node *n = sort_list(nodes); n; n = n->next) sum = sum * 33 + n->key * ++i;
	return sum;
}

static void quicksort(uint32_t *v, int lo, int hi) {
	while (lo < hi) {
		uint32_t pivot = v[(lo + hi) / 2];
		int i = lo, j = hi;
		while (i <= j) {
			while (v[i] < pivot) i++;
			while (v[j] > pivot) j--;
			if (i <= j) { uint32_t t = v[i]; v[i++] = v[j]; v[j--] = t; }
		}
		if (j - lo < hi - i) { quicksort(v, lo, j); lo = i; }
		else { quicksort(v, i, hi); hi = j; }
	}
}
static uint32_t run_quicksort(void) {
	static uint32_t v[100000];
	uint32_t sum = 0;
	for (int i = 0; i < 100000; i++) v[i] = next_random();
	quicksort(v, 0, 99999);
	for (int i = 0; i < 100000; i++) sum = sum * 33 + v[i];
	return sum;
}

#define ROTR(x, n) ((x) >> (n) | (x) << (32 - (n)))
static uint32_t run_sha256(void) {
	/* The compression function with constants made from cube roots' stand-ins:
	 * a checksum here, not a digest. */
	static uint32_t k[64], w[64];
	uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	for (int i = 0; i < 64; i++) k[i] = 0x428a2f98u * (uint32_t)(2 * i + 1);
	for (int block = 0; block < 4096; block++) {
		uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], x = h[7];
		for (int i = 0; i < 16; i++) w[i] = (uint32_t)(block * 16 + i);
		for (int i = 16; i < 64; i++) {
			uint32_t s0 = ROTR(w[i - 15], 7) ^ ROTR(w[i - 15], 18) ^ w[i - 15] >> 3;
			uint32_t s1 = ROTR(w[i - 2], 17) ^ ROTR(w[i - 2], 19) ^ w[i - 2] >> 10;
			w[i] = w[i - 16] + s0 + w[i - 7] + s1;
		}
		for (int i = 0; i < 64; i++) {
			uint32_t t1 = x + (ROTR(e, 6) ^ ROTR(e, 11) ^ ROTR(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
			uint32_t t2 = (ROTR(a, 2) ^ ROTR(a, 13) ^ ROTR(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
			x = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
		}
		h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += x;
	}
	return h[0] ^ h[7];
}

static uint32_t run_strings(void) {
	static char a[64], b[64];
	uint32_t sum = 0;
	for (int i = 0; i < 60000; i++) {
		snprintf(a, sizeof a, "%d:%x", i, i * 7);
		strcpy(b, a);
		b[i % strlen(b)] = 'x';
		sum = sum * 31 + (uint32_t)strcmp(a, b) + (uint32_t)strlen(b) + (memchr(b, ':', sizeof b) != 0);
	}
	return sum & 0xff;
}

/* Records, strings, calls and branches in about the proportions of Weicker's
 * Dhrystone (written anew here). */
enum color { RED, GREEN, BLUE };
struct record {
	struct record *next;
	enum color color;
	int number;
	char text[31];
};
static struct record records[2];
static int table_one[50], table_two[50][50];
static char letter;

static enum color other_color(char a, char b) {
	char c = a;
	if (c != b) return RED;
	letter = c;
	return GREEN;
}
static int texts_differ(const char *a, const char *b) {
	int at = 2;
	char c = 'A';
	while (at <= 2)
		if (other_color(a[at], b[at + 1]) == RED) c = 'A', at++;
	if (c >= 'W' && c < 'Z') at = 7;
	if (c == 'R') return 1;
	return strcmp(a, b) > 0 ? (at += 7, 1) : 0;
}
static void add(int a, int b, int *sum) { *sum = a + 2 + b; }
static void tables(int *one, int (*two)[50], int a, int b) {
	int at = a + 5;
	one[at] = b, one[at + 1] = one[at], one[at + 30] = at;
	for (int i = at; i <= at + 1; i++) two[at][i] = at;
	two[at][at - 1]++;
	two[at + 20][at] = one[at];
}
static void update(struct record *r) {
	struct record *next = r->next;
	*r->next = records[0];
	r->number = 5;
	next->number = r->number;
	next->next = r->next;
	if (next->color == RED) next->number = 6, add(next->number, 10, &next->number);
	else *r = *r->next;
}
static uint32_t run_dhrystone(void) {
	char one[31], two[31];
	uint32_t sum = 0;
	strcpy(records[0].text, "DHRYSTONE PROGRAM, SOME STRING");
	strcpy(one, "DHRYSTONE PROGRAM, 1'ST STRING");
	records[0].color = BLUE;
	records[0].number = 40;
	for (int i = 1; i <= 200000; i++) {
		int a = 2, b = 3, c = 0;
		records[0].next = &records[1];
		strcpy(two, "DHRYSTONE PROGRAM, 2'ND STRING");
		int same = !texts_differ(one, two);
		while (a < b) c = 5 * a - b, add(a, b, &c), a++;
		tables(table_one, table_two, a, c % 7);
		update(&records[0]);
		for (char l = 'A'; l <= 'B' + (i & 1); l++)
			if (other_color(l, 'C') == GREEN) c = i;
		b = b * a;
		a = b / (c | 1);
		b = 7 * (b - c) - a;
		sum = sum * 31 + (uint32_t)(a + b + c + same + records[1].number);
	}
	return sum;
}

static const struct { const char *name; uint32_t (*run)(void); } kernels[] = {
	{"fib", run_fib}, {"sieve", run_sieve}, {"matmul", run_matmul}, {"crc32", run_crc32},
	{"states", run_states}, {"list", run_list}, {"quicksort", run_quicksort},
	{"sha256", run_sha256}, {"strings", run_strings}, {"dhrystone", run_dhrystone},
};

int main(int argc, char **argv) {
	if (argc != 3) return fprintf(stderr, "usage: integer NAME ROUNDS\n"), 2;
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
		uint32_t sum = 0;
		if (strcmp(kernels[i].name, argv[1])) continue;
		for (int round = atoi(argv[2]); round > 0; round--) sum = sum * 33 + kernels[i].run();
		printf("%s %08x\n", argv[1], sum);
		return 0;
	}
	return fprintf(stderr, "integer: no kernel named %s\n", argv[1]), 2;
}
