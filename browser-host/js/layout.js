// Word numbers of the shared structures in `src/shared.rs`, for Int32Array views.

/** Words of `Shared`, relative to its address. */
export const DOORBELL = 0, SLEEPING = 1, POSTED = 16, RUNNING = 17, CORES = 18, SHOWN = 19;
export const PENDING = 32;
export const SLOTS = 256;
export const MAILBOX_OF = PENDING + SLOTS / 32;
export const MAILBOXES = Math.ceil((MAILBOX_OF + SLOTS) / 16) * 16;

/** Words of `Mailbox`, relative to its address. */
export const MAILBOX_WORDS = 16;
export const BUFFER = 0, CAPACITY = 1, REQUEST = 2, ANSWER = 3, SLOT = 4, WORDS = 5, FREE = 6;
export const GROW = 0x8000_0000 | 0;

/** Words of `ThreadWords`. */
export const REPLY = 0, ATTENTION = 1, IDLE = 2, AWAKE = 3;
export const WAITING = 0, REPLIED = 1, ASLEEP = 2;

/** Linear address minus this is what the guest's page zero would be: see `cpu`. */
export const PAGE = 65536;

/**
 * What every memory starts with, 256 MiB: the emulator's heap is appended behind it, so programs (the position-
 * dependent ones of i386 at 0x08048000 too) find one whole space. Untouched pages cost nothing.
 */
export const INITIAL_PAGES = 4096;
export const MAXIMUM_PAGES = 65536;

/** A memory for one instance of the module. */
export function newMemory() {
  return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
}

/** Rings the kernel's doorbell. `words` views the kernel's memory from `Shared` on. */
export function ring(words) {
  Atomics.add(words, DOORBELL, 1);
  if (Atomics.load(words, SLEEPING) !== 0) Atomics.notify(words, DOORBELL);
}

/**
 * Sends a message to the kernel worker's event loop over `port` (a MessagePort or the worker itself).
 * The announcement goes first: the kernel waits in its event loop for what was announced.
 */
export function send(port, words, message, transfer = []) {
  Atomics.add(words, POSTED, 1);
  port.postMessage(message, transfer);
  ring(words);
}

const ORIGIN = performance.timeOrigin;
/** A clock in milliseconds since 1970 that all workers agree on and that never goes back. */
export function now() {
  return ORIGIN + performance.now();
}

const decoder = new TextDecoder();
/** Text in a shared memory (which a TextDecoder cannot read directly). */
export function text(memory, pointer, length) {
  return decoder.decode(new Uint8Array(memory.buffer, pointer >>> 0, length).slice());
}
