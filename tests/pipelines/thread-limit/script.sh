ulimit -u 240
python3 - <<'END'
import threading
threading.stack_size(64 * 1024)
def crowd(most):
    gate, threads = threading.Event(), []
    try:
        while len(threads) < most:
            t = threading.Thread(target=gate.wait)
            t.start()
            threads.append(t)
    except RuntimeError as error:
        print(error)
    gate.set()
    for t in threads: t.join()
    return len(threads)
n = crowd(1000)
print(200 <= n < 240, crowd(150))
END
(echo still here) | cat
