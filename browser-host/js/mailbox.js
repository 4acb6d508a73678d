// The process worker's end of its mailbox in the kernel's memory.

import {
  ANSWER, BUFFER, CAPACITY, CORES, GROW, MAILBOXES, MAILBOX_WORDS, PENDING, REQUEST, RUNNING, ring,
} from "./layout.js";

/** Messages up to this length go through views made once; longer ones make a view each. */
const SMALL = 512;

export class Mailbox {
  /**
   * @param {WebAssembly.Memory} memory the process's own
   * @param {WebAssembly.Memory} kernelMemory the kernel's
   * @param {number} shared address of `Shared` in the kernel's memory
   */
  constructor(memory, kernelMemory, shared) {
    this.memory = memory;
    this.kernelMemory = kernelMemory;
    this.shared = shared;
    this.words = new Int32Array(kernelMemory.buffer, shared);
    this.own = new Uint8Array(memory.buffer);
    this.kernel = new Uint8Array(kernelMemory.buffer);
  }

  /** Speaks through this slot from now on. */
  use(slot) {
    this.header = MAILBOXES + slot * MAILBOX_WORDS;
    this.pendingWord = PENDING + (slot >> 5);
    this.bit = 1 << (slot & 31);
  }

  /** A view of `length` bytes of the own memory, which may have grown. */
  ownBytes(pointer, length) {
    if (pointer + length > this.own.length) this.own = new Uint8Array(this.memory.buffer);
    return this.own.subarray(pointer, pointer + length);
  }

  kernelBytes(pointer, length) {
    if (pointer + length > this.kernel.length) this.kernel = new Uint8Array(this.kernelMemory.buffer);
    return this.kernel.subarray(pointer, pointer + length);
  }

  /** Sends a request; true when spinning for the answer is worth it. */
  call(pointer, length) {
    const { words, header } = this;
    const buffer = words[header + BUFFER] >>> 0;
    if (length <= SMALL && pointer + length <= this.own.length) {
      // A byte loop beats making two views for a message this short.
      const from = this.own, to = this.kernel;
      for (let i = 0; i < length; i++) to[buffer + i] = from[pointer + i];
    } else {
      this.kernelBytes(buffer, length).set(this.ownBytes(pointer, length));
    }
    words[header + REQUEST] = length;
    return this.post();
  }

  /** Asks for a longer buffer first; the answer is empty. */
  grow(length) {
    this.words[this.header + REQUEST] = length | GROW;
    return this.post();
  }

  post() {
    const { words } = this;
    const running = Atomics.sub(words, RUNNING, 1) - 1;
    Atomics.or(words, this.pendingWord, this.bit);
    ring(words);
    // The kernel needs one core, each thread that is running guest code one, and this one.
    return running + 2 <= words[CORES];
  }

  capacity() {
    return this.words[this.header + CAPACITY] >>> 0;
  }

  replyLength() {
    return this.words[this.header + ANSWER] >>> 0;
  }

  /** Copies the answer's first `length` bytes. */
  reply(pointer, length) {
    const { words, header } = this;
    const buffer = words[header + BUFFER] >>> 0;
    if (length <= SMALL && buffer + length <= this.kernel.length && pointer + length <= this.own.length) {
      const from = this.kernel, to = this.own;
      for (let i = 0; i < length; i++) to[pointer + i] = from[buffer + i];
    } else {
      this.ownBytes(pointer, length).set(this.kernelBytes(buffer, length));
    }
  }
}
