/* Floating-point kernels for `cargo xtask bench`, built once for SSE and once for
 * the x87: `float NAME ROUNDS` prints results. The two differ in the last digits,
 * as they should; what is compared is the same binary everywhere. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Five bodies about the sun: positions, velocities, masses. */
struct body { double x, y, z, vx, vy, vz, mass; };
static double run_nbody(void) {
	static struct body b[5];
	double energy = 0;
	for (int i = 0; i < 5; i++) {
		double r = i * 5.0 + 0.01;
		b[i] = (struct body){r, r / 3, r / 7, 0.3 / (r + 1), i ? 2 / (r + 1) : 0, 0.01 * i, i ? 0.01 / i : 39.47};
	}
	for (int step = 0; step < 60000; step++) {
		for (int i = 0; i < 5; i++)
			for (int j = i + 1; j < 5; j++) {
				double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
				double d2 = dx * dx + dy * dy + dz * dz + 1e-3;
				double mag = 0.001 / (d2 * sqrt(d2));
				b[i].vx -= dx * b[j].mass * mag, b[i].vy -= dy * b[j].mass * mag, b[i].vz -= dz * b[j].mass * mag;
				b[j].vx += dx * b[i].mass * mag, b[j].vy += dy * b[i].mass * mag, b[j].vz += dz * b[i].mass * mag;
			}
		for (int i = 0; i < 5; i++) b[i].x += 0.001 * b[i].vx, b[i].y += 0.001 * b[i].vy, b[i].z += 0.001 * b[i].vz;
	}
	for (int i = 0; i < 5; i++) energy += b[i].mass * (b[i].vx * b[i].vx + b[i].vy * b[i].vy + b[i].vz * b[i].vz) + b[i].x;
	return energy;
}

/* Square root of the largest eigenvalue of A'A, A(i,j) = 1/((i+j)(i+j+1)/2+i+1). */
enum { SPECTRAL = 220 };
static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }
static void times(const double *v, double *out, int transposed) {
	for (int i = 0; i < SPECTRAL; i++) {
		double sum = 0;
		for (int j = 0; j < SPECTRAL; j++) sum += (transposed ? element(j, i) : element(i, j)) * v[j];
		out[i] = sum;
	}
}
static double run_spectral(void) {
	static double u[SPECTRAL], v[SPECTRAL], t[SPECTRAL];
	double uv = 0, vv = 0;
	for (int i = 0; i < SPECTRAL; i++) u[i] = 1;
	for (int i = 0; i < 10; i++) {
		times(u, t, 0), times(t, v, 1);
		times(v, t, 0), times(t, u, 1);
	}
	for (int i = 0; i < SPECTRAL; i++) uv += u[i] * v[i], vv += v[i] * v[i];
	return sqrt(uv / vv);
}

static double run_mandelbrot(void) {
	enum { SIZE = 160, LIMIT = 200 };
	long inside = 0, steps = 0;
	for (int py = 0; py < SIZE; py++)
		for (int px = 0; px < SIZE; px++) {
			double cx = 3.0 * px / SIZE - 2.25, cy = 2.5 * py / SIZE - 1.25, x = 0, y = 0;
			int i = 0;
			for (; i < LIMIT && x * x + y * y <= 4; i++) {
				double t = x * x - y * y + cx;
				y = 2 * x * y + cy;
				x = t;
			}
			steps += i, inside += i == LIMIT;
		}
	return (double)inside + (double)steps / 1e9;
}

static double run_matmul(void) {
	enum { N = 160 };
	static double a[N][N], b[N][N], c[N][N];
	double trace = 0;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) a[i][j] = (i * 7 + j) % 13 / 3.0, b[i][j] = (i - j * 5) % 11 / 7.0;
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++) {
			double t = 0;
			for (int k = 0; k < N; k++) t += a[i][k] * b[k][j];
			c[i][j] = t;
		}
	for (int i = 0; i < N; i++) trace += c[i][i] + c[i][N - 1 - i];
	return trace;
}

static const struct { const char *name; double (*run)(void); } kernels[] = {
	{"nbody", run_nbody}, {"spectral", run_spectral}, {"mandelbrot", run_mandelbrot}, {"matmul", run_matmul},
};

int main(int argc, char **argv) {
	if (argc != 3) return fprintf(stderr, "usage: float NAME ROUNDS\n"), 2;
	for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
		double result = 0;
		if (strcmp(kernels[i].name, argv[1])) continue;
		for (int round = atoi(argv[2]); round > 0; round--) result = kernels[i].run();
		printf("%s %.15g\n", argv[1], result);
		return 0;
	}
	return fprintf(stderr, "float: no kernel named %s\n", argv[1]), 2;
}
