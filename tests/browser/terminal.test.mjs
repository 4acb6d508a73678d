// A session typed into the page's terminal in headless Chromium.
//
//   node tests/browser/terminal.test.mjs [IMAGE] [--screenshot FILE] [--only NAME]
//
// Without an image: on both default images. Prints one line per step and exits with 1 if any failed.

import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { serve } from "./lib/server.mjs";
import { launch } from "./lib/chromium.mjs";

const { values, positionals: [image] } = parseArgs({
  allowPositionals: true,
  options: { screenshot: { type: "string" }, only: { type: "string" }, web: { type: "string" }, verbose: { type: "boolean" } },
});
const root = fileURLToPath(new URL("../..", import.meta.url));
if (!image) {
  let failed = false;
  for (const arch of ["amd64", "i386"]) {
    console.log(`${arch}:`);
    const run = spawnSync(process.execPath, [process.argv[1], `${root}build/debian-${arch}.ext2`, ...process.argv.slice(2)], { stdio: "inherit" });
    failed ||= run.status !== 0;
  }
  process.exit(failed ? 1 : 0);
}
const server = await serve({ "/": values.web ?? `${root}build/web`, "/debian.ext2": resolve(image) });
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1000, height: 640 } });
page.on("pageerror", (error) => console.log("page error:", error.stack));
page.on("console", (message) => (values.verbose || message.type() === "error") && console.log("console:", message.text()));

/** All rows of the screen and the scrollback, without trailing spaces. */
const text = () => page.evaluate(() => {
  const { terminal } = window.tawaki ?? {};
  if (!terminal) return document.body.innerText;
  const { active } = terminal.buffer;
  const rows = [];
  for (let i = 0; i < active.length; i++) {
    const line = active.getLine(i);
    const row = line.translateToString(true);
    if (line.isWrapped) rows[rows.length - 1] += row;
    else rows.push(row);
  }
  return rows.join("\n").trimEnd();
});

class Failure extends Error {}

