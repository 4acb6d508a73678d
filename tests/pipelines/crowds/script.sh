python3 - <<'END'
import os, threading
threading.stack_size(64 * 1024)

def threads(most):
    gate, crowd = threading.Event(), []
    try:
        while len(crowd) < most:
            t = threading.Thread(target=gate.wait)
            t.start()
            crowd.append(t)
    except RuntimeError: pass
    # With all of them waiting, the process still forks, or is told why not.
    try:
        if (pid := os.fork()) == 0: os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
    except BlockingIOError: pass
    gate.set()
    for t in crowd: t.join()
    return len(crowd)

def processes(most):
    ours, theirs = os.pipe()
    crowd = []
    try:
        while len(crowd) < most:
            pid = os.fork()
            if pid == 0:
                os.close(theirs)
                os.read(ours, 1)
                os._exit(7)
            crowd.append(pid)
    except BlockingIOError: pass
    os.close(ours)
    os.close(theirs)
    assert all(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7 for pid in crowd)
    return len(crowd)

for _ in range(2): print(threads(250) >= 200, processes(120) >= 90)
END
jobs=$(for i in $(seq 50); do sleep 0.01 & done; wait; echo went on)
echo $jobs | cat
