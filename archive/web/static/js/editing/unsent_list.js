/**
 * The note above the text: words of earlier visits, words that wait for a person and stand in no
 * segment, and words that cannot be sent from this page, because the version is approved, the
 * account may no longer correct, or they were typed into another version. All but the first stand
 * there in full, beside the text of the archive.
 */

import { announce } from "../core/announce.js";
import { nt, t } from "../core/i18n.js";
import { clock } from "../core/time.js";
import { storageState, withStorageState } from "./storage_messages.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_draft.js").SegmentDraft} SegmentDraft */
/** @typedef {import("./outbox.js").OutboxRow} OutboxRow */

const UNDO_MS = 10_000;

export class UnsentList {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** timers of what is being removed, by the key of its row @type {Map<string, number>} */
    this.removals = new Map();
    this.note = editor.root.querySelector("[data-recovered]");
    /** texts of earlier visits that are being sent */
    this.count = 0;
    /** what is drawn of this version */
    this.drawn = "";
    /** opens the conflict of a draft @type {(draft: SegmentDraft) => void} */
    this.review = () => {};
    editor.on("stopped", (why) => this.#stopped(why));
    editor.on("changed", () => this.#isFinal && this.draw());
    editor.on("status", () => {
      if (this.#isFinal || this.#sign(this.#offScreen()) !== this.drawn) this.draw();
    });
  }

  /** Drafts of earlier visits were found. @param {number} count texts that are not saved yet */
  recovered(count) {
    this.count = count;
    this.draw();
  }

  get #isFinal() {
    return ["frozen", "forbidden"].includes(this.editor.saver.stopped);
  }

  /** What stands in no row and is not being sent: it waits for a person, or for the archive. */
  #offScreen() {
    const { saver, segmentList } = this.editor;
    if (!saver.recovered.length) return [];
    const { cut } = saver.status;
    return saver
      .unsent()
      .filter((draft) => draft.isRecovered || !segmentList.byId.has(draft.id))
      .filter((draft) => cut || saver.hasConflict(draft.id));
  }

