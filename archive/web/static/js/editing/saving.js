/**
 * Sends what was typed, so that nothing is ever lost and nothing is written twice.
 *
 * After 1.5 s of rest, after 10 s of typing without one, and at once on request. One request
 * at a time for a segment; a request whose answer never came is repeated with its own key
 * before anything newer goes out. Without a connection everything waits, 2 s at first and a
 * minute at most.
 *
 * Drafts of earlier page loads are sent beside the segment on the screen, as a colleague's changes
 * would be: each with its own base and key, of one segment one after the other, the oldest first.
 */

import { normalise } from "../core/tokens.js";
import { conflictOf, outcomeOf, retryWait } from "./save_answer.js";
import { statusOf } from "./save_status.js";
import { SegmentDraft } from "./segment_draft.js";

/** @typedef {import("./segment_draft.js").Conflict} Conflict */
/** @typedef {import("./save_status.js").Status} Status */
/** @typedef {Pick<import("../core/http.js").Answer, "status" | "body">} SaveAnswer */

/**
 * @typedef {object} SaverDeps what the editor provides: requests, clock and listeners
 * @property {(id: string, request: import("./outbox.js").Request, hurry: boolean) => Promise<SaveAnswer>} send
 * @property {import("./outbox.js").Outbox} outbox
 * @property {() => string} makeKey
 * @property {(run: () => void, ms: number) => number} later
 * @property {(timer: number) => void} forget
 * @property {() => number} now
 * @property {() => number} random
 * @property {(status: Status) => void} onStatus
 * @property {(id: string, body: any, draft: SegmentDraft) => void} onSaved
 * @property {(draft: SegmentDraft, conflict: Conflict) => void} onConflict
 * @property {(why: "sign-in" | "frozen" | "forbidden") => void} onStopped
 * @property {() => Promise<"same" | "other" | "signed-out" | "unreachable">} renewForm fetch a form token; who is signed in
 */

export const REST_MS = 1_500;
export const LONGEST_MS = 10_000;
const LONGEST_STORE_MS = 1_000;

export class Saver {
  /** @param {SaverDeps} deps */
  constructor(deps) {
    this.deps = deps;
    /** @type {Map<string, SegmentDraft>} */
    this.drafts = new Map();
    /** drafts of earlier page loads, the oldest first @type {SegmentDraft[]} */
    this.recovered = [];
    this.savedAt = this.failures = this.retryTimer = 0;
    this.isDiskFull = false;
    /** why nothing is sent: "", "sign-in", "frozen", "forbidden" */
    this.stopped = "";
    /** @type {Set<() => void>} */
    this.waiting = new Set();
  }

  /** @param {string} id @param {{rev: number, text: string}} server @returns {SegmentDraft} */
  track(id, server) {
    const draft = new SegmentDraft(id, server);
    this.drafts.set(id, draft);
    return draft;
  }

  /** @param {string} id @returns {SegmentDraft} */
  of(id) {
    const draft = this.drafts.get(id);
    if (!draft) throw new Error(`no segment ${id}`);
    return draft;
  }

  /**
   * The person typed; `text` is what now stands there.
   * @param {string} id @param {string} text @returns {Promise<boolean>} false when this browser could not keep it
   */
  typed(id, text) {
    const draft = this.of(id);
    draft.text = text;
    draft.changedAt = this.deps.now();
    if (!draft.isDirty && !draft.conflict) {
      this.#discardUnchanged(draft);
      return Promise.resolve(true);
    }
    if (draft.conflict) draft.conflict.yours = text; // what is put before the person is what stands there
    const kept = this.#keep(draft);
    if (draft.conflict) return kept;
    draft.dirtySince ||= draft.changedAt;
    const left = Math.max(0, draft.dirtySince + LONGEST_MS - draft.changedAt);
    this.#schedule(draft, Math.min(REST_MS, left));
    this.#notify();
    return kept;
  }

  /** Times, speaker, state or flags; sent at once. @param {string} id @param {Record<string, any>} fields */
  change(id, fields) {
    const draft = this.of(id);
    Object.assign(draft.fields, fields);
    draft.changedAt = this.deps.now();
    this.#keep(draft);
    this.#send(draft);
  }

  /** Go on with a draft of an earlier page load. @param {import("./outbox.js").OutboxRow} row */
  resume(row) {
    const { server = { rev: -1, text: row.base } } = this.drafts.get(row.segment) || {};
    const draft = SegmentDraft.recovered(row, server);
    // This page may not have heard yet of the revision on which the words were typed.
    const isUpToDate = row.baseRev === null || server.rev >= row.baseRev;
    const isThere =
      isUpToDate &&
      normalise(draft.text) === normalise(server.text) &&
      !Object.keys(draft.fields).length &&
      draft.answer === null;
    if (!draft.pending && (isThere || !draft.isDirty)) return this.#forget(draft);
    this.recovered.push(draft);
    this.#send(draft);
    this.#notify();
  }

