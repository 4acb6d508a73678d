// What a page written in TypeScript does with Tawaki: `tsc --noEmit` must accept this file, and refuse the lines
// marked as errors. Nothing here runs.

import { boot, TawakiError, type ExitStatus, type Machine, type Process, type Progress } from "../../browser-host/js/tawaki.js";

async function shell(terminal: { write(bytes: Uint8Array): void; cols: number; rows: number }): Promise<number> {
  let machine: Machine;
  try {
    machine = await boot({
      image: new URL("debian-amd64.ext2", location.href),
      disks: [{ image: "tools.ext2", path: "/opt/tools" }],
      processors: 2,
      onProgress: (progress: Progress) => console.log(progress.stage, progress.bytesFetched ?? 0),
    });
  } catch (error) {
    if (error instanceof TawakiError && error.code === "isolation") console.log(error.message);
    throw error;
  }
  machine.failed.catch((error: TawakiError) => console.error(error.code));

  const bash: Process = machine.run({ argv: ["/bin/bash", "-l"], user: "user", tty: true, cols: terminal.cols, rows: terminal.rows });
  const pid: number = await bash.started;
  const keys = bash.stdin.getWriter();
  await keys.write("echo hello\n");
  await keys.write(new Uint8Array([4]));
  bash.resize(100, 40);
  await bash.signal("SIGWINCH");
  machine.kill(pid, 0);
  const reader = bash.stdout.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) terminal.write(part.value);
  const { code, signal }: ExitStatus = await bash.exited;
  const { bytesFetched, uptimeMs } = machine.stats();
  console.log(bytesFetched, uptimeMs, signal);
  machine.shutdown();
  return code;
}

async function output(machine: Machine, argv: string[]): Promise<string> {
  const process = machine.run({ argv, env: { LANG: "C.UTF-8", TERM: null }, cwd: "/tmp", user: { uid: 1000, gid: 1000 } });
  process.stderr?.cancel();
  return new Response(process.stdout).text();
}

// @ts-expect-error: an image is needed.
void boot({});
// @ts-expect-error: a command line is a list.
void boot({ image: "x" }).then((machine) => machine.run({ argv: "ls -l" }));
// @ts-expect-error: there is no such code.
const wrong: TawakiError["code"] = "nonsense";

export { output, shell, wrong };
