cd /tmp; mkdir -p c && cd c
cat >CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.10)
project(t C CXX)
add_library(part STATIC part.c)
add_executable(prog main.cpp)
target_link_libraries(prog part pthread)
enable_testing()
add_test(NAME runs COMMAND prog)
C
echo 'int twice(int n) { return 2 * n; }' >part.c
cat >main.cpp <<'C'
#include <iostream>
#include <thread>
#include <vector>
extern "C" int twice(int);
int main() { int r[4]; std::vector<std::thread> v; for (int i = 0; i < 4; i++) v.emplace_back([&, i] { r[i] = twice(i); }); for (auto &t : v) t.join(); std::cout << r[0] + r[1] + r[2] + r[3] << std::endl; }
C
cmake -G Ninja . >/tmp/log 2>&1 || tail /tmp/log; ninja 2>&1 | tail -1 | sed 's/ Link.*//'; ./prog; ctest 2>&1 | grep -c '100% tests passed'
clang -O1 -o cl part.c -x c - <<'C' && ./cl
#include <stdio.h>
int twice(int); int main() { printf("clang %d\n", twice(21)); }
C
printf 'all: a b c d\n%%: %%.c\n\tgcc -o $@ $<\n' >Makefile; for n in a b c d; do echo "int main() { return '$n' - 'a'; }" >$n.c; done
make -s -j4; for n in a b c d; do ./$n; echo -n "$? "; done; echo
seq 8 | xargs -P4 -n1 sh -c 'sleep 0.0$0; echo $0' | sort | tr '\n' ' '; echo
