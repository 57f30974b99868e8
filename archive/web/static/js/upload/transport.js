/**
 * One file on its way, with tus-js-client: start, stop, and what happened, as queue events.
 *
 * The library retries nothing by itself: when to try again is decided in `queue.js`, so
 * that the page can say it. Before going on with a part from another day the server is
 * shown both ends of what it has: two recordings of the same name and length must never
 * be sewn together.
 */

import { defaultOptions, Upload } from "tus-js-client";
import { token } from "../core/http.js";

const SAMPLE_BYTES = 64 * 1024;
const SMALLEST_PIECE_BYTES = 256 * 1024;
const PIECE_S = 3;

/**
 * How long the next piece shall be, when one of `pieceBytes` took `tookMs`. What is cut off
 * in the middle of a piece must be sent again: a piece is some three seconds of the line,
 * and at most doubles from one to the next.
 */
export function nextPiece(pieceBytes, tookMs, mostBytes) {
  const wanted = (pieceBytes * PIECE_S * 1000) / Math.max(1, tookMs);
  return Math.round(Math.min(Math.max(Math.min(wanted, 2 * pieceBytes), SMALLEST_PIECE_BYTES), mostBytes));
}

/** What a status of the server means for the queue; `problem` is the code that came with it. */
export function eventOfStatus(status, problem = "") {
  if (problem === "stale_form") return "guest"; // this browser has lost what the page was made with
  if (status === 507) return "full";
  if (status === 401 || status === 403) return "guest";
  if (status === 0 || status === 409 || status === 423 || status === 429 || status >= 500) return "lost";
  return "fail";
}

export class Transport {
  #upload = null;
  #run = 0;
  #piece = SMALLEST_PIECE_BYTES;
  #sinceMs = 0;
  fresh = false; // true for a file that must not go on from what this browser remembers

  /** `tell(event, facts)` is called with events of queue.js. */
  constructor({ file, endpoint, accession, pieceBytes, tell }) {
    Object.assign(this, { file, endpoint, accession, pieceBytes, tell });
  }

  /** Go on with upload `id`, or begin a new one when it is empty. */
  async start(id) {
    this.#run += 1;
    const run = this.#run;
    const url = id ? `${this.endpoint}/${id}` : null;
    try {
      if (url && !(await this.#isSame(url))) return this.tell("other", { problem: "another_file" });
    } catch (error) {
      return this.tell(eventOfStatus(error.status ?? 0, error.problem), {});
    }
    if (run !== this.#run) return undefined;
    this.#upload = new Upload(this.file, {
      endpoint: this.endpoint,
      uploadUrl: url,
      chunkSize: this.#piece,
      retryDelays: null,
      removeFingerprintOnSuccess: true,
      fingerprint: this.#fingerprint,
      metadata: { filename: this.file.name, accession: this.accession },
      onBeforeRequest: (request) => request.setHeader("X-CSRFToken", token()),
      onUploadUrlAvailable: () => this.tell("begun", { uploadId: this.#upload.url.split("/").pop() }),
      onProgress: (sentBytes) => this.tell("progress", { sentBytes }),
      onChunkComplete: (pieceBytes, keptBytes) => {
        this.tell("accepted", { keptBytes });
        this.#measure(pieceBytes);
      },
      onError: (error) => this.#failed(error),
      onSuccess: () => this.tell("whole", {}),
    });
    this.#sinceMs = performance.now();
    this.#upload.start();
    return undefined;
  }

  /** Stop sending; what the server has, it keeps. */
  stop() {
    this.#run += 1;
    this.#upload?.abort();
    this.#upload = null;
  }

  /**
   * The upload that this browser remembers for this file and interview and that still goes
   * on, or "". One that has ended is forgotten: the person wants to send the file anew.
   */
  async remembered() {
    if (this.fresh) return "";
    const probe = new Upload(this.file, { endpoint: this.endpoint, fingerprint: this.#fingerprint });
    const [last] = (await probe.findPreviousUploads()).slice(-1);
    const id = last?.uploadUrl?.split("/").pop() ?? "";
    if (!id) return "";
    const answer = await fetch(`${this.endpoint}/${id}/state`).catch(() => null);
    if (answer === null || answer.status >= 500 || answer.status === 401) return id;
    if (answer.ok && (await answer.json()).state === "receiving") return id;
    await defaultOptions.urlStorage.removeUpload(last.urlStorageKey);
    return "";
  }

  #fingerprint = async (file) =>
    ["loi-ke", this.accession, file.name, file.size, file.lastModified].join("|");

  #measure(pieceBytes) {
    const now = performance.now();
    this.#piece = nextPiece(pieceBytes, now - this.#sinceMs, this.pieceBytes);
    this.#sinceMs = now;
    if (this.#upload) this.#upload.options.chunkSize = this.#piece;
  }

  #failed(error) {
    const status = error.originalResponse?.getStatus() ?? 0;
    let problem = "";
    try {
      problem = JSON.parse(error.originalResponse?.getBody() ?? "{}").error ?? "";
    } catch {
      problem = "";
    }
    this.tell(eventOfStatus(status, problem), { problem });
  }

  async #isSame(url) {
    const head = await fetch(url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
    if (!head.ok) return true; // gone: the library begins anew
    const offset = Number(head.headers.get("Upload-Offset"));
    this.tell("accepted", { keptBytes: offset });
    const start = Math.max(0, offset - SAMPLE_BYTES);
    const ends = new Blob([this.file.slice(0, Math.min(offset, SAMPLE_BYTES)), this.file.slice(start, offset)]);
    if (!offset) return true;
    const answer = await fetch(`${url}/same?offset=${offset}`, {
      method: "POST",
      headers: { "X-CSRFToken": token(), "Content-Type": "application/octet-stream" },
      body: ends,
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error("not compared"), { status: answer.status, problem: told.error });
    return told.same;
  }
}
