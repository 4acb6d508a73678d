// The kernel worker. It returns to its event loop only while messages are
// announced in the `posted` word; everything else reaches it through the doorbell.

import {
  ASLEEP, ATTENTION, AWAKE, FREE, IDLE, MAILBOXES, MAILBOX_OF, MAILBOX_WORDS, POSTED, REPLIED, REPLY, RUNNING, SLOT, SLOTS, WORDS, now, text,
} from "./layout.js";
import { CodeStore, troubleWith } from "./code.js";

let module, memory, exports, machine, words, io, epoch, strace, code;
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
/**
 * The two kinds of workers: those for processes, with a memory, and those for threads only. `asked`: those that the page
 * was asked for and has not delivered; `most`: how many there may be; `spare`: idle ones to keep ready.
 */
const processes = { threads: false, asked: 0, most: 100, spare: 3 };
const threads = { threads: true, asked: 0, most: 0, spare: 0 };
/** Ranges of images that the kernel wants and that were not asked for yet. */
const wanted = [];
/** Bytes of one HTTP request: with a megabyte a quarter as many come in the same time. */
const MOST_AT_ONCE = 2 ** 24;
/** Idle workers for threads to keep ready once there has been a thread. */
const SPARE_THREADS = 2;

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
    const unit = idleUnit(kind === 2);
    if (kind === 2) threads.spare = SPARE_THREADS;
    const kindOf = kind === 2 && !full(threads) ? threads : processes;
    if (!unit && full(processes) && kindOf === processes && waitingFor(processes) >= processes.asked + ending()) return 0;
    const work = { slot, kind, payload, kindOf };
    if (kind === 1) work.parent = from?.memory;
    if (kind === 2) {
      // The process's memory may not go to others before this thread has ended, even while it waits for a worker.
      work.owner = from.owner ?? from;
      work.owner.threads++;
    }
    if (unit) start(unit, work);
    else waiting.push(work);
    askForWorkers();
    return unit ? 2 : 1;
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
    for (let i = 0; i < waiting.length;) {
      const unit = idleUnit(waiting[i].kind === 2);
      if (unit) start(unit, ...waiting.splice(i, 1));
      else i++;
    }
  },

  fetch(disk, chunk, offset, length) {
    wanted.push({ disk, offset, length, chunks: [{ chunk, length, pointer: exports.allocate(length) >>> 0 }] });
  },

  page(kind, a, b, pointer, length) {
    if (length === 0) return postMessage({ kind, a, b });
    const bytes = new Uint8Array(memory.buffer, pointer >>> 0, length).slice();
    postMessage({ kind, a, b, bytes }, [bytes.buffer]);
  },

  // The process worker's half.
  call: () => 0, grow_mailbox: () => 0, mailbox_capacity: () => 0, reply: () => 0, parked() {}, copy_from_parent: () => 0,
  jit_install: () => -1, jit_drop() {}, jit_guard: () => 1, jit_publish: () => -1, jit_recipe: () => -1,
  jit_install_shared: () => -1, jit_is_used: () => 1, jit_ready: () => 0, jit_votes: () => 0, jit_vote: () => 0, jit_called() {}, jit_used() {},
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

/** An idle worker; for a thread rather one that can do nothing else. */
function idleUnit(forThread) {
  let found = null;
  for (const unit of units.values()) {
    if (unit.home.memory ? found : !forThread) continue;
    if (!isIdle(unit)) continue;
    if (!unit.home.memory || !forThread) return unit;
    found = unit;
  }
  return found;
}

const kindOfUnit = (unit) => (unit.home.memory ? processes : threads);

/** How many workers of a kind there are, asked ones included. */
function count(kind) {
  let number = kind.asked;
  for (const unit of units.values()) if (kindOfUnit(unit) === kind) number++;
  return number;
}

const full = (kind) => count(kind) >= kind.most;
const waitingFor = (kind) => waiting.filter((work) => work.kindOf === kind).length;

