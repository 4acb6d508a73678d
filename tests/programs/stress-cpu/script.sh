cd /tmp
stress-ng --cpu 1 --cpu-method all --cpu-ops 60 --verify --timeout 600 --quiet && echo passed
for stressor in bsearch crypt hash heapsort longjmp matrix mergesort qsort radixsort str vecmath vecwide zlib; do
    stress-ng --$stressor 1 --$stressor-ops 2 --verify --timeout 300 --quiet && echo $stressor
done
