// `cargo xtask serve` serves what the page needs: headers, types, byte ranges, and a shell comes up on it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { launch } from "./lib/chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
// `cargo xtask test` says which binary it is; by hand cargo builds one.
const [command, ...before] = process.env.TAWAKI_XTASK ? [process.env.TAWAKI_XTASK] : ["cargo", "run", "--quiet", "--package", "xtask", "--"];
const server = spawn(command, [...before, "serve", "--port", "0"], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
let said = "";
const address = await new Promise((resolve, reject) => {
  createInterface({ input: server.stderr }).on("line", (line) => {
    said += `${line}\n`;
    const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line);
    if (found) resolve(found[0]);
  });
  server.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${said}`)));
});

const browser = await launch();
try {
  const index = await fetch(address);
  assert.equal(index.status, 200);
  assert.equal(index.headers.get("cross-origin-opener-policy"), "same-origin");
  assert.equal(index.headers.get("cross-origin-embedder-policy"), "require-corp");
  assert.match(index.headers.get("content-type"), /text\/html/);
  const image = new URL(new URL(address).searchParams.get("image"), address);
  const superblock = await fetch(image, { headers: { Range: "bytes=1080-1081" } });
  assert.equal(superblock.status, 206);
  assert.match(superblock.headers.get("content-range"), /^bytes 1080-1081\/\d+$/);
  assert.deepEqual([...new Uint8Array(await superblock.arrayBuffer())], [0x53, 0xef], "ext2's magic number");
  assert.equal((await fetch(new URL("/no-such-file", address))).status, 404);
  assert.equal((await fetch(new URL("/%2e%2e/Cargo.toml", address))).status, 404);

  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction(() => {
    const active = window.tawaki?.terminal.buffer.active;
    return active && /[#$] *$/.test(active.getLine(active.cursorY + active.baseY)?.translateToString(true) ?? "");
  }, undefined, { timeout: 60000, polling: 50 });
} finally {
  await browser.close();
  server.removeAllListeners("exit");
  server.kill();
}
process.exit(0);