  /** Send now; true when nothing of these segments is left. @param {string[]} [ids] @returns {Promise<boolean>} */
  async flush(ids) {
    const drafts = this.#all().filter((draft) => !ids || ids.includes(draft.id));
    for (const draft of drafts) this.#send(draft);
    const before = this.failures;
    const done = () => drafts.every((draft) => !draft.isDirty && !draft.conflict);
    const hopeless = () =>
      this.stopped || this.failures > before || drafts.some((draft) => draft.conflict);
    while (!done() && !hopeless())
      await new Promise((resolve) => this.waiting.add(() => resolve(undefined)));
    return done();
  }

  /** The page is being hidden or closed: requests that outlive it. */
  hurry() {
    for (const draft of this.#all()) {
      if (draft.isDirty) this.#send(draft, true);
      if (draft.isDirty || draft.conflict) this.#keep(draft, true);
    }
  }

  /** Send again after the connection returned or the user signed in again. */
  resumeSending() {
    if (this.stopped === "sign-in") this.stopped = "";
    this.failures = 0;
    this.deps.forget(this.retryTimer);
    for (const draft of this.#all()) if (draft.isDirty) this.#send(draft);
    this.#notify();
  }

  /** What the person writes into the dialog of a conflict; null: nothing of their own. @param {SegmentDraft} draft @param {string | null} text */
  answering(draft, text) {
    draft.answer = text;
    this.#keep(draft);
  }

  /** Store every unsent word again: the browser has deleted what it kept. */
  keepAgain() {
    for (const draft of this.unsent()) this.#keep(draft);
    this.#notify();
  }

  /** A conflict has been answered with a text. @param {SegmentDraft} draft @param {string} text */
  settle(draft, text) {
    const theirs = draft.conflict ? draft.conflict.theirs : draft.server;
    draft.conflict = draft.pending = draft.answer = null;
    draft.server = theirs;
    draft.adopt();
    draft.text = text;
    draft.changedAt = this.deps.now();
    if (normalise(text) === normalise(theirs.text) && !Object.keys(draft.fields).length)
      this.#discardUnchanged(draft);
    else {
      this.#keep(draft);
      this.#send(draft);
    }
    this.#wake();
  }

  /** Drop what was typed, on a person's word. @param {SegmentDraft} draft */
  abandon(draft) {
    draft.giveUp();
    this.#discardUnchanged(draft);
    this.#wake();
  }

  /**
   * The words of a draft were put into another text: keep and send them there, then drop the draft.
   * @param {SegmentDraft} draft @param {string} id of the segment that took the words
   * @param {string} text with them in it @param {string} [base] where it did not grow from the text of the archive
   * @returns {Promise<boolean>} false when this browser could not keep it: then nothing was done
   */
  async redirect(draft, id, text, base) {
    const moved = new SegmentDraft(id, this.of(id).server);
    Object.assign(moved, { isRecovered: true, text, changedAt: draft.changedAt });
    if (base !== undefined) Object.assign(moved, { base, baseRev: null });
    this.recovered.push(moved);
    if (!(await this.#keep(moved))) {
      this.#forget(moved);
      return false;
    }
    this.abandon(draft);
    this.#send(moved);
    return true;
  }

  /** Entries that are not known to be on the server. @returns {SegmentDraft[]} */
  unsent() {
    return this.#all().filter((draft) => draft.isDirty || draft.conflict);
  }

  /** Whether a text of this segment waits for a person to choose. @param {string} id */
  hasConflict(id) {
    return this.#all().some((draft) => draft.id === id && draft.conflict);
  }

  /** @returns {Status} */
  get status() {
    return statusOf(this.unsent(), this);
  }

  /** @returns {SegmentDraft[]} */
  #all() {
    return [...this.drafts.values(), ...this.recovered];
  }

  /** Whether an older draft of the segment goes first. @param {SegmentDraft} draft */
  #waitsForOlder(draft) {
    return draft.isRecovered && this.recovered.find((other) => other.id === draft.id) !== draft;
  }

  /** @param {SegmentDraft} draft @param {boolean} [hurry] */
  #send(draft, hurry = false) {
    this.deps.forget(draft.timer);
    draft.timer = 0;
    if (
      draft.inFlight ||
      draft.conflict ||
      this.stopped ||
      !draft.isDirty ||
      this.#waitsForOlder(draft)
    )
      return;
    const onScreen = draft.isRecovered && this.drafts.get(draft.id);
    if (onScreen && onScreen.server.rev > draft.server.rev) draft.server = onScreen.server;
    const request = draft.next(this.deps.makeKey);
    if (!request) {
      if (draft.conflict) this.#onConflict(draft);
      return;
    }
    draft.inFlight = true;
    draft.dirtySince = 0;
    this.#keep(draft);
    this.#notify();
    this.deps.send(draft.id, request, hurry).then((answer) => this.#answered(draft, answer));
  }

