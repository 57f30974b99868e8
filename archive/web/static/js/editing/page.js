/** Entry point of the editor page: creates its parts and connects keys and clicks to commands. */

import { t } from "../core/i18n.js";
import { clock } from "../core/time.js";
import { connectApprovalForms } from "./approval_forms.js";
import { caretIn, linesAt } from "./caret.js";
import { commands } from "./commands.js";
import { Conflicts } from "./conflict.js";
import { Detail } from "./detail.js";
import { Editor } from "./editor.js";
import { commandOf } from "./keymap.js";
import { Overview } from "./overview.js";
import { Polling } from "./polling.js";
import { Presence } from "./presence.js";
import { progress } from "./progress.js";
import { recover, recoverLater } from "./recovering.js";
import { connectSaveStatus } from "./save_indicator.js";
import { SegmentTools } from "./segment_tools.js";
import { connectSignInDialog } from "./sign_in.js";
import { Speakers } from "./speakers.js";
import { StructuralEdits } from "./structural_edits.js";
import { UnsentList } from "./unsent_list.js";

/** @typedef {import("./segment_list.js").Segment} Segment */

const HOUR_MS = 60 * 60 * 1000;

const root = document.querySelector("[data-editor]");
if (root instanceof HTMLElement) open(new Editor(root));

/** @param {Editor} editor */
function open(editor) {
  const speakers = new Speakers(editor);
  const structure = new StructuralEdits(editor);
  const conflicts = new Conflicts(editor);
  const polling = new Polling(editor);
  conflicts.refresh = () => polling.poll();
  structure.openConflict = () => conflicts.openNext();
  new Presence(editor, (revision) => {
    if (revision > polling.revision) polling.poll();
  });
  new SegmentTools(editor, speakers);
  const run = commands(editor, { structure, speakers, polling });
  connectSaveStatus(editor, conflicts);
  connectSignInDialog(editor);
  connectTyping(editor, structure);
  connectKeys(editor, run, { structure, conflicts });
  connectClicks(editor, run);
  connectPlayer(editor);
  connectApprovalForms(editor);
  editor.on("stopped", (why) => {
    if (why === "frozen") polling.poll(); // the text that is approved, beside what cannot be sent
  });
  const unsentList = new UnsentList(editor);
  unsentList.review = (draft) => conflicts.review(draft);
  document.documentElement.classList.add("enhanced");
  editor.segmentList.root.removeAttribute("inert");
  editor.root.dataset.ready = "yes";
  afterPaint(async () => {
    const count = progress(editor);
    await recover(editor, unsentList);
    recoverLater(editor, unsentList);
    new Overview(editor);
    new Detail(editor);
    await fetchWords(editor);
    count();
    editor.root.dataset.words = "yes";
  });
}

/** @param {() => void} work */
function afterPaint(work) {
  requestAnimationFrame(() => setTimeout(work, 0));
}

/** @param {Editor} editor @param {StructuralEdits} structure */
function connectTyping(editor, structure) {
  const { root } = editor.segmentList;
  const at = (/** @type {Event} */ event) =>
    editor.segmentList.around(/** @type {Element} */ (event.target));
  root.addEventListener("input", (event) => {
    const segment = at(event);
    if (!segment) return;
    structure.typedIn(segment);
    editor.typed(segment);
  });
  root.addEventListener("beforeinput", (event) => {
    const isBusy = at(event)?.row.hasAttribute("data-busy");
    if (isBusy || /^(insertParagraph|insertLineBreak|format)/.test(event.inputType))
      event.preventDefault();
  });
  root.addEventListener("paste", (event) => {
    event.preventDefault();
    insertPlainText(event.clipboardData);
  });
  root.addEventListener("drop", (event) => event.preventDefault());
  root.addEventListener("focusout", (event) => {
    const segment = at(event);
    if (!segment || event.target !== segment.box || !editor.editable) return;
    editor.saver.flush([segment.id]);
    setTimeout(() => editor.saver.drafts.has(segment.id) && editor.showServerText(segment));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") editor.saver.hurry();
  });
  addEventListener("pagehide", () => {
    editor.saver.hurry();
    editor.openPages.leave(true);
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    editor.openPages.leave(false);
    editor.saver.resumeSending();
  });
  addEventListener("online", () => editor.saver.resumeSending());
}

/** Insert text as one plain line, so that the browser can undo it. @param {DataTransfer | null} data */
function insertPlainText(data) {
  const words = (data?.getData("text/plain") || "").replace(/\s+/gu, " ");
  if (words) document.execCommand("insertText", false, words);
}

/**
 * @param {Editor} editor @param {Record<string, (segment: Segment | null) => void>} run
 * @param {{structure: StructuralEdits, conflicts: Conflicts}} parts
 */
