// @ts-check
/** What every key and button of the desk does, by its name. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { caretIn, select, textOf } from "./caret.js";
import { GUARD } from "./sheet.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./sheet.js").Segment} Segment */
/** @typedef {{structure: import("./structure.js").Structure, speakers: import("./speakers.js").Speakers, polling: import("./polling.js").Polling}} Rooms */

const BACK_S = 3;
const NUDGE_MS = 100;

/**
 * @param {Desk} desk @param {Rooms} rooms
 * @returns {Record<string, (segment: Segment | null) => void>}
 */
export function acts(desk, rooms) {
  const { player } = desk;
  /** @type {Record<string, (segment: Segment | null) => void>} */
  const all = {
    toggle: () => player.toggle(),
    back: () => player.skip(-BACK_S),
    forward: () => player.skip(BACK_S),
    slower: () => player.stepSpeed(-1),
    faster: () => player.stepSpeed(1),
    keys: () => dialog(desk, "keys").showModal(),
    previous: (segment) => desk.go(beside(desk, segment, -1), Infinity),
    next: (segment) => desk.go(beside(desk, segment, 1), 0),
    "previous-line": (segment) => desk.go(segment && desk.sheet.beside(segment, -1), Infinity),
    "next-line": (segment) => desk.go(segment && desk.sheet.beside(segment, 1), 0),
    "play-segment": (segment) => hear(desk, segment, false),
    "loop-segment": (segment) => hear(desk, segment, !player.span?.loop),
    "play-caret": (segment) => fromCaret(desk, segment),
    "to-voice": () => toVoice(desk),
    save: () => save(desk),
    undo: () => rooms.structure.undo(),
    "next-doubt": (segment) => nextDoubt(desk, segment),
    "next-unheard": (segment) => nextWhere(desk, segment, (one) => one.state !== "heard"),
    "next-ghost": (segment) => nextWhere(desk, segment, (one) => desk.sheet.isGhost(one)),
    "next-unnamed": (segment) => nextWhere(desk, segment, (one) => !one.voice),
    "show-theirs": (segment) => showTheirs(desk, segment),
  };
  return desk.editable ? { ...all, ...writing(desk, rooms) } : all;
}

/** @param {Desk} desk @param {Rooms} rooms @returns {Record<string, (segment: Segment | null) => void>} */
function writing(desk, { structure, speakers }) {
  /** @type {Record<string, (segment: Segment) => void>} */
  const on = {
    split: (segment) => structure.split(segment),
    merge: (segment) => structure.merge(segment),
    drop: (segment) => structure.drop(segment, desk.sheet.isGhost(segment) ? "not_spoken" : ""),
    keep: (segment) => desk.change(segment, { flags: segment.flags.filter((flag) => !GUARD.includes(flag)) }),
    heard: (segment) => heard(desk, segment),
    unclear: (segment) => unclear(desk, segment),
    "other-speaker": (segment) => speakers.ask(segment),
    "start-here": (segment) => setTime(desk, segment, { start: desk.player.ms }),
    "end-here": (segment) => setTime(desk, segment, { end: desk.player.ms }),
    "start-earlier": (segment) => setTime(desk, segment, { start: Math.max(0, segment.start - NUDGE_MS) }),
    "end-later": (segment) => setTime(desk, segment, { end: segment.end + NUDGE_MS }),
  };
  for (let number = 1; number <= 9; number += 1) on[`speaker-${number}`] = (segment) => speakers.pick(segment, number);
  return Object.fromEntries(Object.entries(on).map(([name, run]) => [
    name,
    (/** @type {Segment | null} */ segment) => segment && !segment.row.hasAttribute("data-busy") && run(segment),
  ]));
}

/** @param {Desk} desk @param {string} name @returns {HTMLDialogElement} */
export function dialog(desk, name) {
  return /** @type {HTMLDialogElement} */ (desk.root.querySelector(`[data-dialog="${name}"]`));
}

