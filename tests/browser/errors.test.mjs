// What the page says when it cannot run: a sentence each, never a blank terminal.

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./lib/server.mjs";
import { launch } from "./lib/chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const web = process.argv[2] ?? join(root, "build/web");
const scratch = mkdtempSync(join(tmpdir(), "tawaki-errors-"));
const at = (name) => join(scratch, name);

const made = spawnSync("/sbin/mke2fs", ["-q", "-F", "-t", "ext2", at("empty.ext2"), "4M"], { encoding: "utf8" });
if (made.status !== 0) throw new Error(made.stderr ?? String(made.error));
writeFileSync(at("noise.ext2"), Buffer.alloc(1 << 20, 0x5a));
copyFileSync(at("empty.ext2"), at("short.ext2"));
truncateSync(at("short.ext2"), 1 << 20);
copyFileSync(at("empty.ext2"), at("bad.ext2"));
// The number of inodes per group, 0: nothing can be found.
writeSync(openSync(at("bad.ext2"), "r+"), Buffer.alloc(4), 0, 4, 1024 + 40);

/** Case: what the server is like, what the address asks for, what the page must say. */
const CASES = {
  "no isolation": { server: { isolated: false }, says: /not cross-origin isolated.*Cross-Origin-Opener-Policy/ },
  "image missing": { query: "image=nowhere.ext2", says: /nowhere\.ext2 cannot be read: the server answers 404/ },
  "server gone": { query: "image=http://127.0.0.1:9/x.ext2", says: /cannot be reached/ },
  "no byte ranges": { server: { ranges: false }, query: "image=empty.ext2", says: /ignores byte ranges/ },
  "not ext2": { query: "image=noise.ext2", says: /holds no ext2 file system/ },
  "cut short": { query: "image=short.ext2", says: /is cut short/ },
  "corrupt superblock": { query: "image=bad.ext2", says: /cannot be mounted/ },
  "nothing in it": { query: "image=empty.ext2", says: /\/bin\/bash: No such file or directory/ },
  "emulator missing": { missing: "tawaki.wasm", says: /emulator .*tawaki\.wasm.* cannot be loaded/ },
  "no memory": { init: "WebAssembly.Memory = function () { throw new RangeError('could not allocate memory'); }", query: "image=empty.ext2", says: /gives no memory/ },
};

let failed = 0;
/** Counts and prints one case. */
function report(name, ok, said) {
  if (!ok) failed++;
  console.log(`${ok ? "ok    " : "FAILED"} ${name}: ${said}`);
}
const browser = await launch();
for (const [name, { server: options = {}, query = "", says, missing, init }] of Object.entries(CASES)) {
  const handlers = missing ? { [`/${missing}`]: (_, response) => response.writeHead(404).end() } : {};
  const images = Object.fromEntries(["empty", "noise", "short", "bad"].map((image) => [`/${image}.ext2`, at(`${image}.ext2`)]));
  const server = await serve({ "/": web, ...images }, { ...options, handlers });
  const page = await browser.newPage();
  if (init) await page.addInitScript(init);
  await page.goto(`${server.url}/?${query}`);
  const headline = page.locator("#headline");
  await headline.filter({ hasText: "cannot run here" }).waitFor({ timeout: 15000 }).catch(() => {});
  const said = `${await headline.innerText()}: ${await page.locator("#detail").innerText()}`;
  report(name, says.test(said), said);
  await page.close();
  await server.close();
}

// A disk that is full: the program gets its error, the page says why, the machine goes on.
{
  const server = await serve({ "/": web, "/debian.ext2": join(root, "build/debian-amd64.ext2") });
  const page = await browser.newPage();
  const script = "head -c 30M /dev/zero >/root/big; echo status $?; rm /root/big; echo more >/root/small && cat /root/small; sleep 60";
  await page.goto(`${server.url}/?changes=8&run=${encodeURIComponent(script)}`);
  const state = page.locator("#state").filter({ hasText: "disk full" });
  await state.waitFor({ timeout: 60000 }).catch(() => {});
  const screen = () => page.evaluate(() => {
    const { active } = window.tawaki.terminal.buffer;
    return Array.from({ length: active.length }, (_, i) => active.getLine(i).translateToString(true)).join("\n").trim();
  });
  for (let i = 0; i < 300 && !/^more$/m.test(await screen()); i++) await page.waitForTimeout(100);
  const [said, text] = [await page.locator("#state").innerText(), await screen()];
  report("disk full, on the page", /disk full: .*8 MB.*Delete files/.test(said), said);
  report("disk full, to the program", /No space left on device\s+status 1\s+more/.test(text), text.replaceAll("\n", " | "));
  await page.close();
  await server.close();
}
await browser.close();
rmSync(scratch, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