/** Whether a worker can take a task; notes the end of its last one. */
function isIdle(unit) {
  if (unit.busy && Atomics.load(...unit.idle) === 1) {
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

/** Workers for processes whose task is gone and that will be idle in a moment. */
function ending() {
  let count = 0;
  for (const unit of units.values()) if (unit.home.memory && unit.busy && bound[unit.slot] !== unit) count++;
  return count;
}

function start(unit, work) {
  unit.busy = true;
  Atomics.store(...unit.idle, 0);
  delete work.kindOf;
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
  const news = code.newsFor(unit);
  if (news) work.code = news;
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
  for (const kind of [processes, threads]) {
    let idle = 0;
    for (const unit of units.values()) if (kindOfUnit(unit) === kind && isIdle(unit)) idle++;
    const wanted = Math.min(waitingFor(kind) + kind.spare - idle - kind.asked, kind.most - count(kind));
    if (wanted > 0) {
      kind.asked += wanted;
      postMessage({ workers: wanted, threads: kind.threads });
    }
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
    const home = { memory, view: memory && new Int32Array(memory.buffer, address >>> 0, 16) };
    const idle = memory ? [home.view, IDLE] : [words, MAILBOXES + mailbox * MAILBOX_WORDS + FREE];
    const unit = { id, mailbox, port, home, ...home, idle, boot, busy: false, slot: -1, owner: null, threads: 0, broken: false, told: code.nothing() };
    units.set(mailbox, unit);
    kindOfUnit(unit).asked--;
    exports.kernel_worker(machine, mailbox);
    port.onmessage = announced(({ crashed, retired, code: compiled }) => {
      if (compiled) return code.add(unit, compiled);
      if (retired) return discard(unit);
      unit.crashed = true;
      if (bound[unit.slot] === unit) exports.kernel_event(machine, 10, unit.slot, 0, ...give(encoder.encode(crashed)));
      else discard(unit);
    });
    host.end_of_turn();
  } else if (data.noWorker) {
    // The page cannot make one (out of memories): whoever waits for it fails.
    const kind = data.threads ? threads : processes;
    kind.asked--;
    kind.most = Math.max(kind.threads ? 0 : 1, Math.min(kind.most, count(kind)));
    const last = waiting.findLastIndex((work) => work.kindOf === kind);
    if (last >= 0 && waitingFor(kind) > kind.asked) {
      const [{ slot, owner }] = waiting.splice(last, 1);
      if (owner) owner.threads--;
      exports.kernel_event(machine, 11, slot, 0, ...give(NOTHING));
    }
  } else {
    const { kind, a = 0, b = 0, bytes = NOTHING } = data;
    if (!exports.kernel_event(machine, kind, a, b, ...give(bytes))) postMessage({ log: `the page's message ${kind} makes no sense` });
  }
});

onmessage = async ({ data }) => {
  ({ module, memory, io, epoch } = data);
  code = new CodeStore(data.uses);
  processes.most = data.maxWorkers;
  processes.asked = data.asked;
  threads.most = SLOTS - data.maxWorkers;
  const instance = await WebAssembly.instantiate(module, { env: { memory }, host });
  exports = instance.exports;
  exports.start_worker();
  const shared = exports.shared_words();
  words = new Int32Array(memory.buffer, shared, MAILBOXES + SLOTS * MAILBOX_WORDS);
  machine = exports.kernel_boot(...give(encoder.encode(JSON.stringify(data.boot))));
  io.onmessage = announced(({ disk, chunks, error }) => {
    for (const { chunk, length, pointer } of chunks) {
      // An error's text takes the place of the bytes, as much of it as fits.
      if (error) new Uint8Array(memory.buffer, pointer, length).fill(0).set(encoder.encode(error).subarray(0, length));
      exports.kernel_fetched(machine, disk, chunk, error ? 0 : 1, pointer, length);
    }
  });
  onmessage = fromPage;
  const trouble = data.code && troubleWith(data.code, text(memory, exports.code_build(), 16));
  postMessage({ ready: shared });
  if (trouble) postMessage({ log: trouble });
  resume();
};
