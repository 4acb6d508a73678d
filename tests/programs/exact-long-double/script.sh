cat >t.c <<'EOF'
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#define CASES(F) \
  F(1.0L / 3.0L) F(10.0L / 7.0L) F(1e4000L * 1e-4000L) F(LDBL_MAX / 3.0L) F(LDBL_MIN / 3.0L) \
  F(0.1L + 0.2L) F(1.0L - 1e-19L) F(3.0L * 0x1p-16445L) F(123456789.0L * 987654321.0L) \
  F((long double)0.1) F((long double)0.1f) F((double)0.1L) F((float)0.1L) F((long long)1e18L) \
  F((unsigned long long)1.5e19L) F(sqrtl(2.0L)) F(sqrtl(0.1L)) F(fabsl(-0.3L)) F(floorl(-2.5L)) \
  F(ceill(2.1L)) F(truncl(-1e17L / 3)) F(rintl(2.5L)) F(fmal(0.1L, 0.3L, -0.03L)) F(ldexpl(1.1L, -16440)) \
  F(fmodl(1e30L, 7.1L)) F(logbl(0x1.8p-1000L)) F(copysignl(1.5L, -0.0L)) F(-0.0L) F(1e19L + 1.0L)
#define SHOW(e) { long double v = (e); unsigned char b[16]; memset(b, 0, 16); memcpy(b, &v, sizeof v); \
  printf("%s = %.21Lg %La ", #e, v, v); for (int i = 9; i >= 0; i--) printf("%02x", b[i]); puts(""); }
int main(void) {
  CASES(SHOW)
  return 0;
}
EOF
gcc -O0 -fno-builtin -frounding-math -o t0 t.c -lm && ./t0 >out0
gcc -O3 -o t3 t.c -lm && ./t3 >out3
cmp out0 out3 && cat out3
