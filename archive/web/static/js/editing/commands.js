/** The commands of the editor, by the name that keys and buttons use. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { caretIn, select, textOf } from "./caret.js";
import { SUSPECT_FLAGS } from "./segment_list.js";
import { withStorageState } from "./storage_messages.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_list.js").Segment} Segment */
/** @typedef {{structure: import("./structural_edits.js").StructuralEdits, speakers: import("./speakers.js").Speakers, polling: import("./polling.js").Polling}} CommandTargets */

const BACK_S = 3;
const NUDGE_MS = 100;

/**
 * @param {Editor} editor @param {CommandTargets} targets
 * @returns {Record<string, (segment: Segment | null) => void>}
 */
export function commands(editor, targets) {
  const { player } = editor;
  /** @type {Record<string, (segment: Segment | null) => void>} */
  const all = {
    toggle: () => player.toggle(),
    back: () => player.skip(-BACK_S),
    forward: () => player.skip(BACK_S),
    slower: () => player.stepSpeed(-1),
    faster: () => player.stepSpeed(1),
    keys: () => dialog(editor, "keys").showModal(),
    previous: (segment) => editor.go(beside(editor, segment, -1), Infinity),
    next: (segment) => editor.go(beside(editor, segment, 1), 0),
    "previous-line": (segment) =>
      editor.go(segment && editor.segmentList.beside(segment, -1), Infinity),
    "next-line": (segment) => editor.go(segment && editor.segmentList.beside(segment, 1), 0),
    "play-segment": (segment) => playSegment(editor, segment, false),
    "loop-segment": (segment) => playSegment(editor, segment, !player.span?.loop),
    "play-caret": (segment) => playFromCaret(editor, segment),
    "to-voice": () => scrollToPlayback(editor),
    save: () => save(editor),
    undo: () => targets.structure.undo(),
    "next-doubt": (segment) => nextDoubt(editor, segment),
    "next-unheard": (segment) => nextWhere(editor, segment, (one) => one.state !== "heard"),
    "next-suspect": (segment) =>
      nextWhere(editor, segment, (one) => editor.segmentList.isSuspect(one)),
    "next-unnamed": (segment) => nextWhere(editor, segment, (one) => !one.voice),
    "show-theirs": (segment) => showTheirs(editor, segment),
  };
  return editor.editable ? { ...all, ...editCommands(editor, targets) } : all;
}

/** @param {Editor} editor @param {CommandTargets} targets @returns {Record<string, (segment: Segment | null) => void>} */
function editCommands(editor, { structure, speakers }) {
  /** @type {Record<string, (segment: Segment) => void>} */
  const edits = {
    split: (segment) => structure.split(segment),
    merge: (segment) => structure.merge(segment),
    drop: (segment) =>
      structure.drop(segment, editor.segmentList.isSuspect(segment) ? "not_spoken" : ""),
    keep: (segment) =>
      editor.change(segment, {
        flags: segment.flags.filter((flag) => !SUSPECT_FLAGS.includes(flag)),
      }),
    heard: (segment) => markChecked(editor, segment),
    unclear: (segment) => insertUnclearMark(editor, segment),
    "other-speaker": (segment) => speakers.openDialog(segment),
    "start-here": (segment) => setTime(editor, segment, { start: editor.player.ms }),
    "end-here": (segment) => setTime(editor, segment, { end: editor.player.ms }),
    "start-earlier": (segment) =>
      setTime(editor, segment, { start: Math.max(0, segment.start - NUDGE_MS) }),
    "end-later": (segment) => setTime(editor, segment, { end: segment.end + NUDGE_MS }),
  };
  for (let number = 1; number <= 9; number += 1)
    edits[`speaker-${number}`] = (segment) => speakers.assignNumber(segment, number);
  return Object.fromEntries(
    Object.entries(edits).map(([name, run]) => [
      name,
      (/** @type {Segment | null} */ segment) =>
        segment && !segment.row.hasAttribute("data-busy") && run(segment),
    ]),
  );
}

/** @param {Editor} editor @param {string} name @returns {HTMLDialogElement} */
export function dialog(editor, name) {
  return /** @type {HTMLDialogElement} */ (editor.root.querySelector(`[data-dialog="${name}"]`));
}

