// @ts-check
/**
 * Sends what was typed, so that nothing is ever lost and nothing is written twice.
 *
 * After 1.5 s of rest, after 10 s of typing without one, and at once when asked. One request
 * at a time for a segment; a request whose answer never came is repeated with its own key
 * before anything newer goes out. While the line is cut everything waits, 2 s at first and a
 * minute at most.
 */

import { Entry } from "./entry.js";
import { tidy } from "../core/tokens.js";

/** @typedef {import("./entry.js").Conflict} Conflict */
/** @typedef {{status: number, body: any}} Answer */

/**
 * @typedef {object} World what the desk gives: the line, the clock, and ears
 * @property {(id: string, request: import("./outbox.js").Request, hurry: boolean) => Promise<Answer>} send
 * @property {import("./outbox.js").Outbox} outbox
 * @property {() => string} makeKey
 * @property {(run: () => void, ms: number) => number} later
 * @property {(timer: number) => void} forget
 * @property {() => number} now
 * @property {() => number} random
 * @property {(status: Status) => void} onStatus
 * @property {(id: string, body: any, entry: Entry) => void} onSaved
 * @property {(id: string, conflict: Conflict) => void} onConflict
 * @property {(why: "sign-in" | "frozen" | "forbidden") => void} onStopped
 * @property {() => Promise<boolean>} onStaleForm a fresh form token was fetched
 */

/** @typedef {{saving: number, unsent: number, conflicts: number, savedAt: number, cut: boolean, stopped: string}} Status */

export const REST_MS = 1_500;
export const LONGEST_MS = 10_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

export class Saver {
  /** @param {World} world */
  constructor(world) {
    this.world = world;
    /** @type {Map<string, Entry>} */
    this.entries = new Map();
    this.savedAt = 0;
    this.failures = 0;
    this.retryTimer = 0;
    /** why nothing is sent: "", "sign-in", "frozen", "forbidden" */
    this.stopped = "";
    /** @type {Set<() => void>} */
    this.waiting = new Set();
  }

  /** @param {string} id @param {{rev: number, text: string}} server @returns {Entry} */
  track(id, server) {
    const entry = new Entry(id, server);
    this.entries.set(id, entry);
    return entry;
  }

  /** @param {string} id @returns {Entry} */
  of(id) {
    const entry = this.entries.get(id);
    if (!entry) throw new Error(`no segment ${id}`);
    return entry;
  }

  /** The person typed; `text` is what now stands there. @param {string} id @param {string} text */
  typed(id, text) {
    const entry = this.of(id);
    entry.text = text;
    if (!entry.isDirty && !entry.conflict) return this.#undone(entry);
    this.#keep(entry);
    if (entry.conflict) return;
    const now = this.world.now();
    entry.dirtySince ||= now;
    const left = Math.max(0, entry.dirtySince + LONGEST_MS - now);
    this.#schedule(entry, Math.min(REST_MS, left));
    this.#tell();
  }

  /** Times, speaker, state or flags; sent at once. @param {string} id @param {Record<string, any>} fields */
  change(id, fields) {
    const entry = this.of(id);
    Object.assign(entry.fields, fields);
    this.#keep(entry);
    this.#send(entry);
  }

  /** Take up a draft of an earlier visit. @param {import("./outbox.js").Draft} draft */
  resume(draft) {
    const entry = this.entries.get(draft.segment) || this.track(draft.segment, { rev: -1, text: draft.base });
    entry.base = draft.base;
    entry.baseRev = draft.baseRev;
    entry.text = draft.text;
    entry.fields = { ...draft.fields };
    entry.pending = draft.pending;
    if (!entry.pending && tidy(entry.text) === tidy(entry.server.text) && !Object.keys(entry.fields).length) {
      entry.adopt();
      return this.#undone(entry);
    }
    this.#send(entry);
  }

  /** Send now; true when nothing of these segments is left. @param {string[]} [ids] @returns {Promise<boolean>} */
  async flush(ids) {
    const entries = (ids || [...this.entries.keys()]).map((id) => this.entries.get(id)).filter((e) => e !== undefined);
    for (const entry of entries) this.#send(entry);
    const before = this.failures;
    const done = () => entries.every((entry) => !entry.isDirty && !entry.conflict);
    const hopeless = () => this.stopped || this.failures > before || entries.some((entry) => entry.conflict);
    while (!done() && !hopeless()) await new Promise((resolve) => this.waiting.add(() => resolve(undefined)));
    return done();
  }

  /** The page is being hidden or closed: requests that outlive it. */
  hurry() {
    for (const entry of this.entries.values()) if (entry.isDirty) this.#send(entry, true);
  }

  /** The line is back, or somebody signed in again. */
  resumeSending() {
    if (this.stopped === "sign-in") this.stopped = "";
    this.failures = 0;
    this.world.forget(this.retryTimer);
    for (const entry of this.entries.values()) if (entry.isDirty) this.#send(entry);
    this.#tell();
  }

  /** A conflict has been answered with a text. @param {string} id @param {string} text */
  settle(id, text) {
    const entry = this.of(id);
    const theirs = entry.conflict ? entry.conflict.theirs : entry.server;
    entry.conflict = null;
    entry.pending = null;
    entry.server = theirs;
    entry.adopt();
    entry.text = text;
    if (tidy(text) === tidy(theirs.text) && !Object.keys(entry.fields).length) return this.#undone(entry);
    this.#keep(entry);
    this.#send(entry);
  }

