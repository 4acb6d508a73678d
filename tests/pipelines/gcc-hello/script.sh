cat >hello.c <<'EOF'
#include <stdio.h>
int main(int argc, char **argv) { printf("hello from %d argument\n", argc); return 42; }
EOF
gcc -O1 hello.c -o hello && ./hello; echo "status $?"
objdump -d hello | grep -c '<main>:'
