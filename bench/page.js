// What the benchmark's pages share: lines of a session to the driver with the time they came, commands from it.

const tab = new URL(location.href).searchParams.get("tab");
let queue = [];
let sending = false;

async function flush() {
  if (sending) return;
  sending = true;
  while (queue.length > 0) {
    const items = queue;
    queue = [];
    await fetch(`/bench/output?tab=${tab}`, { method: "POST", body: JSON.stringify(items) }).catch(() => {});
  }
  sending = false;
}

/** Tells the driver something, in order. */
export function tell(object) {
  queue.push(object);
  void flush();
}

/** What the driver wants of this page. */
export const spec = async () => (await fetch("/bench/spec")).json();

/** Takes bytes of a session apart into lines; each is told with the time at which its end came. */
export class Lines {
  #text = "";
  #decoder = new TextDecoder();
  onLine = () => {};

  take(bytes) {
    const t = performance.now();
    this.#text += this.#decoder.decode(bytes, { stream: true });
    for (let at; (at = this.#text.indexOf("\n")) >= 0; this.#text = this.#text.slice(at + 1)) {
      const line = this.#text.slice(0, at).replace(/\r$/, "");
      tell({ t, line });
      this.onLine(line);
    }
  }
}

/** Runs the driver's commands: `send(text)` types a line, `stats()` returns figures. */
export async function obey({ send, stats }) {
  const reader = (await fetch(`/bench/input?tab=${tab}`)).body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part, rest = ""; !(part = await reader.read()).done; ) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    for (const command of lines.map((line) => JSON.parse(line))) {
      if (command.send !== undefined) send(command.send);
      if (command.stats) tell({ stats: await stats() });
    }
  }
}

addEventListener("unhandledrejection", (event) => tell({ failed: String(event.reason?.message ?? event.reason) }));
addEventListener("error", (event) => tell({ failed: event.message }));
