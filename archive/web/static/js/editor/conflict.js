// @ts-check
/** Two people changed the same words: before, theirs, mine, the open places, and what will be saved. */

import { announce } from "../core/announce.js";
import { nt, t } from "../core/i18n.js";
import { clock } from "../core/time.js";
import { tokenise } from "../core/tokens.js";
import { ulid } from "../core/ulid.js";
import { added, chosenText, runs, touched } from "./choosing.js";
import { movedInto, threeWay } from "./merging.js";
import { drawSlice, peaksOf } from "./peaks.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./entry.js").Conflict} Conflict */
/** @typedef {import("./sheet.js").Segment} Segment */

export class Conflicts {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** asks for what colleagues changed @type {() => Promise<void>} */
    this.refresh = async () => {};
    this.dialog = /** @type {HTMLDialogElement} */ (desk.root.querySelector('[data-dialog="conflict"]'));
    this.result = /** @type {HTMLTextAreaElement} */ (this.dialog.querySelector("[data-result]"));
    this.id = "";
    desk.on("conflict", (segment, id, conflict) => this.#arrived(segment, id, conflict));
    this.dialog.addEventListener("click", (event) => {
      const answer = /** @type {HTMLElement} */ (event.target).closest("[data-answer]")?.getAttribute("data-answer");
      if (answer) this.#answer(answer);
      if (/** @type {HTMLElement} */ (event.target).closest("[data-hear]")) this.hear();
    });
  }

  get isOpen() {
    return this.dialog.open;
  }

  hear() {
    const segment = this.desk.sheet.byId.get(this.id);
    if (segment) this.desk.player.playSpan({ start: segment.start, end: segment.end, loop: false }, segment.part);
  }

  /** Open the first one that waits. */
  openNext() {
    const entry = this.desk.saver.unsent().find((one) => one.conflict);
    if (entry?.conflict) this.#open(entry.id, entry.conflict);
  }

  /** @param {Segment | null} segment @param {string} id @param {Conflict} conflict */
  async #arrived(segment, id, conflict) {
    if (conflict.why === "ended") {
      await this.refresh();
      if (this.#moveOn(id, conflict)) return;
    }
    segment?.row.classList.add("clash");
    const elsewhere = this.desk.sheet.around(document.activeElement);
    if (!elsewhere || elsewhere === segment) this.#open(id, conflict);
    else announce(t("One segment has to be looked at again; both texts are kept."));
  }

