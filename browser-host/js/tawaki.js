// Tawaki's public interface: boot a machine from an image, run programs on it.
// The types and their documentation are in tawaki.d.ts.

import { fetchIndex, newUses, shareStored } from "./code.js";
import { SLOTS, newMemory, now, send } from "./layout.js";
import { Process } from "./process.js";

/** Kinds of messages from the kernel worker (`Page` in `src/host.rs`). */
const BOOTED = 0, BOOT_FAILED = 1, TERMINAL_OUTPUT = 2, STREAM_OUTPUT = 3, STREAM_ENDED = 4, STREAM_WANT = 5,
  STARTED = 6, SPAWN_REFUSED = 7, EXITED = 8, CHANGED = 9, CHANGES_END = 10,
  DISK_FULL = 11;

/** Kinds of messages to the kernel worker (`kernel_event` in `src/exports.rs`). */
export const TO_KERNEL = {
  SPAWN: 0, TERMINAL_INPUT: 1, TERMINAL_RESIZE: 2, TERMINAL_DRAINED: 3, TERMINAL_HANGUP: 4, STREAM_INPUT: 5,
  STREAM_EOF: 6, STREAM_DRAINED: 7, STREAM_CLOSED: 8, SIGNAL: 9, CHANGES: 12,
};

/**
 * Most shared memories: Chromium gives a tab 124, one is the kernel's, and terminated workers' are not free at once.
 */
const MAX_WORKERS = 112;
/** Further threads beyond `maxProcesses`, as far as there are slots: their workers have no memory of their own. */
const THREADS = 130;

/** Unit of block numbers (`BLOCK_SIZE` of the crate blockdev). */
const BLOCK_SIZE = 1024;

/** Workers made while the machine boots. */
const FIRST_WORKERS = 3;

export class TawakiError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "TawakiError";
    this.code = code;
  }
}

const fail = (code, message) => {
  throw new TawakiError(code, message);
};

function checkBrowser() {
  if (typeof WebAssembly !== "object" || typeof Worker !== "function") fail("unsupported", "This browser has no WebAssembly or no workers.");
  if (typeof SharedArrayBuffer !== "function" || !globalThis.crossOriginIsolated) {
    fail("isolation", "This page is not cross-origin isolated, so the browser gives it no shared memory. Its server must send " +
      "“Cross-Origin-Opener-Policy: same-origin” and “Cross-Origin-Embedder-Policy: require-corp”, over HTTPS or from localhost.");
  }
}

function spawnWorker(name) {
  return new Worker(new URL(`./${name}.js`, import.meta.url), { type: "module", name });
}

/** The first message of a worker, or a throw when it cannot even be loaded. */
function firstMessage(worker, what) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new TawakiError("worker", `The ${what} worker does not start: ${event.message ?? "its script cannot be loaded"}.`));
  });
}

async function compileModule() {
  const url = new URL("../tawaki.wasm", import.meta.url);
  try {
    return await WebAssembly.compileStreaming(fetch(url));
  } catch (error) {
    return fail("module", `The emulator (${url}) cannot be loaded: ${error.message}.`);
  }
}

/** The index of the code that was compiled beforehand, if there is any. */
function storedCode({ image, code, jit }) {
  if (code === false || jit === "off" || (code === undefined && image instanceof Blob)) return undefined;
  const url = new URL(code ?? image, document.baseURI);
  if (code === undefined) url.pathname += ".code";
  return fetchIndex(url.href);
}

export async function boot(options) {
  checkBrowser();
  if (!options?.image) fail("image", "No image was given.");
  const machine = new Machine(options);
  try {
    await machine.start();
  } catch (error) {
    machine.shutdown();
    throw error;
  }
  return machine;
}

export class Machine {
  constructor(options) {
    this.options = options;
    this.epoch = now();
    this.workers = new Map();
    this.mailboxes = new Array(SLOTS).fill(false);
    this.processes = new Map();
    this.terminals = new Map();
    this.changeRequests = new Map();
    this.nextId = 1;
    this.counters = { bytesFetched: 0, requests: 0, instructions: 0, interpreted: 0, syscalls: 0, regions: 0, compileMs: 0, codeEntries: 0, sharedModules: 0, bootMs: 0 };
    this.failed = new Promise((_, reject) => (this.reject = reject));
    this.failed.catch(() => {});
  }

