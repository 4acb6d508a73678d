// The I/O worker: fetches ranges of the image for the kernel worker.

import { send } from "./layout.js";

/** The images by number: the root's is 0. */
let images, port, words;
/** Bytes fetched and ranges asked for, shown by the page. */
let bytesFetched = 0, requests = 0;

/** The bytes of a range, or a throw with a sentence. */
async function range(image, offset, length) {
  if (image instanceof Blob) return image.slice(offset, offset + length).arrayBuffer();
  const response = await fetch(image, { headers: { Range: `bytes=${offset}-${offset + length - 1}` }, cache: "no-store" });
  if (response.status !== 206) throw new Error(`the server answered ${response.status} to a byte range`);
  return response.arrayBuffer();
}

async function serve({ disk, chunks, offset, length }) {
  requests++;
  let answer;
  try {
    const buffer = await range(images[disk], offset, length);
    bytesFetched += buffer.byteLength;
    answer = { disk, chunks, bytes: new Uint8Array(buffer) };
  } catch (error) {
    answer = { disk, chunks, error: `the image cannot be read: ${error.message}` };
  }
  send(port, words, answer, answer.bytes ? [answer.bytes.buffer] : []);
  postMessage({ bytesFetched, requests });
}

/** Judges the image before anything else is started; throws sentences. */
async function open(source) {
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
      postMessage({ sizes: await Promise.all(images.map(open)) });
    } catch (error) {
      postMessage({ error: error.message });
    }
  } else {
    port = data.port;
    words = new Int32Array(data.kernelMemory.buffer, data.shared);
    port.onmessage = (event) => serve(event.data);
  }
};
