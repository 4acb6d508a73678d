// Measures the mailbox round trip in Chromium: node tests/browser/mailbox.mjs
// The figures in docs/decisions/0002-browser-workers.md come from here.

import { fileURLToPath } from "node:url";
import { serve } from "./lib/server.mjs";
import { launch } from "./lib/chromium.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const server = await serve({ "/": process.argv[2] ?? `${root}build/web`, "/js": `${root}browser-host/js`, "/tests": `${root}tests` });
const browser = await launch();
try {
  const page = await browser.newPage();
  page.on("console", (m) => console.log("console:", m.text()));
  page.on("pageerror", (e) => console.log("error:", e.message));
  await page.goto(`${server.url}/tests/browser/mailbox.html`);
  await page.waitForFunction(() => window.measure);
  for (const [name, calls, length, cores] of [
    ["spin", 200000, 16, 2], ["spin", 100000, 256, 2], ["spin", 20000, 4096, 2], ["spin", 5000, 131072, 2], ["sleep", 20000, 16, 1],
  ]) {
    const ns = await page.evaluate((a) => window.measure(...a), [calls, length, cores]);
    console.log(`${name} ${length} bytes each way: ${ns.toFixed(0)} ns`);
  }
} finally {
  await browser.close();
  await server.close();
}
