/** Boots a machine from an image and runs Linux programs on it, inside this page. */

export interface BootOptions {
  /** An ext2 image: an address whose server answers byte ranges, or a file. It is never written. */
  image: string | URL | Blob;
  /** Further ext2 images, mounted read-only at these directories, which are made if they are not there. */
  disks?: { image: string | URL | Blob; path: string }[];
  /** Most bytes of changed blocks to keep in memory. Default 1 GiB; beyond, programs get ENOSPC. */
  overlayLimit?: number;
  /** Called when a write was refused because of `overlayLimit`. */
  onDiskFull?(): void;
  /** Memory that programs are told the machine has, in bytes. Default 4 GiB. */
  memory?: number;
  /** Processors that programs are told of. Default `navigator.hardwareConcurrency`. */
  processors?: number;
  /** Most processes at once, default 100, never more than 112; 130 threads beyond `maxProcesses`, 256 of both. One more is EAGAIN. */
  maxProcesses?: number;
  /** Host name. Default: the image's `/etc/hostname`. */
  hostname?: string;
  /** Logs every system call through `onLog`. */
  strace?: boolean;
  /**
   * Whether hot code is compiled: `"on"` trusts the layout of memory where the program does not handle faults
   * itself, `"checked"` tests every access. Default `"on"`.
   */
  jit?: "on" | "checked" | "off";
  /**
   * Where code lies that was compiled beforehand (`cargo xtask precompile`), on a server that answers byte ranges. It is used only
   * where the guest's memory holds the very code that it was compiled from, and only if this build of Tawaki made it. Default: the image's address
   * with `.code` behind it, if there is something; `false`: none.
   */
  code?: string | URL | false;
  /** The processor: `"base"` is x86-64-v2 and more, `"avx2"` x86-64-v3. Default `"base"`. */
  cpu?: "base" | "avx2";
  /** Called while the machine loads, and with every range of the image that arrives later. */
  onProgress?(progress: Progress): void;
  /** Lines of the machine's log. Default: `console.debug`. */
  onLog?(line: string): void;
}

export interface Progress {
  /** `loading`: the emulator itself; `mounting`: the image's first blocks; `running`: booted. */
  stage: "loading" | "mounting" | "running";
  /** Size of the image in bytes, once known. */
  imageSize?: number;
  /** Bytes of the image fetched so far. */
  bytesFetched?: number;
  /** Ranges fetched so far. */
  requests?: number;
}

/** What is wrong, as a sentence in `message` and a word in `code`. */
export class TawakiError extends Error {
  /**
   * `unsupported`: the browser is too old; `isolation`: the page is not cross-origin isolated;
   * `module`: the emulator cannot be loaded; `image`: the image cannot be reached, read or mounted;
   * `memory`: the browser gives no memory; `worker`, `kernel`, `machine`: the emulator failed.
   */
  code: "unsupported" | "isolation" | "module" | "image" | "memory" | "worker" | "kernel" | "machine";
}

/** Boots a machine. Rejects with a {@link TawakiError}. */
export function boot(options: BootOptions): Promise<Machine>;

export interface Machine {
  /** Starts a program. Failures to start reject `started` and `exited`. */
  run(options: RunOptions): Process;
  /** Sends a signal as the superuser; `pid` as in kill(2). */
  kill(pid: number, signal: number): void;
  /** What the machine has done so far. */
  stats(): Stats;
  /**
   * Everything that differs from the image by now, in order: written over a copy of the image, it gives the
   * disk as the programs see it. Best taken when none is running.
   */
  changes(): Promise<{ offset: number; bytes: Uint8Array }[]>;
  /** Rejects with a {@link TawakiError} if the machine fails after boot; never resolves. */
  readonly failed: Promise<never>;
  /** Ends everything at once, as if the power went. */
  shutdown(): void;
}

export interface RunOptions {
  /** The program; without a slash it is searched along PATH. Default `argv[0]`. */
  program?: string;
  /** Arguments, the program's own name first. Default `[program]`. */
  argv?: string[];
  /** Environment, added to PATH, HOME, LANG, USER and TERM; `null` removes a variable. */
  env?: Record<string, string | null>;
  /** Working directory. Default: the user's home. */
  cwd?: string;
  /** `"root"` (the default), `"user"`, `"uid:gid"`, or numbers. */
  user?: "root" | "user" | string | { uid: number; gid: number; groups?: number[]; home?: string };
  /** A terminal of its own for the three standard descriptors, instead of byte streams. */
  tty?: boolean;
  /** The terminal's size. Default 80 by 24. */
  cols?: number;
  rows?: number;
}

export interface Process {
  /** The process id, once it runs. Rejects when it cannot be started (`errno` holds Linux's number). */
  readonly started: Promise<number>;
  /** How it ended. */
  readonly exited: Promise<ExitStatus>;
  /** Keys of the terminal, or standard input. Closing it hangs up the terminal, or ends the input. */
  readonly stdin: WritableStream<Uint8Array | string>;
  /** Output of the terminal, or standard output. A program waits when nobody reads. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** Standard error; null with a terminal. */
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Changes the terminal's size. */
  resize(cols: number, rows: number): void;
  /** Sends a signal by number or name. */
  signal(signal: number | string): Promise<void>;
}

export interface ExitStatus {
  /** The exit code, or 128 + the signal's number, as a shell has it. */
  code: number;
  /** The signal that ended it, or null. */
  signal: number | null;
  /** The status word as wait(2) gives it. */
  status: number;
}

export interface Stats {
  /** Bytes of the image fetched. */
  bytesFetched: number;
  /** Ranges of the image fetched. */
  requests: number;
  /** Guest instructions of the processes that have ended. */
  instructions: number;
  /** Those of them that the interpreter ran; the rest is a count that compiled code keeps about. */
  interpreted: number;
  /** System calls of the processes that have ended. */
  syscalls: number;
  /** Regions compiled for them. */
  regions: number;
  /** Milliseconds that took. */
  compileMs: number;
  /** Entries from the dispatcher into compiled code. */
  codeEntries: number;
  /** Compiled modules that a process took over from another. */
  sharedModules: number;
  /** Milliseconds from the call of `boot` to the mounted image. */
  bootMs: number;
  /** Milliseconds since the call of `boot`. */
  uptimeMs: number;
  /** Process workers alive, idle ones included. */
  workers: number;
}
