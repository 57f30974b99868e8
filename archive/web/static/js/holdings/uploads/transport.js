/**
 * The transfer of one file with tus-js-client; reports what happens as events of `queue.js`.
 *
 * The library retries nothing by itself: `queue.js` decides when to try again, so that the
 * page can show it. Before an older upload is continued, the server compares both ends of
 * what it has: two recordings of the same name and length must never be joined.
 */

import { token } from "../../core/http.js";
import { defaultOptions, Upload } from "../../core/tus-js-client.js";

/** @typedef {import("./queue.js").QueueEvent} QueueEvent */
/** @typedef {import("./queue.js").EventFacts} EventFacts */
/** @typedef {import("../../core/tus-js-client.js").DetailedError} DetailedError */

/**
 * @typedef {object} TransportOptions
 * @property {File} file
 * @property {string} endpoint
 * @property {string} accession
 * @property {number} maxChunkBytes
 * @property {boolean} startsNew  true for a file that continues no upload of this browser
 * @property {(event: QueueEvent, facts: EventFacts) => void} onEvent
 * @property {(uploadId: string) => void} onUploadId
 */

const SAMPLE_BYTES = 64 * 1024;
const MIN_CHUNK_BYTES = 256 * 1024;
const CHUNK_S = 3;

/** Raised when the server refuses to compare the file with what it has. */
class ComparisonRefused extends Error {
  /** @param {number} status @param {string} problem code of the server, or "" */
  constructor(status, problem) {
    super(`the file was not compared: ${status} ${problem}`);
    this.status = status;
    this.problem = problem;
  }
}

/**
 * Return the length of the next chunk, when one of `chunkBytes` took `tookMs`. An interrupted
 * chunk is sent again from its start: so one lasts about three seconds, and at most doubles
 * from one to the next.
 * @param {number} chunkBytes @param {number} tookMs @param {number} maxBytes
 */
function nextChunkBytes(chunkBytes, tookMs, maxBytes) {
  const ideal = (chunkBytes * CHUNK_S * 1000) / Math.max(1, tookMs);
  return Math.round(Math.min(Math.max(Math.min(ideal, 2 * chunkBytes), MIN_CHUNK_BYTES), maxBytes));
}

/**
 * Return the event for a response; status 0 is a lost connection.
 * @param {number} status @param {string} problem code of the server, or ""
 * @returns {QueueEvent}
 */
function eventOfStatus(status, problem) {
  if (problem === "stale_form") return "guest"; // the session of the page's form token is gone
  if (status === 507) return "full";
  if (status === 401 || status === 403) return "guest";
  if (status === 0 || status === 409 || status === 423 || status === 429 || status >= 500)
    return "lost";
  return "fail";
}

export class Transport {
  /** @type {InstanceType<typeof Upload> | null} */
  #upload = null;
  #run = 0;
  #chunkBytes = MIN_CHUNK_BYTES;
  #chunkStartMs = 0;

  /** @param {TransportOptions} options */
  constructor(options) {
    this.options = options;
    this.file = options.file;
  }

