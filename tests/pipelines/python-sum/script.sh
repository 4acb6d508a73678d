python3 -c 'print(sum(i*i for i in range(10**5)))'
