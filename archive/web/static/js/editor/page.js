// @ts-check
/** The editor's page: puts the rooms of the desk together, and hands keys and clicks to their acts. */

import { announce } from "../core/announce.js";
import { nt, t } from "../core/i18n.js";
import { clock } from "../core/time.js";
import { acts } from "./acts.js";
import { caretIn, linesAt } from "./caret.js";
import { chip } from "./chip.js";
import { Conflicts } from "./conflict.js";
import { Desk } from "./desk.js";
import { Detail } from "./detail.js";
import { actOf } from "./keymap.js";
import { Overview } from "./overview.js";
import { Polling } from "./polling.js";
import { Presence } from "./presence.js";
import { progress } from "./progress.js";
import { signingIn } from "./sign_in.js";
import { Speakers } from "./speakers.js";
import { Structure } from "./structure.js";
import { Tools } from "./tools.js";

/** @typedef {import("./sheet.js").Segment} Segment */

const HOUR_MS = 60 * 60 * 1000;

const root = document.querySelector("[data-desk]");
if (root instanceof HTMLElement) open(new Desk(root));

/** @param {Desk} desk */
function open(desk) {
  const speakers = new Speakers(desk);
  const structure = new Structure(desk);
  const conflicts = new Conflicts(desk);
  const polling = new Polling(desk);
  conflicts.refresh = () => polling.ask();
  new Presence(desk, (revision) => {
    if (revision > polling.revision) polling.ask();
  });
  new Tools(desk, speakers);
  const run = acts(desk, { structure, speakers, polling });
  chip(desk, conflicts);
  signingIn(desk);
  writing(desk, structure);
  keys(desk, run, { structure, conflicts });
  clicks(desk, run);
  sound(desk);
  steps(desk);
  desk.on("stopped", (why) => stopped(desk, why));
  document.documentElement.classList.add("enhanced");
  desk.root.dataset.ready = "yes";
  afterPaint(async () => {
    const count = progress(desk);
    await recover(desk);
    new Overview(desk);
    new Detail(desk);
    await fetchWords(desk);
    count();
    desk.root.dataset.words = "yes";
  });
}

/** @param {() => void} work */
function afterPaint(work) {
  requestAnimationFrame(() => setTimeout(work, 0));
}

/** @param {Desk} desk @param {Structure} structure */
function writing(desk, structure) {
  const { root } = desk.sheet;
  const at = (/** @type {Event} */ event) => desk.sheet.around(/** @type {Element} */ (event.target));
  root.addEventListener("input", (event) => {
    const segment = at(event);
    if (!segment) return;
    structure.typedIn(segment);
    desk.typed(segment);
  });
  root.addEventListener("beforeinput", (event) => {
    const isBusy = at(event)?.row.hasAttribute("data-busy");
    if (isBusy || /^(insertParagraph|insertLineBreak|format)/.test(event.inputType)) event.preventDefault();
  });
  root.addEventListener("paste", (event) => {
    event.preventDefault();
    insert(event.clipboardData);
  });
  root.addEventListener("drop", (event) => event.preventDefault());
  root.addEventListener("focusout", (event) => {
    const segment = at(event);
    if (!segment || event.target !== segment.box || !desk.editable) return;
    desk.saver.flush([segment.id]);
    setTimeout(() => desk.saver.entries.has(segment.id) && desk.settle(segment));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") desk.saver.hurry();
  });
  addEventListener("pagehide", () => desk.saver.hurry());
  addEventListener("online", () => desk.saver.resumeSending());
}

/** Plain words on one line, put in so that the browser can undo it. @param {DataTransfer | null} data */
function insert(data) {
  const words = (data?.getData("text/plain") || "").replace(/\s+/gu, " ");
  if (words) document.execCommand("insertText", false, words);
}

/**
 * @param {Desk} desk @param {Record<string, (segment: Segment | null) => void>} run
 * @param {{structure: Structure, conflicts: Conflicts}} rooms
 */
function keys(desk, run, { structure, conflicts }) {
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (document.querySelector("dialog[open]")) {
      if (conflicts.isOpen && event.ctrlKey && event.key === "Enter") conflicts.hear();
      return;
    }
    if (target.closest("input, select, textarea") && !/^F\d/.test(event.key)) return;
    if (event.key === "Escape" && document.querySelector("details.menu[open]")) return;
    const segment = desk.sheet.around(target) || desk.current;
    const inText = Boolean(segment && target === segment.box);
    const lines = inText && segment && event.key.startsWith("Arrow") ? linesAt(segment.box) : { first: false, last: false };
    const act = actOf(event, {
      inText,
      atStart: Boolean(inText && segment && event.key === "Backspace" && caretIn(segment.box) === 0),
      onFirstLine: lines.first,
      onLastLine: lines.last,
    });
    if (!act || !run[act]) return;
    if (act === "undo" && !(segment && structure.isLastIn(segment))) return;
    event.preventDefault();
    run[act](segment);
  });
}

