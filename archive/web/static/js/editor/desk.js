// @ts-check
/** The desk: rows, sound, words and the sending of them, and which segment is being worked on. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { ulid } from "../core/ulid.js";
import { textOf, putCaret } from "./caret.js";
import { Line } from "./line.js";
import { Outbox, browserStores } from "./outbox.js";
import { Player } from "./player.js";
import { Saver } from "./saving.js";
import { Sheet } from "./sheet.js";
import { Words } from "./words.js";

/** @typedef {import("./sheet.js").Segment} Segment */
/** @typedef {import("./saving.js").Status} Status */
/** @typedef {import("./entry.js").Conflict} Conflict */

/**
 * @typedef {object} Ears
 * @property {((segment: Segment | null, before: Segment | null) => void)[]} current
 * @property {((segment: Segment) => void)[]} changed
 * @property {((status: Status) => void)[]} status
 * @property {((segment: Segment | null, id: string, conflict: Conflict) => void)[]} conflict
 * @property {((why: string) => void)[]} stopped
 */

export class Desk {
  /** @param {HTMLElement} root */
  constructor(root) {
    const { version = "", user = "", accession = "", editable, state = "" } = root.dataset;
    this.root = root;
    this.editable = editable === "yes";
    this.state = state;
    this.user = user;
    this.sheet = new Sheet(root);
    this.line = new Line(version, user);
    this.player = new Player(root, accession);
    this.words = new Words(this.sheet);
    this.outbox = new Outbox(user, version, browserStores());
    this.saver = this.#saver();
    for (const { id, rev, box } of this.sheet.list) this.saver.track(id, { rev, text: box.textContent || "" });
    /** @type {Segment | null} */
    this.current = null;
    /** what was shown before a change that the archive has not taken yet @type {Map<string, Partial<Segment>>} */
    this.before = new Map();
    /** @type {Ears} */
    this.ears = { current: [], changed: [], status: [], conflict: [], stopped: [] };
  }

  /** @template {keyof Ears} E @param {E} event @param {Ears[E][number]} listener */
  on(event, listener) {
    /** @type {any[]} */ (this.ears[event]).push(listener);
  }

  /** @param {Segment | null} segment */
  choose(segment) {
    const before = this.current;
    if (segment === before) return;
    this.current = segment;
    for (const listener of this.ears.current) listener(segment, before);
  }

  /** Go to a segment with the caret after so many characters. @param {Segment | null} segment @param {number} [offset] */
  go(segment, offset = 0) {
    if (!segment) return;
    if (this.editable) putCaret(segment.box, offset);
    this.choose(segment);
    segment.row.scrollIntoView({ block: "nearest" });
  }

  /** Take what the server says: times, speaker, state and words; the text only where nobody types. @param {any} told */
  take(told) {
    const segment = this.sheet.take(told);
    const entry = this.saver.entries.get(told.id) || this.saver.track(told.id, { rev: told.rev, text: told.text });
    if (!entry.isDirty && !entry.conflict && told.rev >= entry.server.rev) {
      entry.server = { rev: told.rev, text: told.text };
      this.settle(segment);
    }
    if (told.words && told.rev >= segment.rev) this.words.take(told.id, told.words);
    this.changed(segment);
    return segment;
  }

  /** Show what the server has, unless the person is in it or has something unsent. @param {Segment} segment */
  settle(segment) {
    const entry = this.saver.of(segment.id);
    if (entry.isDirty || entry.conflict || this.sheet.isFocused(segment)) return;
    if (entry.isBehind) this.sheet.write(segment, entry.server.text);
    if (entry.base !== entry.server.text || entry.baseRev !== entry.server.rev) entry.adopt();
  }

  /** Write a text that the person chose. @param {Segment} segment @param {string} text */
  write(segment, text) {
    this.sheet.write(segment, text);
    this.words.typing(segment);
  }

  /** @param {Segment} segment */
  changed(segment) {
    this.words.redraw(segment);
    for (const listener of this.ears.changed) listener(segment);
  }