  /**
   * The segment was joined to another: the words go where it went, if they can be found there.
   * @param {string} id @param {Conflict} conflict
   */
  #moveOn(id, { base, yours, replacedBy }) {
    const { saver, sheet } = this.desk;
    const target = replacedBy?.length === 1 ? sheet.byId.get(replacedBy[0]) : null;
    if (!target || target.id === id) return false;
    const moved = movedInto(saver.of(target.id).text, base, yours);
    if (!moved) return false;
    saver.abandon(id);
    this.desk.remove(id);
    this.desk.write(target, moved.text);
    saver.typed(target.id, moved.text);
    this.desk.go(target, moved.end);
    announce(t("A colleague joined this segment to the one above; the words went with it."));
    return true;
  }

  /** @param {string} id @param {Conflict} conflict */
  #open(id, conflict) {
    const segment = this.desk.sheet.byId.get(id);
    this.id = id;
    const who = conflict.theirs.by_name || t("a colleague");
    const say = (/** @type {string} */ name, /** @type {string} */ words) => {
      const place = this.dialog.querySelector(`[data-${name}]`);
      if (place) place.textContent = words;
    };
    say("title", this.#title(conflict, who));
    const place = segment ? `${clock(segment.start)}, ${segment.name}. ` : "";
    say("about", place + t("No word is lost: both texts are kept."));
    say("theirs-title", conflict.theirs.by_name ? t("%(name)s’s text, in use", { name: who }) : t("The text in use"));
    say("take-theirs", conflict.theirs.by_name ? t("Take %(name)s’s text", { name: who }) : t("Take the text in use"));
    say("length", segment ? nt("%(num)s second", "%(num)s seconds", Math.round((segment.end - segment.start) / 1000)) : "");
    this.#marked("base", conflict.base, touched(conflict), "del");
    this.#marked("theirs", conflict.theirs.text, added(conflict.base, conflict.theirs.text), "ins");
    this.#marked("mine", conflict.yours, added(conflict.base, conflict.yours), "ins");
    this.#places(conflict, who);
    if (!this.dialog.open) this.dialog.showModal();
    /** @type {HTMLElement | null} */ (this.dialog.querySelector("[data-hear]"))?.focus();
    this.#sound(segment);
  }

  /** @param {Segment | undefined} segment */
  async #sound(segment) {
    const canvas = this.dialog.querySelector("canvas");
    this.dialog.querySelector("[data-listen]")?.toggleAttribute("hidden", !segment || !this.desk.player.has(segment.part));
    const peaks = segment?.part === this.desk.player.part ? await peaksOf(this.desk.player.sound) : null;
    if (segment && peaks && canvas) drawSlice(canvas, peaks, segment);
  }

  /** @param {Conflict} conflict @param {string} who */
  #title({ why, theirs }, who) {
    if (why === "ended") return t("This segment was taken out while you wrote in it");
    if (why === "refused") return t("The archive did not take this text");
    return theirs.by_name ? t("You and %(name)s changed this segment", { name: who }) : t("Two changes meet in this segment");
  }

  /** @param {string} name @param {string} text @param {Set<number>} which @param {"ins" | "del"} tag */
  #marked(name, text, which, tag) {
    const place = this.dialog.querySelector(`[data-${name}]`);
    place?.replaceChildren(...runs(tokenise(text), which).flatMap(({ kind, words }) => {
      if (kind === "near") return [words, " "];
      const run = document.createElement(kind === "changed" ? tag : "span");
      const inner = kind === "far" ? run.appendChild(document.createElement("span")) : run;
      inner.textContent = words;
      run.classList.toggle("far", kind === "far");
      return [run, " "];
    }));
  }

  /** The places where both differ, each with a choice. @param {Conflict} conflict @param {string} who */
  #places(conflict, who) {
    const box = this.dialog.querySelector("[data-picks]");
    const hunks = conflict.why === "words" ? threeWay(conflict.base, conflict.theirs.text, conflict.yours).hunks : [];
    /** @type {("theirs" | "yours")[]} */
    const chosen = hunks.map(() => "yours");
    const write = () => {
      this.result.value = hunks.length ? chosenText(conflict, chosen) : conflict.yours;
    };
    box?.replaceChildren(...hunks.map((hunk, at) => this.#pick(hunk, at, who, (side) => {
      chosen[at] = side;
      write();
    })));
    write();
  }

  /** @param {import("./merging.js").Hunk} hunk @param {number} at @param {string} who @param {(side: "theirs" | "yours") => void} onPick */
  #pick(hunk, at, who, onPick) {
    const row = document.createElement("div");
    row.className = "pick";
    const title = document.createElement("b");
    title.id = `pick-${at}`;
    title.textContent = t("Place %(number)s", { number: at + 1 });
    const options = document.createElement("div");
    options.className = "opts";
    options.setAttribute("role", "radiogroup");
    options.setAttribute("aria-labelledby", title.id);
    for (const side of /** @type {const} */ (["theirs", "yours"])) {
      const label = document.createElement("label");
      label.className = "opt ck";
      const radio = document.createElement("input");
      radio.type = "radio";
      radio.name = `pick-${at}`;
      radio.checked = side === "yours";
      radio.addEventListener("change", () => onPick(side));
      const words = document.createElement("b");
      words.textContent = hunk[side] || t("(nothing)");
      const owner = document.createElement("small");
      owner.textContent = side === "yours" ? t("yours") : who;
      label.append(radio, words, owner);
      options.append(label);
    }
    row.append(title, options);
    return row;
  }

  /** @param {string} answer */
  #answer(answer) {
    const entry = this.desk.saver.of(this.id);
    const { conflict } = entry;
    this.dialog.close();
    const segment = this.desk.sheet.byId.get(this.id);
    if (answer === "later" || !conflict) return;
    segment?.row.classList.remove("clash");
    if (conflict.why === "ended" || !segment) return this.#afterEnd(answer);
    const text = answer === "theirs" ? conflict.theirs.text : answer === "mine" ? conflict.yours : this.result.value;
    this.desk.write(segment, text);
    this.desk.saver.settle(this.id, text);
    this.desk.go(segment, Infinity);
    this.openNext();
  }

  /** The segment is gone: bring it back with the words, or let both go. @param {string} answer */
  async #afterEnd(answer) {
    const { desk, id } = this;
    const entry = desk.saver.of(id);
    const text = answer === "mine" ? entry.text : this.result.value;
    if (answer === "theirs") {
      desk.saver.abandon(id);
      desk.remove(id);
      return;
    }
    const back = await desk.line.revert(id, Math.max(1, entry.baseRev || 1), ulid());
    if (back.status !== 200) {
      announce(t("It cannot be brought back any more. Your text is kept on this computer."));
      return;
    }
    entry.conflict = null;
    entry.server = { rev: back.body.segment.rev, text: back.body.segment.text };
    entry.adopt();
    const segment = desk.take(back.body.segment);
    desk.write(segment, text);
    desk.saver.typed(id, text);
    desk.go(segment, Infinity);
  }
}
