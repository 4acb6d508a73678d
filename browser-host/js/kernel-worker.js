// The kernel worker. It returns to its event loop only while messages are
// announced in the `posted` word; everything else reaches it through the doorbell.

import {
  ASLEEP, ATTENTION, AWAKE, IDLE, MAILBOXES, MAILBOX_OF, MAILBOX_WORDS, POSTED, REPLIED, REPLY, RUNNING, SLOT, SLOTS, WORDS, now, text,
} from "./layout.js";

let module, memory, exports, machine, words, io, epoch, strace;
let received = 0;

/**
 * Process workers by mailbox: { id, port, mailbox, busy, slot } and
 * home: its own memory and its words in it; memory, view: those of the task it runs, which differ for a thread;
 * owner: the worker whose memory the thread runs on; threads: how many others run on this one's memory.
 */
const units = new Map();
/** Which of them serves a slot. */
const bound = new Array(SLOTS).fill(null);
/** Spawns that wait for an idle worker. */
const waiting = [];
/** Workers that the page was asked for and has not delivered. */
let asked = 0;
let maxWorkers = 100;
/** Ranges of images that the kernel wants and that were not asked for yet. */
const wanted = [];
/** Bytes of one HTTP request. */
const MOST_AT_ONCE = 2 ** 20;
/** Idle workers to keep ready. */
const SPARE = 3;

const host = {
  now,
  log: (pointer, length) => postMessage({ log: text(memory, pointer, length) }),

  answer(mailbox) {
    const unit = units.get(mailbox);
    if (unit) viewOf(unit);
    if (unit && Atomics.exchange(unit.view, REPLY, REPLIED) === ASLEEP) Atomics.notify(unit.view, REPLY);
  },

  attention(slot) {
    const unit = bound[slot];
    if (!unit || !viewOf(unit)) return;
    Atomics.store(unit.view, ATTENTION, 1);
    Atomics.store(unit.view, AWAKE, 1);
    Atomics.notify(unit.view, AWAKE);
  },

  spawn(slot, kind, other, pointer, length) {
    const from = bound[other];
    if (kind === 2 && !from) return 0;
    const payload = new Uint8Array(memory.buffer, pointer >>> 0, length).slice();
    const unit = idleUnit();
    if (!unit && units.size + asked >= maxWorkers && waiting.length >= asked + ending()) return 0;
    const work = { slot, kind, payload };
    if (kind === 1) work.parent = from?.memory;
    if (kind === 2) {
      // The process's memory may not go to others before this thread has ended, even while it waits for a worker.
      work.owner = from.owner ?? from;
      work.owner.threads++;
    }
    if (unit) start(unit, work);
    else waiting.push(work);
    askForWorkers();
    return 1;
  },

  release(slot, told, inCall) {
    const at = waiting.findIndex((work) => work.slot === slot);
    if (at >= 0) {
      const [{ owner }] = waiting.splice(at, 1);
      if (owner) owner.threads--;
      return;
    }
    const unit = bound[slot];
    bound[slot] = null;
    if (!unit || told) return;
    // It computes, sleeps in its call, or is broken: it will not end by itself.
    if (!inCall && !unit.crashed) Atomics.sub(words, RUNNING, 1);
    discard(unit);
  },

  end_of_turn() {
    if (wanted.length > 0) requestRanges();
    while (waiting.length > 0) {
      const unit = idleUnit();
      if (!unit) return;
      start(unit, waiting.shift());
    }
  },

  fetch(disk, chunk, offset, length) {
    wanted.push({ disk, offset, length, chunks: [{ chunk, length }] });
  },

  page(kind, a, b, pointer, length) {
    if (length === 0) return postMessage({ kind, a, b });
    const bytes = new Uint8Array(memory.buffer, pointer >>> 0, length).slice();
    postMessage({ kind, a, b, bytes }, [bytes.buffer]);
  },

  // The process worker's half.
  call: () => 0, grow_mailbox: () => 0, mailbox_capacity: () => 0, reply: () => 0, parked() {}, copy_from_parent: () => 0,
  jit_install: () => -1, jit_drop() {}, jit_guard: () => 1,
};

/** Asks for what the kernel wants since the last turn, neighbours in one request. */
function requestRanges() {
  wanted.sort((a, b) => a.disk - b.disk || a.offset - b.offset);
  const ranges = [];
  for (const range of wanted.splice(0)) {
    const last = ranges.at(-1);
    if (last && last.disk === range.disk && last.offset + last.length === range.offset && last.length < MOST_AT_ONCE) {
      last.length += range.length;
      last.chunks.push(...range.chunks);
    } else ranges.push(range);
  }
  for (const range of ranges) io.postMessage(range);
}

function idleUnit() {
  for (const unit of units.values()) if (isIdle(unit)) return unit;
  return null;
}

/** Whether a worker can take a task; notes the end of its last one. */
function isIdle(unit) {
  if (unit.busy && Atomics.load(unit.home.view, IDLE) === 1) {
    unit.busy = false;
    leaveOwner(unit);
    Object.assign(unit, unit.home);
  }
  return !unit.busy && unit.threads === 0 && !unit.broken;
}