  /** Continue upload `id`, or begin a new one when it is empty. @param {string} id */
  async start(id) {
    const { endpoint, onEvent } = this.options;
    this.#run += 1;
    const run = this.#run;
    const url = id ? `${endpoint}/${id}` : null;
    try {
      if (url && !(await this.#isSameFile(url)))
        return onEvent("other", { problem: "another_file" });
    } catch (error) {
      const refused = error instanceof ComparisonRefused ? error : null;
      return onEvent(eventOfStatus(refused?.status ?? 0, refused?.problem ?? ""), {});
    }
    if (run !== this.#run) return;
    this.#upload = this.#createUpload(url);
    this.#chunkStartMs = performance.now();
    this.#upload.start();
  }

  /** Stop sending; the server keeps what it has. */
  stop() {
    this.#run += 1;
    this.#upload?.abort();
    this.#upload = null;
  }

  /**
   * Return the id of the open upload that this browser stored for this file and interview, or
   * "". One that has ended is removed: the person chose the file to send it again.
   */
  async storedUploadId() {
    const { endpoint, startsNew } = this.options;
    if (startsNew) return "";
    const probe = new Upload(this.file, { endpoint, fingerprint: this.#fingerprint });
    const last = (await probe.findPreviousUploads()).at(-1);
    const id = uploadIdOf(last?.uploadUrl ?? null);
    if (!last || !id) return "";
    const response = await fetch(`${endpoint}/${id}/state`).catch(() => null);
    if (response === null || response.status >= 500 || response.status === 401) return id;
    if (response.ok && (await response.json()).state === "receiving") return id;
    await defaultOptions.urlStorage.removeUpload(last.urlStorageKey);
    return "";
  }

  /** @param {string | null} url of the upload to continue */
  #createUpload(url) {
    const { accession, endpoint, onEvent, onUploadId } = this.options;
    const upload = new Upload(this.file, {
      endpoint,
      uploadUrl: url,
      chunkSize: this.#chunkBytes,
      retryDelays: null,
      removeFingerprintOnSuccess: true,
      fingerprint: this.#fingerprint,
      metadata: { filename: this.file.name, accession },
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", token()),
      onUploadUrlAvailable: () => onUploadId(uploadIdOf(upload.url)),
      onProgress: (sentBytes) => onEvent("progress", { sentBytes }),
      onChunkComplete: (chunkBytes, keptBytes) => {
        onEvent("accepted", { keptBytes });
        this.#measureChunk(chunkBytes);
      },
      onError: (error) => this.#reportError(error),
      onSuccess: () => onEvent("whole", {}),
    });
    return upload;
  }

  /** Return the key under which tus stores the upload's URL. @param {File} file */
  #fingerprint = async (file) =>
    ["loi-ke", this.options.accession, file.name, file.size, file.lastModified].join("|");

  /** @param {number} chunkBytes */
  #measureChunk(chunkBytes) {
    const now = performance.now();
    const tookMs = now - this.#chunkStartMs;
    this.#chunkBytes = nextChunkBytes(chunkBytes, tookMs, this.options.maxChunkBytes);
    this.#chunkStartMs = now;
    if (this.#upload) this.#upload.options.chunkSize = this.#chunkBytes;
  }

  /** @param {Error | DetailedError} error */
  #reportError(error) {
    const response = "originalResponse" in error ? error.originalResponse : null;
    const problem = problemOf(response?.getBody() ?? "");
    this.options.onEvent(eventOfStatus(response?.getStatus() ?? 0, problem), { problem });
  }

  /**
   * Compare the file with what the server has of it; raises ComparisonRefused.
   * @param {string} url
   */
  async #isSameFile(url) {
    const head = await fetch(url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
    if (!head.ok) return true; // gone: the library begins a new upload
    const offset = Number(head.headers.get("Upload-Offset"));
    this.options.onEvent("accepted", { keptBytes: offset });
    if (!offset) return true;
    const start = Math.max(0, offset - SAMPLE_BYTES);
    const response = await fetch(`${url}/same?offset=${offset}`, {
      method: "POST",
      headers: { "X-CSRFToken": token(), "Content-Type": "application/octet-stream" },
      body: new Blob([
        this.file.slice(0, Math.min(offset, SAMPLE_BYTES)),
        this.file.slice(start, offset),
      ]),
    });
    const text = await response.text();
    if (!response.ok) throw new ComparisonRefused(response.status, problemOf(text));
    /** @type {{same: boolean}} */
    const { same } = JSON.parse(text);
    return same;
  }
}

/** Return the last part of an upload's URL, or "". @param {string | null} url */
function uploadIdOf(url) {
  return url?.split("/").pop() ?? "";
}

/** Return the code in a response of the server, or "". @param {string} text */
function problemOf(text) {
  try {
    /** @type {{error?: string} | null} */
    const body = JSON.parse(text);
    return body?.error ?? "";
  } catch {
    return "";
  }
}
