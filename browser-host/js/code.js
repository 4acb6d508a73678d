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

/** The kernel worker's half: all modules, { id, module, offer, recipe, size, key }. */
export class CodeStore {
  modules = new Map();
  keys = new Set();
  bytes = 0;
  /** Counts additions and removals. */
  added = 0;
  dropped = 0;

  constructor(uses) {
    this.uses = uses;
  }

  /** What a new worker has been told. */
  nothing() {
    return { ids: new Set(), added: 0, dropped: 0 };
  }

  /** Takes what a worker has compiled. */
  add(unit, modules) {
    for (const one of modules) {
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
    if (this.modules.size <= MOST_MODULES && this.bytes <= MOST_BYTES) return;
    const last = ({ id }) => Atomics.load(this.uses, wordOf(id));
    const coldest = [...this.modules.values()].sort((a, b) => last(a) - last(b));
    // Some more than needed, so that this does not come again with the next module.
    for (const one of coldest) {
      if (this.modules.size <= MOST_MODULES * 0.9 && this.bytes <= MOST_BYTES * 0.9) break;
      this.modules.delete(one.id);
      this.keys.delete(one.key);
      this.bytes -= one.size;
      this.dropped++;
    }
  }

  /** What a worker should know before it starts its next task; nothing if it knows all. */
  newsFor(unit) {
    const { told } = unit;
    if (told.added === this.added && told.dropped === this.dropped) return undefined;
    const added = [], dropped = [];
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
    Object.assign(told, { added: this.added, dropped: this.dropped });
    return { added, dropped };
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
  learn({ added, dropped }, memory, exports) {
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
