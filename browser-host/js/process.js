// A running program, as the page sees it.

import { TO_KERNEL } from "./tawaki.js";

const SIGNALS = { HUP: 1, INT: 2, QUIT: 3, KILL: 9, USR1: 10, USR2: 12, TERM: 15, CONT: 18, STOP: 19, TSTP: 20 };

const ENVIRONMENT = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** Users of Tawaki's own images, by name. */
const USERS = { root: { uid: 0, gid: 0, home: "/root" }, user: { uid: 1000, gid: 1000, home: "/home/user" } };

/** One output stream with flow control: the kernel is told of what was taken. */
function outputStream(drained, closed) {
  const queue = [];
  let controller, wake, ended = false;
  const stream = new ReadableStream({
    start: (c) => void (controller = c),
    pull() {
      const chunk = queue.shift();
      if (chunk) {
        controller.enqueue(chunk);
        drained(chunk.length);
      } else if (ended) controller.close();
      else return new Promise((resolve) => (wake = resolve)).then(() => this.pull());
    },
    cancel: () => closed(),
  }, { highWaterMark: 0 });
  const poke = () => {
    wake?.();
    wake = undefined;
  };
  return {
    stream,
    push(chunk) {
      queue.push(chunk);
      poke();
    },
    end() {
      ended = true;
      poke();
    },
  };
}

export class Process {
  constructor(machine, id, options) {
    this.machine = machine;
    this.id = id;
    this.options = options;
    this.terminal = Boolean(options.tty);
    this.started = new Promise((resolve, reject) => Object.assign(this, { resolveStarted: resolve, rejectStarted: reject }));
    this.exited = new Promise((resolve, reject) => Object.assign(this, { resolveExited: resolve, rejectExited: reject }));
    this.started.catch(() => {});
    this.exited.catch(() => {});
    const { post } = { post: (...args) => machine.post(...args) };
    const streams = this.terminal
      ? [null, outputStream((bytes) => post(TO_KERNEL.TERMINAL_DRAINED, id, bytes), () => post(TO_KERNEL.TERMINAL_HANGUP, id))]
      : [null, 1, 2].map((stream) => stream && outputStream(
        (bytes) => post(TO_KERNEL.STREAM_DRAINED, id, (stream << 30 | bytes) >>> 0),
        () => post(TO_KERNEL.STREAM_CLOSED, id, stream)));
    this.outputs = streams;
    this.stdout = streams[1].stream;
    this.stderr = streams[2]?.stream ?? null;
    this.room = 0;
    this.stdin = new WritableStream({
      write: (chunk) => this.write(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk),
      close: () => post(this.terminal ? TO_KERNEL.TERMINAL_HANGUP : TO_KERNEL.STREAM_EOF, id),
      abort: () => post(this.terminal ? TO_KERNEL.TERMINAL_HANGUP : TO_KERNEL.STREAM_EOF, id),
    });
  }

  /** The request as the kernel worker reads it. */
  request() {
    const { argv, env, cwd, user = "root", cols = 80, rows = 24 } = this.options;
    const program = this.options.program ?? argv?.[0];
    if (!program) throw new TypeError("run needs a program or argv");
    const identity = typeof user === "string"
      ? USERS[user] ?? (/^\d+:\d+$/.test(user) ? { uid: Number(user.split(":")[0]), gid: Number(user.split(":")[1]), home: "/" } : undefined)
      : { home: "/", ...user };
    if (!identity) throw new TypeError(`user ${user} is not known; give { uid, gid }`);
    const name = typeof user === "string" && user in USERS ? user : undefined;
    const environment = {
      ...ENVIRONMENT, HOME: identity.home, ...(name && { USER: name, LOGNAME: name }), ...(this.terminal && { TERM: "xterm-256color" }), ...env,
    };
    return {
      request: this.id, path: program, argv: argv ?? [program],
      env: Object.entries(environment).filter(([, value]) => value != null).map(([key, value]) => `${key}=${value}`),
      cwd: cwd ?? identity.home, uid: identity.uid, gid: identity.gid, groups: identity.groups ?? [identity.gid],
      terminal: this.terminal ? { id: this.id, cols, rows } : null,
    };
  }

  async write(bytes) {
    if (this.terminal) return this.machine.post(TO_KERNEL.TERMINAL_INPUT, this.id, 0, bytes.slice());
    while (bytes.length > 0) {
      while (this.room <= 0 && !this.over) await new Promise((resolve) => (this.roomWanted = resolve));
      if (this.over) return;
      const piece = bytes.slice(0, this.room);
      bytes = bytes.subarray(piece.length);
      this.room -= piece.length;
      this.machine.post(TO_KERNEL.STREAM_INPUT, this.id, 0, piece);
    }
  }

  resize(cols, rows) {
    this.machine.post(TO_KERNEL.TERMINAL_RESIZE, this.id, (cols << 16 | rows) >>> 0);
  }

  async signal(signal) {
    const number = typeof signal === "number" ? signal : SIGNALS[signal.replace(/^SIG/, "")];
    if (!number) throw new TypeError(`unknown signal ${signal}`);
    this.machine.kill(await this.started, number);
  }

  output(stream, bytes) {
    this.outputs[stream].push(bytes);
  }

  outputEnded(stream) {
    this.outputs[stream]?.end();
  }

  want(bytes) {
    this.room += bytes;
    this.wakeWriter();
  }

  wakeWriter() {
    this.roomWanted?.();
    this.roomWanted = undefined;
  }

  hasStarted(pid) {
    this.pid = pid;
    this.resolveStarted(pid);
  }

  refused(errno, message) {
    const error = Object.assign(new Error(`${this.options.program ?? this.options.argv[0]}: ${message}`), { name: "SpawnError", errno });
    this.rejectStarted(error);
    this.lost(error);
  }

  hasExited(status) {
    this.finish();
    const signal = status & 0x7f;
    this.resolveExited({ code: signal ? 128 + signal : (status >> 8) & 0xff, signal: signal || null, status });
    // A terminal outlives its first program while others of the session may still write.
    if (this.terminal) this.outputs[1].end();
  }

  lost(error) {
    this.finish();
    this.rejectStarted(error);
    this.rejectExited(error);
    for (const output of this.outputs) output?.end();
  }

  finish() {
    this.over = true;
    this.wakeWriter();
    this.machine.processes.delete(this.id);
  }
}
