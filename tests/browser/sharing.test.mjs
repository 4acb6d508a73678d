// Code that one process compiled serves the next ones, in whatever worker they run.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const web = process.argv[2] ?? join(root, "build/web");
const image = process.argv[3] ?? join(root, "build/debian-amd64.ext2");
if (!existsSync(image)) {
  console.log(`FAILED there is no ${image}`);
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), "tawaki-sharing-"));

/** Runs a shell script in a fresh tab; its output and the machine's figures. */
function run(script) {
  const stats = join(scratch, "stats.json");
  const args = ["--web", web, "--image", image, "--timeout", "100", "--stats", stats, "--", "/bin/bash", "-c", script];
  const { stdout, stderr, status } = spawnSync("node", [join(root, "tests/browser/run.mjs"), ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return { stdout, ...JSON.parse(readFileSync(stats, "utf8")) };
}

const program = `awk 'BEGIN { for (i = 0; i < 600000; i++) { s += i % 7; t = t % 1000 i } print s, length(t) }'`;
const one = run(program);
// Three at once cannot be in one worker.
const many = run(`${program}; ${program} & ${program} & ${program} & wait`);
rmSync(scratch, { recursive: true, force: true });

let failed = 0;
function check(name, ok, said) {
  if (!ok) failed++;
  console.log(`${ok ? "ok    " : "FAILED"} ${name}: ${said}`);
}
check("all compute the same", many.stdout === one.stdout.repeat(4), JSON.stringify(many.stdout));
check("one is worth compiling", one.regions_compiled > 5, `${one.regions_compiled} regions`);
check("the others compile less", many.regions_compiled < 4 * one.regions_compiled, `${one.regions_compiled}, then ${many.regions_compiled} regions`);
check("they take over modules", many.modules_shared >= 3, `${many.modules_shared} modules`);
process.exit(failed);
