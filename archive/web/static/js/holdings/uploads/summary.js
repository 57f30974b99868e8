/** The lines above the list of files: how many, how much, how fast, and the button for all. */

import { requireElement } from "../../core/dom.js";
import { nt, t } from "../../core/i18n.js";
import { Pace } from "./pace.js";
import { totals } from "./queue.js";
import { size, speed, timeLeft } from "./words.js";

/** @typedef {import("./queue.js").Entry} Entry */
/** @typedef {import("./queue.js").Totals} Totals */

const ANNOUNCE_EVERY_MS = 10_000;

export class Summary {
  #pace = new Pace();
  #announcedAtMs = -Infinity;

  /** @param {HTMLElement} root of the upload page */
  constructor(root) {
    this.box = requireElement(root, ".upload-summary", HTMLElement);
    this.fullNote = requireElement(root, "[data-full]", HTMLElement);
    this.count = requireElement(root, "[data-count]", HTMLElement);
    this.pace = requireElement(root, "[data-pace]", HTMLElement);
    this.spoken = requireElement(root, "[data-spoken]", HTMLElement);
    this.allButton = requireElement(root, "[data-all]", HTMLElement);
    this.backLink = requireElement(root, "[data-on]", HTMLElement);
  }

  /**
   * Draw the sums; `sentInAll` counts the bytes that this page has sent, also of removed files.
   * @param {Entry[]} entries @param {number} nowMs @param {number} sentInAll
   */
  draw(entries, nowMs, sentInAll) {
    const sums = totals(entries);
    this.box.hidden = sums.count === 0;
    this.fullNote.hidden = !entries.some((e) => e.state === "full");
    const files = nt("%(num)s file", "%(num)s files", sums.count);
    this.count.textContent = [files, size(sums.sizeBytes)].join(" · ");
    if (sums.isSending) this.#pace.mark(nowMs, sentInAll);
    else this.#pace.reset();
    this.#drawPace(this.#describePace(nowMs, sums.leftBytes), nowMs);
    this.#drawButtons(sums);
    this.backLink.hidden = !this.allButton.hidden || !entries.some((e) => e.state === "settled");
  }

  /** @param {number} nowMs @param {number} leftBytes */
  #describePace(nowMs, leftBytes) {
    const rate = this.#pace.bytesPerSecond(nowMs);
    const left = this.#pace.secondsLeft(nowMs, leftBytes);
    if (!rate || left === null) return "";
    return [t("Sending %(speed)s", { speed: speed(rate) }), timeLeft(left)].join(" · ");
  }

  /** Show the pace; a screen reader is given it at most every ten seconds. @param {string} text @param {number} nowMs */
  #drawPace(text, nowMs) {
    this.pace.textContent = text;
    if (nowMs - this.#announcedAtMs < ANNOUNCE_EVERY_MS) return;
    this.#announcedAtMs = nowMs;
    this.spoken.textContent = text;
  }

  /** @param {Totals} sums */
  #drawButtons({ canPause, canResume }) {
    this.allButton.hidden = !canPause && !canResume;
    const icon = (/** @type {string} */ name) =>
      requireElement(this.allButton, `[data-icon=${name}]`, HTMLElement);
    icon("pause").hidden = !canPause;
    icon("play").hidden = canPause;
    const label = requireElement(this.allButton, "[data-label]", HTMLElement);
    label.textContent = canPause ? t("Pause all") : t("Resume all");
  }
}
