export BC_LINE_LENGTH=0
echo 'scale=250; 4*a(1)' | bc -l
echo 'scale=150; e(1); l(2)' | bc -l
echo 'scale=2000; sqrt(2)' | bc
echo '3^2000; 10^500 / 7^150; (2^521-1) % 997' | bc