  /** @param {string} id drop what was typed here */
  abandon(id) {
    const entry = this.of(id);
    entry.giveUp();
    this.world.outbox.forget(id);
    this.#tell();
  }

  /** Entries that are not known to be on the server. @returns {Entry[]} */
  unsent() {
    return [...this.entries.values()].filter((entry) => entry.isDirty || entry.conflict);
  }

  /** @returns {Status} */
  get status() {
    const unsent = this.unsent();
    return {
      saving: unsent.filter((entry) => entry.inFlight).length,
      unsent: unsent.length,
      conflicts: unsent.filter((entry) => entry.conflict).length,
      savedAt: this.savedAt,
      cut: this.failures > 0,
      stopped: this.stopped,
    };
  }

  /** @param {Entry} entry @param {boolean} [hurry] */
  #send(entry, hurry = false) {
    this.world.forget(entry.timer);
    entry.timer = 0;
    if (entry.inFlight || entry.conflict || this.stopped || !entry.isDirty) return;
    const request = entry.next(this.world.makeKey);
    if (!request) {
      if (entry.conflict) this.#clash(entry);
      return;
    }
    entry.inFlight = true;
    entry.dirtySince = 0;
    this.#keep(entry);
    this.#tell();
    this.world.send(entry.id, request, hurry).then((answer) => this.#answered(entry, answer));
  }

  /** @param {Entry} entry @param {Answer} answer */
  async #answered(entry, { status, body }) {
    entry.inFlight = false;
    if (status === 200) this.#saved(entry, body);
    else if (status === 412) {
      entry.takeBack();
      this.#clash(entry, { base: body.base, theirs: body.theirs, yours: entry.text, why: "words" });
    } else if (status === 410) {
      entry.takeBack();
      const theirs = { ...entry.server, text: "" };
      this.#clash(entry, { base: entry.base, theirs, yours: entry.text, why: "ended", replacedBy: body?.replaced_by });
    } else if (status === 401) this.#stop("sign-in");
    else if (status === 423) this.#stop("frozen");
    else if (status === 403 || status === 404) this.#stop("forbidden");
    else if (status === 409) {
      entry.takeBack();
      this.#send(entry);
    } else if (status === 400 && (await this.world.onStaleForm())) this.#send(entry);
    else if (status > 400 && status < 500 && status !== 408 && status !== 429) this.#refused(entry, body);
    else this.#lineCut();
    this.#tell();
    this.#wake();
  }

  /** @param {Entry} entry @param {any} body */
  #saved(entry, body) {
    const sent = entry.pending;
    entry.saved({ rev: body.segment.rev, text: body.segment.text });
    this.failures = 0;
    this.savedAt = this.world.now();
    if (entry.hasNews) {
      this.#keep(entry);
      this.#schedule(entry, REST_MS);
    } else if (sent) this.world.outbox.confirm(entry.id, sent.text);
    this.world.onSaved(entry.id, body, entry);
    for (const other of this.entries.values()) {
      if (other !== entry && other.isDirty && !other.timer && !other.inFlight) this.#send(other);
    }
  }

  /** A field was refused: it is taken back, so that the words may still be saved. @param {Entry} entry @param {any} body */
  #refused(entry, body) {
    const hadFields = entry.pending && Object.keys(entry.pending.body).some((name) => name !== "text");
    entry.takeBack();
    entry.fields = {};
    if (hadFields) {
      this.world.onSaved(entry.id, { refused: body }, entry);
      return entry.hasNews ? this.#send(entry) : this.#undone(entry);
    }
    this.#clash(entry, { base: entry.base, theirs: entry.server, yours: entry.text, why: "refused" });
  }

  /** @param {Entry} entry @param {Conflict} [conflict] */
  #clash(entry, conflict) {
    if (conflict) entry.conflict = conflict;
    this.#keep(entry);
    if (entry.conflict) this.world.onConflict(entry.id, entry.conflict);
    this.#tell();
  }

  /** @param {"sign-in" | "frozen" | "forbidden"} why */
  #stop(why) {
    if (this.stopped === why) return;
    this.stopped = why;
    this.world.onStopped(why);
  }

  #lineCut() {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    this.world.forget(this.retryTimer);
    this.retryTimer = this.world.later(() => {
      for (const entry of this.entries.values()) if (entry.isDirty) this.#send(entry);
    }, wait * (0.75 + this.world.random() / 2));
  }

  /** @param {Entry} entry @param {number} ms */
  #schedule(entry, ms) {
    this.world.forget(entry.timer);
    entry.timer = this.world.later(() => {
      entry.timer = 0;
      if (!this.failures) this.#send(entry);
    }, ms);
  }

  /** @param {Entry} entry */
  #keep(entry) {
    this.world.outbox.put({
      segment: entry.id, base: entry.base, baseRev: entry.baseRev, text: entry.text,
      fields: entry.fields, pending: entry.pending, at: this.world.now(),
    });
  }

  /** What stands there is what the server has: there is nothing to keep. @param {Entry} entry */
  #undone(entry) {
    this.world.forget(entry.timer);
    entry.timer = 0;
    entry.dirtySince = 0;
    this.world.outbox.forget(entry.id);
    this.#tell();
  }

  #tell() {
    this.world.onStatus(this.status);
  }

  #wake() {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }
}
