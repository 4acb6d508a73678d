mkdir project && cd project || exit 1
for i in $(seq 1 19); do echo "int part$i(int x) { return x * $i; }" >part$i.c; done
{
    for i in $(seq 1 19); do echo "int part$i(int);"; done
    echo '#include <stdio.h>'
    echo 'int main(void) { int sum = 0;'
    for i in $(seq 1 19); do echo "sum += part$i(2);"; done
    echo 'printf("%d\n", sum); return 0; }'
} >main.c
cat >Makefile <<'EOF'
OBJECTS := $(patsubst %.c,%.o,$(wildcard *.c))
program: $(OBJECTS)
	@gcc -o $@ $(OBJECTS)
%.o: %.c
	@gcc -O1 -c -o $@ $<
clean:
	@rm -f *.o program
EOF
make -s -j2 && ./program && make -s -q && echo "nothing to do" && make clean && ls | wc -l
