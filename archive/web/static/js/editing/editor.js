/** The editor: holds segment list, player, word highlights and saver, and the current segment. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { ulid } from "../core/ulid.js";
import { ApiClient } from "./api_client.js";
import { putCaret, textOf } from "./caret.js";
import { OpenPages } from "./open_pages.js";
import { Outbox } from "./outbox.js";
import { EditorPlayer } from "./player.js";
import { Saver } from "./saving.js";
import { SegmentList } from "./segment_list.js";
import { browserStores } from "./stores.js";
import { WordHighlights } from "./word_highlights.js";

/** @typedef {import("./segment_list.js").Segment} Segment */
/** @typedef {import("./save_status.js").Status} Status */
/** @typedef {import("./segment_draft.js").Conflict} Conflict */
/** @typedef {import("./segment_draft.js").SegmentDraft} SegmentDraft */

/**
 * @typedef {object} Listeners
 * @property {((segment: Segment | null, before: Segment | null) => void)[]} current
 * @property {((segment: Segment) => void)[]} changed
 * @property {((status: Status) => void)[]} status
 * @property {((segment: Segment | null, draft: SegmentDraft, conflict: Conflict) => void)[]} conflict
 * @property {((why: string) => void)[]} stopped
 * @property {((isClosed: boolean) => void)[]} closed another person is signed in, or no longer
 */

export class Editor {
  /** @param {HTMLElement} root */
  constructor(root) {
    const { version = "", user = "", accession = "", editable, state = "" } = root.dataset;
    this.root = root;
    this.editable = editable === "yes";
    this.state = state;
    this.user = user;
    this.segmentList = new SegmentList(root);
    const page = ulid(); // not from sessionStorage, which a duplicated tab gets a copy of
    this.openPages = new OpenPages(page, `${user}/${version}`);
    this.api = new ApiClient(version, user);
    this.player = new EditorPlayer(root, accession);
    this.words = new WordHighlights(this.segmentList);
    const stores = browserStores(() => this.saver.keepAgain());
    this.outbox = new Outbox(user, version, page, stores, accession);
    this.saver = this.#saver();
    /** whether its author has signed out: then nothing of this page is shown */
    this.isClosed = false;
    this.api.onIdentity = (who) => (who === "other" ? this.#close() : this.#reopen());
    this.openPages.onSignedOut = () => this.#close();
    this.openPages.save = async () => {
      await this.saver.flush();
      return this.saver.unsent().length;
    };
    /** unsent words of other versions of this interview @type {import("./outbox.js").OutboxRow[]} */
    this.otherVersions = [];
    for (const { id, rev, box } of this.segmentList.list)
      this.saver.track(id, { rev, text: box.textContent || "" });
    /** @type {Segment | null} */
    this.current = null;
    /** fields before a change that the server has not confirmed @type {Map<string, Partial<Segment>>} */
    this.before = new Map();
    /** @type {Listeners} */
    this.listeners = {
      current: [],
      changed: [],
      status: [],
      conflict: [],
      stopped: [],
      closed: [],
    };
  }

  /** @template {keyof Listeners} E @param {E} event @param {Listeners[E][number]} listener */
  on(event, listener) {
    /** @type {any[]} */ (this.listeners[event]).push(listener);
  }

  /** @param {Segment | null} segment */
  choose(segment) {
    const before = this.current;
    if (segment === before) return;
    this.current = segment;
    for (const listener of this.listeners.current) listener(segment, before);
  }

  /** Go to a segment with the caret after so many characters. @param {Segment | null} segment @param {number} [offset] */
  go(segment, offset = 0) {
    if (!segment) return;
    if (this.editable) putCaret(segment.box, offset);
    this.choose(segment);
    segment.row.scrollIntoView({ block: "nearest" });
  }

  /** Apply a segment from the server: times, speaker, state and words; the text unless it has focus. @param {any} stored */
  applyStored(stored) {
    const segment = this.segmentList.applyStored(stored);
    const draft =
      this.saver.drafts.get(stored.id) ||
      this.saver.track(stored.id, { rev: stored.rev, text: stored.text });
    if (!draft.isDirty && !draft.conflict && stored.rev >= draft.server.rev) {
      draft.server = { rev: stored.rev, text: stored.text };
      this.showServerText(segment);
    }
    if (stored.words && stored.rev >= segment.rev) this.words.setWords(stored.id, stored.words);
    this.changed(segment);
    return segment;
  }

  /** Show the text of the server, unless the segment has focus or unsent text. @param {Segment} segment */
  showServerText(segment) {
    const draft = this.saver.of(segment.id);
    if (draft.isDirty || draft.conflict || this.segmentList.isFocused(segment)) return;
    if (draft.isBehind) this.segmentList.write(segment, draft.server.text);
    if (draft.base !== draft.server.text || draft.baseRev !== draft.server.rev) draft.adopt();
  }

  /** Write a text that the person chose. @param {Segment} segment @param {string} text */
  write(segment, text) {
    this.segmentList.write(segment, text);
    this.words.pauseAndRealign(segment);
  }

  /** @param {Segment} segment */
  changed(segment) {
    this.words.redraw(segment);
    for (const listener of this.listeners.changed) listener(segment);
  }

  /** @param {Segment} segment */
  typed(segment) {
    this.words.pauseAndRealign(segment);
    this.saver.typed(segment.id, textOf(segment.box));
    if (segment.state !== "edited") {
      segment.state = "edited";
      this.segmentList.draw(segment);
      for (const listener of this.listeners.changed) listener(segment);
    }
  }

  /**
   * Change speaker, times, state or flags: shown at once, sent, and reverted when the server refuses.
   * @param {Segment} segment @param {Record<string, any>} fields for the archive
   * @param {Partial<Segment>} [shown] for the row, where they have other names
   */
  change(segment, fields, shown = fields) {
    const { start, end, state, flags, voice, name, role } = segment;
    if (!this.before.has(segment.id))
      this.before.set(segment.id, { start, end, state, flags, voice, name, role });
    Object.assign(segment, shown);
    this.saver.typed(segment.id, textOf(segment.box));
    this.saver.change(segment.id, fields);
    this.segmentList.draw(segment);
    this.changed(segment);
  }

  /** Remove a segment from the list. @param {string} id */
  remove(id) {
    if (this.current?.id === id) this.choose(null);
    this.words.remove(id);
    this.saver.drafts.delete(id);
    this.segmentList.remove(id);
  }

  /** Disable typing in these segments until the server has answered. @param {Segment[]} segments @param {boolean} busy */
  setBusy(segments, busy) {
    for (const { row } of segments) {
      row.toggleAttribute("data-busy", busy);
      row.setAttribute("aria-busy", String(busy));
    }
  }

  /** @param {string} state of the version */
  setState(state) {
    if (!state || state === this.state) return;
    this.state = state;
    for (const badge of this.root.querySelectorAll("[data-state-badge]")) {
      badge.toggleAttribute("hidden", badge.getAttribute("data-state-badge") !== state);
    }
    for (const step of this.root.querySelectorAll("[data-step]")) {
      const from = { "hand-in": ["editing"], approve: ["editing", "corrected"] }[
        step.getAttribute("data-step") || ""
      ];
      if (from) step.toggleAttribute("hidden", !from.includes(state));
    }
  }

  /** Hide the page: its author has signed out in this browser, or another person has signed in. */
  #close() {
    this.isClosed = true;
    this.root.classList.add("editor--closed");
    this.saver.stop("sign-in");
    for (const listener of this.listeners.closed) listener(true);
  }

