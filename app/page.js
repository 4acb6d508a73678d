// The page: a terminal on bash. It uses Tawaki's public interface only.
//
// Address parameters: `image` (address of an ext2 image, default `debian.ext2`),
// `cpu` (base or avx2), `changes` (most megabytes of changes to the disk, default 1024), `user` (root or user), `run` (a command line for bash instead of a login shell).

import { Terminal } from "./vendor/xterm.mjs";
import { FitAddon } from "./vendor/addon-fit.mjs";
import { boot } from "./js/tawaki.js";

/** Whether the disk has been full. */
let full = false;

const element = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const limit = Number(parameters.get("changes")) || 1024;

const terminal = new Terminal({
  fontFamily: '"JetBrains Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
  fontSize: 14,
  lineHeight: 1.15,
  cursorBlink: true,
  scrollback: 5000,
  theme: {
    background: "#10161b", foreground: "#d5dde3", cursor: "#7fd6c2", selectionBackground: "#35505a",
    black: "#1c252d", red: "#ff7b72", green: "#8fd694", yellow: "#f2c14e", blue: "#79b8ff", magenta: "#d2a8ff", cyan: "#7fd6c2", white: "#d5dde3",
    brightBlack: "#5b6b78", brightRed: "#ffa198", brightGreen: "#b2e8b6", brightYellow: "#ffd97a", brightBlue: "#a5d0ff", brightMagenta: "#e2c5ff",
    brightCyan: "#a6eadb", brightWhite: "#ffffff",
  },
});
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(element("terminal"));
fit.fit();

function status(state, text) {
  element("dot").className = state;
  element("state").textContent = text;
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function progress({ stage, bytesFetched = 0, requests = 0, imageSize }) {
  if (stage === "running") {
    if (!full) status("running", `running · ${megabytes(bytesFetched)} fetched`);
    return;
  }
  const of = imageSize ? ` of a ${megabytes(imageSize)} image` : "";
  element("detail").textContent = stage === "loading" ? "Loading the emulator…" : `Reading the file system: ${megabytes(bytesFetched)}${of}, ${requests} ranges`;
  element("fill").style.width = `${stage === "loading" ? 6 : Math.min(95, 20 + 75 * (1 - Math.exp(-bytesFetched / 1e6)))}%`;
  status("", stage);
}

function fail(error) {
  console.error(error);
  element("cover").hidden = false;
  element("cover").className = "failed";
  element("headline").textContent = "Tawaki cannot run here";
  element("detail").textContent = error.message;
  status("failed", "failed");
}

async function main() {
  const machine = await boot({
    image: parameters.get("image") ?? "debian.ext2",
    strace: parameters.has("strace"),
    jit: parameters.get("jit") ?? undefined,
    cpu: parameters.get("cpu") ?? undefined,
    overlayLimit: limit * 1e6,
    onDiskFull() {
      full = true;
      status("failed", `disk full: changes are kept in memory, up to ${limit} MB. Delete files and go on.`);
    },
    onProgress: progress,
    onLog: (line) => console.info(line),
  });
  machine.failed.catch(fail);
  const command = parameters.get("run");
  const shell = machine.run({
    program: "/bin/bash",
    argv: command ? ["bash", "-c", command] : ["-bash"],
    user: parameters.get("user") ?? "root",
    tty: true,
    cols: terminal.cols,
    rows: terminal.rows,
  });
  // For tests and the curious.
  Object.assign(window, { tawaki: { machine, shell, terminal } });

  const keys = shell.stdin.getWriter();
  const encoder = new TextEncoder();
  terminal.onData((data) => keys.write(encoder.encode(data)));
  terminal.onBinary((data) => keys.write(Uint8Array.from(data, (c) => c.charCodeAt(0))));
  terminal.onResize(({ cols, rows }) => shell.resize(cols, rows));
  new ResizeObserver(() => fit.fit()).observe(element("terminal"));

  await shell.started;
  element("cover").hidden = true;
  terminal.focus();
  shell.exited.then(({ code }) => {
    status("ended", `the shell ended with ${code} · reload to start again`);
  }, () => {});
  const output = shell.stdout.getReader();
  for (let part; !(part = await output.read()).done; ) await new Promise((resolve) => terminal.write(part.value, resolve));
}

main().catch(fail);
