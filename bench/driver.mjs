// Runs sessions of `session.sh` in a browser for `cargo xtask bench`:
//
//   node bench/driver.mjs --kind tawaki|v86 --browser chromium|firefox --image FILE [--web DIR] [--parts DIR] [--boot JSON]
//
// Commands on standard input, one per line: `open` (a fresh tab; after `@ready` it can be used), `send TEXT`,
// `stats`, `close`, `quit`. Answers on standard output, one JSON object per line: {t, line} for each line of the
// session, t being the page's own clock in milliseconds; {stats}; {failed}. v86 takes long to boot, so it is
// booted once; later tabs begin with the saved state of the first.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch } from "../tests/browser/lib/chromium.mjs";
import { serve } from "../tests/browser/lib/server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    kind: { type: "string", default: "tawaki" },
    browser: { type: "string", default: "chromium" },
    image: { type: "string" },
    web: { type: "string", default: join(root, "build/web") },
    parts: { type: "string", default: join(root, "build/bench/v86") },
    boot: { type: "string", default: "{}" },
  },
});

const answer = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
const bytes = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** The tab: a number that its requests carry, so that an old tab's last words are not taken for the new one's. */
let tab = 0;
let input = null;
let waiting = [];
let state = null;
let close = async () => {};

function toPage(message) {
  if (input) input.write(`${JSON.stringify(message)}\n`);
  else waiting.push(message);
}

const current = (request) => Number(new URL(request.url, "http://x").searchParams.get("tab")) === tab;
const handlers = {
  "/bench/spec": (request, response) => {
    const size = statSync(values.image).size;
    response.end(JSON.stringify({ size, state: state !== null, boot: JSON.parse(values.boot) }));
  },
  "/bench/input": (request, response) => {
    response.writeHead(200, { "Content-Type": "application/octet-stream" });
    response.flushHeaders();
    if (!current(request)) return;
    input = response;
    waiting.splice(0).forEach(toPage);
  },
  "/bench/output": async (request, response) => {
    const items = JSON.parse((await bytes(request)).toString());
    if (current(request)) items.forEach(answer);
    response.end();
  },
  "/bench/state": async (request, response) => {
    if (request.method === "POST") {
      state = await bytes(request);
      response.end();
    } else {
      response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": state.length });
      response.end(state);
    }
  },
};

const page = join(root, "bench", `${values.kind}.html`);
const mounts = { "/bench/page": page, "/bench/page.js": join(root, "bench/page.js"), "/image.ext2": resolve(values.image), "/image.ext2.code": `${resolve(values.image)}.code` };
if (values.kind === "v86") Object.assign(mounts, { "/v86": join(root, "node_modules/v86/build"), "/parts": resolve(values.parts) });
else mounts["/"] = resolve(values.web);
const server = await serve(mounts, { handlers });

let chromium = null;
const open = {
  /** A tab with storage and caches of its own. */
  async chromium(url) {
    if (!chromium?.isConnected()) chromium = await launch();
    const context = await chromium.newContext();
    const mine = tab;
    const failed = (text) => mine === tab && answer({ failed: text });
    const target = await context.newPage();
    target.on("crash", () => failed("the tab crashed"));
    target.on("pageerror", (error) => failed(error.message));
    await target.goto(url);
    return () => context.close().catch(() => {});
  },
  /** A process with a profile of its own: what drives Chromium's tabs does not know this Firefox. */
  async firefox(url) {
    const profile = mkdtempSync(join(tmpdir(), "tawaki-bench-"));
    const preferences = {
      "browser.shell.checkDefaultBrowser": false, "datareporting.policy.dataSubmissionEnabled": false, "app.update.enabled": false,
      "browser.aboutwelcome.enabled": false, "dom.workers.maxPerDomain": 512, "toolkit.telemetry.enabled": false,
    };
    writeFileSync(join(profile, "user.js"), Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${value});`).join("\n"));
    const child = spawn(process.env.FIREFOX ?? "firefox-esr", ["--headless", "--no-remote", "--profile", profile, url], { stdio: "ignore", detached: true });
    const gone = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
    const mine = tab;
    gone.then(() => mine === tab && answer({ failed: "the browser ended" }));
    return async () => {
      try {
        process.kill(-child.pid, "SIGKILL");
        await gone;
      } catch { /* It ended by itself. */ }
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    };
  },
};

async function closeTab() {
  tab++;
  input?.end();
  input = null;
  waiting = [];
  await close();
  close = async () => {};
}

const commands = {
  async open() {
    await closeTab();
    server.counters.bytes = 0;
    close = await open[values.browser](`${server.url}/bench/page?tab=${tab}`);
  },
  async send(text) {
    toPage({ send: text });
  },
  async stats() {
    toPage({ stats: true });
  },
  async served() {
    answer({ served: server.counters.bytes });
  },
  close: closeTab,
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name] = line.split(" ", 1);
  if (name === "quit") break;
  try {
    await commands[name](line.slice(name.length + 1));
  } catch (error) {
    answer({ failed: `${name}: ${error.message}` });
  }
}
await closeTab();
await chromium?.close().catch(() => {});
await server.close();
process.exit(0);
