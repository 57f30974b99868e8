/** How much was heard, in minutes, and what is still to do. Counted again a moment after a change. */

import { nt, t } from "../core/i18n.js";
import { isDoubtful } from "./word_highlights.js";

/** @typedef {import("./editor.js").Editor} Editor */

const REST_MS = 400;

/** @param {Editor} editor */
export function progress(editor) {
  const panel = editor.root.querySelector("[data-progress]");
  if (!panel) return () => {};
  let timer = 0;
  const count = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => draw(editor, panel), REST_MS);
  };
  editor.on("changed", count);
  panel.querySelector("[data-show-doubt]")?.addEventListener("change", (event) => {
    editor.words.show(/** @type {HTMLInputElement} */ (event.target).checked);
  });
  count();
  return count;
}

/** @param {Editor} editor @param {Element} panel */
function draw(editor, panel) {
  const counts = { doubt: 0, unheard: 0, suspect: 0, unnamed: 0 };
  let heard = 0;
  let whole = 0;
  /** @type {Map<string, number>} */
  const voices = new Map();
  for (const segment of editor.segmentList.list) {
    const length = segment.end - segment.start;
    whole += length;
    const name = segment.name || t("Speaker not named");
    voices.set(name, (voices.get(name) || 0) + length);
    if (segment.state === "heard") heard += length;
    else {
      counts.unheard += 1;
      counts.doubt += (editor.words.times.get(segment.id) || []).filter(isDoubtful).length;
    }
    if (!segment.voice) counts.unnamed += 1;
    if (editor.segmentList.isSuspect(segment)) counts.suspect += 1;
  }
  for (const [name, number] of Object.entries(counts))
    say(panel, `[data-count="${name}"]`, String(number));
  say(panel, "[data-heard-time]", minutes(heard, heard < whole ? Math.floor : Math.round));
  say(panel, "[data-whole-time]", t("of %(length)s", { length: minutes(whole) }));
  const share = panel.querySelector("[data-heard-share]");
  if (share instanceof HTMLProgressElement) share.value = whole ? (100 * heard) / whole : 0;
  const list = panel.querySelector("[data-voices]");
  list?.replaceChildren(
    ...[...voices]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 8)
      .flatMap(([name, ms]) => {
        const [term, value] = [document.createElement("dt"), document.createElement("dd")];
        term.textContent = name;
        value.textContent = minutes(ms);
        return [term, value];
      }),
  );
}

/** @param {Element} panel @param {string} selector @param {string} words */
function say(panel, selector, words) {
  const place = panel.querySelector(selector);
  if (place && place.textContent !== words) place.textContent = words;
}

/** @param {number} ms @param {(number: number) => number} [whole] what is not finished is not rounded up to all */
function minutes(ms, whole = Math.round) {
  if (ms < 60_000) return nt("%(num)s second", "%(num)s seconds", whole(ms / 1000));
  return nt("%(num)s minute", "%(num)s minutes", whole(ms / 60_000));
}
