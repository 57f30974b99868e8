/** Reading page: the text follows the playback, words can be clicked, passages cited. */

import { ask } from "../../core/http.js";
import { parseSpan } from "../../core/time.js";
import { connectCitation } from "./citation.js";
import { ReadingPlayer } from "./player.js";
import { caretAt, lastBegun, WordHighlight, wordAt, wordsOf } from "./words.js";

/** @typedef {{start: number, end: number, part: number, box: HTMLElement, text: Text | null, words: import("./words.js").PlacedWord[]}} Turn */

const root = document.querySelector("[data-reading]");
if (root instanceof HTMLElement) open(root);

/** @param {HTMLElement} page */
function open(page) {
  const player = new ReadingPlayer(document);
  const turns = [...page.querySelectorAll("[data-segment]")].map((box) =>
    turnOf(/** @type {HTMLElement} */ (box)),
  );
  const highlight = new WordHighlight("now");
  let current = -2;
  let following = true;

  /** @param {number} ms @param {number} part */
  function show(ms, part) {
    const index = find(turns, ms, part);
    const turn = turns[index];
    const word = turn ? turn.words[lastBegun(turn.words, ms)] : undefined;
    if (turn?.text)
      highlight.draw(turn.text, word && word.end + 400 >= ms && player.playing ? word : null);
    if (index === current) return;
    if (current >= -1 || player.playing) {
      for (const other of page.querySelectorAll(".turn--current"))
        other.classList.remove("turn--current");
      turn?.box.classList.add("turn--current");
      if (turn && following && player.playing) scrollTo(turn.box);
    }
    current = index;
  }

  player.onTime(show);
  player.onTime(markChapters(page));
  loadWords(page, turns);
  connectCitation(page, turns);
  page.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("[data-seek]");
    if (link instanceof HTMLElement && player.recording) {
      event.preventDefault();
      const part = Number(
        link.dataset.of || link.closest("[data-part]")?.getAttribute("data-part") || 1,
      );
      player.seek(Number(link.dataset.seek), part);
      history.replaceState(null, "", link.getAttribute("href") || "");
      return;
    }
    if (!getSelection()?.isCollapsed) return;
    const mouse = /** @type {MouseEvent} */ (event);
    const box = /** @type {Element} */ (event.target).closest("[data-segment]");
    const turn = turns.find((one) => one.box === box);
    if (!turn?.text || !player.recording) return;
    const caret = caretAt(mouse.clientX, mouse.clientY);
    const word = caret && caret.node === turn.text ? wordAt(turn.words, caret.offset) : null;
    if (word) player.seek(word.start, turn.part);
  });

  page.querySelector("[data-print]")?.addEventListener("click", () => print());

  const follow = document.querySelector("[data-follow]");
  follow?.addEventListener("click", () => {
    following = !following;
    follow.setAttribute("aria-pressed", String(following));
  });
  for (const name of ["wheel", "touchmove"]) {
    addEventListener(
      name,
      () => {
        if (!player.playing || !following) return;
        following = false; // the reader scrolls to another place
        follow?.setAttribute("aria-pressed", "false");
      },
      { passive: true },
    );
  }

  const query = new URLSearchParams(location.search);
  const span = parseSpan(query.get("t"));
  if (span) {
    const part = Number(query.get("part") || 1);
    player.seek(span.start * 1000, part, false);
    if (!location.hash)
      turns[find(turns, span.start * 1000, part)]?.box.scrollIntoView({ block: "center" });
  }
}

/** Mark the chapter being played, in the contents and above the waveform. @param {HTMLElement} page */
function markChapters(page) {
  const lists = [".contents-list", "[data-chapters]"].map((list) =>
    [...page.querySelectorAll(`${list} [data-seek]`)].map((link) => ({
      link,
      start: Number(link.getAttribute("data-seek")),
      part: Number(link.getAttribute("data-of") || 1),
    })),
  );
  /** @param {number} ms @param {number} part */
  return (ms, part) => {
    for (const list of lists) {
      const inPart = list.filter((entry) => entry.part === part);
      const heard = inPart[lastBegun(inPart, ms)]?.link;
      for (const { link } of list) {
        if (link === heard) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }
  };
}

/** @param {HTMLElement} box @returns {Turn} */
function turnOf(box) {
  const holder = box.querySelector("[data-text]");
  return {
    start: Number(box.dataset.start),
    end: Number(box.dataset.end),
    part: Number(box.dataset.part),
    box,
    text: holder && holder.firstChild instanceof Text ? holder.firstChild : null,
    words: [],
  };
}

/** @param {Turn[]} turns @param {number} ms @param {number} part */
function find(turns, ms, part) {
  const inPart = turns.filter((turn) => turn.part === part);
  const index = lastBegun(inPart, ms);
  return index < 0 ? -1 : turns.indexOf(inPart[index]);
}

/** @param {HTMLElement} box */
function scrollTo(box) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  box.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
}

/** @param {HTMLElement} page @param {Turn[]} turns */
async function loadWords(page, turns) {
  if (!turns.length) return;
  const version = page.dataset.version ? `?version=${page.dataset.version}` : "";
  const answer = await ask("GET", `${page.dataset.words}${version}`);
  if (answer.status !== 200) return;
  for (const turn of turns) {
    const segment = answer.body.segments[turn.box.dataset.segment || ""];
    if (segment && turn.text) turn.words = wordsOf(turn.text.data, segment.times);
  }
}
