strace -f -e trace=execve,openat -o /tmp/s ls / >/dev/null; grep -c execve /tmp/s; grep -c libc.so /tmp/s
strace -c -o /tmp/c true; grep -c total /tmp/c
cd /tmp; printf 'int f(int n) { return n * 2; }\nint main() { int r = f(21); return r != 42; }\n' >m.c; gcc -g -O0 -o m m.c
gdb -q -batch -ex 'break main' -ex 'break f' -ex run -ex bt -ex continue -ex bt -ex 'print n' -ex finish -ex continue ./m 2>&1 | grep -E '^(Breakpoint|#|\$|Value|Run till|\[Inferior)' | sed 's/0x[0-9a-f]*/ADDR/g; s/(process [0-9]*)/(process N)/'
cat >w.c <<'C'
int total, calls, product = 1;
long spent;
int add(int n) { calls++; total += n; return total; }
int mul(int n) { return product *= n; }
int main() {
  for (int i = 0; i < 50000; i++) spent += i;
  add(1);
  for (int i = 0; i < 50000; i++) spent += i;
  return add(2) + calls + mul(7) != 12;
}
C
gcc -g -O0 -o w w.c
gdb -q -batch -ex 'break main' -ex run -ex 'watch total' -ex 'rwatch calls' -ex 'awatch product' -ex continue -ex continue -ex continue -ex bt -ex 'delete 2 3' -ex 'hbreak mul' -ex continue -ex bt -ex continue -ex delete -ex continue ./w 2>&1 | grep -v 'host libthread_db' | sed 's/0x[0-9a-f]*/ADDR/g; s/(process [0-9]*)/(process N)/'
