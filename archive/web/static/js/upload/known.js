/**
 * Whether the archive has a file already, asked before a byte of it is sent.
 *
 * The length is asked for first; the digest is computed only when some original is as long.
 */

import { token } from "../core/http.js";
import { Sha256 } from "./sha256.js";

const SLICE_BYTES = 2 * 1024 * 1024;

/** The digest of a file, in slices that leave the page awake; null when `isWanted()` says stop. */
export async function digestOf(file, { onProgress = () => {}, isWanted = () => true } = {}) {
  const sum = new Sha256();
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    sum.add(new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer()));
    if (!isWanted()) return null;
    onProgress(Math.min(file.size, at + SLICE_BYTES));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return sum.hex();
}

/**
 * The upload that stands for the twin, "" when the file must be sent, null when stopped.
 * Every doubt means sending: then the archive compares for itself.
 */
export async function recognise(file, { endpoint, accession, onStart, onProgress, isWanted }) {
  try {
    const asked = new URLSearchParams({ accession, length: String(file.size) });
    const first = await fetch(`${endpoint}/known?${asked}`);
    if (!first.ok || !(await first.json()).maybe) return isWanted() ? "" : null;
    if (!isWanted()) return null;
    onStart();
    const sha256 = await digestOf(file, { onProgress, isWanted });
    if (sha256 === null) return null;
    asked.set("sha256", sha256);
    asked.set("filename", file.name);
    const headers = { "X-CSRFToken": token() };
    const second = await fetch(`${endpoint}/known`, { method: "POST", headers, body: asked });
    return second.ok ? (await second.json()).uploadId : "";
  } catch {
    return isWanted() ? "" : null;
  }
}
