echo 'scale=40; 4*a(1)' | bc -l; echo '2^200; 10^30/7' | bc
printf '%.10f %e %g %a\n' 3.14159265358979 12345.678 1e-5 1.5
awk 'BEGIN { print exp(1), log(10), sin(1), cos(1), atan2(1, 2), sqrt(2), 2**0.5, int(-3.7), 1e6 % 7 }'
awk 'BEGIN { x = -log(0); print x, -x, x - x }'
date -u -d @1234567890 '+%F %T %a %j'; date -u -d '2024-02-29 + 1 year' +%F
echo 'abc' | od -tx1 -An; factor 600851475143; numfmt --to=iec 123456789
python3 -c 'import math, cmath; print(math.gamma(5.5), math.erf(0.3), cmath.sqrt(-2), math.fsum([.1]*10), 7.0 ** -3, math.ldexp(1, -1074))'
perl -e 'printf "%.15g %s %s\n", 1/3, 9**20, 2**63; print 1e15+0.5, " ", 0.1+0.2, "\n"'
