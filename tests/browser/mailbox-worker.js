// One side of the mailbox measurement: see mailbox.mjs.
import { newMemory, now, text, REPLY, REPLIED, ASLEEP, CORES, RUNNING } from "/js/layout.js";
import { Mailbox } from "/js/mailbox.js";

onmessage = async ({ data }) => {
  const { role, module, memory } = data;
  let mailbox, thread;
  const host = {
    now,
    log: (p, n) => console.log(text(memory, p, n)),
    call: (p, n) => mailbox.call(p, n),
    reply: (p, n) => mailbox.reply(p, n),
    answer: () => {
      if (Atomics.exchange(thread, REPLY, REPLIED) === ASLEEP) Atomics.notify(thread, REPLY);
    },
  };
  const { exports } = await WebAssembly.instantiate(module, { env: { memory }, host: Object.fromEntries(WebAssembly.Module.imports(module).filter((i) => i.module === "host").map((i) => [i.name, host[i.name] ?? (() => 0)])) });
  if (role === "kernel") {
    exports.echo_open(0);
    postMessage({ shared: exports.shared_words() });
    onmessage = ({ data }) => {
      mailbox = new Int32Array(memory.buffer, exports.shared_words());
      mailbox[CORES] = data.cores;
      mailbox[RUNNING] = 1;
      thread = new Int32Array(data.memory.buffer, data.words);
      exports.echo_serve(data.calls);
      postMessage("done");
    };
  } else {
    const words = exports.thread_words();
    mailbox = new Mailbox(memory, data.kernelMemory, data.shared);
    mailbox.use(0);
    postMessage({ words });
    onmessage = ({ data }) => postMessage(exports.echo_calls(words, data.calls, data.length));
  }
};
