// Runs one program on the machine in a headless browser, as `cargo xtask run` wants it:
//
//   node tests/browser/run.mjs [options] --image FILE -- PROGRAM ARGS...
//
// Options: --web DIR (build/web), --browser chromium|firefox, --env K=V, --cwd DIR, --user UID:GID,
// --timeout SECONDS, --stats FILE, --mount HOSTDIR:/PATH (made into an ext2 image and mounted read-only),
// --disk FILE:/PATH (such an image), --write (changes go into the image when the program has ended), --strace, --jit on|checked|off, --cpu base|avx2, --code FILE (stored code; default IMAGE.code, if there is one; none: none), --tty, --log. Streams are connected; the exit status is the guest's (124 after a timeout).

import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serve } from "./lib/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Command lines of the browsers, given a fresh profile directory and the address to open. */
const BROWSERS = {
  chromium: (profile, url) => [process.env.CHROMIUM ?? "/usr/bin/chromium", [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-default-browser-check", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", `--user-data-dir=${profile}`, url,
  ]],
  firefox: (profile, url) => {
    writeFileSync(join(profile, "user.js"), [
      'user_pref("browser.shell.checkDefaultBrowser", false);', 'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
      'user_pref("app.update.enabled", false);', 'user_pref("browser.aboutwelcome.enabled", false);',
      'user_pref("dom.workers.maxPerDomain", 512);', 'user_pref("toolkit.telemetry.enabled", false);',
    ].join("\n"));
    return [process.env.FIREFOX ?? "firefox-esr", ["--headless", "--no-remote", "--profile", profile, url]];
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    web: { type: "string", default: join(root, "build/web") },
    image: { type: "string" },
    browser: { type: "string", default: "chromium" },
    env: { type: "string", multiple: true, default: [] },
    cwd: { type: "string" },
    user: { type: "string", default: "root" },
    timeout: { type: "string" },
    stats: { type: "string" },
    disk: { type: "string", multiple: true, default: [] },
    mount: { type: "string", multiple: true, default: [] },
    write: { type: "boolean", default: false },
    strace: { type: "boolean", default: false },
    jit: { type: "string" },
    cpu: { type: "string" },
    code: { type: "string" },
    tty: { type: "boolean", default: false },
    log: { type: "boolean", default: false },
  },
});

function usage(message) {
  console.error(`run.mjs: ${message}`);
  process.exit(2);
}
if (!values.image) usage("--image is missing");
if (positionals.length === 0) usage("no program");
if (!BROWSERS[values.browser]) usage(`unknown browser ${values.browser}`);

const scratch = mkdtempSync(join(tmpdir(), "tawaki-run-"));
for (const [i, mount] of values.mount.entries()) {
  const directory = mount.slice(0, mount.lastIndexOf(":"));
  const file = join(scratch, `mount${i}.ext2`);
  const du = spawnSync("du", ["-s", "--apparent-size", "-B1024", directory], { encoding: "utf8" });
  const inodes = spawnSync("du", ["-s", "--inodes", directory], { encoding: "utf8" });
  const kilobytes = Math.ceil(parseInt(du.stdout) * 1.1 + parseInt(inodes.stdout) * 5 + 4096);
  const make = spawnSync("/sbin/mke2fs", ["-q", "-F", "-t", "ext2", "-m", "0", "-N", String(parseInt(inodes.stdout) + 64), "-d", directory, file, String(kilobytes)], { encoding: "utf8" });
  if (make.status !== 0) usage(`--mount ${mount}: ${make.stderr ?? make.error}`);
  values.disk.push(`${file}:${mount.slice(mount.lastIndexOf(":") + 1)}`);
}

const tty = values.tty || Boolean(process.stdin.isTTY);
const size = () => ({ cols: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 });
const images = Object.fromEntries(values.disk.map((disk, i) => [`/disk${i}.ext2`, resolve(disk.slice(0, disk.lastIndexOf(":")))]));
const stored = resolve(values.code ?? `${values.image}.code`);
const hasCode = values.code !== "none" && existsSync(stored);
const spec = {
  linger: 2000,
  write: values.write,
  boot: {
    image: "/image.ext2",
    strace: values.strace,
    jit: values.jit,
    cpu: values.cpu,
    code: hasCode ? "/image.ext2.code" : false,
    disks: values.disk.map((disk, i) => ({ image: `/disk${i}.ext2`, path: disk.slice(disk.lastIndexOf(":") + 1) })),
  },
  run: {
    program: positionals[0], argv: positionals, cwd: values.cwd, user: values.user, tty, ...size(),
    env: Object.fromEntries(values.env.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)])),
  },
};

