/** Assigns speakers: buttons under the segment, Alt+1 to 9, and a dialog for other speakers. */

import { t } from "../core/i18n.js";
import { chosenSpeaker, speakerButtons } from "./speaker_options.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_list.js").Segment} Segment */
/** @typedef {import("./speaker_options.js").SpeakerOption} SpeakerOption */

export class Speakers {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {SpeakerOption[]} */
    this.options = [...editor.root.querySelectorAll("[data-voice-list] [data-voice]")].map(
      (one) => {
        const { voice: id = "", role = "", full = "" } = /** @type {HTMLElement} */ (one).dataset;
        return { id, role, full, name: one.textContent || "" };
      },
    );
    this.dialog = /** @type {HTMLDialogElement} */ (
      editor.root.querySelector('[data-dialog="speaker"]')
    );
    this.dialog.addEventListener("close", () => this.#applyChoice());
    /** @type {Segment | null} */
    this.segment = null;
  }

  /** @param {Segment} segment @param {number} number from 1 */
  assignNumber(segment, number) {
    const option = this.options[number - 1];
    if (option) this.assign(segment, option);
  }

  /** @param {Segment} segment @param {SpeakerOption} option */
  assign(segment, option) {
    if (segment.voice === option.id) return;
    this.editor.change(
      segment,
      { speaker: option.id },
      { voice: option.id, name: option.name, role: option.role },
    );
  }

  /** Draw the speaker buttons of a segment. @param {HTMLElement} tools @param {Segment} segment */
  draw(tools, segment) {
    const chips = tools.querySelector("[data-chips]");
    if (!chips) return;
    const buttons = speakerButtons(this.options, segment.voice).map((button) =>
      speakerButton(button.name, button.key, `speaker-${button.number}`, button.isAssigned),
    );
    chips.replaceChildren(...buttons, speakerButton(t("Other…"), "Alt 0", "other-speaker", null));
  }

  /** @param {Segment} segment */
  openDialog(segment) {
    this.segment = segment;
    const choices = this.dialog.querySelector("[data-voice-choices]");
    choices?.replaceChildren(
      ...this.options.map((option, at) => speakerRadio(option, at, option.id === segment.voice)),
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
    const other = /** @type {HTMLInputElement} */ (this.dialog.querySelector("[data-other-voice]"))
      .value;
    const checked = /** @type {HTMLInputElement | null} */ (
      this.dialog.querySelector("input[name=voice]:checked")
    );
    if (this.dialog.returnValue === "choose") {
      const speaker = chosenSpeaker(this.options, other, Number(checked?.value ?? -1));
      if (speaker && !this.options.includes(speaker)) this.options.push(speaker);
      if (speaker) this.assign(segment, speaker);
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

/** @param {SpeakerOption} option @param {number} at @param {boolean} isChecked */
function speakerRadio(option, at, isChecked) {
  const label = document.createElement("label");
  label.className = "check-label";
  const radio = document.createElement("input");
  radio.type = "radio";
  radio.name = "voice";
  radio.value = String(at);
  radio.checked = isChecked;
  label.append(radio, option.full || option.name);
  return label;
}
