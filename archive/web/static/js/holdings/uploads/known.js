/**
 * Whether the archive has a file already, checked before a byte of it is sent.
 *
 * The length is compared first; the digest is computed only when some original is as long.
 */

import { token } from "../../core/http.js";
import { Sha256 } from "./sha256.js";

/**
 * @typedef {object} DigestOptions
 * @property {(doneBytes: number) => void} [onProgress]
 * @property {() => boolean} [mayContinue]  false stops the computation
 */

/**
 * @typedef {object} SearchOptions
 * @property {string} endpoint
 * @property {string} accession
 * @property {() => void} onDigest  called before the digest is computed
 * @property {(doneBytes: number) => void} onProgress
 * @property {() => boolean} mayContinue
 */

const SLICE_BYTES = 2 * 1024 * 1024;

/**
 * Return the SHA-256 of a file, or null when stopped. Yields between slices, so that the page
 * stays responsive.
 * @param {Blob} file @param {DigestOptions} [options]
 */
export async function digestOf(file, options = {}) {
  const { onProgress = () => {}, mayContinue = () => true } = options;
  const sum = new Sha256();
  for (let at = 0; at < file.size; at += SLICE_BYTES) {
    sum.add(new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer()));
    if (!mayContinue()) return null;
    onProgress(Math.min(file.size, at + SLICE_BYTES));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return sum.hex();
}

/**
 * Return the id of an upload that ended as a duplicate of this file, "" when the file must be
 * sent, null when stopped. After any error the file is sent: the server compares it again.
 * @param {File} file @param {SearchOptions} options
 * @returns {Promise<string | null>}
 */
export async function findDuplicate(file, options) {
  const { endpoint, accession, onDigest, onProgress, mayContinue } = options;
  try {
    const params = new URLSearchParams({ accession, length: String(file.size) });
    const sameLength = await fetch(`${endpoint}/known?${params}`);
    if (!sameLength.ok || !(await sameLength.json()).maybe) return mayContinue() ? "" : null;
    if (!mayContinue()) return null;
    onDigest();
    const sha256 = await digestOf(file, { onProgress, mayContinue });
    if (sha256 === null) return null;
    params.set("sha256", sha256);
    params.set("filename", file.name);
    const headers = { "X-CSRFToken": token() };
    const sameDigest = await fetch(`${endpoint}/known`, { method: "POST", headers, body: params });
    if (!sameDigest.ok) return "";
    /** @type {{uploadId: string}} */
    const { uploadId } = await sameDigest.json();
    return uploadId;
  } catch {
    return mayContinue() ? "" : null;
  }
}