/** @param {Editor} editor @param {Segment | null} segment @param {number} step */
function beside(editor, segment, step) {
  const from = segment || editor.segmentList.at(editor.player.ms, editor.player.part);
  return from
    ? editor.segmentList.beside(from, segment ? step : 0)
    : editor.segmentList.list[0] || null;
}

/** @param {Editor} editor @param {Segment | null} segment @param {boolean} loop */
function playSegment(editor, segment, loop) {
  if (segment)
    editor.player.playSpan({ start: segment.start, end: segment.end, loop }, segment.part);
}

/** @param {Editor} editor @param {Segment | null} segment */
function playFromCaret(editor, segment) {
  if (!segment) return;
  editor.player.seek(editor.words.timeAt(segment, caretIn(segment.box) ?? 0), segment.part, true);
}

/** @param {Editor} editor */
function scrollToPlayback(editor) {
  editor.segmentList
    .at(editor.player.ms, editor.player.part)
    ?.row.scrollIntoView({ block: "center" });
}

/** @param {Editor} editor */
async function save(editor) {
  const done = await editor.saver.flush();
  announce(done ? t("Saved.") : withStorageState(editor, t("Not sent yet.")));
}

/** @param {Editor} editor @param {Segment} segment */
function markChecked(editor, segment) {
  editor.change(segment, { state: "heard" });
  const next = editor.segmentList.beside(segment, 1);
  if (!next) return announce(t("That was the last segment."));
  editor.go(next, 0);
  playSegment(editor, next, false);
}

/** Insert the mark for inaudible speech at the caret, so that the browser can undo it. @param {Editor} editor @param {Segment} segment */
function insertUnclearMark(editor, segment) {
  const at = caretIn(segment.box);
  const text = textOf(segment.box);
  if (document.activeElement !== segment.box) select(segment.box, text.length, text.length);
  const before = at === null ? text : text.slice(0, at);
  const mark = editor.root.dataset.language === "vi" ? "[không nghe rõ]" : "[unclear]";
  document.execCommand("insertText", false, `${/\S$/.test(before) ? " " : ""}${mark} `);
}

/** @param {Editor} editor @param {Segment} segment @param {{start?: number, end?: number}} times */
function setTime(editor, segment, times) {
  const { start, end } = { start: segment.start, end: segment.end, ...times };
  if (start >= end) return announce(t("The end has to be after the beginning."));
  if (editor.player.part !== segment.part) return announce(t("The sound is in another part."));
  editor.change(segment, { start, end });
}

/** @param {Editor} editor @param {Segment | null} segment */
function nextDoubt(editor, segment) {
  const { segmentList, words } = editor;
  const from = segment ? segmentList.list.indexOf(segment) : 0;
  const caret = segment ? (caretIn(segment.box) ?? selectionEnd()) : -1;
  for (let step = 0; step <= segmentList.list.length; step += 1) {
    const one = segmentList.list[(from + step) % segmentList.list.length];
    if (!one) break;
    const doubt = words
      .doubts(one)
      .find((range) => step > 0 || one !== segment || range.from > caret);
    if (!doubt) continue;
    editor.go(one, doubt.from);
    if (editor.editable) select(one.box, doubt.from, doubt.to);
    editor.player.seek(Math.max(0, words.timeAt(one, doubt.from) - 500), one.part);
    return;
  }
  announce(t("No words to check are left."));
}

function selectionEnd() {
  return getSelection()?.focusOffset ?? 0;
}

/** @param {Editor} editor @param {Segment | null} segment @param {(segment: Segment) => boolean} matches */
function nextWhere(editor, segment, matches) {
  const { list } = editor.segmentList;
  const from = segment ? list.indexOf(segment) + 1 : 0;
  const next = [...list.slice(from), ...list.slice(0, from)].find(matches);
  if (next) editor.go(next, 0);
  else announce(t("There is none left."));
}

/** @param {Editor} editor @param {Segment | null} segment */
function showTheirs(editor, segment) {
  if (!segment) return;
  segment.row.querySelector("[data-notice]")?.remove();
  segment.box.blur();
  editor.showServerText(segment);
  editor.saver.flush([segment.id]);
}