function leaveOwner(unit) {
  const { owner } = unit;
  unit.owner = null;
  if (!owner) return;
  owner.threads--;
  if (owner.broken && owner.threads === 0 && !owner.busy) discard(owner);
}

/** The words of the thread that a worker runs; a thread writes their address before its first call. */
function viewOf(unit) {
  if (!unit.view) {
    const address = Atomics.load(words, MAILBOXES + unit.mailbox * MAILBOX_WORDS + WORDS);
    if (address !== 0) unit.view = new Int32Array(unit.memory.buffer, address >>> 0, 16);
  }
  return unit.view;
}

/** Workers whose task is gone and that will be idle in a moment. */
function ending() {
  let count = 0;
  for (const unit of units.values()) if (unit.busy && bound[unit.slot] !== unit) count++;
  return count;
}

function start(unit, work) {
  unit.busy = true;
  Atomics.store(unit.home.view, IDLE, 0);
  Atomics.add(words, RUNNING, 1);
  bound[work.slot] = unit;
  unit.slot = work.slot;
  words[MAILBOXES + unit.mailbox * MAILBOX_WORDS + SLOT] = work.slot + 1;
  words[MAILBOX_OF + work.slot] = unit.mailbox + 1;
  if (work.owner) {
    const { owner } = work;
    delete work.owner;
    words[MAILBOXES + unit.mailbox * MAILBOX_WORDS + WORDS] = 0;
    Object.assign(unit, { owner, memory: owner.home.memory, view: null });
    Object.assign(work, { memory: owner.home.memory, boot: owner.boot });
  }
  unit.port.postMessage(work, [work.payload.buffer]);
}

/** Ends a worker. If it ran a thread, that process's memory is in an unknown state and is not used again. */
function discard(unit) {
  if (unit.owner) unit.owner.broken = true;
  leaveOwner(unit);
  units.delete(unit.mailbox);
  postMessage({ terminate: unit.id });
  askForWorkers();
}

/** Keeps a few idle workers ready beyond what waits. */
function askForWorkers() {
  let idle = 0;
  for (const unit of units.values()) if (isIdle(unit)) idle++;
  const wanted = Math.min(waiting.length + SPARE - idle - asked, maxWorkers - units.size - asked);
  if (wanted > 0) {
    asked += wanted;
    postMessage({ workers: wanted });
  }
}

function give(bytes) {
  const pointer = exports.allocate(bytes.length) >>> 0;
  new Uint8Array(memory.buffer, pointer, bytes.length).set(bytes);
  return [pointer, bytes.length];
}

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** A message that was announced in `posted`. */
function announced(handle) {
  return ({ data }) => {
    received = (received + 1) | 0;
    exports.kernel_message(machine);
    handle(data);
    if (Atomics.load(words, POSTED) === received) resume();
  };
}

function resume() {
  try {
    exports.kernel_run(machine);
  } catch (error) {
    postMessage({ panic: String(error?.stack ?? error) });
    close();
  }
}

const fromPage = announced((data) => {
  if (data.unit) {
    const { id, mailbox, port, memory, words: address, boot } = data.unit;
    asked--;
    const home = { memory, view: new Int32Array(memory.buffer, address >>> 0, 16) };
    const unit = { id, mailbox, port, home, ...home, boot, busy: false, slot: -1, owner: null, threads: 0, broken: false };
    units.set(mailbox, unit);
    exports.kernel_worker(machine, mailbox);
    port.onmessage = announced(({ crashed, retired }) => {
      if (retired) return discard(unit);
      unit.crashed = true;
      if (bound[unit.slot] === unit) exports.kernel_event(machine, 10, unit.slot, 0, ...give(encoder.encode(crashed)));
      else discard(unit);
    });
    host.end_of_turn();
  } else if (data.noWorker) {
    // The page cannot make one (out of memories): whoever waits for it fails.
    asked--;
    maxWorkers = Math.max(1, Math.min(maxWorkers, units.size + asked));
    if (waiting.length > asked) exports.kernel_event(machine, 11, waiting.pop().slot, 0, ...give(NOTHING));
  } else {
    const { kind, a = 0, b = 0, bytes = NOTHING } = data;
    if (!exports.kernel_event(machine, kind, a, b, ...give(bytes))) postMessage({ log: `the page's message ${kind} makes no sense` });
  }
});

onmessage = async ({ data }) => {
  ({ module, memory, io, epoch } = data);
  maxWorkers = data.maxWorkers;
  asked = data.asked;
  const instance = await WebAssembly.instantiate(module, { env: { memory }, host });
  exports = instance.exports;
  exports.start_worker();
  const shared = exports.shared_words();
  words = new Int32Array(memory.buffer, shared, MAILBOXES + SLOTS * MAILBOX_WORDS);
  machine = exports.kernel_boot(...give(encoder.encode(JSON.stringify(data.boot))));
  io.onmessage = announced(({ disk, chunks, bytes, error }) => {
    let at = 0;
    for (const { chunk, length } of chunks) {
      const part = bytes ? bytes.subarray(at, (at += length)) : encoder.encode(error);
      exports.kernel_fetched(machine, disk, chunk, bytes ? 1 : 0, ...give(part));
    }
  });
  onmessage = fromPage;
  postMessage({ ready: shared });
  resume();
};
