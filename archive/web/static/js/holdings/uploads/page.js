/**
 * The upload page: files are dropped or chosen, sent two at a time, and continued after
 * pauses, reloads, lost connections and a server that was killed.
 */

import { requireElement } from "../../core/dom.js";
import { renewToken, token } from "../../core/http.js";
import { timeOfDay } from "../../core/time.js";
import { findDuplicate } from "./known.js";
import { Pace } from "./pace.js";
import {
  createEntry,
  findContinued,
  keysToRetry,
  keysToStart,
  totals,
  transition,
} from "./queue.js";
import { Row } from "./rows.js";
import { Summary } from "./summary.js";
import { Transport } from "./transport.js";

/** @typedef {import("./queue.js").Entry} Entry */
/** @typedef {import("./queue.js").QueueEvent} QueueEvent */
/** @typedef {import("./queue.js").EventFacts} EventFacts */

/**
 * The JSON in the page, from `archive/web/holdings/uploads.py`.
 * @typedef {object} PageFacts
 * @property {string} accession
 * @property {string} endpoint
 * @property {number} pieceBytes  length of the longest chunk
 * @property {string} rowUrl  address of a rendered row, with ID for the upload's id
 * @property {Record<string, string> & {fallback: string}} sentences  by code of a problem
 * @property {{uploadId: string, name: string, sizeBytes: number, sentBytes: number}[]} unfinished
 */

/**
 * A file of the list with all that belongs to it.
 * @typedef {object} Item
 * @property {Entry} entry
 * @property {Row} row
 * @property {Pace} pace
 * @property {Transport | null} transport  null until the file of a begun upload is chosen
 * @property {string} lostAt  time of day at which the connection was last lost, or ""
 * @property {number} run  number of starts: a result that belongs to an earlier one is ignored
 */

const DRAW_EVERY_MS = 500;
const FREQUENT_EVENTS = new Set(["progress", "compared", "accepted"]); // they change no state
const BUTTON_EVENTS = /** @type {const} */ (["pause", "resume", "retry", "drop"]);