  /** @param {Segment} segment */
  typed(segment) {
    this.words.typing(segment);
    this.saver.typed(segment.id, textOf(segment.box));
    if (segment.state !== "edited") {
      segment.state = "edited";
      this.sheet.draw(segment);
      for (const listener of this.ears.changed) listener(segment);
    }
  }

  /**
   * Speaker, times, state or flags: shown at once, sent, and taken back should the archive refuse.
   * @param {Segment} segment @param {Record<string, any>} fields for the archive
   * @param {Partial<Segment>} [shown] for the row, where they have other names
   */
  change(segment, fields, shown = fields) {
    const { start, end, state, flags, voice, name, role } = segment;
    if (!this.before.has(segment.id)) this.before.set(segment.id, { start, end, state, flags, voice, name, role });
    Object.assign(segment, shown);
    this.saver.typed(segment.id, textOf(segment.box));
    this.saver.change(segment.id, fields);
    this.sheet.draw(segment);
    this.changed(segment);
  }

  /** The segment is gone from the text. @param {string} id */
  remove(id) {
    if (this.current?.id === id) this.choose(null);
    this.words.forget(id);
    this.saver.entries.delete(id);
    this.sheet.remove(id);
  }

  /** Nobody may type here until the server has answered. @param {Segment[]} segments @param {boolean} busy */
  hold(segments, busy) {
    for (const { row } of segments) {
      row.toggleAttribute("data-busy", busy);
      row.setAttribute("aria-busy", String(busy));
    }
  }

  /** @param {string} state of the version */
  setState(state) {
    if (!state || state === this.state) return;
    this.state = state;
    for (const stamp of this.root.querySelectorAll("[data-stamp]")) {
      stamp.toggleAttribute("hidden", stamp.getAttribute("data-stamp") !== state);
    }
    for (const step of this.root.querySelectorAll("[data-step]")) {
      const from = { "hand-in": ["editing"], approve: ["editing", "corrected"] }[step.getAttribute("data-step") || ""];
      if (from) step.toggleAttribute("hidden", !from.includes(state));
    }
  }

  #saver() {
    return new Saver({
      send: (id, request, hurry) => this.line.save(id, request, hurry),
      outbox: this.outbox,
      makeKey: () => ulid(),
      later: (run, ms) => window.setTimeout(run, ms),
      forget: (timer) => window.clearTimeout(timer),
      now: () => Date.now(),
      random: () => Math.random(),
      onStatus: (status) => this.ears.status.forEach((listener) => listener(status)),
      onSaved: (id, body) => this.#saved(id, body),
      onConflict: (id, conflict) =>
        this.ears.conflict.forEach((listener) => listener(this.sheet.byId.get(id) || null, id, conflict)),
      onStopped: (why) => this.ears.stopped.forEach((listener) => listener(why)),
      onStaleForm: async () => (await this.line.renew()) === "same",
    });
  }

  /** @param {string} id @param {any} body */
  #saved(id, body) {
    const segment = this.sheet.byId.get(id);
    const before = this.before.get(id);
    this.before.delete(id);
    if (body.refused) {
      announce(refusal(body.refused));
      if (!segment || !before) return;
      Object.assign(segment, before);
      this.sheet.draw(segment);
      this.changed(segment);
      return;
    }
    this.setState(body.state);
    if (segment) this.take(body.segment);
  }
}

/** Why the server would not, in words. @param {any} body */
export function refusal(body) {
  const why = body?.why || "";
  if (why === "times_overlap") return t("The same speaker is still speaking in the segment beside it.");
  if (why === "times_reversed") return t("The end has to be after the beginning.");
  if (why === "after_the_end") return t("That is after the end of the recording.");
  if (why === "nothing_to_split") return t("Nothing to split here: one part would have no words.");
  if (why === "not_neighbours") return t("A colleague has put a segment between the two.");
  if (why === "different_recordings") return t("The two segments belong to different recordings.");
  if (body?.error === "stale") return t("A colleague was faster here. Look at the segment, then try again.");
  return t("The archive did not take this change. Nothing that was typed is lost.");
}
