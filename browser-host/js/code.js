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

export const newUses = () => new Int32Array(new SharedArrayBuffer(4 * WORDS));

/** Two modules may share a word: then one is kept longer than it should be. */
const wordOf = (id) => LAST_USES + id % (WORDS - LAST_USES);

function shared(bytes) {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

/** Layout of a file of stored code (`jit/src/store.rs`). */
const MAGIC = "TAWAKI\0\x01", BUILD_AT = 8, COUNT_AT = 24, INDEX_LENGTH_AT = 28, INDEX_AT = 32, INDEX_ENTRY = 16;
/** Fetched at first: most indices are no longer. */
const FIRST = 2 ** 18;
/** Longest index believed. */
const MOST_INDEX = 2 ** 26;

async function range(url, start, end) {
  const response = await fetch(url, { headers: { Range: `bytes=${start}-${end - 1}` } });
  if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
  // The whole file is too much to ask for.
  await response.body?.cancel();
  return undefined;
}

/** The header and the index of stored code, if there is some at this address. */
export async function fetchIndex(url) {
  try {
    const first = await range(url, 0, FIRST);
    if (!first || first.length < INDEX_AT) return undefined;
    const end = INDEX_AT + new DataView(first.buffer).getUint32(INDEX_LENGTH_AT, true);
    if (end > MOST_INDEX) return undefined;
    if (end <= first.length) return { url, bytes: first };
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

/** The kernel worker's half: all modules, { id, module, offer, recipe, size, key }; stored ones have { at } and no module before a worker has fetched it. */
export class CodeStore {
  modules = new Map();
  keys = new Set();
  bytes = 0;
  /** Counts additions and removals. */
  added = 0;
  dropped = 0;
  /** Counts stored modules that have been fetched. */
  loaded = 0;

  constructor(uses) {
    this.uses = uses;
  }

  /** What a new worker has been told. */
  nothing() {
    return { ids: new Set(), added: 0, dropped: 0, loaded: 0 };
  }

  /** Offers what is stored at an address, if it was made by this build. They count as nothing: they are not dropped. Why not, in words, if not. */
  open({ url, bytes }, build) {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const text = (start, end) => String.fromCharCode(...bytes.subarray(start, end));
    if (text(0, BUILD_AT) !== MAGIC) return `${url} is no stored code.`;
    if (text(BUILD_AT, COUNT_AT) !== build) return `${url} was stored by another build of Tawaki and is not used.`;
    const count = words.getUint32(COUNT_AT, true);
    const end = Math.min(bytes.length, INDEX_AT + words.getUint32(INDEX_LENGTH_AT, true));
    for (let i = 0, at = INDEX_AT; i < count; i++) {
      const [start, recipe, wasm, length] = at + INDEX_ENTRY <= end ? [0, 4, 8, 12].map((n) => words.getUint32(at + n, true)) : [];
      if (!(at + INDEX_ENTRY + length <= end)) return `${url} ends too early.`;
      const id = Atomics.add(this.uses, NEXT, 1);
      const offer = shared(bytes.subarray(at + INDEX_ENTRY, at + INDEX_ENTRY + length));
      this.modules.set(id, { id, offer, at: { url, start, recipe, wasm }, size: 0, order: ++this.added });
      at += INDEX_ENTRY + Math.ceil(length / 4) * 4;
    }
    return undefined;
  }

  /** Takes what a worker has compiled. */
  add(unit, modules) {
    for (const one of modules) {
      unit.told.ids.add(one.id);
      const stored = this.modules.get(one.id);
      if (stored) {
        if (!stored.module) Object.assign(stored, { module: one.module, recipe: one.recipe, loaded: ++this.loaded });
        continue;
      }
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
    const coldest = [...this.modules.values()].filter(({ at }) => !at).sort((a, b) => last(a) - last(b));
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
    if (told.added === this.added && told.dropped === this.dropped && told.loaded === this.loaded) return undefined;
    const added = [], dropped = [], loaded = [];
    if (told.loaded !== this.loaded) {
      for (const one of this.modules.values()) {
        if (one.loaded > told.loaded && told.ids.has(one.id)) loaded.push({ id: one.id, module: one.module, recipe: one.recipe });
      }
    }
    if (told.added !== this.added) {
      for (const { id, module, offer, recipe, at, order } of this.modules.values()) {
        if (order > told.added && !told.ids.has(id)) added.push({ id, module, offer, recipe, at });
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
    Object.assign(told, { added: this.added, dropped: this.dropped, loaded: this.loaded });
    return { added, dropped, loaded };
  }
}

/** A process worker's half. */
export class Code {
  /** By number: { module, recipe }. */
  modules = new Map();
  pending = [];
  /** Modules that all workers had made when this one's task began, and those that it has made itself since. */
  known = 0;

  /** `send` posts a message to the kernel worker. */
  constructor(uses, send) {
    this.uses = uses;
    this.send = send;
  }

  /** A module made here is for others too. Its number. */
  publish(module, offer, recipe, size, key) {
    const id = Atomics.add(this.uses, NEXT, 1);
    this.known++;
    const entry = { module, offer: shared(offer), recipe: shared(recipe) };
    this.modules.set(id, entry);
    this.used(id);
    this.pending.push({ id, ...entry, size, key });
    if (this.pending.length >= BATCH) this.flush();
    return id;
  }

  /** A module's { module, recipe }: a stored one is fetched now. Nothing if there is none, or not any more. */
  get(id) {
    const entry = this.modules.get(id);
    if (!entry || entry.module) return entry;
    const { url, start, recipe, wasm } = entry.at;
    try {
      const request = new XMLHttpRequest();
      // The process waits for it, as for a block of the disk.
      request.open("GET", url, false);
      request.responseType = "arraybuffer";
      request.setRequestHeader("Range", `bytes=${start}-${start + recipe + wasm - 1}`);
      request.send();
      if (request.status !== 206 || request.response.byteLength !== recipe + wasm) throw new Error(`status ${request.status}`);
      entry.module = new WebAssembly.Module(new Uint8Array(request.response, recipe));
      entry.recipe = shared(new Uint8Array(request.response, 0, recipe));
    } catch {
      this.modules.delete(id);
      return undefined;
    }
    this.pending.push({ id, module: entry.module, recipe: entry.recipe });
    return entry;
  }

  /** A task begins. */
  begin() {
    this.known = Atomics.load(this.uses, NEXT);
  }

  /** Whether others have made modules since. */
  outdated() {
    return Atomics.load(this.uses, NEXT) !== this.known;
  }

  flush() {
    if (this.pending.length > 0) this.send({ code: this.pending.splice(0) });
  }

  used(id) {
    Atomics.store(this.uses, wordOf(id), Atomics.add(this.uses, USES, 1));
  }

  /** Takes what the kernel worker sent with a task. `exports`: the instance over this worker's own memory, if it has one. */
  learn({ added, dropped, loaded }, memory, exports) {
    for (const { id, module, recipe } of loaded) {
      const entry = this.modules.get(id);
      if (entry && !entry.module) Object.assign(entry, { module, recipe });
    }
    for (const { id, module, offer, recipe, at } of added) {
      this.modules.set(id, { module, recipe, at });
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
