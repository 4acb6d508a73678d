// Measures page load to shell prompt in Chromium with a cold cache, from a local server:
//   node tests/browser/prompt.mjs IMAGE [RUNS] [WEB]
// Prints one JSON line per run: milliseconds to the prompt, bytes of the image, all bytes served.

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./lib/server.mjs";
import { launch } from "./lib/chromium.mjs";

const [image, runs = "3", web = fileURLToPath(new URL("../../build/web", import.meta.url))] = process.argv.slice(2);
for (let i = 0; i < Number(runs); i++) {
  const server = await serve({ "/": web, "/debian.ext2": resolve(image) });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const start = performance.now();
    await page.goto(server.url);
    await page.waitForFunction(() => {
      const active = window.tawaki?.terminal.buffer.active;
      return active && /[#$] *$/.test(active.getLine(active.cursorY + active.baseY)?.translateToString(true) ?? "");
    }, undefined, { timeout: 60000, polling: 20 });
    const prompt_ms = Math.round(performance.now() - start);
    const stats = await page.evaluate(() => window.tawaki.machine.stats());
    console.log(JSON.stringify({ prompt_ms, boot_ms: Math.round(stats.bootMs), bytes_fetched: stats.bytesFetched, requests: stats.requests, bytes_served: server.counters.bytes }));
  } finally {
    await browser.close();
    await server.close();
  }
}
