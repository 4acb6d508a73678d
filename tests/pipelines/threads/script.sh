python3 - <<'EOF'
import threading
total = []
threads = [threading.Thread(target=lambda n=n: total.append(n * n)) for n in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sum(total))
EOF
seq 1 100000 >in
zstd -q -c -T2 in | zstd -q -dc | cmp - in && echo "zstd equal"
git init -q repository && cd repository || exit 1
git -c user.name=x -c user.email=x@example.org commit -q --allow-empty -m First
git gc -q && git count-objects
