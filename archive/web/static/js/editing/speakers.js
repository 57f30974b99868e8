/** Assigns speakers: buttons under the segment, Alt+1 to 9, and a dialog for other speakers. */

import { t } from "../core/i18n.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_list.js").Segment} Segment */
/** @typedef {{id: string, name: string, full: string, role: string}} Voice */

const MOST_CHIPS = 4;

export class Speakers {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {Voice[]} */
    this.voices = [...editor.root.querySelectorAll("[data-voice-list] [data-voice]")].map((one) => {
      const { voice: id = "", role = "", full = "" } = /** @type {HTMLElement} */ (one).dataset;
      return { id, role, full, name: one.textContent || "" };
    });
    this.dialog = /** @type {HTMLDialogElement} */ (
      editor.root.querySelector('[data-dialog="speaker"]')
    );
    this.dialog.addEventListener("close", () => this.#applyChoice());
    /** @type {Segment | null} */
    this.segment = null;
  }

  /** @param {Segment} segment @param {number} number from 1 */
  assignNumber(segment, number) {
    const voice = this.voices[number - 1];
    if (voice) this.assign(segment, voice);
  }

  /** @param {Segment} segment @param {Voice} voice */
  assign(segment, voice) {
    if (segment.voice === voice.id) return;
    this.editor.change(
      segment,
      { speaker: voice.id },
      { voice: voice.id, name: voice.name, role: voice.role },
    );
  }

  /** Draw the speaker buttons of a segment. @param {HTMLElement} tools @param {Segment} segment */
  draw(tools, segment) {
    const chips = tools.querySelector("[data-chips]");
    if (!chips) return;
    const shown = this.voices.slice(0, MOST_CHIPS);
    const assigned = this.voices.find((voice) => voice.id === segment.voice);
    if (assigned && !shown.includes(assigned)) shown[MOST_CHIPS - 1] = assigned;
    const buttons = shown.map((voice) => {
      const number = this.voices.indexOf(voice) + 1;
      return speakerButton(
        voice.name,
        number < 10 ? `Alt ${number}` : "",
        `speaker-${number}`,
        voice.id === segment.voice,
      );
    });
    chips.replaceChildren(...buttons, speakerButton(t("Other…"), "Alt 0", "other-speaker", null));
  }

  /** @param {Segment} segment */
  openDialog(segment) {
    this.segment = segment;
    const choices = this.dialog.querySelector("[data-voice-choices]");
    choices?.replaceChildren(
      ...this.voices.map((voice, at) => speakerOption(voice, at, voice.id === segment.voice)),
    );
    const other = /** @type {HTMLInputElement} */ (this.dialog.querySelector("[data-other-voice]"));
    other.value = "";
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  #applyChoice() {
    const segment = this.segment;
    this.segment = null;
    if (!segment) return;
    const other = /** @type {HTMLInputElement} */ (
      this.dialog.querySelector("[data-other-voice]")
    ).value.trim();
    const checked = /** @type {HTMLInputElement | null} */ (
      this.dialog.querySelector("input[name=voice]:checked")
    );
    if (this.dialog.returnValue === "choose") {
      const known = this.voices.find((voice) => voice.name === other || voice.full === other);
      if (other && !known) this.voices.push({ id: other, name: other, full: other, role: "" });
      const voice = other
        ? known || this.voices[this.voices.length - 1]
        : this.voices[Number(checked?.value ?? -1)];
      if (voice) this.assign(segment, voice);
    }
    this.editor.go(segment, Infinity);
  }
}

/** @param {string} words @param {string} key @param {string} command @param {boolean | null} isPressed */
function speakerButton(words, key, command, isPressed) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = isPressed === null ? "speaker-chip wide-only" : "speaker-chip";
  button.dataset.do = command;
  if (isPressed !== null) button.setAttribute("aria-pressed", String(isPressed));
  button.append(words);
  if (key) {
    const hint = document.createElement("kbd");
    hint.className = "wide-only";
    hint.textContent = key;
    button.append(" ", hint);
  }
  return button;
}

/** @param {Voice} voice @param {number} at @param {boolean} isChecked */
function speakerOption(voice, at, isChecked) {
  const label = document.createElement("label");
  label.className = "check-label";
  const radio = document.createElement("input");
  radio.type = "radio";
  radio.name = "voice";
  radio.value = String(at);
  radio.checked = isChecked;
  label.append(radio, voice.full || voice.name);
  return label;
}