/** @param {Desk} desk @param {Segment | null} segment @param {number} step */
function beside(desk, segment, step) {
  const from = segment || desk.sheet.at(desk.player.ms, desk.player.part);
  return from ? desk.sheet.beside(from, segment ? step : 0) : desk.sheet.list[0] || null;
}

/** @param {Desk} desk @param {Segment | null} segment @param {boolean} loop */
function hear(desk, segment, loop) {
  if (segment) desk.player.playSpan({ start: segment.start, end: segment.end, loop }, segment.part);
}

/** @param {Desk} desk @param {Segment | null} segment */
function fromCaret(desk, segment) {
  if (!segment) return;
  desk.player.seek(desk.words.timeAt(segment, caretIn(segment.box) ?? 0), segment.part, true);
}

/** @param {Desk} desk */
function toVoice(desk) {
  desk.sheet.at(desk.player.ms, desk.player.part)?.row.scrollIntoView({ block: "center" });
}

/** @param {Desk} desk */
async function save(desk) {
  const done = await desk.saver.flush();
  announce(done ? t("Saved.") : t("Not sent yet; kept on this computer."));
}

/** @param {Desk} desk @param {Segment} segment */
function heard(desk, segment) {
  desk.change(segment, { state: "heard" });
  const next = desk.sheet.beside(segment, 1);
  if (!next) return announce(t("That was the last segment."));
  desk.go(next, 0);
  hear(desk, next, false);
}

/** Put a mark of something not understood where the caret is, so that the browser can undo it. @param {Desk} desk @param {Segment} segment */
function unclear(desk, segment) {
  const at = caretIn(segment.box);
  const text = textOf(segment.box);
  if (document.activeElement !== segment.box) select(segment.box, text.length, text.length);
  const before = at === null ? text : text.slice(0, at);
  const mark = desk.root.dataset.language === "vi" ? "[không nghe rõ]" : "[unclear]";
  document.execCommand("insertText", false, `${/\S$/.test(before) ? " " : ""}${mark} `);
}

/** @param {Desk} desk @param {Segment} segment @param {{start?: number, end?: number}} times */
function setTime(desk, segment, times) {
  const { start, end } = { start: segment.start, end: segment.end, ...times };
  if (start >= end) return announce(t("The end has to be after the beginning."));
  if (desk.player.part !== segment.part) return announce(t("The sound is in another part."));
  desk.change(segment, { start, end });
}

/** @param {Desk} desk @param {Segment | null} segment */
function nextDoubt(desk, segment) {
  const { sheet, words } = desk;
  const from = segment ? sheet.list.indexOf(segment) : 0;
  const caret = segment ? caretIn(segment.box) ?? selectionEnd() : -1;
  for (let step = 0; step <= sheet.list.length; step += 1) {
    const one = sheet.list[(from + step) % sheet.list.length];
    if (!one) break;
    const place = words.doubts(one).find((found) => step > 0 || one !== segment || found.from > caret);
    if (!place) continue;
    desk.go(one, place.from);
    if (desk.editable) select(one.box, place.from, place.to);
    desk.player.seek(Math.max(0, words.timeAt(one, place.from) - 500), one.part);
    return;
  }
  announce(t("No doubtful word is left."));
}

function selectionEnd() {
  return getSelection()?.focusOffset ?? 0;
}

/** @param {Desk} desk @param {Segment | null} segment @param {(segment: Segment) => boolean} wanted */
function nextWhere(desk, segment, wanted) {
  const { list } = desk.sheet;
  const from = segment ? list.indexOf(segment) + 1 : 0;
  const found = [...list.slice(from), ...list.slice(0, from)].find(wanted);
  if (found) desk.go(found, 0);
  else announce(t("There is none left."));
}

/** @param {Desk} desk @param {Segment | null} segment */
function showTheirs(desk, segment) {
  if (!segment) return;
  segment.row.querySelector("[data-notice]")?.remove();
  segment.box.blur();
  desk.settle(segment);
  desk.saver.flush([segment.id]);
}
