/** The rows of the editor: read from the page, written when a segment changes, never while it has focus. */

import { t } from "../core/i18n.js";
import { clock } from "../core/time.js";
import { textOf } from "./caret.js";

/**
 * @typedef {object} Segment
 * @property {string} id
 * @property {string} pos
 * @property {number} rev
 * @property {number} start
 * @property {number} end
 * @property {number} part
 * @property {string} voice
 * @property {string} name of the speaker, as the editor calls them
 * @property {string} role
 * @property {string} state
 * @property {string[]} flags
 * @property {string} [stored] the text that the archive has, where this page has received it
 * @property {HTMLElement} row
 * @property {HTMLElement} box
 */

export const SUSPECT_FLAGS = [
  "phantom_phrase",
  "text_over_silence",
  "loop",
  "impossible_speed",
  "prompt_echo",
  "needs_human",
];
const LINE_PX = 34;
const WORDS_A_LINE = 13;

export class SegmentList {
  /** @param {HTMLElement} editor */
  constructor(editor) {
    this.root = /** @type {HTMLElement} */ (editor.querySelector("[data-segments]"));
    this.template = /** @type {HTMLTemplateElement} */ (
      editor.querySelector('[data-template="row"]')
    );
    /** @type {Segment[]} */
    this.list = [...this.root.querySelectorAll("[data-segment]")].map((row) =>
      read(/** @type {HTMLElement} */ (row)),
    );
    this.byId = new Map(this.list.map((segment) => [segment.id, segment]));
    /** @type {Map<string, number>} */
    this.parts = new Map();
    for (const sound of editor.querySelectorAll("[data-recording]")) {
      this.parts.set(
        sound.getAttribute("data-recording") || "",
        Number(sound.getAttribute("data-sound")),
      );
    }
    this.#fallBackToContenteditable();
    this.#reserveHeights();
  }

  /** @param {Element | null} inside @returns {Segment | null} */
  around(inside) {
    const row = inside?.closest?.("[data-segment]");
    return (row && this.byId.get(row.getAttribute("data-segment") || "")) || null;
  }

  /** @param {Segment} segment @param {number} step */
  beside(segment, step) {
    return this.list[this.list.indexOf(segment) + step] || null;
  }

  /** The segment heard at a time of a part; the last one that has begun. @param {number} ms @param {number} part */
  at(ms, part) {
    let found = null;
    for (const segment of this.list) {
      if (segment.part !== part) continue;
      if (segment.start > ms) break;
      found = segment;
    }
    return found;
  }

  /** @param {Segment} segment */
  isFocused(segment) {
    return document.activeElement === segment.box;
  }

  /** Write the text of a row. @param {Segment} segment @param {string} text */
  write(segment, text) {
    if (textOf(segment.box) !== text) segment.box.textContent = text;
  }

  /** Apply a segment from the server, without its words; a new one gets a row. @param {any} stored @returns {Segment} */
  applyStored(stored) {
    let segment = this.byId.get(stored.id);
    if (!segment) {
      segment = this.#insert(stored);
      segment.box.textContent = stored.text;
    } else if (stored.rev < segment.rev) return segment;
    Object.assign(segment, {
      rev: stored.rev,
      stored: stored.text,
      start: stored.start,
      end: stored.end,
      voice: stored.speaker,
      name: stored.speaker_name,
      role: stored.role,
      state: stored.state,
      flags: stored.flags,
    });
    this.draw(segment);
    return segment;
  }

  /** Write speaker, time and state, but not the words. @param {Segment} segment */
  draw(segment) {
    const { row } = segment;
    const name = segment.name || t("Speaker not named");
    row.dataset.rev = String(segment.rev);
    row.dataset.start = String(segment.start);
    row.dataset.end = String(segment.end);
    row.dataset.voice = segment.voice;
    row.dataset.state = segment.state;
    row.dataset.flags = segment.flags.join(" ");
    row.classList.toggle("segment--interviewer", segment.role === "interviewer");
    const [time, speaker] = [
      row.querySelector(".segment__time"),
      row.querySelector(".segment__speaker"),
    ];
    if (time) time.textContent = clock(segment.start);
    if (speaker) speaker.textContent = name;
    this.label(segment);
  }

