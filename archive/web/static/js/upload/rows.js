/**
 * A row of the list while its file is on its way; how it ended is a row that the server draws.
 *
 * The HTML comes from <template> elements of the page, so icons and words have one source.
 */

import { nt, t } from "i18n";
import { canRetry } from "./queue.js";
import { size, timeLeft } from "./words.js";

const TONE = {
  waiting: "", sending: "go", comparing: "go", settling: "go", paused: "wait", offline: "wait",
  full: "wait", guest: "wait", missing: "wait", failed: "bad",
};

export class Row {
  constructor(template, icons) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.icons = icons;
    this.state = "";
  }

  /** Draw an entry; touches only what has changed, so that a focused button stays focused. */
  draw(entry, { secondsLeft = null, nowMs = 0, lostAt = "", sentence = "" } = {}) {
    const percent = entry.sizeBytes ? Math.floor((entry.sentBytes / entry.sizeBytes) * 100) : 0;
    this.#text(".nm", entry.name);
    this.#text(".ds", describe(entry, { secondsLeft, percent }));
    const bar = this.element.querySelector("progress");
    bar.value = percent;
    const reached = entry.state === "comparing" ? t("%(percent)s per cent compared", { percent })
      : t("%(percent)s per cent sent", { percent });
    bar.setAttribute("aria-label", reached);
    bar.hidden = entry.state === "failed";
    bar.className = TONE[entry.state] === "wait" ? "hold" : "";
    this.#text("[data-percent]", ["sending", "comparing", "settling"].includes(entry.state) ? `${percent}\u00a0%` : "");
    const [verdict, rest] = say(entry, { nowMs, lostAt, sentence });
    this.#text("[data-verdict]", verdict);
    this.#text("[data-rest]", rest ? ` ${rest}` : "");
    this.element.querySelector(".say").hidden = !verdict && !rest;
    if (this.state === entry.state) return;
    this.state = entry.state;
    this.element.className = `uf ${TONE[entry.state] ?? ""}`.trim();
    this.element.dataset.state = entry.state;
    const icon = this.icons.content.querySelector(`[data-icon="${entry.state}"] svg`);
    this.element.querySelector(".ic").replaceChildren(icon.cloneNode(true));
    for (const button of this.element.querySelectorAll("[data-do]")) {
      const fits = button.dataset.when.split(" ").includes(entry.state);
      button.hidden = !fits || (button.dataset.do === "retry" && !canRetry(entry));
    }
  }

  /** Put the server's row in the place of this one. */
  settle(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const settled = holder.content.firstElementChild;
    this.element.replaceWith(settled);
    this.element = settled;
  }

  #text(selector, text) {
    const node = this.element.querySelector(selector);
    if (node.textContent !== text) node.textContent = text;
  }
}

function describe(entry, { secondsLeft, percent }) {
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

/** The bold verdict and the one sentence after it. */
function say(entry, { nowMs, lostAt, sentence }) {
  const kept = entry.keptBytes ? t("%(size)s are kept.", { size: size(entry.keptBytes) }) : t("Nothing of it was sent yet.");
  const seconds = Math.max(1, Math.ceil((entry.retryAtMs - nowMs) / 1000));
  switch (entry.state) {
    case "comparing": return ["", t("Looking whether the archive has this file already.")];
    case "settling": return [t("All sent."), t("The archive is comparing every byte.")];
    case "paused": return [t("Paused."), kept];
    case "offline": {
      const again = nt("Trying again in %(num)s second.", "Trying again in %(num)s seconds.", seconds);
      return [t("Connection lost at %(time)s.", { time: lostAt }), [kept, again].join(" ")];
    }
    case "full": return [t("Waiting for room."), kept];
    case "guest": {
      const advice = t("Sign in again in another tab, then try again here.");
      return [t("Your sign-in has ended."), [kept, advice].join(" ")];
    }
    case "missing": {
      const advice = sentence || t("Choose the same file again to go on.");
      return [t("Not finished last time."), [kept, advice].join(" ")];
    }
    case "failed": return [t("This file was not taken."), sentence];
    default: return ["", ""];
  }
}
