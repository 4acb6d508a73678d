// A process worker: one instance of the module over one memory, which runs one
// task after the other; or, for a while, a second instance over the memory of a
// process that has made a thread. A worker for threads only has no memory of its own (browsers give few). While a task runs it never returns to the event loop.

import { FREE, IDLE, MAILBOXES, MAILBOX_WORDS, RUNNING, WORDS, newMemory, now, ring, send, text } from "./layout.js";
import { Code } from "./code.js";
import { Mailbox } from "./mailbox.js";

/** A worker whose memory has grown past this is replaced after its task: pages are not given back otherwise. */
const RETIRE = 384 * 2 ** 20;

/** Values of the option `jit`, as `src/exports.rs` knows them. */
const JIT_SWITCHES = { off: 0, checked: 2, on: 6 };

const log = (line) => postMessage({ log: line });

/** Free places of a function table behind the emulator's own functions. */
class Slots {
  free = [];

  /** The first of `count` neighbouring places. */
  take(table, count) {
    const at = this.free.findIndex(([, room]) => room >= count);
    if (at < 0) return table.grow(count);
    const [first, room] = this.free[at];
    if (room === count) this.free.splice(at, 1);
    else this.free[at] = [first + count, room - count];
    return first;
  }

  give(table, first, count) {
    for (let i = first; i < first + count; i++) table.set(i, null);
    this.free.push([first, count]);
    // Neighbours become one, so that a long run of modules does not crumble the table.
    this.free = this.free.sort(([a], [b]) => a - b).reduce((joined, [at, room]) => {
      const last = joined.at(-1);
      if (last && last[0] + last[1] === at) last[1] += room;
      else joined.push([at, room]);
      return joined;
    }, []);
  }
}

/** An instance over a memory: its exports, and the task's parent memory to copy from. */
function instantiate(module, memory, mailbox, code) {
  const state = { parent: undefined, trapped: false, compiled: undefined };
  const slots = new Slots();
  /** Puts the functions of compiled guest code into the table. The first one's place, or -1. */
  const place = (module, count) => {
    try {
      const { __indirect_function_table: table, jit_op: op, jit_status: status } = state.exports;
      const first = slots.take(table, count);
      const base = new WebAssembly.Global({ value: "i32" }, first);
      new WebAssembly.Instance(module, { env: { memory, table, base }, helper: { op, status } });
      return first;
    } catch (error) {
      log(`compiled code: ${error}`);
      return -1;
    }
  };
  const bytes = (pointer, length) => new Uint8Array(memory.buffer, pointer >>> 0, length);
  const host = {
    now,
    log: (pointer, length) => log(text(memory, pointer, length)),
    call(pointer, length) {
      code.flush();
      return mailbox.call(pointer, length);
    },
    grow_mailbox: (length) => mailbox.grow(length),
    mailbox_capacity: () => mailbox.capacity(),
    reply: (pointer, length) => mailbox.reply(pointer, length),
    parked: (now) => Atomics.add(mailbox.words, RUNNING, now ? -1 : 1),
    copy_from_parent(address, length) {
      address >>>= 0;
      length >>>= 0;
      const { parent } = state;
      if (!parent || address + length > parent.length) return 0;
      mailbox.ownBytes(address, length).set(parent.subarray(address, address + length));
      return 1;
    },
    jit_install(pointer, length, count) {
      try {
        // A copy: modules are not made from shared memory.
        state.compiled = new WebAssembly.Module(bytes(pointer, length).slice());
      } catch (error) {
        log(`compiled code: ${error}`);
        return -1;
      }
      return place(state.compiled, count);
    },
    jit_publish(offer, offerLength, recipe, recipeLength, size, low, high) {
      return code.publish(state.compiled, bytes(offer, offerLength), bytes(recipe, recipeLength), size, `${high}:${low}`);
    },
    jit_recipe(id, pointer, capacity) {
      const recipe = code.recipe(id);
      if (recipe && recipe.length <= capacity) bytes(pointer, recipe.length).set(recipe);
      return recipe ? recipe.length : -1;
    },
    jit_install_shared(id, count) {
      try {
        const module = code.module(id);
        return module ? place(module, count) : -1;
      } catch {
        return -1;
      }
    },
    jit_is_used: (id) => (code.isUsed(id) ? 1 : 0),
    jit_ready: (id) => (code.ready(id) ? 1 : 0),
    jit_votes: (id, number) => code.votes(id, number),
    jit_called: (id, number) => code.called(id, number),
    jit_vote: (id, number) => code.vote(id, number),
    jit_used: (id) => code.used(id),
    jit_drop: (first, count) => slots.give(state.exports.__indirect_function_table, first, count),
    jit_guard(body) {
      const { __stack_pointer: stack, jit_body } = state.exports;
      const before = stack.value;
      try {
        jit_body(body);
        return 0;
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError)) throw error;
        if (!state.trapped) log(`compiled code trapped: ${error?.stack ?? error}`);
        state.trapped = true;
        stack.value = before;
        return 1;
      }
    },
    // The kernel worker's half.
    answer() {}, attention() {}, spawn: () => 0, release() {}, end_of_turn() {}, fetch() {}, page() {},
  };
  state.exports = new WebAssembly.Instance(module, { env: { memory }, host }).exports;
  return state;
}