  async start() {
    const { options } = this;
    const progress = options.onProgress ?? (() => {});
    progress({ stage: "loading" });
    const disks = options.disks ?? [];
    const images = [options, ...disks].map(({ image }) => (image instanceof Blob ? image : new URL(image, document.baseURI).href));
    this.io = spawnWorker("io-worker");
    const opened = firstMessage(this.io, "I/O");
    this.io.postMessage({ images });
    this.kernel = spawnWorker("kernel-worker");
    const [module, { sizes, error }, code] = await Promise.all([compileModule(), opened, storedCode(options)]);
    if (error) fail("image", error);
    this.module = module;
    const [size, ...diskSizes] = sizes;
    progress({ stage: "mounting", imageSize: size });
    this.io.onmessage = ({ data }) => {
      Object.assign(this.counters, data);
      progress({ stage: this.booted ? "running" : "mounting", ...data, imageSize: size });
    };

    this.processors = options.processors ?? Math.max(1, navigator.hardwareConcurrency || 2);
    try {
      this.kernelMemory = newMemory();
    } catch (error) {
      fail("memory", `The browser gives no memory for the machine (${error.message}). Close other tabs that use much, and reload.`);
    }
    this.uses = newUses();
    this.stored = code && shareStored(code, this.uses);
    if (this.stored) {
      this.code = spawnWorker("code-worker");
      this.code.postMessage({ stored: this.stored });
    }
    const channel = new MessageChannel();
    const ready = firstMessage(this.kernel, "kernel");
    this.kernel.postMessage({
      module, code, memory: this.kernelMemory, uses: this.uses, io: channel.port1, epoch: this.epoch, asked: FIRST_WORKERS,
      maxWorkers: Math.min(MAX_WORKERS, (options.maxProcesses ?? 100) + 8),
      boot: {
        imageSize: size, disks: disks.map(({ path }, i) => ({ path, size: diskSizes[i] })), overlayLimit: options.overlayLimit ?? 2 ** 30, hostname: options.hostname ?? null,
        maxProcesses: Math.min(SLOTS, (options.maxProcesses ?? 100) + THREADS), cores: this.processors, memory: options.memory ?? 4 * 2 ** 30,
        entropy: [...crypto.getRandomValues(new Uint8Array(32))], epoch: this.epoch,
      },
    }, [channel.port1]);
    const { ready: shared, log, panic } = await ready;
    if (shared === undefined) fail("kernel", `The kernel does not start: ${panic ?? log}`);
    this.shared = shared;
    this.words = new Int32Array(this.kernelMemory.buffer, shared);
    this.io.postMessage({ port: channel.port2, kernelMemory: this.kernelMemory, shared }, [channel.port2]);
    const booted = new Promise((resolve, reject) => {
      this.booting = { resolve, reject };
    });
    this.kernel.onmessage = ({ data }) => this.fromKernel(data);
    this.kernel.onerror = (event) => this.die(`The kernel worker failed: ${event.message}.`);
    for (let i = 0; i < FIRST_WORKERS; i++) this.addWorker();
    await booted;
    this.booted = true;
    this.counters.bootMs = now() - this.epoch;
    progress({ stage: "running", ...this.counters, imageSize: size });
  }

  /** Sends to the kernel worker. */
  post(kind, a = 0, b = 0, bytes = undefined) {
    if (this.stopped) return;
    send(this.kernel, this.words, { kind, a, b, bytes });
  }

