// @ts-check
/** The citation follows what is selected in the text, and is copied with the selected words. */

import { announce } from "../core/announce.js";
import { copy } from "../core/copy.js";
import { ask } from "../core/http.js";
import { t } from "../core/i18n.js";
import { clock } from "../core/time.js";
import { wordAt } from "./words.js";

/** @typedef {import("./page.js").Turn} Turn */

/** @param {HTMLElement} page @param {Turn[]} turns */
export function citing(page, turns) {
  for (const button of page.querySelectorAll("[data-copy]")) button.removeAttribute("hidden");
  let timer = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const passage = selected(turns);
      if (passage) cite(page, passage);
    }, 250);
  });
  page.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-copy]");
    if (!(button instanceof HTMLElement)) return;
    const style = button.dataset.copy || "";
    const source = (page.querySelector(`[data-citation="${style}"]`)?.textContent || "").trim();
    const words = ["bibtex", "ris"].includes(style) ? "" : selected(turns)?.words;
    const done = await copy(words ? `${words}\n${source}` : source);
    announce(done ? t("Copied with its source.") : t("Could not copy; please select the text and copy it."));
  });
}

/** @param {Turn[]} turns */
function selected(turns) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const touched = turns.filter((turn) => turn.text && range.intersectsNode(turn.text));
  if (!touched.length) return null;
  const first = touched[0];
  const of = touched.filter((turn) => turn.part === first.part);
  const last = of.at(-1) || first;
  const begin = range.startContainer === first.text ? wordFrom(first, range.startOffset) : null;
  const end = range.endContainer === last.text ? wordFrom(last, Math.max(0, range.endOffset - 1)) : null;
  return {
    start: begin ? begin.start : first.start,
    end: end ? end.end : last.end,
    part: first.part,
    words: quoted(range, of),
  };
}

/** Only what was said: no times, and names only where several people speak. @param {Range} range @param {Turn[]} turns */
function quoted(range, turns) {
  const said = turns.flatMap(({ box, text }) => {
    if (!text) return [];
    const from = range.startContainer === text ? range.startOffset : 0;
    const to = range.endContainer === text ? range.endOffset : text.length;
    const words = text.data.slice(from, to).trim();
    return words ? [{ who: box.querySelector(".sp")?.textContent || "", words }] : [];
  });
  if (new Set(said.map(({ who }) => who)).size > 1) {
    return said.map(({ who, words }) => `${who}: “${words}”`).join("\n");
  }
  return said.length ? `“${said.map(({ words }) => words).join(" ")}”` : "";
}

/** @param {Turn} turn @param {number} char */
function wordFrom(turn, char) {
  return wordAt(turn.words, char) || turn.words.find((word) => word.from >= char) || null;
}

/** @param {HTMLElement} page @param {{start: number, end: number, part: number}} passage */
async function cite(page, passage) {
  const start = Math.floor(passage.start / 1000);
  const end = Math.ceil(passage.end / 1000);
  const query = new URLSearchParams({ t: `${start}-${end}`, part: String(passage.part) });
  if (page.dataset.version) query.set("version", page.dataset.version);
  const answer = await ask("GET", `${page.dataset.cite}?${query}`);
  if (answer.status !== 200) return;
  for (const holder of page.querySelectorAll("[data-citation]")) {
    const told = answer.body[holder.getAttribute("data-citation") || ""];
    if (holder instanceof HTMLPreElement) holder.textContent = told;
    else holder.replaceChildren(...codesWhole(told));
  }
  const link = page.querySelector("[data-permalink]");
  if (link instanceof HTMLAnchorElement) link.href = answer.body.address;
  const scope = page.querySelector("[data-cite-scope]");
  if (scope) {
    scope.textContent = t("The passage from %(start)s to %(end)s", {
      start: clock(start * 1000),
      end: clock(end * 1000),
    });
  }
}

/** Dates, accession numbers and times stay on one line, as `web/reading.py` writes them. @param {string} told */
function codesWhole(told) {
  return told.split(/( )/).map((word) => {
    if (word.includes("://") || !/\d.*[-–]|[-–].*\d/.test(word)) return word;
    const whole = document.createElement("span");
    whole.className = "nb";
    whole.textContent = word;
    return whole;
  });
}
