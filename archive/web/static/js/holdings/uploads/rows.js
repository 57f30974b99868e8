/**
 * The row of a file while it is being uploaded; the row of a finished one comes from the server.
 *
 * The HTML comes from <template> elements of the page, so icons and labels have one source.
 */

import { elementsOf, requireElement } from "../../core/dom.js";
import { nt, t } from "../../core/i18n.js";
import { canRetry } from "./queue.js";
import { size, timeLeft } from "./words.js";

/** @typedef {import("./queue.js").Entry} Entry */
/** @typedef {import("./queue.js").EntryState} EntryState */

/**
 * What a row shows beside its entry.
 * @typedef {object} RowFacts
 * @property {number | null} secondsLeft
 * @property {number} nowMs
 * @property {string} lostAt  time of day at which the connection was lost
 * @property {string} sentence  message for the entry's problem, or ""
 */

/** @type {Record<EntryState, string>} */
const TONE = {
  waiting: "",
  sending: "file-row--sending",
  comparing: "file-row--sending",
  settling: "file-row--sending",
  settled: "",
  paused: "file-row--waiting",
  offline: "file-row--waiting",
  full: "file-row--waiting",
  guest: "file-row--waiting",
  missing: "file-row--waiting",
  failed: "file-row--error",
};

export class Row {
  /** @param {HTMLTemplateElement} template of a row @param {HTMLTemplateElement} icons of the states */
  constructor(template, icons) {
    const copy = document.importNode(template.content, true);
    this.element = requireElement(copy, "li", HTMLElement);
    this.icons = icons;
    this.state = "";
  }

  /**
   * Draw an entry; changes only what differs, so that a focused button stays focused.
   * @param {Entry} entry @param {RowFacts} facts
   */
  draw(entry, { secondsLeft, nowMs, lostAt, sentence }) {
    const percent = entry.sizeBytes ? Math.floor((entry.sentBytes / entry.sizeBytes) * 100) : 0;
    this.#setText(".file-row__name", entry.name);
    this.#setText(".file-row__details", describeProgress(entry, { secondsLeft, percent }));
    this.#drawBar(entry, percent);
    this.#setText(
      "[data-percent]",
      ["sending", "comparing", "settling"].includes(entry.state) ? `${percent}\u00a0%` : "",
    );
    const [verdict, rest] = explainState(entry, { nowMs, lostAt, sentence });
    this.#setText("[data-verdict]", verdict);
    this.#setText("[data-rest]", rest ? ` ${rest}` : "");
    requireElement(this.element, ".file-row__message", HTMLElement).hidden = !verdict && !rest;
    if (this.state !== entry.state) this.#drawState(entry);
  }

  /** @param {Entry} entry @param {number} percent */
  #drawBar(entry, percent) {
    const bar = requireElement(this.element, "progress", HTMLProgressElement);
    bar.value = percent;
    const label =
      entry.state === "comparing"
        ? t("%(percent)s per cent compared", { percent })
        : t("%(percent)s per cent sent", { percent });
    bar.setAttribute("aria-label", label);
    bar.hidden = entry.state === "failed";
    bar.className = TONE[entry.state] === "file-row--waiting" ? "progress--waiting" : "";
  }

  /** Draw what depends on the state alone: colour, icon and buttons. @param {Entry} entry */
  #drawState(entry) {
    this.state = entry.state;
    this.element.className = `file-row ${TONE[entry.state]}`.trim();
    this.element.dataset.state = entry.state;
    const selector = `[data-icon="${entry.state}"] svg`;
    const icon = requireElement(this.icons.content, selector, SVGElement);
    requireElement(this.element, ".file-row__icon", HTMLElement).replaceChildren(
      icon.cloneNode(true),
    );
    for (const button of elementsOf(this.element, "[data-do]", HTMLElement)) {
      const fits = button.dataset.when?.split(" ").includes(entry.state);
      button.hidden = !fits || (button.dataset.do === "retry" && !canRetry(entry));
    }
  }

  /** Replace this row by the one that the server renders. @param {string} html */
  settle(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const settled = requireElement(holder.content, "li", HTMLElement);
    this.element.replaceWith(settled);
    this.element = settled;
  }

  /** @param {string} selector @param {string} text */
  #setText(selector, text) {
    const node = requireElement(this.element, selector, HTMLElement);
    if (node.textContent !== text) node.textContent = text;
  }
}

/**
 * Return the line of sizes and times.
 * @param {Entry} entry @param {{secondsLeft: number | null, percent: number}} facts
 */
function describeProgress(entry, { secondsLeft, percent }) {
  const parts = [size(entry.sizeBytes)];
  if (entry.state === "sending" && entry.sentBytes) {
    parts.push(t("%(size)s sent", { size: size(entry.sentBytes) }));
    if (secondsLeft !== null) parts.push(timeLeft(secondsLeft));
  } else if (entry.state === "paused" || entry.state === "full") {
    parts.push(t("stopped at %(percent)s %", { percent }));
  } else if (entry.sentBytes && !["comparing", "settling", "missing"].includes(entry.state)) {
    parts.push(t("%(size)s sent", { size: size(entry.sentBytes) }));
  }
  return parts.join(" · ");
}

/**
 * Return the bold verdict and the sentence after it.
 * @param {Entry} entry @param {Pick<RowFacts, "nowMs" | "lostAt" | "sentence">} facts
 * @returns {[verdict: string, rest: string]}
 */
function explainState(entry, { nowMs, lostAt, sentence }) {
  const kept = entry.keptBytes
    ? t("%(size)s are kept.", { size: size(entry.keptBytes) })
    : t("Nothing of it was sent yet.");
  const seconds = Math.max(1, Math.ceil((entry.retryAtMs - nowMs) / 1000));
  switch (entry.state) {
    case "comparing":
      return ["", t("Checking whether the archive already has this file.")];
    case "settling":
      return [t("All sent."), t("The archive is comparing checksums.")];
    case "paused":
      return [t("Paused."), kept];
    case "offline": {
      const again = nt(
        "Trying again in %(num)s second.",
        "Trying again in %(num)s seconds.",
        seconds,
      );
      return [t("Connection lost at %(time)s.", { time: lostAt }), [kept, again].join(" ")];
    }
    case "full":
      return [t("Waiting for disk space."), kept];
    case "guest": {
      const advice = t("Sign in again in another tab, then try again here.");
      return [t("Your session has ended."), [kept, advice].join(" ")];
    }
    case "missing": {
      const advice = sentence || t("Choose the same file again to resume.");
      return [t("Not finished last time."), [kept, advice].join(" ")];
    }
    case "failed":
      return [t("This file was not accepted."), sentence];
    default:
      return ["", ""];
  }
}
