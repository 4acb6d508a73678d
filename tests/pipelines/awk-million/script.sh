seq 1 1000000 | awk '{ s += $1; if ($1 % 7 == 0) n++ } END { printf "%d %d %d\n", NR, s, n }'
seq 1 20000 | mawk '{ a[$1 % 10] += $1 } END { for (i = 0; i < 10; i++) print i, a[i] }'
