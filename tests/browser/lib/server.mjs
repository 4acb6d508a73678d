// A small HTTP server with the headers that shared memory needs, and byte ranges.

import { createServer } from "node:http";
import { createReadStream, promises as fs } from "node:fs";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml",
};

/**
 * Serves `mounts`, a map from path prefixes to directories or files, longest prefix first.
 * `handlers` maps whole paths to functions of (request, response) that answer themselves.
 * `isolated: false` leaves the isolation headers out, `ranges: false` ignores Range.
 */
export async function serve(mounts, { port = 0, isolated = true, ranges = true, delay = 0, handlers = {} } = {}) {
  const prefixes = Object.keys(mounts).sort((a, b) => b.length - a.length);
  const counters = { requests: 0, bytes: 0 };
  const server = createServer(async (request, response) => {
    counters.requests++;
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    const prefix = prefixes.find((p) => path === p || path.startsWith(p.endsWith("/") ? p : p + "/"));
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
      response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    }
    response.setHeader("Cache-Control", "no-store");
    if (handlers[path]) return handlers[path](request, response);
    try {
      if (prefix === undefined) throw new Error("no such mount");
      const rest = normalize("/" + path.slice(prefix.length));
      let file = rest === "/" ? mounts[prefix] : join(mounts[prefix], rest);
      let stat = await fs.stat(file);
      if (stat.isDirectory()) stat = await fs.stat((file = join(file, "index.html")));
      response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream");
      const range = ranges && /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
      if (ranges) response.setHeader("Accept-Ranges", "bytes");
      let start = 0, end = stat.size - 1;
      if (range) {
        start = Number(range[1]);
        if (range[2]) end = Math.min(end, Number(range[2]));
        if (start > end) {
          response.writeHead(416, { "Content-Range": `bytes */${stat.size}` }).end();
          return;
        }
        response.setHeader("Content-Range", `bytes ${start}-${end}/${stat.size}`);
      }
      response.setHeader("Content-Length", end - start + 1);
      response.writeHead(range ? 206 : 200);
      if (request.method === "HEAD") return response.end();
      counters.bytes += end - start + 1;
      if (delay) await new Promise((r) => setTimeout(r, delay));
      if (stat.size === 0) return response.end();
      createReadStream(file, { start, end, highWaterMark: 2 ** 20 }).on("error", () => response.destroy()).pipe(response);
    } catch {
      response.writeHead(404, { "Content-Type": "text/plain" }).end("not found\n");
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, counters, close: () => new Promise((r) => { server.close(r); server.closeAllConnections(); }) };
}
