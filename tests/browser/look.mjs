// Opens the page on an image and prints what it says: for looking at a machine by hand.
//   node tests/browser/look.mjs IMAGE [SECONDS] [SCREENSHOT] [QUERY]
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./lib/server.mjs";
import { launch } from "./lib/chromium.mjs";

const [image, seconds = "5", shot, query = ""] = process.argv.slice(2);
const root = fileURLToPath(new URL("../..", import.meta.url));
const server = await serve({ "/": process.env.TAWAKI_WEB ?? `${root}build/web`, "/debian.ext2": resolve(image) });
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1000, height: 640 } });
  page.on("console", (message) => console.log("console:", message.text()));
  page.on("pageerror", (error) => console.log("error:", error.stack));
  await page.goto(`${server.url}/?${query}`);
  await page.waitForTimeout(Number(seconds) * 1000);
  console.log(await page.evaluate(() => document.body.innerText));
  if (shot) await page.screenshot({ path: shot });
} finally {
  await browser.close();
  await server.close();
}