class UploadPage {
  /** @type {Map<string, Item>} */
  #items = new Map();
  #sentInAll = 0;
  #lastNumber = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.list = requireElement(root, "[data-list]", HTMLElement);
    this.dropArea = requireElement(root, ".drop-area", HTMLElement);
    this.input = requireElement(root, "input[type=file]", HTMLInputElement);
    this.rowTemplate = requireElement(root, "template[data-row]", HTMLTemplateElement);
    this.icons = requireElement(root, "template[data-icons]", HTMLTemplateElement);
    this.summary = new Summary(root);
    const json = requireElement(root, "[data-facts]", HTMLScriptElement).text;
    /** @type {PageFacts} */
    this.facts = JSON.parse(json);
  }

  start() {
    this.root.classList.add("scripted");
    for (const upload of this.facts.unfinished) {
      this.#addItem(createEntry({ ...upload, key: upload.uploadId, state: "missing" }));
      this.list.querySelector(`[data-upload="${upload.uploadId}"]`)?.remove();
    }
    this.#listen();
    setInterval(() => this.#update(), DRAW_EVERY_MS);
    this.#update();
  }

  #listen() {
    const addChosen = () => {
      this.#addFiles([...(this.input.files ?? [])]);
      this.input.value = "";
    };
    this.input.addEventListener("change", addChosen);
    if (this.input.files?.length) addChosen(); // chosen while this script was still loading
    const chooseButton = requireElement(this.root, "[data-choose]", HTMLElement);
    chooseButton.addEventListener("click", () => this.input.click());
    this.#listenForDrops();
    this.list.addEventListener("click", (event) => this.#press(event));
    this.summary.allButton.addEventListener("click", () => this.#pauseOrResumeAll());
    addEventListener("online", () => this.#retryOffline());
    addEventListener("beforeunload", (event) => {
      if (totals(this.#entries()).isSending) event.preventDefault();
    });
  }

  #listenForDrops() {
    const dragOver = (/** @type {DragEvent} */ event) => {
      event.preventDefault();
      this.dropArea.classList.add("drop-area--over");
    };
    this.root.addEventListener("dragover", dragOver);
    this.root.addEventListener("dragenter", dragOver);
    this.root.addEventListener("dragleave", () =>
      this.dropArea.classList.remove("drop-area--over"),
    );
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      this.dropArea.classList.remove("drop-area--over");
      this.#addFiles([...(event.dataTransfer?.files ?? [])]);
    });
  }

  #entries() {
    return [...this.#items.values()].map((item) => item.entry);
  }

  /** Add chosen files; one that the server has a part of continues that upload. @param {File[]} files */
  #addFiles(files) {
    for (const file of files) {
      const chosen = { name: file.name, sizeBytes: file.size };
      const continued = this.#items.get(findContinued(this.#entries(), chosen)?.key ?? "");
      if (continued) {
        continued.transport = this.#createTransport(continued.entry.key, file);
        this.#dispatch(continued.entry.key, "chosen");
      } else this.#addNew(file);
    }
    this.#update();
  }

  /** @param {File} file @param {{startsNew?: boolean}} [options] as for Transport */
  #addNew(file, { startsNew = false } = {}) {
    this.#lastNumber += 1;
    const key = `new-${this.#lastNumber}`;
    const item = this.#addItem(createEntry({ key, name: file.name, sizeBytes: file.size }));
    item.transport = this.#createTransport(key, file, startsNew);
    if (!file.size) this.#dispatch(key, "fail", { problem: "empty_file" });
  }

  /** @param {Entry} entry @returns {Item} */
  #addItem(entry) {
    const row = new Row(this.rowTemplate, this.icons);
    row.element.dataset.key = entry.key;
    this.list.append(row.element);
    const item = { entry, row, pace: new Pace(), transport: null, lostAt: "", run: 0 };
    this.#items.set(entry.key, item);
    return item;
  }

  /** @param {string} key @param {File} file @param {boolean} [startsNew] */
  #createTransport(key, file, startsNew = false) {
    const { endpoint, accession, pieceBytes } = this.facts;
    return new Transport({
      file,
      endpoint,
      accession,
      maxChunkBytes: pieceBytes,
      startsNew,
      onEvent: (event, facts) => this.#dispatch(key, event, facts),
      onUploadId: (uploadId) => this.#setUploadId(key, uploadId),
    });
  }

  /** @param {string} key @param {string} uploadId */
  #setUploadId(key, uploadId) {
    const item = this.#items.get(key);
    if (item) item.entry = { ...item.entry, uploadId };
  }

  /**
   * Apply an event to an entry, and do what its new state requires.
   * @param {string} key @param {QueueEvent} event @param {EventFacts} [facts]
   */
  #dispatch(key, event, facts = {}) {
    const item = this.#items.get(key);
    if (!item) return;
    const before = item.entry;
    const after = transition(before, event, { ...facts, nowMs: performance.now() });
    if (after === before) return;
    if (event === "lost") item.lostAt = timeOfDay(new Date());
    if (!FREQUENT_EVENTS.has(event)) item.pace.reset();
    if (after === null) {
      this.#remove(item);
      return;
    }
    item.entry = after;
    if (event === "progress" && after.sentBytes > before.sentBytes)
      this.#sentInAll += after.sentBytes - before.sentBytes;
    if (!["sending", "comparing", "settling"].includes(after.state)) item.transport?.stop();
    if (event === "other" && item.transport) this.#addNew(item.transport.file, { startsNew: true });
    if (after.state === "settling") this.#settle(item);
    if (!FREQUENT_EVENTS.has(event)) this.#update();
  }

  /** Replace the row of a whole file by the one that the server renders. @param {Item} item */
  async #settle(item) {
    const { key, uploadId } = item.entry;
    try {
      const response = await fetch(this.facts.rowUrl.replace("ID", uploadId));
      if (response.status === 401) this.#dispatch(key, "guest");
      else if (!response.ok) {
        const event = response.status < 500 ? "fail" : "lost";
        this.#dispatch(key, event, { problem: "upload_ended" });
      } else {
        item.row.settle(await response.text());
        item.row.element.dataset.key = key;
        this.#dispatch(key, "settled");
      }
    } catch {
      this.#dispatch(key, "lost");
    }
  }

  /** Do what a button of a row requests. @param {MouseEvent} event */
  async #press(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    const row = button?.closest("[data-key]");
    if (!(button instanceof HTMLElement) || !(row instanceof HTMLElement)) return;
    const item = this.#items.get(row.dataset.key ?? "");
    if (!item) return;
    event.preventDefault();
    if (button.dataset.do === "choose") {
      this.input.click();
      return;
    }
    const requested = BUTTON_EVENTS.find((name) => name === button.dataset.do);
    if (item.entry.state === "guest") await renewToken(location.href).catch(() => {});
    if (requested) this.#dispatch(item.entry.key, requested);
  }

  /** Remove a file from the list, and what the server has of it. @param {Item} item */
  async #remove(item) {
    const { key, uploadId, state } = item.entry;
    item.transport?.stop();
    item.row.element.remove();
    this.#items.delete(key);
    if (uploadId && state !== "settled") {
      const headers = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token() };
      const url = `${this.facts.endpoint}/${uploadId}`;
      await fetch(url, { method: "DELETE", headers }).catch(() => {});
    }
    this.#update();
  }

  #pauseOrResumeAll() {
    const event = totals(this.#entries()).canPause ? "pause" : "resume";
    for (const key of [...this.#items.keys()]) this.#dispatch(key, event);
  }

  #retryOffline() {
    for (const { key, state } of this.#entries())
      if (state === "offline") this.#dispatch(key, "retry");
  }

  /** Start what may start, and draw everything. */
  #update() {
    const nowMs = performance.now();
    for (const key of keysToRetry(this.#entries(), nowMs)) this.#apply(key, "retry");
    for (const key of keysToStart(this.#entries())) {
      const item = this.#apply(key, "start");
      if (item) this.#begin(item);
    }
    for (const item of this.#items.values())
      if (item.entry.state !== "settled") this.#drawRow(item, nowMs);
    const entries = this.#entries();
    this.dropArea.classList.toggle(
      "drop-area--tall",
      !entries.length && !this.list.childElementCount,
    );
    this.summary.draw(entries, nowMs, this.#sentInAll);
  }

  /** Apply an event that has no effect beyond the entry. @param {string} key @param {QueueEvent} event */
  #apply(key, event) {
    const item = this.#items.get(key);
    const after = item && transition(item.entry, event);
    if (after) item.entry = after;
    return item;
  }

  /** Send a file, unless the archive has it already. @param {Item} item */
  async #begin(item) {
    const { transport } = item;
    if (!transport) return;
    const { key } = item.entry;
    item.run += 1;
    const { run } = item;
    const mayContinue = () =>
      this.#items.get(key) === item &&
      item.run === run &&
      ["sending", "comparing"].includes(item.entry.state);
    const uploadId = item.entry.uploadId || (await transport.storedUploadId());
    if (uploadId) this.#setUploadId(key, uploadId);
    else if (!(await this.#isNew(key, transport.file, mayContinue))) return;
    if (mayContinue()) await transport.start(uploadId);
  }

  /**
   * Return false when the archive has the file already, or when the comparison was stopped.
   * @param {string} key @param {File} file @param {() => boolean} mayContinue
   */
  async #isNew(key, file, mayContinue) {
    const { endpoint, accession } = this.facts;
    const duplicate = await findDuplicate(file, {
      endpoint,
      accession,
      mayContinue,
      onDigest: () => this.#dispatch(key, "compare"),
      onProgress: (sentBytes) => this.#dispatch(key, "compared", { sentBytes }),
    });
    if (duplicate) {
      this.#setUploadId(key, duplicate);
      this.#dispatch(key, "known");
    } else if (duplicate === "") this.#dispatch(key, "send");
    return duplicate === "";
  }

  /** @param {Item} item @param {number} nowMs */
  #drawRow({ entry, row, pace, lostAt }, nowMs) {
    if (entry.state === "sending") pace.mark(nowMs, entry.sentBytes);
    const secondsLeft = pace.secondsLeft(nowMs, entry.sizeBytes - entry.sentBytes);
    const { sentences } = this.facts;
    const message = sentences[entry.problem] ?? sentences.fallback;
    const sentence = entry.problem || entry.state === "failed" ? message : "";
    row.draw(entry, { secondsLeft, nowMs, lostAt, sentence });
  }
}

const root = document.querySelector("[data-upload-page]");
if (root instanceof HTMLElement) new UploadPage(root).start();
