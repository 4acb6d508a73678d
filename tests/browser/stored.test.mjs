// Code that was compiled beforehand is used where it is right, and what is no such code does no harm.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const web = process.argv[2] ?? join(root, "build/web");
const scratch = mkdtempSync(join(tmpdir(), "tawaki-stored-"));
const program = `perl -e 'for (1 .. 100000) { $n = ($n * 31 + $_) % 65521; $h{$n % 500} .= "x" if $n % 3 == 1; $f = $f / 3 + sqrt($n) } printf "%d %d %.12f\\n", $n, scalar(keys %h), $f'`;
const [command, ...before] = process.env.TAWAKI_XTASK ? [process.env.TAWAKI_XTASK] : ["cargo", "run", "--quiet", "--package", "xtask", "--"];

let failed = 0;
function check(name, ok, said) {
  if (!ok) failed++;
  console.log(`${ok ? "ok    " : "FAILED"} ${name}: ${said}`);
}

/** Runs the program in a fresh tab with this stored code; what it printed, the machine's log, its figures. */
function run(image, code) {
  const stats = join(scratch, "stats.json");
  const args = ["--web", web, "--image", image, "--code", code, "--log", "--timeout", "100", "--stats", stats, "--", "/bin/bash", "-c", `${program}; ${program}`];
  const { stdout, stderr, status } = spawnSync("node", [join(root, "tests/browser/run.mjs"), ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return { stdout, stderr, ...JSON.parse(readFileSync(stats, "utf8")) };
}

for (const arch of ["amd64", "i386"]) {
  const image = join(root, `build/debian-${arch}.ext2`);
  if (!existsSync(image)) {
    check(arch, false, `there is no ${image}`);
    continue;
  }
  const script = join(scratch, "train.sh"), code = join(scratch, `${arch}.code`);
  writeFileSync(script, program);
  const made = spawnSync(command, [...before, "precompile", image, "--script", script, "-o", code], { cwd: root, encoding: "utf8" });
  check(`${arch}: code is written`, made.status === 0 && existsSync(code), made.stderr.trim().split("\n").at(-1));
  if (!existsSync(code)) continue;

  const without = run(image, "none");
  const stored = run(image, code);
  check(`${arch}: the same output`, stored.stdout === without.stdout && stored.stdout.length > 10, JSON.stringify(stored.stdout));
  check(`${arch}: modules are taken over`, stored.modules_shared >= 3, `${stored.modules_shared} modules`);
  check(`${arch}: less is compiled`, stored.regions_compiled < without.regions_compiled / 2, `${without.regions_compiled}, then ${stored.regions_compiled} regions`);
  check(`${arch}: less is interpreted`, stored.instructions_interpreted < without.instructions_interpreted / 2,
    `${without.instructions_interpreted}, then ${stored.instructions_interpreted} instructions`);
  if (arch !== "amd64") continue;

  const bad = join(scratch, "bad.code");
  const damage = (name, change, expected) => {
    copyFileSync(code, bad);
    const bytes = readFileSync(bad);
    writeFileSync(bad, change(bytes) ?? bytes);
    const result = run(image, bad);
    check(name, result.stdout === without.stdout && expected.test(result.stderr), JSON.stringify(result.stderr.trim().slice(0, 200)));
  };
  damage("another build's code is not used", (bytes) => void bytes.write("0123456789abcdef", 8), /another build/);
  damage("what is no code is not used", (bytes) => void bytes.write("garbage!", 0), /no stored code/);
  damage("an index that is cut off is not believed", (bytes) => void bytes.writeUInt32LE(100000, 24), /ends too early/);
  damage("modules that are not there or damaged are compiled as ever", (bytes) => void bytes.fill(0x55, 32 + bytes.readUInt32LE(28)), /^/);
  damage("a file that ends early", (bytes) => bytes.subarray(0, 32 + bytes.readUInt32LE(28) + 100), /^/);
}
rmSync(scratch, { recursive: true, force: true });
process.exit(failed);
