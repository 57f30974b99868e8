/**
 * What is known about one segment's text: what the person sees, what it began from, what the
 * server has. Pure; `saving.js` sends it.
 *
 * `base` is the text that the seen one grew from. While a segment has the focus nothing else may
 * write into it, so after a merge the server holds words that are not on the screen: then
 * `baseRev` is null and the two are joined here, against `base`, before the next request.
 */

import { normalise } from "../core/tokens.js";
import { threeWay } from "./merging.js";

/** @typedef {import("./outbox.js").Request} Request */

/**
 * @typedef {object} Conflict
 * @property {string} base
 * @property {{rev: number, text: string, by?: string | null, by_name?: string}} theirs
 * @property {string} yours
 * @property {"words" | "ended" | "refused"} why
 * @property {string[]} [replacedBy]
 */

export class SegmentDraft {
  /** @param {string} id @param {{rev: number, text: string}} server */
  constructor(id, server) {
    this.id = id;
    this.server = server;
    this.base = server.text;
    /** @type {number | null} */
    this.baseRev = server.rev;
    this.text = server.text;
    /** @type {Record<string, any>} */
    this.fields = {};
    /** @type {Request | null} */
    this.pending = null;
    this.inFlight = false;
    /** the key of the request for which a fresh form token was fetched */
    this.renewedFor = "";
    /** @type {Conflict | null} */
    this.conflict = null;
    /** what was typed into the dialog of the conflict and is not answered yet @type {string | null} */
    this.answer = null;
    this.dirtySince = 0;
    /** when the person changed it last; retries do not count */
    this.changedAt = 0;
    this.timer = 0;
    /** a draft of an earlier page load: sent as it is, never shown in the row of the segment */
    this.isRecovered = false;
    /** the row of the outbox that keeps it, "" for none */
    this.key = "";
    this.edit = 0;
    /** the last write that a store of this browser took */
    this.keptEdit = 0;
    /** no store of this browser took the last write */
    this.isUnkept = false;
  }

  /** A draft that goes on with a row of the outbox. @param {import("./outbox.js").OutboxRow} row @param {{rev: number, text: string}} server */
  static recovered(row, server) {
    const draft = new SegmentDraft(row.segment, server);
    draft.isRecovered = true;
    draft.key = row.key;
    draft.edit = draft.keptEdit = row.edit;
    draft.base = row.base;
    draft.baseRev = row.baseRev;
    draft.text = row.text;
    draft.fields = { ...row.fields };
    draft.pending = row.pending;
    draft.answer = row.answer ?? null;
    draft.changedAt = row.at;
    return draft;
  }

  /** The row of the outbox that keeps it as it is now. */
  outboxRow() {
    const { key, edit, id, base, baseRev, text, fields, answer, pending, changedAt } = this;
    return { key, edit, segment: id, base, baseRev, text, fields, answer, pending, at: changedAt };
  }

  /** Whether this browser has kept it as it is now. */
  get isKept() {
    return !this.isUnkept && this.keptEdit === this.edit;
  }

  /** Whether something of the person's is not known to be on the server. */
  get isDirty() {
    return this.pending !== null || this.hasNews;
  }

  /** Whether there is something beside the request under way. */
  get hasNews() {
    return this.#differs || Object.keys(this.fields).length > 0;
  }

  /** Whether the server holds words that the screen does not show. */
  get isBehind() {
    return this.server.text !== this.text && normalise(this.server.text) !== normalise(this.text);
  }

  /** Compared for every segment at every key: equal strings need no normalising. */
  get #differs() {
    return this.text !== this.base && normalise(this.text) !== normalise(this.base);
  }

  /**
   * The next request: the one whose answer never came, else what is new; null when the words on
   * both sides meet, which leaves a conflict.
   * @param {() => string} makeKey @returns {Request | null}
   */
  next(makeKey) {
    if (this.pending) return this.pending;
    /** @type {Record<string, any>} */
    const body = { ...this.fields };
    let rev = this.baseRev;
    if (this.#differs) {
      body.text = this.text;
      if (rev === null) {
        const joined = threeWay(this.base, this.server.text, this.text);
        if (joined.text === null) {
          this.conflict = { base: this.base, theirs: this.server, yours: this.text, why: "words" };
          return null;
        }
        body.text = joined.text;
      }
    }
    rev ??= this.server.rev;
    this.pending = { key: makeKey(), rev, body, text: this.text };
    this.fields = {};
    return this.pending;
  }

  /**
   * The server has carried the request out. An answer that is given for the second time may be
   * older than what is known by now. @param {{rev: number, text: string}} server
   */
  saved(server) {
    const sent = this.pending;
    this.pending = null;
    if (sent && sent.body.text !== undefined) this.base = sent.text;
    this.baseRev = normalise(this.base) === normalise(server.text) ? server.rev : null;
    if (server.rev >= this.server.rev) this.server = server;
  }

  /** The screen now shows what the server has. */
  adopt() {
    this.base = this.text = this.server.text;
    this.baseRev = this.server.rev;
  }

  /**
   * The text was saved without a choice, though the person had begun to write another into the
   * dialog of its conflict: that one becomes a conflict of its own. @returns {Conflict | null}
   */
  answerLeft() {
    const { answer, server } = this;
    this.answer = null;
    if (answer === null || normalise(answer) === normalise(server.text)) return null;
    this.base = server.text;
    this.baseRev = server.rev;
    this.text = answer;
    return { base: server.text, theirs: server, yours: answer, why: "words" };
  }

  /** A request that the server will never accept as it stands is given back. */
  takeBack() {
    if (!this.pending) return;
    const { text: _text, ...fields } = this.pending.body;
    this.fields = { ...fields, ...this.fields };
    this.pending = null;
  }

  /** Drop what was typed. */
  giveUp() {
    this.pending = null;
    this.fields = {};
    this.conflict = this.answer = null;
    this.text = this.base = this.server.text;
    this.baseRev = this.server.rev;
  }
}
