// @ts-check
/** Who speaks: chips under the segment, Alt+1 to 9, and a dialog for everybody else. */

import { t } from "../core/i18n.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./sheet.js").Segment} Segment */
/** @typedef {{id: string, name: string, full: string, role: string}} Voice */

const MOST_CHIPS = 4;

export class Speakers {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Voice[]} */
    this.voices = [...desk.root.querySelectorAll("[data-voice-list] [data-voice]")].map((one) => {
      const { voice: id = "", role = "", full = "" } = /** @type {HTMLElement} */ (one).dataset;
      return { id, role, full, name: one.textContent || "" };
    });
    this.dialog = /** @type {HTMLDialogElement} */ (desk.root.querySelector('[data-dialog="speaker"]'));
    this.dialog.addEventListener("close", () => this.#chosen());
    /** @type {Segment | null} */
    this.asked = null;
  }

  /** @param {Segment} segment @param {number} number from 1 */
  pick(segment, number) {
    const voice = this.voices[number - 1];
    if (voice) this.name(segment, voice);
  }

  /** @param {Segment} segment @param {Voice} voice */
  name(segment, voice) {
    if (segment.voice === voice.id) return;
    this.desk.change(segment, { speaker: voice.id }, { voice: voice.id, name: voice.name, role: voice.role });
  }

  /** The chips of a segment. @param {HTMLElement} tools @param {Segment} segment */
  draw(tools, segment) {
    const chips = tools.querySelector("[data-chips]");
    if (!chips) return;
    const shown = this.voices.slice(0, MOST_CHIPS);
    const own = this.voices.find((voice) => voice.id === segment.voice);
    if (own && !shown.includes(own)) shown[MOST_CHIPS - 1] = own;
    const made = shown.map((voice) => {
      const number = this.voices.indexOf(voice) + 1;
      return chip(voice.name, number < 10 ? `Alt ${number}` : "", `speaker-${number}`, voice.id === segment.voice);
    });
    chips.replaceChildren(...made, chip(t("Other…"), "Alt 0", "other-speaker", null));
  }

  /** @param {Segment} segment */
  ask(segment) {
    this.asked = segment;
    const choices = this.dialog.querySelector("[data-voice-choices]");
    choices?.replaceChildren(...this.voices.map((voice, at) => choice(voice, at, voice.id === segment.voice)));
    const other = /** @type {HTMLInputElement} */ (this.dialog.querySelector("[data-other-voice]"));
    other.value = "";
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  #chosen() {
    const segment = this.asked;
    this.asked = null;
    if (!segment) return;
    const other = /** @type {HTMLInputElement} */ (this.dialog.querySelector("[data-other-voice]")).value.trim();
    const picked = /** @type {HTMLInputElement | null} */ (this.dialog.querySelector("input[name=voice]:checked"));
    if (this.dialog.returnValue === "choose") {
      const known = this.voices.find((voice) => voice.name === other || voice.full === other);
      if (other && !known) this.voices.push({ id: other, name: other, full: other, role: "" });
      const voice = other ? known || this.voices[this.voices.length - 1] : this.voices[Number(picked?.value ?? -1)];
      if (voice) this.name(segment, voice);
    }
    this.desk.go(segment, Infinity);
  }
}

/** @param {string} words @param {string} key @param {string} act @param {boolean | null} isPressed */
function chip(words, key, act, isPressed) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = isPressed === null ? "spk-c desk" : "spk-c";
  button.dataset.do = act;
  if (isPressed !== null) button.setAttribute("aria-pressed", String(isPressed));
  button.append(words);
  if (key) {
    const hint = document.createElement("kbd");
    hint.className = "desk";
    hint.textContent = key;
    button.append(" ", hint);
  }
  return button;
}

/** @param {Voice} voice @param {number} at @param {boolean} isChecked */
function choice(voice, at, isChecked) {
  const label = document.createElement("label");
  label.className = "ck";
  const radio = document.createElement("input");
  radio.type = "radio";
  radio.name = "voice";
  radio.value = String(at);
  radio.checked = isChecked;
  label.append(radio, voice.full || voice.name);
  return label;
}