/** Waits until the text after the mark matches. */
let mark = 0;
async function expect(pattern, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const now = await text();
    const found = pattern.exec(now.slice(Math.min(mark, now.length)));
    if (found) return found;
    if (Date.now() > end) throw new Failure(`no ${pattern} in:\n${now.slice(-1500)}`);
    await page.waitForTimeout(40);
  }
}
const type = (keys) => page.keyboard.type(keys);
const press = (key) => page.keyboard.press(key);
const PROMPT = /[#$] $|[#$]$/;
/** Types a command line and waits for what follows its output and the next prompt. */
async function command(line, pattern = PROMPT, seconds = 30) {
  await clear();
  await type(`${line}\n`);
  await expect(new RegExp(`${line.slice(-12).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`), seconds);
  return expect(pattern, seconds);
}
/** A clean screen, so that patterns cannot match what an earlier step left. */
async function clear() {
  await page.evaluate(() => window.tawaki.terminal.clear());
}
const size = () => page.evaluate(() => [window.tawaki.terminal.rows, window.tawaki.terminal.cols].join(" "));

const STEPS = {
  async prompt() {
    await page.goto(server.url);
    await page.waitForFunction(() => window.tawaki, undefined, { timeout: 60000 });
    await expect(/root@[\w-]+:~# *$/, 60);
  },
  async output() {
    await command("echo one two | tr a-z A-Z; ls / | head -3", /ONE TWO\nbin\nboot\ndev\n.*# *$/);
  },
  async "window size"() {
    await command("stty size", new RegExp(`\\n${await size()}\\n.*# *$`));
    await page.setViewportSize({ width: 860, height: 520 });
    await page.waitForTimeout(300);
    await command("stty size", new RegExp(`\\n${await size()}\\n.*# *$`));
    await page.setViewportSize({ width: 1000, height: 640 });
    await page.waitForTimeout(300);
  },
  async "interrupt yes"() {
    await clear();
    await type("yes\n");
    await expect(/y\ny\ny\n/);
    await press("Control+c");
    await expect(/\^C\n?.*# *$/);
    await command("echo status $?", /status 130\n/);
  },
  async "job control"() {
    await clear();
    await type("sleep 300\n");
    await page.waitForTimeout(600);
    await press("Control+z");
    await expect(/\[1\]\+ +Stopped +sleep 300\n.*# *$/);
    await command("bg", /\[1\]\+ sleep 300 &\n.*# *$/);
    await command("jobs", /\[1\]\+ +Running +sleep 300 &\n/);
    await clear();
    await type("fg\n");
    await expect(/\nsleep 300/);
    await press("Control+c");
    await expect(/\^C\n?.*# *$/);
    await command("jobs; echo none", /jobs; echo none\nnone\n/);
  },
  async history() {
    await command("echo first-$((40+2))", /first-42\n/);
    await command("echo second", /\nsecond\n/);
    await clear();
    await press("ArrowUp");
    await press("ArrowUp");
    await expect(/echo first-\$\(\(40\+2\)\)$/);
    await press("Enter");
    await expect(/\nfirst-42\n/);
  },
  async completion() {
    await clear();
    await type("cat /etc/hostn\t");
    await expect(/cat \/etc\/hostname *$/);
    await press("Enter");
    await expect(/\ntawaki\n|\n[\w-]+\n.*# *$/);
  },
  async vim() {
    await clear();
    await type("vim /tmp/letter.txt\n");
    await expect(/letter\.txt" \[New\]/, 60);
    await type("ihello from vim");
    await expect(/-- INSERT --/);
    await press("Enter");
    await type("second line");
    await press("Escape");
    await type(":wq\n");
    await expect(/written|# *$/);
    await command("cat /tmp/letter.txt", /hello from vim\nsecond line\n.*# *$/);
    await clear();
    await type("vim /tmp/letter.txt\n");
    await expect(/letter\.txt" 2L/, 60);
    // Vim asks the terminal about itself at first, and takes keys amid the answers for part of them.
    await page.waitForTimeout(1500);
    await press("Escape");
    await page.waitForTimeout(500);
    await type(":1d\n");
    await type(":wq\n");
    await expect(/# *$/);
    await command("cat /tmp/letter.txt", /letter.txt\nsecond line\n.*# *$/);
  },
  async less() {
    await clear();
    await type("seq 1000 | less\n");
    await expect(/(^|\n)1\n2\n3\n/);
    await press("Space");
    await expect(/(^|\n)(4\d|5\d|6\d)\n/);
    await type("G");
    await expect(/\n1000\n\(END\)/);
    await type("g");
    await expect(/(^|\n)1\n2\n3\n/);
    await type("q");
    await expect(/# *$/);
  },
  async "other user"() {
    await clear();
    await type("su - user\n");
    await expect(/user@[\w-]+:~\$ *$/);
    await command("id", /uid=1000\(user\) gid=1000\(user\)/);
    await command("cat /etc/shadow", /cat: \/etc\/shadow: Permission denied/);
    await command("touch /etc/x", /touch: cannot touch '\/etc\/x': Permission denied/);
    await command("pwd; touch mine && ls -l mine", /\n\/home\/user\n-rw-r--r-- 1 user user 0/);
    await clear();
    await type("exit\n");
    await expect(/root@[\w-]+:~# *$/);
  },
  async picture() {
    if (!values.screenshot) return;
    await page.setViewportSize({ width: 860, height: 380 });
    await page.waitForTimeout(300);
    await press("Control+l");
    await page.waitForTimeout(200);
    await clear();
    await type("cat > hello.c <<'E'\n#include <stdio.h>\nint main(void) { puts(\"Hello from gcc in a tab\"); return 42; }\nE\n");
    await expect(/> E\n.*# *$/);
    for (const line of ["uname -sm; grep PRETTY /etc/os-release", "gcc -O1 hello.c -o hello && ./hello; echo \"exit $?\"", "python3 -c 'print(sum(i*i for i in range(10**5)))'", "find /usr/bin | wc -l"]) {
      await type(`${line}\n`);
      await expect(new RegExp(`# ${line.slice(0, 20).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}[^]*# *$`), 120);
    }
    await page.screenshot({ path: values.screenshot });
  },
};

let failed = 0;
const begun = Date.now();
for (const [name, step] of Object.entries(STEPS)) {
  if (values.only && name !== "prompt" && name !== values.only) continue;
  const start = Date.now();
  try {
    await step();
    console.log(`ok     ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error instanceof Failure ? error.message : error.stack}`);
    if (name === "prompt") break;
    await press("Control+c");
    await page.waitForTimeout(300);
    await type("q");
    await press("Control+c");
    await page.waitForTimeout(300);
  }
}
console.log(`${failed ? `${failed} steps failed` : "all steps passed"} in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
await browser.close();
await server.close();
process.exit(failed ? 1 : 0);
