// @ts-check
/** The rows of the desk: read from the page, written when a segment changes, never while it has focus. */

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
 * @property {string} name of the speaker, as the desk calls them
 * @property {string} role
 * @property {string} state
 * @property {string[]} flags
 * @property {HTMLElement} row
 * @property {HTMLElement} box
 */

export const GUARD = ["phantom_phrase", "text_over_silence", "loop", "impossible_speed", "prompt_echo", "needs_human"];
const LINE_PX = 34;
const WORDS_A_LINE = 13;

export class Sheet {
  /** @param {HTMLElement} desk */
  constructor(desk) {
    this.root = /** @type {HTMLElement} */ (desk.querySelector("[data-segments]"));
    this.template = /** @type {HTMLTemplateElement} */ (desk.querySelector('[data-template="row"]'));
    /** @type {Segment[]} */
    this.list = [...this.root.querySelectorAll("[data-segment]")].map((row) => read(/** @type {HTMLElement} */ (row)));
    this.byId = new Map(this.list.map((segment) => [segment.id, segment]));
    /** @type {Map<string, number>} */
    this.parts = new Map();
    for (const sound of desk.querySelectorAll("[data-recording]")) {
      this.parts.set(sound.getAttribute("data-recording") || "", Number(sound.getAttribute("data-sound")));
    }
    this.#helpOlderBrowser();
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

  /** Put words on the screen. @param {Segment} segment @param {string} text */
  write(segment, text) {
    if (textOf(segment.box) !== text) segment.box.textContent = text;
  }

  /** Take what the server says of a segment, its words aside; a new one gets a row. @param {any} told @returns {Segment} */
  take(told) {
    let segment = this.byId.get(told.id);
    if (!segment) {
      segment = this.#insert(told);
      segment.box.textContent = told.text;
    } else if (told.rev < segment.rev) return segment;
    Object.assign(segment, {
      rev: told.rev, start: told.start, end: told.end, voice: told.speaker, name: told.speaker_name,
      role: told.role, state: told.state, flags: told.flags,
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
    row.classList.toggle("q", segment.role === "interviewer");
    const [time, speaker] = [row.querySelector(".tm"), row.querySelector(".spk")];
    if (time) time.textContent = clock(segment.start);
    if (speaker) speaker.textContent = name;
    this.name(segment);
  }

  /** What a screen reader says before the words. @param {Segment} segment */
  name(segment) {
    const states = { machine: t("not yet heard"), edited: t("being corrected"), heard: t("heard") };
    const state = states[/** @type {"machine"} */ (segment.state)] || "";
    segment.row.setAttribute("aria-label", `${segment.name || t("Speaker not named")}, ${clock(segment.start)}, ${state}`);
  }

  /** @param {string} id */
  remove(id) {
    const segment = this.byId.get(id);
    if (!segment) return;
    segment.row.remove();
    this.byId.delete(id);
    this.list.splice(this.list.indexOf(segment), 1);
  }

  /** Whether the machine is suspected of having added it. @param {Segment} segment */
  isGhost(segment) {
    return segment.state === "machine" && segment.flags.some((flag) => GUARD.includes(flag));
  }

  /** @param {any} told @returns {Segment} */
  #insert(told) {
    const row = /** @type {HTMLElement} */ (/** @type {Element} */ (this.template.content.firstElementChild).cloneNode(true));
    row.id = `s-${told.id}`;
    row.dataset.segment = told.id;
    row.dataset.pos = told.pos;
    row.dataset.part = String(this.parts.get(told.recording) || 1);
    const segment = read(row);
    const after = this.list.findIndex((other) => other.pos > told.pos || (other.pos === told.pos && other.id > told.id));
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
    this.byId.set(told.id, segment);
    return segment;
  }

  /** How tall a group of rows will be, before it was ever drawn. */
  #reserveHeights() {
    for (const chunk of this.root.querySelectorAll(".chunk")) {
      let px = 0;
      for (const row of chunk.children) {
        const words = (row.lastElementChild?.textContent || "").length / 4.6;
        px += 14 + LINE_PX * Math.max(1, Math.ceil(words / WORDS_A_LINE));
      }
      /** @type {HTMLElement} */ (chunk).style.containIntrinsicSize = `auto ${px}px`;
    }
  }

  /** Firefox before 136 does not know plaintext-only; what is pasted is made plain for all. */
  #helpOlderBrowser() {
    const probe = document.createElement("p");
    probe.setAttribute("contenteditable", "plaintext-only");
    if (probe.contentEditable === "plaintext-only") return;
    for (const box of this.root.querySelectorAll("[contenteditable]")) box.setAttribute("contenteditable", "true");
  }
}

/** @param {HTMLElement} row @returns {Segment} */
function read(row) {
  const { segment: id = "", pos = "", rev, start, end, part, voice = "", state = "", flags } = row.dataset;
  return {
    id, pos, rev: Number(rev), start: Number(start), end: Number(end), part: Number(part), voice, state,
    name: voice ? row.querySelector(".spk")?.textContent || "" : "",
    role: row.classList.contains("q") ? "interviewer" : "",
    flags: (flags || "").split(" ").filter(Boolean),
    row,
    box: /** @type {HTMLElement} */ (row.querySelector(".tx")),
  };
}
