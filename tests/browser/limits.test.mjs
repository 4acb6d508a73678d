// Past what a tab gives there is EAGAIN, for threads and for processes, and everything goes on afterwards.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./lib/server.mjs";
import { launch } from "./lib/chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const web = process.argv[2] ?? join(root, "build/web");
const image = process.argv[3] ?? join(root, "build/debian-amd64.ext2");
if (!existsSync(image)) {
  console.log(`FAILED there is no ${image}`);
  process.exit(1);
}

/** Threads and processes until one is refused, twice each, the threads again at last; the lines in between are the errors. */
const PROGRAM = `
import errno, os, subprocess, threading
threading.stack_size(64 * 1024)

def threads():
    gate, crowd = threading.Event(), []
    try:
        while len(crowd) < 400:
            t = threading.Thread(target=gate.wait)
            t.start()
            crowd.append(t)
    except RuntimeError as error: print(error, flush=True)
    gate.set()
    for t in crowd: t.join()
    return len(crowd)

def processes():
    ours, theirs = os.pipe()
    crowd = []
    try:
        while len(crowd) < 400:
            pid = os.fork()
            if pid == 0:
                os.close(theirs)
                os.read(ours, 1)
                os._exit(7)
            crowd.append(pid)
    except OSError as error: print(errno.errorcode[error.errno], flush=True)
    os.close(ours)
    os.close(theirs)
    ends = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in crowd]
    return len(crowd) if ends == [7] * len(crowd) else ends

print([threads() for _ in range(2)], flush=True)
print([processes() for _ in range(2)], flush=True)
print(threads(), flush=True)
subprocess.run("echo a shell | cat", shell=True)
`;

const REFUSED = "can't start new thread\n";
const EXPECTED = new RegExp(`^${REFUSED.repeat(2)}\\[(\\d+), (\\d+)\\]\n(?:EAGAIN\n){2}\\[(\\d+), (\\d+)\\]\n${REFUSED}(\\d+)\na shell\n$`);

/** Case: options of the machine, workers beyond which the browser makes none, and how many threads and processes there are at least and at most. */
const CASES = {
  "more processes than workers can be told apart": { options: { maxProcesses: 250 }, threads: [245, 256], processes: [104, 112] },
  "the browser makes no more workers": { options: {}, workers: 30, threads: [20, 30], processes: [2, 30] },
};

/** In the page: boots, runs the program, and says what it printed. */
async function run({ options, program }) {
  const { boot } = await import("/js/tawaki.js");
  const machine = await boot({ image: "/debian.ext2", code: false, ...options });
  const process = machine.run({ argv: ["python3", "-c", program] });
  const text = new Response(process.stdout).text();
  const error = new Response(process.stderr).text();
  const { code } = await Promise.race([process.exited, machine.failed, new Promise((_, reject) => setTimeout(reject, 300_000, new Error("it hangs")))]);
  const { workers } = machine.stats();
  machine.shutdown();
  return { code, workers, text: await text, error: await error };
}

let failed = 0;
const browser = await launch();
const empty = (_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html>");
const server = await serve({ "/": web, "/debian.ext2": image }, { handlers: { "/limits": empty } });
for (const [name, { options, workers, threads, processes }] of Object.entries(CASES)) {
  const page = await browser.newPage();
  const started = performance.now();
  if (workers) {
    await page.addInitScript((most) => {
      const Real = window.Worker;
      let alive = 0;
      window.Worker = class extends Real {
        constructor(url, options) {
          if (alive >= most) throw new RangeError("no further worker");
          super(url, options);
          alive++;
        }
        terminate() {
          alive--;
          super.terminate();
        }
      };
    }, workers);
  }
  await page.goto(`${server.url}/limits`);
  const result = await page.evaluate(run, { options, program: PROGRAM }).catch((error) => ({ text: "", error: error.message }));
  const [, ...counts] = EXPECTED.exec(result.text) ?? [];
  const within = (count, [least, most]) => least <= count && count <= most;
  const ok = result.code === 0 && counts.length === 5 && [0, 1, 4].every((i) => within(counts[i], threads)) && [2, 3].every((i) => within(counts[i], processes));
  if (!ok) failed++;
  console.log(`${ok ? "ok    " : "FAILED"} ${name}: ${counts.length ? counts.join(" ") : JSON.stringify(result)}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
  await page.close();
}
await browser.close();
await server.close();
process.exit(failed);
