// The I/O worker: fetches ranges of the image for the kernel worker.

import { send } from "./layout.js";

/** The images by number: the root's is 0. */
let images, port, words, kernelMemory;
/** Bytes fetched and ranges asked for, shown by the page. */
let bytesFetched = 0, requests = 0;

/** Most bytes read at a time, and told of but for the first chunks, for which somebody waits. */
const PIECE = 2 ** 20;

/** A byte range as a stream, or a throw with a sentence. */
async function open(image, offset, length) {
  if (image instanceof Blob) return image.slice(offset, offset + length).stream();
  const response = await fetch(image, { headers: { Range: `bytes=${offset}-${offset + length - 1}` }, cache: "no-store" });
  if (response.status !== 206) throw new Error(`the server answered ${response.status} to a byte range`);
  return response.body;
}

/** The bytes of a stream in pieces, into a buffer of ours where the browser can do that. */
async function* pieces(stream, length) {
  let reader, buffer;
  try {
    reader = stream.getReader({ mode: "byob" });
    buffer = new ArrayBuffer(Math.min(PIECE, length));
  } catch {
    reader = stream.getReader();
  }
  for (;;) {
    const { value, done } = await reader.read(...(buffer ? [new Uint8Array(buffer)] : []));
    if (done) return;
    yield value;
    if (buffer) ({ buffer } = value);
  }
}

/** Fetches neighbouring chunks: each goes to its place in the kernel's memory, which hears of those that are whole. */
async function serve({ disk, chunks, offset, length }) {
  requests++;
  let next = 0, filled = 0, told = 0, waiting = 0;
  const tell = () => {
    if (told === next) return;
    send(port, words, { disk, chunks: chunks.slice(told, next) });
    told = next;
    waiting = 0;
    postMessage({ bytesFetched, requests });
  };
  try {
    for await (const piece of pieces(await open(images[disk], offset, length), length)) {
      for (let at = 0; at < piece.length;) {
        if (next === chunks.length) throw new Error("the server sent more than the byte range");
        const { pointer, length } = chunks[next];
        const part = piece.subarray(at, at + length - filled);
        new Uint8Array(kernelMemory.buffer, pointer + filled, part.length).set(part);
        at += part.length;
        filled += part.length;
        if (filled < length) continue;
        next++;
        filled = 0;
      }
      bytesFetched += piece.length;
      waiting += piece.length;
      if (waiting >= PIECE || told === 0) tell();
    }
    tell();
    if (next < chunks.length) throw new Error("the server sent less than the byte range");
  } catch (error) {
    tell();
    send(port, words, { disk, chunks: chunks.slice(told), error: `the image cannot be read: ${error.message}` });
  }
}

/** Judges the image before anything else is started; throws sentences. */
async function judge(source) {
  const where = source instanceof Blob ? "The chosen file" : `The image ${source}`;
  let head, size;
  if (source instanceof Blob) {
    size = source.size;
    head = await source.slice(0, 4096).arrayBuffer();
  } else {
    let response;
    try {
      response = await fetch(source, { headers: { Range: "bytes=0-4095" }, cache: "no-store" });
    } catch {
      throw new Error(`${where} cannot be reached. Is the server running, and does it allow this page to read from it?`);
    }
    if (response.status === 200) {
      response.body?.cancel();
      throw new Error(`The server of ${source} ignores byte ranges. Serve the image from one that answers them with status 206.`);
    }
    if (response.status !== 206) throw new Error(`${where} cannot be read: the server answers ${response.status} ${response.statusText}.`);
    size = Number(/\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "")?.[1]);
    head = await response.arrayBuffer();
    if (!(size > 0)) {
      throw new Error(`The server of ${source} does not tell the size of the image (Content-Range; across origins it needs Access-Control-Expose-Headers).`);
    }
  }
  const superblock = new DataView(head, 1024 <= head.byteLength ? 1024 : 0);
  if (head.byteLength < 2048 || superblock.getUint16(56, true) !== 0xef53) throw new Error(`${where} holds no ext2 file system.`);
  const bytes = superblock.getUint32(4, true) * (1024 << superblock.getUint32(24, true));
  if (bytes > size) throw new Error(`${where} is cut short: its file system has ${bytes} bytes, the image only ${size}.`);
  return size;
}

onmessage = async ({ data }) => {
  if (data.images) {
    images = data.images;
    try {
      postMessage({ sizes: await Promise.all(images.map(judge)) });
    } catch (error) {
      postMessage({ error: error.message });
    }
  } else {
    port = data.port;
    ({ kernelMemory } = data);
    words = new Int32Array(kernelMemory.buffer, data.shared);
    port.onmessage = (event) => serve(event.data);
  }
};