  /** @param {SegmentDraft} draft @param {SaveAnswer} answer */
  async #answered(draft, { status, body }) {
    draft.inFlight = false;
    this.isDiskFull = status === 507;
    const outcome = outcomeOf(status, body);
    if (outcome === "saved") this.#saved(draft, body);
    else if (outcome === "conflict") {
      draft.takeBack();
      this.#onConflict(draft, conflictOf(draft, status, body));
    } else if (outcome === "key used") {
      draft.takeBack();
      this.#send(draft);
    } else if (outcome === "stale form") await this.#renewForm(draft);
    else if (outcome === "refused") this.#refused(draft, body);
    else if (outcome === "lost") this.#retryLater();
    else this.stop(outcome);
    this.#notify();
    this.#wake();
  }

  /** The same request again with a fresh form token, once, if the same person still writes here. @param {SegmentDraft} draft */
  async #renewForm(draft) {
    const key = draft.pending?.key || "";
    const who = draft.renewedFor === key ? "unreachable" : await this.deps.renewForm();
    draft.renewedFor = who === "same" ? key : "";
    if (who === "same") this.#send(draft);
    else if (who === "unreachable") this.#retryLater();
    else this.stop("sign-in");
  }

  /** @param {SegmentDraft} draft @param {any} body */
  #saved(draft, body) {
    draft.saved({ rev: body.segment.rev, text: body.segment.text });
    this.failures = 0;
    this.savedAt = this.deps.now();
    const left = draft.hasNews ? null : draft.answerLeft();
    if (left) this.#onConflict(draft, left);
    else if (draft.hasNews) {
      this.#keep(draft);
      this.#schedule(draft, REST_MS);
    } else this.#forget(draft);
    this.deps.onSaved(draft.id, body, draft);
    for (const other of this.#all()) {
      if (other !== draft && other.isDirty && !other.timer && !other.inFlight) this.#send(other);
    }
  }

  /** A field was refused: it is taken back, so that the words may still be saved. @param {SegmentDraft} draft @param {any} body */
  #refused(draft, body) {
    const hadFields =
      draft.pending && Object.keys(draft.pending.body).some((name) => name !== "text");
    draft.takeBack();
    draft.fields = {};
    if (hadFields) {
      this.deps.onSaved(draft.id, { refused: body }, draft);
      return draft.hasNews ? this.#send(draft) : this.#discardUnchanged(draft);
    }
    this.#onConflict(draft, {
      base: draft.base,
      theirs: draft.server,
      yours: draft.text,
      why: "refused",
    });
  }

  /**
   * Show both texts, once this browser has stored ours; a store that does not answer is not waited for.
   * @param {SegmentDraft} draft @param {Conflict | null} [conflict]
   */
  async #onConflict(draft, conflict = draft.conflict) {
    draft.conflict = conflict;
    const kept = this.#keep(draft);
    this.#notify();
    await Promise.race([
      kept,
      new Promise((resolve) => this.deps.later(() => resolve(undefined), LONGEST_STORE_MS)),
    ]);
    if (draft.conflict && draft.conflict === conflict) this.deps.onConflict(draft, conflict);
  }

  /** Send nothing more. @param {"sign-in" | "frozen" | "forbidden"} why */
  stop(why) {
    if (this.stopped === why) return;
    this.stopped = why;
    this.deps.onStopped(why);
  }

  #retryLater() {
    const wait = retryWait(this.failures, this.deps.random());
    this.failures += 1;
    this.deps.forget(this.retryTimer);
    this.retryTimer = this.deps.later(() => {
      for (const draft of this.#all()) if (draft.isDirty) this.#send(draft);
    }, wait);
  }

  /** @param {SegmentDraft} draft @param {number} ms */
  #schedule(draft, ms) {
    this.deps.forget(draft.timer);
    draft.timer = this.deps.later(() => {
      draft.timer = 0;
      if (!this.failures) this.#send(draft);
    }, ms);
  }

  /** @param {SegmentDraft} draft @param {boolean} [hurry] */
  async #keep(draft, hurry = false) {
    draft.key ||= this.deps.outbox.newKey(draft.id);
    draft.edit += 1;
    const { edit } = draft;
    const isKept = await this.deps.outbox.put(draft.outboxRow(), hurry);
    if (isKept) draft.keptEdit = Math.max(draft.keptEdit, edit);
    if (edit !== draft.edit) return isKept; // written again meanwhile
    draft.isUnkept = !isKept;
    if (!isKept || this.failures || this.stopped) this.#notify();
    return isKept;
  }

  /** All of it is on the server, or was given up: the row of this draft goes, and no other. @param {SegmentDraft} draft */
  #forget(draft) {
    if (draft.key) this.deps.outbox.remove(draft.key, draft.edit);
    this.recovered = this.recovered.filter((other) => other !== draft);
  }

  /** What stands there is what the server has: there is nothing to keep. @param {SegmentDraft} draft */
  #discardUnchanged(draft) {
    this.deps.forget(draft.timer);
    draft.timer = 0;
    draft.dirtySince = 0;
    this.#forget(draft);
    for (const other of this.recovered) if (other.id === draft.id) this.#send(other);
    this.#notify();
  }

  #notify() {
    this.deps.onStatus(this.status);
  }

  #wake() {
    for (const wake of this.waiting) wake(); // who waits again does so after this
    this.waiting.clear();
  }
}
