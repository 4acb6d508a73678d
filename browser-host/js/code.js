// Compiled guest code on its way from worker to worker. Whoever compiles a module sends it to the kernel worker; whoever
// starts a task gets with it what has come since its last start. A posted module keeps its machine code, optimised
// code too. What a module is right for is written in its offer and recipe, which only `src/jit.rs` reads.

/** Most modules kept, and most bytes of wasm: machine code takes several times that. */
const MOST_MODULES = 2000;
const MOST_BYTES = 64 * 2 ** 20;

/** A worker sends what it has compiled with its next system call (whoever that wakes may start the same program), or when it has so many modules. */
const BATCH = 16;

/** Words shared by all workers: the number of the next module, a count of uses, then when each module was used last. */
const NEXT = 0, USES = 1, LAST_USES = 2;
const WORDS = 4096;

/** Behind them, a byte for each function of a module: how often a worker found it worth calling. */
const VOTES = 2 ** 20, MOST_VOTES = 255;

export const newUses = () => new Int32Array(new SharedArrayBuffer(4 * WORDS + VOTES), 0, WORDS);

/** Two functions may share a byte: then one is called sooner than it should be. */
const voteOf = (id, number) => (Math.imul(id, 0x9e3779b1) + number >>> 0) % VOTES;

/** Two modules may share a word: then one is kept longer than it should be. */
const wordOf = (id) => LAST_USES + id % (WORDS - LAST_USES);