  /** Set the label that screen readers read before the text. @param {Segment} segment */
  label(segment) {
    const states = { machine: t("not checked"), edited: t("being corrected"), heard: t("checked") };
    const state = states[/** @type {"machine"} */ (segment.state)] || "";
    segment.row.setAttribute(
      "aria-label",
      `${segment.name || t("Speaker not named")}, ${clock(segment.start)}, ${state}`,
    );
  }

  /** @param {string} id */
  remove(id) {
    const segment = this.byId.get(id);
    if (!segment) return;
    segment.row.remove();
    this.byId.delete(id);
    this.list.splice(this.list.indexOf(segment), 1);
  }

  /** Return whether the machine may have added this sentence. @param {Segment} segment */
  isSuspect(segment) {
    return (
      segment.state === "machine" && segment.flags.some((flag) => SUSPECT_FLAGS.includes(flag))
    );
  }

  /** @param {any} stored @returns {Segment} */
  #insert(stored) {
    const row = /** @type {HTMLElement} */ (
      /** @type {Element} */ (this.template.content.firstElementChild).cloneNode(true)
    );
    row.id = `s-${stored.id}`;
    row.dataset.segment = stored.id;
    row.dataset.pos = stored.pos;
    row.dataset.part = String(this.parts.get(stored.recording) || 1);
    const segment = read(row);
    const after = this.list.findIndex(
      (other) => other.pos > stored.pos || (other.pos === stored.pos && other.id > stored.id),
    );
    if (after < 0) {
      const last = this.list.at(-1);
      if (last) last.row.after(row);
      else this.root.append(row);
      this.list.push(segment);
    } else {
      const before = after > 0 ? this.list[after - 1] : null;
      if (before) before.row.after(row);
      else this.list[after].row.before(row);
      this.list.splice(after, 0, segment);
    }
    this.byId.set(stored.id, segment);
    return segment;
  }

  /** How tall a group of rows will be, before it was ever drawn. */
  #reserveHeights() {
    for (const chunk of this.root.querySelectorAll(".segment-chunk")) {
      let px = 0;
      for (const row of chunk.children) {
        const words = (row.lastElementChild?.textContent || "").length / 4.6;
        px += 14 + LINE_PX * Math.max(1, Math.ceil(words / WORDS_A_LINE));
      }
      /** @type {HTMLElement} */ (chunk).style.containIntrinsicSize = `auto ${px}px`;
    }
  }

  /** Firefox before 136 does not know plaintext-only; what is pasted is made plain for all. */
  #fallBackToContenteditable() {
    const probe = document.createElement("p");
    probe.setAttribute("contenteditable", "plaintext-only");
    if (probe.contentEditable === "plaintext-only") return;
    for (const box of this.root.querySelectorAll("[contenteditable]"))
      box.setAttribute("contenteditable", "true");
  }
}

/** @param {HTMLElement} row @returns {Segment} */
function read(row) {
  const {
    segment: id = "",
    pos = "",
    rev,
    start,
    end,
    part,
    voice = "",
    state = "",
    flags,
  } = row.dataset;
  return {
    id,
    pos,
    rev: Number(rev),
    start: Number(start),
    end: Number(end),
    part: Number(part),
    voice,
    state,
    name: voice ? row.querySelector(".segment__speaker")?.textContent || "" : "",
    role: row.classList.contains("segment--interviewer") ? "interviewer" : "",
    flags: (flags || "").split(" ").filter(Boolean),
    row,
    box: /** @type {HTMLElement} */ (row.querySelector(".segment__text")),
  };
}
