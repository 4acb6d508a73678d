// The code worker: fetches modules of stored code for whoever asks, so that nobody waits for that.

import { Fetcher } from "./code.js";

let fetcher;

onmessage = ({ data: { stored, port } }) => {
  if (stored) fetcher = new Fetcher(stored);
  if (port) port.onmessage = ({ data: number }) => fetcher.fetch(number);
};