function shared(bytes) {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Layout of a file of stored code (`jit/src/store.rs`). */
const MAGIC = "TAWAKI\0\x02", BUILD_AT = 8, COUNT_AT = 24, INDEX_LENGTH_AT = 28, INDEX_AT = 32, ENTRY = 20;
/** Fetched at first: most indices are no longer. */
const FIRST = 2 ** 21;
/** Longest index and file believed. */
const MOST_INDEX = 2 ** 26, MOST_STORED = 2 ** 30;

/** States of a stored module: not asked for yet, on its way, in the store, not to be had. */
const ABSENT = 0, ASKED = 1, READY = 2, LOST = 3;

async function range(url, start, end) {
  const response = await fetch(url, { headers: { Range: `bytes=${start}-${end - 1}` } });
  if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
  // The whole file is too much to ask for.
  await response.body?.cancel();
  return undefined;
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const text = (bytes, start, end) => String.fromCharCode(...bytes.subarray(start, end));

/** Why the beginning of a file is not the index of this build's code, in words; nothing if it is. */
export function troubleWith({ url, bytes }, build) {
  if (text(bytes, 0, BUILD_AT) !== MAGIC) return `${url} is no stored code.`;
  if (build && text(bytes, BUILD_AT, COUNT_AT) !== build) return `${url} was stored by another build of Tawaki and is not used.`;
  return describe(bytes) ? undefined : `${url} ends too early.`;
}

/** Number of modules and length of the file that an index speaks of. */
function describe(bytes) {
  const words = viewOf(bytes);
  const count = words.getUint32(COUNT_AT, true);
  if (INDEX_AT + count * ENTRY > bytes.length) return undefined;
  let length = 0;
  for (let n = 0; n < count; n++) length = Math.max(length, placeOf(words, n).end);
  return length <= MOST_STORED ? { count, length } : undefined;
}

/** Where a module lies in the file: its recipe, then the module. */
function placeOf(words, n) {
  const [start, recipe, wasm] = [0, 4, 8].map((at) => words.getUint32(INDEX_AT + n * ENTRY + at, true));
  return { start, wasm: start + recipe, end: start + recipe + wasm };
}

/**
 * What all workers share of stored code: the index, the states of its modules, and room for the file's contents, each byte at its
 * place. Untouched room takes no memory. Modules have the numbers from `first` on.
 */
export function shareStored({ url, bytes }, uses) {
  if (troubleWith({ url, bytes })) return undefined;
  const { count, length } = describe(bytes);
  const states = new Int32Array(new SharedArrayBuffer(4 * Math.max(1, count)));
  return { url, index: shared(bytes), states, contents: new Uint8Array(new SharedArrayBuffer(length)), count, first: Atomics.add(uses, NEXT, count) };
}

/** The code worker's half: fetches stored modules while whoever wants them goes on. */
export class Fetcher {
  /** What was compiled here is kept: whoever compiles the same bytes then gets the same machine code, for nothing. */
  compiled = [];

  constructor(stored) {
    this.stored = stored;
    this.words = viewOf(stored.index);
  }

  async fetch(n) {
    const { url, contents, states } = this.stored;
    try {
      const { start, wasm, end } = placeOf(this.words, n);
      const bytes = await range(url, start, end);
      if (bytes?.length !== end - start) throw new Error("there is no such range");
      contents.set(bytes, start);
      if (CODE_IS_FOUND_AGAIN) this.compiled.push(await WebAssembly.compile(bytes.subarray(wasm - start)));
      Atomics.store(states, n, READY);
    } catch {
      Atomics.store(states, n, LOST);
    }
  }
}

/** Chromium finds machine code again by the bytes of its module, in all workers. Where that is not so, modules are posted, which brings it along. */
const CODE_IS_FOUND_AGAIN = /Chrome\//.test(globalThis.navigator?.userAgent ?? "");

/** The header and the index of stored code, if there is some at this address. */
export async function fetchIndex(url) {
  try {
    const first = await range(url, 0, FIRST);
    if (!first || first.length < INDEX_AT) return undefined;
    const end = INDEX_AT + new DataView(first.buffer).getUint32(INDEX_LENGTH_AT, true);
    if (end > MOST_INDEX) return undefined;
    if (end <= first.length) return { url, bytes: first.subarray(0, end) };
    const rest = await range(url, first.length, end);
    if (!rest) return undefined;
    const bytes = new Uint8Array(end);
    bytes.set(first);
    bytes.set(rest, first.length);
    return { url, bytes };
  } catch {
    return undefined;
  }
}

/** The kernel worker's half: all modules, { id, module, offer, recipe, size, key }, and the stored ones that some worker has made, { id, module }. */
export class CodeStore {
  modules = new Map();
  keys = new Set();
  bytes = 0;
  /** Counts additions and removals. */
  added = 0;
  dropped = 0;
  /** Stored modules in the order in which they came: they count as nothing and are not dropped. */
  loaded = [];
  loadedIds = new Set();

  constructor(uses) {
    this.uses = uses;
  }

  /** What a new worker has been told. */
  nothing() {
    return { ids: new Set(), added: 0, dropped: 0, loaded: 0 };
  }

  /** Takes what a worker has compiled. */
  add(unit, modules) {
    for (const one of modules) {
      if (one.stored) {
        if (!this.loadedIds.has(one.id)) this.loaded.push({ id: one.id, module: one.module });
        this.loadedIds.add(one.id);
        continue;
      }
      unit.told.ids.add(one.id);
      // Two workers may compile the same at the same time.
      if (this.keys.has(one.key)) {
        this.dropped++;
        continue;
      }
      this.keys.add(one.key);
      one.order = ++this.added;
      this.modules.set(one.id, one);
      this.bytes += one.size;
    }
    if (this.keys.size <= MOST_MODULES && this.bytes <= MOST_BYTES) return;
    const last = ({ id }) => Atomics.load(this.uses, wordOf(id));
    const coldest = [...this.modules.values()].sort((a, b) => last(a) - last(b));
    // Some more than needed, so that this does not come again with the next module.
    for (const one of coldest) {
      if (this.keys.size <= MOST_MODULES * 0.9 && this.bytes <= MOST_BYTES * 0.9) break;
      this.modules.delete(one.id);
      this.keys.delete(one.key);
      this.bytes -= one.size;
      this.dropped++;
    }
  }

  /** What a worker should know before it starts its next task; nothing if it knows all. */
  newsFor(unit) {
    const { told } = unit;
    if (told.added === this.added && told.dropped === this.dropped && told.loaded === this.loaded.length) return undefined;
    const added = [], dropped = [];
    const loaded = this.loaded.slice(told.loaded);
    if (told.added !== this.added) {
      for (const { id, module, offer, recipe, order } of this.modules.values()) {
        if (order > told.added && !told.ids.has(id)) added.push({ id, module, offer, recipe });
      }
    }
    for (const { id } of added) told.ids.add(id);
    if (told.dropped !== this.dropped) {
      for (const id of told.ids) {
        if (this.modules.has(id)) continue;
        dropped.push(id);
        told.ids.delete(id);
      }
    }
    Object.assign(told, { added: this.added, dropped: this.dropped, loaded: this.loaded.length });
    return { added, dropped, loaded };
  }
}

/** A process worker's half. */
export class Code {
  /** By number: { module, recipe }. */
  modules = new Map();
  pending = [];

  /** `send` posts a message to the kernel worker, `ask` one to the code worker. */
  constructor(uses, send, stored, ask) {
    Object.assign(this, { uses, send, stored, ask });
    this.ballots = new Uint8Array(uses.buffer, 4 * WORDS);
    this.words = stored && viewOf(stored.index);
  }

  /** Number within the stored ones, or nothing. */
  storedNumber(id) {
    const n = this.stored ? id - this.stored.first : -1;
    return n >= 0 && n < this.stored.count ? n : undefined;
  }

  /** Whether anybody has used a module; of two that share a word, perhaps the other one. */
  isUsed(id) {
    return this.storedNumber(id) === undefined || Atomics.load(this.uses, wordOf(id)) !== 0;
  }

  /** Whether a module can be had at once. If not, it is fetched. */
  ready(id) {
    const n = this.storedNumber(id);
    if (n === undefined || this.modules.has(id)) return true;
    const state = Atomics.compareExchange(this.stored.states, n, ABSENT, ASKED);
    if (state === ABSENT) this.ask(n);
    return state === READY || state === LOST;
  }

  /** How often workers found a function of a module worth calling. */
  votes(id, number) {
    return Atomics.load(this.ballots, voteOf(id, number));
  }

  /** This one calls it whatever others found. */
  called(id, number) {
    Atomics.store(this.ballots, voteOf(id, number), MOST_VOTES);
  }

  /** This one finds so, too. How often that was. */
  vote(id, number) {
    const at = voteOf(id, number);
    return Atomics.load(this.ballots, at) < MOST_VOTES ? Atomics.add(this.ballots, at, 1) + 1 : MOST_VOTES;
  }

  /** A module made here is for others too. Its number. */
  publish(module, offer, recipe, size, key) {
    const id = Atomics.add(this.uses, NEXT, 1);
    const entry = { module, offer: shared(offer), recipe: shared(recipe) };
    this.modules.set(id, entry);
    this.used(id);
    this.pending.push({ id, ...entry, size, key });
    if (this.pending.length >= BATCH) this.flush();
    return id;
  }

  /** The bytes of a stored module between two of its places, if they are there. */
  bytesOf(id, from, to) {
    const n = this.storedNumber(id);
    if (n === undefined || Atomics.load(this.stored.states, n) !== READY) return undefined;
    const place = placeOf(this.words, n);
    return this.stored.contents.subarray(place[from], place[to]);
  }

  /** What a module was made from, if there is such a module, and still. */
  recipe(id) {
    return this.modules.get(id)?.recipe ?? this.bytesOf(id, "start", "wasm");
  }

  /** A module, under the same condition. Throws if the browser refuses a stored one. */
  module(id) {
    const entry = this.modules.get(id);
    if (entry) return entry.module;
    // A copy: modules are not made from shared memory.
    const bytes = this.bytesOf(id, "wasm", "end")?.slice();
    if (!bytes) return undefined;
    const module = new WebAssembly.Module(bytes);
    this.modules.set(id, { module });
    if (!CODE_IS_FOUND_AGAIN) this.pending.push({ id, module, stored: true });
    return module;
  }

  flush() {
    if (this.pending.length > 0) this.send({ code: this.pending.splice(0) });
  }

  used(id) {
    Atomics.store(this.uses, wordOf(id), Atomics.add(this.uses, USES, 1));
  }

  /** Takes what the kernel worker sent with a task. `exports`: the instance over this worker's own memory, if it has one. */
  learn({ added, dropped, loaded }, memory, exports) {
    for (const { id, module } of loaded) this.modules.set(id, { module });
    for (const { id, module, offer, recipe } of added) {
      this.modules.set(id, { module, recipe });
      if (!exports) continue;
      const pointer = exports.allocate(offer.length) >>> 0;
      new Uint8Array(memory.buffer, pointer, offer.length).set(offer);
      exports.code_offer(id, pointer, offer.length);
    }
    for (const id of dropped) {
      this.modules.delete(id);
      exports?.code_forget(id);
    }
  }
}
