mkdir -p /tmp/p/src && cd /tmp/p
for i in $(seq 50); do
    printf '#include "all.h"\n#include <stdio.h>\n#include <stdlib.h>\nint f%d(int n) { char b[32]; snprintf(b, sizeof b, "%%d", n * %d); return atoi(b); }\n' $i $i >src/f$i.c
    echo "int f$i(int);" >>src/all.h
done
(echo '#include "all.h"'; echo '#include <stdio.h>'; echo 'int main(void) { int s = 0;'; for i in $(seq 50); do echo "s += f$i(2);"; done; echo 'printf("%d\n", s); return 0; }') >src/main.c
cat >Makefile <<'M'
SOURCES := $(wildcard src/*.c)
OBJECTS := $(SOURCES:src/%.c=out/%.o)
prog: $(filter-out out/f%.o,$(OBJECTS)) out/libf.a
	@gcc -o $@ $^ && echo linked
out/libf.a: $(filter out/f%.o,$(OBJECTS))
	@ar rcs $@ $^ && echo archived
out/%.o: src/%.c | out
	@gcc -O1 -g -MMD -c -o $@ $<
	@echo $< >>log
out: ; @mkdir -p $@
check: prog ; @./prog
install: prog ; @install -D -m 755 prog $(DESTDIR)/bin/prog
-include $(OBJECTS:.o=.d)
M
make -j4 check; wc -l <log; make -j4 -q && echo 'nothing to do'; rm log; touch src/f7.c; sleep 1; touch src/f7.c; make -j4; cat log; rm log; touch src/all.h; make -j4; wc -l <log
make -s install DESTDIR=/tmp/root; /tmp/root/bin/prog; nm out/libf.a 2>/dev/null | grep -c ' T '; objdump -d prog | grep -c '<f[0-9]*>:'; strip prog && ./prog; size prog | wc -l
echo 'int broken(' >src/f3.c; make -k 2>&1 | grep -c 'error'; gdb -q -batch -ex 'info line main' /tmp/root/bin/prog | sed 's/Line [0-9]*/Line N/; s/starts.*//'
