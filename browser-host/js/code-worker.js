// The code worker: fetches modules of stored code for whoever asks, and has their functions compiled, so that nobody waits for that.

import { Fetcher } from "./code.js";

let fetcher;

onmessage = ({ data: { stored, uses, port } }) => {
  if (stored) fetcher = new Fetcher(stored, uses);
  if (!port) return;
  port.onmessage = ({ data: { fetch, call } }) => {
    if (call) fetcher.call(...call);
    else fetcher.fetch(fetch);
  };
};
