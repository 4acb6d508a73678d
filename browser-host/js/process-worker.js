// A process worker: one instance of the module over one memory, which runs one
// task after the other. While a task runs it never returns to the event loop.

import { IDLE, RUNNING, newMemory, now, ring, send, text } from "./layout.js";
import { Mailbox } from "./mailbox.js";

/** A worker whose memory has grown past this is replaced after its task: pages are not given back otherwise. */
const RETIRE = 256 * 2 ** 20;

let parent;

onmessage = async ({ data }) => {
  const { module, kernelMemory, shared, port, epoch, processors, strace } = data;
  let memory;
  try {
    memory = newMemory();
  } catch (error) {
    postMessage({ failed: String(error) });
    return;
  }
  const mailbox = new Mailbox(memory, kernelMemory, shared);
  mailbox.use(data.mailbox);
  const { words } = mailbox;
  const log = (line) => postMessage({ log: line });

  const host = {
    now,
    log: (pointer, length) => log(text(memory, pointer, length)),
    call: (pointer, length) => mailbox.call(pointer, length),
    grow_mailbox: (length) => mailbox.grow(length),
    mailbox_capacity: () => mailbox.capacity(),
    reply_length: () => mailbox.replyLength(),
    reply: (pointer, length) => mailbox.reply(pointer, length),
    copy_from_parent(address, length) {
      address >>>= 0;
      length >>>= 0;
      if (!parent || address + length > parent.length) return 0;
      mailbox.ownBytes(address, length).set(parent.subarray(address, address + length));
      return 1;
    },
    // The kernel worker's half.
    answer() {}, attention() {}, spawn: () => 0, release() {}, end_of_turn() {}, fetch() {}, page() {},
  };
  const { exports } = await WebAssembly.instantiate(module, { env: { memory }, host });
  exports.start_worker();
  const address = exports.thread_words();
  const thread = new Int32Array(memory.buffer, address, 16);
  Atomics.store(thread, IDLE, 1);

  port.onmessage = ({ data: work }) => {
    parent = work.parent && new Uint8Array(work.parent.buffer);
    try {
      const pointer = exports.allocate(work.payload.length) >>> 0;
      new Uint8Array(memory.buffer, pointer, work.payload.length).set(work.payload);
      exports.process_run(work.kind, pointer, work.payload.length, address, epoch, processors, strace ? 1 : 0);
    } catch (error) {
      // The instance may be in any state now: the kernel has it replaced.
      Atomics.sub(words, RUNNING, 1);
      send(port, words, { crashed: String(error?.stack ?? error) });
      return;
    } finally {
      parent = undefined;
    }
    postMessage({ ended: { instructions: exports.last_instructions(), syscalls: exports.last_syscalls() } });
    Atomics.sub(words, RUNNING, 1);
    if (memory.buffer.byteLength > RETIRE) return send(port, words, { retired: true });
    Atomics.store(thread, IDLE, 1);
    ring(words);
  };
  postMessage({ memory, words: address });
};