const body = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};
const sink = (stream) => async (request, response) => {
  const bytes = await body(request);
  stream.write(bytes, () => response.end());
};
const disk = values.write ? openSync(values.image, "r+") : -1;
let finish;
const done = new Promise((resolve) => (finish = resolve));
const streaming = { "Content-Type": "application/octet-stream", "X-Accel-Buffering": "no" };
const handlers = {
  "/run/spec": (_, response) => response.end(JSON.stringify(spec)),
  "/run/stdout": sink(process.stdout),
  "/run/stderr": sink(process.stderr),
  "/run/log": async (request, response) => {
    const line = (await body(request)).toString();
    if (values.log || values.strace) process.stderr.write(`${line}\n`);
    response.end();
  },
  "/run/stdin": (request, response) => {
    response.writeHead(200, streaming);
    response.flushHeaders();
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.pipe(response);
  },
  "/run/control": (_, response) => {
    response.writeHead(200, streaming);
    response.flushHeaders();
    process.stdout.on("resize", () => response.write(`${JSON.stringify(size())}\n`));
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => response.write(`${JSON.stringify({ signal })}\n`));
  },
  "/run/change": async (request, response) => {
    const bytes = await body(request);
    const offset = Number(new URL(request.url, "http://x").searchParams.get("offset"));
    for (let at = 0; at < bytes.length; ) at += writeSync(disk, bytes, at, bytes.length - at, offset + at);
    response.end();
  },
  "/run/done": async (request, response) => {
    finish(JSON.parse((await body(request)).toString()));
    response.end();
  },
};
const server = await serve({ "/": resolve(values.web), "/run": join(root, "tests/browser/run.html"), "/image.ext2": resolve(values.image), "/image.ext2.code": stored, ...images }, { handlers });

const profile = join(scratch, "profile");
mkdirSync(profile);
const [command, args] = BROWSERS[values.browser](profile, `${server.url}/run`);
const browser = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
let complaints = "";
browser.stderr.on("data", (data) => (complaints = (complaints + data).slice(-4000)));
browser.on("error", (error) => finish({ error: `${command}: ${error.message}` }));
browser.on("exit", (code, signal) => finish({ error: `${command} ended (${signal ?? code}): ${complaints}` }));
const timer = values.timeout && setTimeout(() => finish({ timeout: true }), Number(values.timeout) * 1000);

const result = await done;
if (disk >= 0) closeSync(disk);
clearTimeout(timer);
if (process.stdin.isTTY) process.stdin.setRawMode(false);
browser.removeAllListeners("exit");
if (browser.pid && browser.exitCode === null) {
  const gone = new Promise((resolve) => browser.once("exit", resolve));
  try {
    process.kill(-browser.pid, "SIGKILL");
    await gone;
  } catch { /* It ended by itself. */ }
}
rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
if (values.stats && result.stats) {
  writeFileSync(values.stats, JSON.stringify({
    guest_wall_ms: result.wall, boot_ms: result.stats.bootMs, instructions: result.stats.instructions,
    instructions_interpreted: result.stats.interpreted, regions_compiled: result.stats.regions, compile_ms: result.stats.compileMs,
    code_entries: result.stats.codeEntries, modules_shared: result.stats.sharedModules,
    syscalls: result.stats.syscalls, bytes_fetched: result.stats.bytesFetched,
  }, null, 2) + "\n");
}
if (result.error) console.error(`tawaki: ${result.error}`);
if (result.timeout) console.error(`tawaki: timeout after ${values.timeout} s`);
// A program that is not there or cannot be executed: as a shell says it.
const code = result.timeout ? 124 : result.errno ? (result.errno === 2 ? 127 : 126) : result.error ? 125 : result.code;
process.exit(code);