/** Runs `f` on the boot stack of a memory, which only one thread may use at a time (`src/thread.rs`). */
function onBootStack(memory, exports, boot, f) {
  const lock = new Int32Array(memory.buffer, boot.block, 1);
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1, 1);
  exports.__stack_pointer.value = boot.top;
  const result = f();
  Atomics.store(lock, 0, 0);
  Atomics.notify(lock, 0);
  return result;
}

onmessage = ({ data }) => {
  const { module, kernelMemory, shared, port, epoch, processors, strace, jit, cpu, mailbox: number, threads, uses, stored, codePort } = data;
  let memory, home, address, boot;
  try {
    if (!threads) memory = newMemory();
  } catch (error) {
    postMessage({ failed: String(error) });
    return;
  }
  const openMailbox = (memory) => {
    const mailbox = new Mailbox(memory, kernelMemory, shared);
    mailbox.use(number);
    return mailbox;
  };
  const words = new Int32Array(kernelMemory.buffer, shared);
  const code = new Code(uses, (message) => send(port, words, message), stored, (number) => codePort.postMessage(number));
  let idle = [words, MAILBOXES + number * MAILBOX_WORDS + FREE];
  if (memory) {
    home = instantiate(module, memory, openMailbox(memory), code);
    home.exports.start_worker();
    if (stored) {
      const pointer = home.exports.allocate(stored.index.length) >>> 0;
      new Uint8Array(memory.buffer, pointer, stored.index.length).set(stored.index);
      home.exports.code_index(stored.first, pointer, stored.index.length);
    }
    address = home.exports.thread_words();
    boot = { block: home.exports.boot_block(), top: home.exports.boot_stack_top() };
    idle = [new Int32Array(memory.buffer, address, 16), IDLE];
  }
  Atomics.store(...idle, 1);

  function run({ exports }, memory, { kind, payload }, address) {
    const pointer = exports.allocate(payload.length) >>> 0;
    new Uint8Array(memory.buffer, pointer, payload.length).set(payload);
    exports.process_run(kind, pointer, payload.length, address, epoch, processors, (strace ? 1 : 0) | (JIT_SWITCHES[jit] ?? 0) | (cpu === "avx2" ? 8 : 0));
    code.flush();
    postMessage({ ended: Array.from({ length: 7 }, (_, i) => exports.last_run(i)) });
  }

  function runThread({ memory, boot, ...work }) {
    const mailbox = openMailbox(memory);
    const instance = instantiate(module, memory, mailbox, code);
    const { exports } = instance;
    const block = onBootStack(memory, exports, boot, () =>
      exports.thread_create(exports.__tls_size.value, exports.__tls_align.value));
    if (block === 0) throw new Error("no memory for a thread's stack");
    const [, top, tls, , , address] = new Uint32Array(memory.buffer, block >>> 0, 6);
    exports.__stack_pointer.value = top;
    exports.__wasm_init_tls(tls);
    mailbox.words[mailbox.header + WORDS] = address;
    run(instance, memory, work, address);
    onBootStack(memory, exports, boot, () => exports.thread_destroy(block));
  }

  port.onmessage = ({ data: work }) => {
    try {
      if (work.code) code.learn(work.code, memory, home?.exports);
      delete work.code;
      if (work.kind === 2) runThread(work);
      else {
        home.parent = work.parent && new Uint8Array(work.parent.buffer);
        run(home, memory, work, address);
      }
    } catch (error) {
      // The instance may be in any state now: the kernel has it replaced.
      Atomics.sub(words, RUNNING, 1);
      send(port, words, { crashed: String(error?.stack ?? error) });
      return;
    }
    if (home) home.parent = undefined;
    Atomics.sub(words, RUNNING, 1);
    // After a trap in compiled code, which trusts the layout, anything may have been written.
    if (memory?.buffer.byteLength > RETIRE || home?.trapped) return send(port, words, { retired: true });
    Atomics.store(...idle, 1);
    ring(words);
  };
  postMessage({ memory, words: address, boot });
};
