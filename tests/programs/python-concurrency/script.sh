cat >/tmp/t.py <<'PY'
import asyncio, concurrent.futures, multiprocessing, os, queue, select, signal, socket, subprocess, threading
total, lock = 0, threading.Lock()
def work():
    global total
    for _ in range(1000):
        with lock: total += 1
ts = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]; print(total)
with concurrent.futures.ThreadPoolExecutor(4) as ex: print(list(ex.map(lambda n: n * n, range(10))))
async def main():
    async def serve(r, w):
        while line := await r.readline(): w.write(line.upper()); await w.drain()
        w.close()
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    async def client(n):
        r, w = await asyncio.open_connection('127.0.0.1', port)
        w.write(f'client {n}\n'.encode()); line = await r.readline(); w.close(); return line.decode().strip()
    print(await asyncio.gather(*(client(n) for n in range(5))))
    p = await asyncio.create_subprocess_exec('echo', 'child', stdout=asyncio.subprocess.PIPE)
    print((await p.communicate())[0], p.returncode)
    try: await asyncio.wait_for(asyncio.sleep(10), 0.1)
    except asyncio.TimeoutError: print('timeout')
    server.close()
asyncio.run(main())
print(subprocess.run(['sh', '-c', 'cat; exit 3'], input=b'in', capture_output=True))
def child(c): c.send(os.getppid() != 1)
ctx = multiprocessing.get_context('fork'); mine, theirs = ctx.Pipe(); p = ctx.Process(target=child, args=(theirs,)); p.start(); print(mine.recv()); p.join(); print(p.exitcode)
a, b = socket.socketpair(); socket.send_fds(a, [b'fds'], [1]); m, fds, f, ad = socket.recv_fds(b, 10, 3); os.write(fds[0], m + b'\n')
s = socket.create_server(('', 0), family=socket.AF_INET6, dualstack_ipv6=True); c = socket.create_connection(('127.0.0.1', s.getsockname()[1])); print(s.accept()[1][0])
try: socket.create_connection(('127.0.0.1', 1), 1)
except OSError as e: print(e)
signal.signal(signal.SIGALRM, lambda *a: print('alarm')); signal.setitimer(signal.ITIMER_REAL, 0.05); signal.pause()
print(sorted(os.listdir('/proc/self/fd'), key=int)[:3], socket.gethostbyname('localhost'), [i for _, i in socket.if_nameindex()])
PY
python3 /tmp/t.py