  /** @param {SegmentDraft[]} drafts */
  #sign(drafts) {
    return JSON.stringify(
      drafts.map(({ key, text, answer, conflict }) => [key, text, answer, conflict?.theirs.text]),
    );
  }

  /** @param {string} why */
  #stopped(why) {
    if (why === "sign-in") return;
    const { editor } = this;
    for (const box of editor.root.querySelectorAll("[contenteditable]"))
      box.setAttribute("contenteditable", "false");
    const words =
      why === "frozen"
        ? t("This version was approved meanwhile and no longer changes.")
        : t("This text can no longer be corrected with your account.");
    announce(withStorageState(editor, words));
    this.draw();
  }

  draw() {
    const { editor, note } = this;
    const unsent = this.#isFinal ? editor.saver.unsent() : this.#offScreen();
    this.drawn = this.#sign(unsent);
    const place = note?.querySelector("[data-recovered-words]");
    if (!note || !place) return;
    const { length } = unsent;
    const sentences = [
      length && !this.#isFinal
        ? nt(
            "%(num)s text that you typed is not saved yet and stands in no segment.",
            "%(num)s texts that you typed are not saved yet and stand in no segment.",
            length,
          )
        : "",
      length && this.#isFinal
        ? nt(
            "%(num)s segment that you typed is not in the archive, because this version no longer changes.",
            "%(num)s segments that you typed are not in the archive, because this version no longer changes.",
            length,
          )
        : "",
      !length && this.count
        ? nt(
            "%(num)s text of an earlier visit was still on this computer.",
            "%(num)s texts of an earlier visit were still on this computer.",
            this.count,
          )
        : "",
      editor.otherVersions.length
        ? nt(
            "%(num)s segment that you typed into another version of this interview was not saved.",
            "%(num)s segments that you typed into another version of this interview were not saved.",
            editor.otherVersions.length,
          )
        : "",
    ];
    place.textContent = sentences.filter(Boolean).join(" ");
    const more = note.querySelector("[data-recovered-more]");
    if (more) more.textContent = storageState(editor, t("Nothing was lost."));
    note
      .querySelector("[data-unsendable]")
      ?.replaceChildren(
        ...unsent.map((draft) => this.#ofThisVersion(draft)),
        ...editor.otherVersions.map((row) => this.#ofOtherVersion(row)),
      );
    note.toggleAttribute("hidden", !place.textContent);
  }

  get #language() {
    return this.editor.root.dataset.language || "";
  }

  /** @param {SegmentDraft} draft */
  #ofThisVersion(draft) {
    const { editor } = this;
    const segment = editor.segmentList.byId.get(draft.id);
    const theirs =
      draft.conflict?.why === "ended" || !(segment || draft.conflict)
        ? t("(removed)")
        : (segment?.stored ?? draft.conflict?.theirs.text ?? draft.server.text);
    const item = entry(this.#language, segment ? `${clock(segment.start)} ${segment.name}` : "", [
      [t("In the archive"), theirs],
      [t("Yours"), draft.answer ?? draft.text],
    ]);
    if (!this.#isFinal) return draft.conflict ? this.#reviewable(item, draft) : item;
    return this.#removable(item, draft.key, () => {
      editor.saver.abandon(draft);
      if (segment && !draft.isRecovered) editor.write(segment, theirs);
    });
  }

  /** @param {OutboxRow} row */
  #ofOtherVersion(row) {
    const { editor } = this;
    const item = entry(this.#language, "", [
      [t("Before"), row.base],
      [t("Yours"), row.answer ?? row.text],
    ]);
    const link = document.createElement("a");
    link.href = location.pathname.replace(editor.api.version, row.version);
    link.textContent = t("Open the version of these words");
    item.append(link);
    return this.#removable(item, row.key, () => {
      editor.outbox.remove(row.key, row.edit || 0);
      editor.otherVersions = editor.otherVersions.filter(({ key }) => key !== row.key);
    });
  }

  /** The item with a button that opens its conflict. @param {HTMLElement} item @param {SegmentDraft} draft */
  #reviewable(item, draft) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--small";
    button.textContent = t("Review both texts");
    button.addEventListener("click", () => this.review(draft));
    item.append(button);
    return item;
  }

  /**
   * The item with a button that removes its words from this browser; for ten seconds, another that
   * takes this back stands in its place.
   * @param {HTMLElement} item @param {string} key @param {() => void} remove
   */
  #removable(item, key, remove) {
    const timer = this.removals.get(key);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--quiet button--small";
    button.dataset.row = key;
    button.textContent = timer ? t("Undo") : t("Remove from this browser");
    button.addEventListener("click", () => {
      clearTimeout(timer);
      if (timer) this.removals.delete(key);
      else
        this.removals.set(
          key,
          window.setTimeout(() => this.#finish(key, remove), UNDO_MS),
        );
      this.draw();
      this.#focus(key);
    });
    if (timer) item.replaceChildren(paragraph("", t("Removed from this browser.")));
    item.append(" ", button);
    return item;
  }

  /** @param {string} key @param {() => void} remove */
  #finish(key, remove) {
    this.removals.delete(key);
    remove();
    this.draw();
  }

  /** Focus the button of a row again: drawing replaces it. @param {string} key */
  #focus(key) {
    const buttons = this.note?.querySelectorAll("[data-row]") || [];
    for (const button of /** @type {Iterable<HTMLElement>} */ (buttons))
      if (button.dataset.row === key) button.focus();
  }
}

/** @param {string} language of the texts @param {string} title @param {[string, string][]} texts each with its name */
function entry(language, title, texts) {
  const item = document.createElement("li");
  if (title) item.append(paragraph("tabular-nums text-muted", title));
  for (const [name, text] of texts) {
    const label = document.createElement("b");
    label.textContent = `${name}: `;
    const words = document.createElement("span");
    words.lang = language;
    words.textContent = text;
    const place = paragraph("", "");
    place.append(label, words);
    item.append(place);
  }
  return item;
}

/** @param {string} className @param {string} text */
function paragraph(className, text) {
  const place = document.createElement("p");
  if (className) place.className = className;
  place.textContent = text;
  return place;
}
