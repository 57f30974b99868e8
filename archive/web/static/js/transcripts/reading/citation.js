/** The citation follows what is selected in the text, and is copied with the selected words. */

import { announce } from "../../core/announce.js";
import { copy } from "../../core/copy.js";
import { ask } from "../../core/http.js";
import { t } from "../../core/i18n.js";
import { clock } from "../../core/time.js";
import { wordAt } from "./words.js";

/** @typedef {import("./page.js").Turn} Turn */

/** @param {HTMLElement} page @param {Turn[]} turns */
export function connectCitation(page, turns) {
  for (const button of page.querySelectorAll("[data-copy]")) button.removeAttribute("hidden");
  let timer = 0;
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const passage = selected(turns);
      labelButtons(page, Boolean(passage));
      if (passage) cite(page, passage);
    }, 250);
  });
  page.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-copy]");
    if (!(button instanceof HTMLElement)) return;
    const style = button.dataset.copy || "";
    const passage = selected(turns);
    // The answer for a passage that was selected a moment ago may still be under way.
    if (passage && page.dataset.cited !== addressOf(page, passage)) await cite(page, passage);
    if (passage && page.dataset.cited !== addressOf(page, passage)) {
      announce(t("The citation of this passage could not be loaded; nothing was copied."));
      return;
    }
    const source = (page.querySelector(`[data-citation="${style}"]`)?.textContent || "").trim();
    const words = copiesWords(style) ? passage?.words : "";
    const done = await copy(words ? `${words}\n${source}` : source);
    announce(
      done
        ? t("Copied with its source.")
        : t("Could not copy; please select the text and copy it."),
    );
  });
}

/**
 * BibTeX and RIS records are copied without the selected words: programs read them.
 * @param {string} style
 */
function copiesWords(style) {
  return !["bibtex", "ris"].includes(style);
}

/** @param {HTMLElement} page @param {boolean} hasSelection */
function labelButtons(page, hasSelection) {
  for (const button of page.querySelectorAll("[data-copy]")) {
    const label = button.querySelector("[data-copy-label]");
    if (!label) continue;
    const withWords = hasSelection && copiesWords(button.getAttribute("data-copy") || "");
    label.textContent = withWords ? t("Copy with source") : t("Copy citation");
  }
}

/** @param {Turn[]} turns */
function selected(turns) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const touched = turns.filter((turn) => turn.text && range.intersectsNode(turn.text));
  if (!touched.length) return null;
  const first = touched[0];
  const samePart = touched.filter((turn) => turn.part === first.part);
  const last = samePart.at(-1) || first;
  const begin = range.startContainer === first.text ? wordFrom(first, range.startOffset) : null;
  const end =
    range.endContainer === last.text ? wordFrom(last, Math.max(0, range.endOffset - 1)) : null;
  return {
    start: begin ? begin.start : first.start,
    end: end ? end.end : last.end,
    part: first.part,
    words: quoted(range, samePart),
  };
}

/** Only the text: no times, and names only where several people speak. @param {Range} range @param {Turn[]} turns */
function quoted(range, turns) {
  const passages = turns.flatMap(({ box, text }) => {
    if (!text) return [];
    const from = range.startContainer === text ? range.startOffset : 0;
    const to = range.endContainer === text ? range.endOffset : text.length;
    const words = text.data.slice(from, to).trim();
    const name = /** @type {HTMLElement | null} */ (box.querySelector(".turn__speaker"));
    return words ? [{ who: name?.dataset.citedAs || name?.textContent || "", words }] : [];
  });
  if (new Set(passages.map(({ who }) => who)).size > 1) {
    return passages.map(({ who, words }) => `${who}: “${words}”`).join("\n");
  }
  return passages.length ? `“${passages.map(({ words }) => words).join(" ")}”` : "";
}

/** @param {Turn} turn @param {number} char */
function wordFrom(turn, char) {
  return wordAt(turn.words, char) || turn.words.find((word) => word.from >= char) || null;
}

/**
 * To the millisecond, so that a neighbour who speaks in the same second is not cited.
 * @param {HTMLElement} page @param {{start: number, end: number, part: number}} passage
 */
function addressOf(page, { start, end, part }) {
  const query = new URLSearchParams({ t: `${start / 1000}-${end / 1000}`, part: String(part) });
  if (page.dataset.version) query.set("version", page.dataset.version);
  return `${page.dataset.cite}?${query}`;
}

/** @param {HTMLElement} page @param {{start: number, end: number, part: number}} passage */
async function cite(page, passage) {
  const address = addressOf(page, passage);
  page.dataset.citing = address;
  const answer = await ask("GET", address);
  if (answer.status !== 200 || page.dataset.citing !== address) return;
  page.dataset.cited = address;
  for (const holder of page.querySelectorAll("[data-citation]")) {
    const citation = answer.body[holder.getAttribute("data-citation") || ""];
    if (holder instanceof HTMLPreElement) holder.textContent = citation;
    else holder.replaceChildren(...codesWhole(citation));
  }
  const link = page.querySelector("[data-permalink]");
  if (link instanceof HTMLAnchorElement) link.href = answer.body.address;
  const scope = page.querySelector("[data-cite-scope]");
  if (scope) {
    const times = t("The passage from %(start)s to %(end)s", {
      start: clock(Math.floor(passage.start / 1000) * 1000),
      end: clock(Math.ceil(passage.end / 1000) * 1000),
    });
    const part = t("Part %(part)s", { part: passage.part });
    scope.textContent = passage.part > 1 ? `${part} · ${times}` : times;
  }
}

/** Dates, accession numbers and times stay on one line, as `web/transcripts/reading.py` writes them. @param {string} citation */
function codesWhole(citation) {
  return citation.split(/( )/).map((word) => {
    if (word.includes("://") || !/\d.*[-–]|[-–].*\d/.test(word)) return word;
    const whole = document.createElement("span");
    whole.className = "no-break";
    whole.textContent = word;
    return whole;
  });
}