  fromKernel(data) {
    if (data.kind !== undefined) {
      const { kind, a, b, bytes } = data;
      const process = this.processes.get(a);
      switch (kind) {
        case BOOTED: return this.booting.resolve();
        case BOOT_FAILED: return this.booting.reject(new TawakiError("image", new TextDecoder().decode(bytes)));
        case TERMINAL_OUTPUT: return this.terminals.get(a)?.output(1, bytes);
        case STREAM_OUTPUT: return process?.output(b, bytes);
        case STREAM_ENDED: return process?.outputEnded(b);
        case STREAM_WANT: return process?.want(b);
        case STARTED: return process?.hasStarted(b | 0);
        case SPAWN_REFUSED: return process?.refused(b, new TextDecoder().decode(bytes));
        case EXITED: return process?.hasExited(b);
        case CHANGED: return this.changeRequests.get(a)?.changes.push({ offset: b * BLOCK_SIZE, bytes });
        case DISK_FULL: return this.options.onDiskFull?.();
        case CHANGES_END: {
          const request = this.changeRequests.get(a);
          this.changeRequests.delete(a);
          return b ? request?.resolve(request.changes) : request?.reject(new TawakiError("machine", "The machine has no disk."));
        }
      }
    } else if (data.workers) {
      for (let i = 0; i < data.workers; i++) this.addWorker(data.threads);
    } else if (data.terminate !== undefined) {
      this.removeWorker(data.terminate);
    } else if (data.panic) {
      this.die(`The machine stopped by an error of its own. ${data.panic}`);
    } else if (data.log !== undefined) this.log(data.log);
  }

  removeWorker(id, mailbox = this.workers.get(id)?.mailbox) {
    this.workers.get(id)?.worker.terminate();
    this.workers.delete(id);
    if (mailbox !== undefined) this.mailboxes[mailbox] = false;
  }

  log(line) {
    (this.options.onLog ?? ((line) => console.debug(line)))(line);
  }

  /** `threads`: without a memory, for threads only. */
  async addWorker(threads = false) {
    const id = this.nextId++;
    const mailbox = this.mailboxes.indexOf(false);
    this.mailboxes[mailbox] = true;
    let worker, channel, answer;
    try {
      worker = spawnWorker("process-worker");
      this.workers.set(id, { worker, mailbox });
      channel = new MessageChannel();
      const first = firstMessage(worker, "process");
      const codePort = this.code && new MessageChannel();
      this.code?.postMessage({ port: codePort.port1 }, [codePort.port1]);
      worker.postMessage({
        stored: this.stored, codePort: codePort?.port2,
        threads, uses: this.uses,
        module: this.module, kernelMemory: this.kernelMemory, shared: this.shared, mailbox, port: channel.port2, epoch: this.epoch,
        processors: this.processors, strace: this.options.strace, jit: this.options.jit ?? "on", cpu: this.options.cpu,
      }, [channel.port2, ...(codePort ? [codePort.port2] : [])]);
      answer = await first;
      if (answer.failed) throw new Error(answer.failed);
    } catch (error) {
      this.log(`no further process worker: ${error.message}`);
      this.removeWorker(id, mailbox);
      if (!this.stopped) send(this.kernel, this.words, { noWorker: true, threads });
      return;
    }
    worker.onmessage = ({ data }) => {
      if (data.log !== undefined) this.log(data.log);
      if (data.ended) {
        ["instructions", "interpreted", "syscalls", "regions", "compileMs", "codeEntries", "sharedModules"]
          .forEach((name, i) => (this.counters[name] += data.ended[i]));
      }
    };
    if (this.stopped) return;
    send(this.kernel, this.words, { unit: { id, mailbox, port: channel.port1, memory: answer.memory, words: answer.words, boot: answer.boot } }, [channel.port1]);
  }

  run(options) {
    const id = this.nextId++;
    const process = new Process(this, id, options);
    this.processes.set(id, process);
    if (process.terminal) this.terminals.set(id, process);
    this.post(TO_KERNEL.SPAWN, 0, 0, new TextEncoder().encode(JSON.stringify(process.request())));
    return process;
  }

  kill(pid, signal) {
    this.post(TO_KERNEL.SIGNAL, pid, signal);
  }

  changes() {
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.changeRequests.set(id, { changes: [], resolve, reject });
      this.failed.catch(reject);
      this.post(TO_KERNEL.CHANGES, id);
    });
  }

  stats() {
    return { ...this.counters, workers: this.workers.size, uptimeMs: now() - this.epoch };
  }

  die(message) {
    if (this.stopped) return;
    const error = new TawakiError("machine", message);
    this.reject(error);
    this.booting?.reject(error);
    for (const process of this.processes.values()) process.lost(error);
    this.shutdown();
  }

  shutdown() {
    this.stopped = true;
    this.kernel?.terminate();
    this.io?.terminate();
    this.code?.terminate();
    for (const { worker } of this.workers.values()) worker.terminate();
    this.workers.clear();
  }
}