/** @param {Desk} desk @param {Record<string, (segment: Segment | null) => void>} run */
function clicks(desk, run) {
  desk.root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = target.closest("[data-do]");
    const segment = desk.sheet.around(target) || desk.current;
    if (button instanceof HTMLElement) {
      run[button.dataset.do || ""]?.(segment);
      return;
    }
    const time = target.closest(".tm");
    if (time && segment) desk.player.seek(segment.start, segment.part, true);
    else if (!desk.editable && segment && target.closest(".seg-r")) desk.choose(segment);
  });
  // A button must not take the caret out of the words that it is about.
  desk.sheet.root.addEventListener("mousedown", (event) => {
    if (/** @type {Element} */ (event.target).closest("[data-do], .tm, summary")) event.preventDefault();
  });
}

/** The clock, the button, the speed, the current word. @param {Desk} desk */
function sound(desk) {
  const { player, sheet, root } = desk;
  const draw = () => {
    const here = sheet.at(player.ms, player.part);
    desk.words.follow(here, player.ms, player.playing);
    for (const place of root.querySelectorAll("[data-clock]")) place.textContent = clock(player.ms);
    for (const place of root.querySelectorAll("[data-total]")) place.textContent = clock(player.duration);
    for (const button of root.querySelectorAll('[data-do="toggle"]')) {
      const words = button.querySelector("[data-play-words]");
      if (words) words.textContent = player.playing ? t("Pause") : t("Play");
      else button.setAttribute("aria-label", player.playing ? t("Pause") : t("Play"));
      for (const icon of button.querySelectorAll("[data-icon]")) {
        icon.toggleAttribute("hidden", (icon.getAttribute("data-icon") === "pause") !== player.playing);
      }
    }
    for (const button of root.querySelectorAll('.ed-ctl [data-do="loop-segment"]')) {
      button.setAttribute("aria-pressed", String(Boolean(player.span?.loop)));
    }
    const scrub = root.querySelector("[data-scrub]");
    if (scrub instanceof HTMLInputElement && document.activeElement !== scrub) {
      scrub.value = String(player.duration ? Math.round((player.ms / player.duration) * 1000) : 0);
    }
    const speed = root.querySelector("[data-speed]");
    if (speed instanceof HTMLSelectElement) speed.value = String(player.speed);
    if (here && player.playing && !sheet.around(document.activeElement)) here.row.scrollIntoView({ block: "nearest" });
    root.querySelector('[data-do="to-voice"]')?.toggleAttribute("hidden", !player.playing || !here || inSight(here.row));
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
    player.seek((Number(/** @type {HTMLInputElement} */ (event.target).value) / 1000) * player.duration, player.part);
  });
  draw();
}

/** @param {HTMLElement} row */
function inSight(row) {
  const { top, bottom } = row.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** Handing in and approving wait until everything that was typed is in the archive. @param {Desk} desk */
function steps(desk) {
  for (const form of desk.root.querySelectorAll("form[data-step]")) {
    form.addEventListener("submit", async (event) => {
      if (!desk.saver.unsent().length) return;
      event.preventDefault();
      if (await desk.saver.flush()) /** @type {HTMLFormElement} */ (form).submit();
      else announce(t("Some of what was typed is not in the archive yet. Nothing was handed on."));
    });
  }
}

/** What an earlier visit could not send. @param {Desk} desk */
async function recover(desk) {
  const drafts = await desk.outbox.drafts();
  const note = desk.root.querySelector("[data-recovered]");
  const words = desk.root.querySelector("[data-recovered-words]");
  for (const draft of drafts) {
    const segment = desk.sheet.byId.get(draft.segment);
    if (segment && !desk.sheet.isFocused(segment)) desk.write(segment, draft.text);
    desk.saver.resume(draft);
  }
  const left = desk.saver.unsent().length;
  if (!left || !note || !words) return;
  words.textContent = nt("%(num)s segment of an earlier visit was still on this computer.", "%(num)s segments of an earlier visit were still on this computer.", left);
  note.removeAttribute("hidden");
}

/** @param {Desk} desk */
async function fetchWords(desk) {
  const last = Math.max(0, ...desk.sheet.list.map((segment) => segment.end));
  for (let from = 0; from <= last; from += HOUR_MS) {
    const { status, body } = await desk.line.words(from, from + HOUR_MS);
    if (status !== 200) return;
    for (const [id, words] of Object.entries(body.words)) {
      if (!desk.words.times.has(id)) desk.words.take(id, /** @type {any} */ (words));
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** @param {Desk} desk @param {string} why */
function stopped(desk, why) {
  if (why === "sign-in") return;
  for (const box of desk.root.querySelectorAll("[contenteditable]")) box.setAttribute("contenteditable", "false");
  announce(why === "frozen"
    ? t("This version was approved meanwhile and no longer changes. What you typed is kept on this computer.")
    : t("This text can no longer be corrected with your account. What you typed is kept on this computer."));
}
