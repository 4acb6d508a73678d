// The process worker's end of its mailbox in the kernel's memory.

import {
  ANSWER, BUFFER, CAPACITY, CORES, GROW, MAILBOXES, MAILBOX_WORDS, PENDING, REQUEST, RUNNING, ring,
} from "./layout.js";

/**
 * Messages up to this length are copied word by word through views made once: two views made for the copy would
 * cost more. Both buffers are aligned to words and whole words long.
 */
const SMALL = 512;

function copyWords(to, toAddress, from, fromAddress, length) {
  const end = (length + 3) >> 2;
  toAddress >>>= 2;
  fromAddress >>>= 2;
  for (let i = 0; i < end; i++) to[toAddress + i] = from[fromAddress + i];
}

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
    this.ownWords = new Int32Array(memory.buffer);
    this.kernelWords = new Int32Array(kernelMemory.buffer);
  }

  /** Speaks through this mailbox from now on. */
  use(index) {
    this.header = MAILBOXES + index * MAILBOX_WORDS;
    this.pendingWord = PENDING + (index >> 5);
    this.bit = 1 << (index & 31);
  }

  /** A view of `length` bytes of the own memory, which may have grown. */
  ownBytes(pointer, length) {
    if (pointer + length > this.own.length) {
      this.own = new Uint8Array(this.memory.buffer);
      this.ownWords = new Int32Array(this.memory.buffer);
    }
    return this.own.subarray(pointer, pointer + length);
  }

  kernelBytes(pointer, length) {
    if (pointer + length > this.kernel.length) {
      this.kernel = new Uint8Array(this.kernelMemory.buffer);
      this.kernelWords = new Int32Array(this.kernelMemory.buffer);
    }
    return this.kernel.subarray(pointer, pointer + length);
  }

  /** Sends a request; true when spinning for the answer is worth it. */
  call(pointer, length) {
    pointer >>>= 0;
    const { words, header } = this;
    const buffer = words[header + BUFFER] >>> 0;
    if (length <= SMALL && pointer + SMALL <= this.own.length && buffer + SMALL <= this.kernel.length) {
      copyWords(this.kernelWords, buffer, this.ownWords, pointer, length);
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
    Atomics.or(words, this.pendingWord, this.bit);
    ring(words);
    // The kernel needs one core and each thread that is running guest code one: the kernel may still count this one.
    return words[RUNNING] < words[CORES];
  }

  capacity() {
    return this.words[this.header + CAPACITY] >>> 0;
  }

  /** Copies the answer if it is no longer than `room`, and returns its length. */
  reply(pointer, room) {
    pointer >>>= 0;
    const { words, header } = this;
    const length = words[header + ANSWER] >>> 0;
    if (length > room >>> 0) return length;
    const buffer = words[header + BUFFER] >>> 0;
    if (length <= SMALL && pointer + SMALL <= this.own.length && buffer + SMALL <= this.kernel.length) {
      copyWords(this.ownWords, pointer, this.kernelWords, buffer, length);
    } else {
      this.ownBytes(pointer, length).set(this.kernelBytes(buffer, length));
    }
    return length;
  }
}
