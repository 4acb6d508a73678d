python3 - <<'END'
import threading
threading.stack_size(256 * 1024)
gate = threading.Barrier(201)
total = []
def work(n):
    gate.wait()
    total.append(n)
threads = [threading.Thread(target=work, args=(n,)) for n in range(200)]
[t.start() for t in threads]
gate.wait()
[t.join() for t in threads]
print(len(total), sum(total))
END