  /** Show and send again what belongs to the person who is signed in. */
  #reopen() {
    if (!this.isClosed && this.saver.stopped !== "sign-in") return;
    this.isClosed = false;
    this.root.classList.remove("editor--closed");
    this.saver.resumeSending();
    for (const listener of this.listeners.closed) listener(false);
  }

  #saver() {
    return new Saver({
      send: (id, request, hurry) => this.api.save(id, request, hurry),
      outbox: this.outbox,
      makeKey: () => ulid(),
      later: (run, ms) => window.setTimeout(run, ms),
      forget: (timer) => window.clearTimeout(timer),
      now: () => Date.now(),
      random: () => Math.random(),
      onStatus: (status) => {
        for (const listener of this.listeners.status) listener(status);
      },
      onSaved: (id, body, draft) => this.#saved(id, body, draft.isRecovered),
      onConflict: (draft, conflict) => {
        const segment = this.segmentList.byId.get(draft.id) || null;
        for (const listener of this.listeners.conflict) listener(segment, draft, conflict);
      },
      onStopped: (why) => {
        for (const listener of this.listeners.stopped) listener(why);
      },
      renewForm: () => this.api.renew(),
    });
  }

  /** @param {string} id @param {any} body @param {boolean} isRecovered whether the draft is not the text of the row */
  #saved(id, body, isRecovered) {
    const segment = this.segmentList.byId.get(id);
    const before = isRecovered ? undefined : this.before.get(id);
    if (!isRecovered) this.before.delete(id);
    if (body.refused) {
      announce(refusal(body.refused));
      if (!segment || !before) return;
      Object.assign(segment, before);
      this.segmentList.draw(segment);
      this.changed(segment);
      return;
    }
    this.setState(body.state);
    if (segment) this.applyStored(body.segment);
  }
}

/** Return the message for a segment that was restored at other times. */
export function timesFitted() {
  return t("The segment was restored, at the nearest times between its neighbours.");
}

/** Return the message for a refused operation. @param {any} body */
export function refusal(body) {
  const why = body?.why || "";
  if (why === "times_overlap")
    return t("The same speaker is still speaking in the segment beside it.");
  if (why === "out_of_order")
    return t("It would begin before the segment above or after the one below.");
  if (why === "no_time_left")
    return t(
      "The segments beside it leave it no time: move the start or the end of one of them first.",
    );
  if (why === "too_long") return t("This is too much text for one segment; split it first.");
  if (why === "wrong_order")
    return t("The lower segment begins before the upper one: correct the times first.");
  if (why === "times_reversed") return t("The end has to be after the beginning.");
  if (why === "after_the_end") return t("That is after the end of the recording.");
  if (why === "nothing_to_split") return t("Nothing to split here: one part would have no words.");
  if (why === "not_neighbours") return t("A colleague has added a segment between the two.");
  if (why === "different_recordings") return t("The two segments belong to different recordings.");
  if (body?.error === "segment_replaced")
    return t("Its words are part of another segment now: correct them there.");
  if (body?.error === "stale")
    return t("A colleague changed this first. Check the segment, then try again.");
  return t("The archive could not save this change. Nothing you typed is lost.");
}
