ulimit -u 40
( timeout -s KILL 3 bash -c ':(){ :|:& };:; sleep 10' ) >/dev/null 2>&1
exec 2>/dev/null
ulimit -u 40
builtin echo alive