function connectKeys(editor, run, { structure, conflicts }) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (document.querySelector("dialog[open]")) {
      if (conflicts.isOpen && event.ctrlKey && event.key === "Enter") conflicts.playSegment();
      return;
    }
    if (target.closest("input, select, textarea") && !/^F\d/.test(event.key)) return;
    if (event.key === "Escape" && document.querySelector("details.menu[open]")) return;
    const segment = editor.segmentList.around(target) || editor.current;
    const inText = Boolean(segment && target === segment.box);
    const lines =
      inText && segment && event.key.startsWith("Arrow")
        ? linesAt(segment.box)
        : { first: false, last: false };
    const command = commandOf(event, {
      inText,
      atStart: Boolean(
        inText && segment && event.key === "Backspace" && caretIn(segment.box) === 0,
      ),
      onFirstLine: lines.first,
      onLastLine: lines.last,
    });
    if (!command || !run[command]) return;
    if (command === "undo" && !(segment && structure.isLastIn(segment))) return;
    event.preventDefault();
    run[command](segment);
  });
}

/** @param {Editor} editor @param {Record<string, (segment: Segment | null) => void>} run */
function connectClicks(editor, run) {
  editor.root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = target.closest("[data-do]");
    const segment = editor.segmentList.around(target) || editor.current;
    if (button instanceof HTMLElement) {
      run[button.dataset.do || ""]?.(segment);
      return;
    }
    const time = target.closest(".segment__time");
    if (time && segment) editor.player.seek(segment.start, segment.part, true);
    else if (!editor.editable && segment && target.closest(".segment")) editor.choose(segment);
  });
  // A click on a button must not move the caret out of the text.
  editor.segmentList.root.addEventListener("mousedown", (event) => {
    if (/** @type {Element} */ (event.target).closest("[data-do], .segment__time, summary"))
      event.preventDefault();
  });
}

/** Show clock, play button, speed and current word. @param {Editor} editor */
function connectPlayer(editor) {
  const { player, segmentList, root } = editor;
  const draw = () => {
    const here = segmentList.at(player.ms, player.part);
    editor.words.follow(here, player.ms, player.playing);
    for (const place of root.querySelectorAll("[data-clock]")) place.textContent = clock(player.ms);
    for (const place of root.querySelectorAll("[data-total]"))
      place.textContent = clock(player.duration);
    for (const button of root.querySelectorAll('[data-do="toggle"]')) {
      const words = button.querySelector("[data-play-words]");
      if (words) words.textContent = player.playing ? t("Pause") : t("Play");
      else button.setAttribute("aria-label", player.playing ? t("Pause") : t("Play"));
      for (const icon of button.querySelectorAll("[data-icon]")) {
        icon.toggleAttribute(
          "hidden",
          (icon.getAttribute("data-icon") === "pause") !== player.playing,
        );
      }
    }
    for (const button of root.querySelectorAll('.editor-controls [data-do="loop-segment"]')) {
      button.setAttribute("aria-pressed", String(Boolean(player.span?.loop)));
    }
    const scrub = root.querySelector("[data-scrub]");
    if (scrub instanceof HTMLInputElement && document.activeElement !== scrub) {
      scrub.value = String(player.duration ? Math.round((player.ms / player.duration) * 1000) : 0);
    }
    const speed = root.querySelector("[data-speed]");
    if (speed instanceof HTMLSelectElement) speed.value = String(player.speed);
    if (here && player.playing && !segmentList.around(document.activeElement))
      here.row.scrollIntoView({ block: "nearest" });
    root
      .querySelector('[data-do="to-voice"]')
      ?.toggleAttribute("hidden", !player.playing || !here || isInView(here.row));
  };
  player.onChange(draw);
  player.onPart(() => {
    const choice = root.querySelector("[data-part-choice]");
    if (choice instanceof HTMLSelectElement) choice.value = String(player.part);
  });
  root.querySelector("[data-speed]")?.addEventListener("change", (event) => {
    player.setSpeed(Number(/** @type {HTMLSelectElement} */ (event.target).value));
  });
  root.querySelector("[data-part-choice]")?.addEventListener("change", (event) => {
    player.choose(Number(/** @type {HTMLSelectElement} */ (event.target).value));
  });
  root.querySelector("[data-scrub]")?.addEventListener("input", (event) => {
    player.seek(
      (Number(/** @type {HTMLInputElement} */ (event.target).value) / 1000) * player.duration,
      player.part,
    );
  });
  draw();
}

/** @param {HTMLElement} row */
function isInView(row) {
  const { top, bottom } = row.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** @param {Editor} editor */
async function fetchWords(editor) {
  const last = Math.max(0, ...editor.segmentList.list.map((segment) => segment.end));
  for (let from = 0; from <= last; from += HOUR_MS) {
    const { status, body } = await editor.api.words(from, from + HOUR_MS);
    if (status !== 200) return;
    for (const [id, words] of Object.entries(body.words)) {
      if (!editor.words.times.has(id)) editor.words.setWords(id, /** @type {any} */ (words));
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}
