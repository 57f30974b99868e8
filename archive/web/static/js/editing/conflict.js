/**
 * Two people, or one person in two windows, changed the same words: before, theirs, mine, the
 * open places, and what will be saved. Several conflicts are put before the person one after the
 * other; none takes the place of one that is being answered.
 */

import { announce } from "../core/announce.js";
import { nt, t } from "../core/i18n.js";
import { clock } from "../core/time.js";
import { tokenise } from "../core/tokens.js";
import { ulid } from "../core/ulid.js";
import { added, chosenText, runs, touched } from "./conflict_choices.js";
import { refusal, timesFitted } from "./editor.js";
import { inContext, movedInto, threeWay } from "./merging.js";
import { drawSlice, peaksOf } from "./peaks.js";
import { setAside } from "./recovering.js";
import { nothingStored, withStorageState } from "./storage_messages.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_draft.js").Conflict} Conflict */
/** @typedef {import("./segment_draft.js").SegmentDraft} SegmentDraft */
/** @typedef {import("./segment_list.js").Segment} Segment */

export class Conflicts {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** polls the changes of colleagues @type {() => Promise<void>} */
    this.refresh = async () => {};
    this.dialog = /** @type {HTMLDialogElement} */ (
      editor.root.querySelector('[data-dialog="conflict"]')
    );
    this.result = /** @type {HTMLTextAreaElement} */ (this.dialog.querySelector("[data-result]"));
    /** the one that is shown @type {SegmentDraft | null} */
    this.draft = null;
    /** whether an answer is on its way to the archive */
    this.isBusy = false;
    /** what the person has seen and put off @type {WeakSet<Conflict>} */
    this.seen = new WeakSet();
    this.result.addEventListener("input", () => {
      if (this.draft?.conflict) this.editor.saver.answering(this.draft, this.result.value);
    });
    editor.on("conflict", (segment, draft, conflict) => this.#onConflict(segment, draft, conflict));
    this.dialog.addEventListener("click", (event) => {
      const answer = /** @type {HTMLElement} */ (event.target)
        .closest("[data-answer]")
        ?.getAttribute("data-answer");
      if (answer) this.#applyAnswer(answer);
      if (/** @type {HTMLElement} */ (event.target).closest("[data-play-segment]"))
        this.playSegment();
    });
    this.dialog.addEventListener("close", () => this.#openUnseen());
    this.dialog.addEventListener("cancel", (event) => {
      if (this.isBusy) event.preventDefault();
    });
  }

  get isOpen() {
    return this.dialog.open;
  }

  playSegment() {
    const segment = this.editor.segmentList.byId.get(this.draft?.id || "");
    if (segment)
      this.editor.player.playSpan(
        { start: segment.start, end: segment.end, loop: false },
        segment.part,
      );
  }

  /** Open one that waits: what was not seen yet first, then the one after the last shown. */
  openNext() {
    if (this.#openUnseen()) return;
    const waiting = this.#waiting();
    const shown = this.draft ? waiting.indexOf(this.draft) : -1;
    const next = waiting[(shown + 1) % waiting.length];
    if (next?.conflict) this.#open(next, next.conflict);
  }

  #waiting() {
    return this.editor.saver.unsent().filter((one) => one.conflict);
  }

  /** @returns {boolean} whether there was one */
  #openUnseen() {
    if (this.isOpen) return false;
    const next = this.#waiting().find((one) => one.conflict && !this.seen.has(one.conflict));
    if (next?.conflict) this.#open(next, next.conflict);
    return Boolean(next);
  }

  /** @param {Segment | null} segment @param {SegmentDraft} draft @param {Conflict} conflict */
  async #onConflict(segment, draft, conflict) {
    if (conflict.why === "ended") {
      await this.refresh();
      if (await this.#moveToJoined(draft, conflict)) return;
    }
    segment?.row.classList.add("segment--conflict");
    const elsewhere = this.editor.segmentList.around(document.activeElement);
    if (this.isOpen) return; // it comes after the one that is being answered
    if (!elsewhere || elsewhere === segment) this.#open(draft, conflict);
    else announce(t("One segment has to be reviewed; both texts are kept."));
  }

  /**
   * The segment was joined to another: the words go where it went, if they can be found there.
   * @param {SegmentDraft} draft @param {Conflict} conflict @returns {Promise<boolean>}
   */
  async #moveToJoined(draft, { base, yours, replacedBy }) {
    const { saver, segmentList } = this.editor;
    const target = replacedBy?.length === 1 ? segmentList.byId.get(replacedBy[0]) : null;
    if (!target || target.id === draft.id) return false;
    const known = saver.of(target.id);
    const text = draft.isRecovered ? known.server.text : known.text;
    const moved = movedInto(text, base, yours);
    if (!moved) return this.#mergeIntoJoined(draft, target, inContext(text, base, yours));
    if (draft.isRecovered) return saver.redirect(draft, target.id, moved.text);
    this.editor.write(target, moved.text);
    const kept = saver.typed(target.id, moved.text);
    this.editor.remove(draft.id); // from here on every key goes to the target
    this.editor.go(target, moved.end);
    announce(t("A colleague joined this segment to the one above; your text was moved with it."));
    if (await kept) saver.abandon(draft);
    return true;
  }

  /**
   * The words of the joined segment were changed as well: both texts are merged there.
   * @param {SegmentDraft} draft @param {Segment} target @param {{base: string, yours: string} | null} words
   */
  async #mergeIntoJoined(draft, target, words) {
    if (!words) return false;
    if (!draft.isRecovered) {
      setAside(this.editor.saver, draft);
      this.editor.remove(draft.id);
      this.editor.go(target, Infinity);
    }
    return this.editor.saver.redirect(draft, target.id, words.yours, words.base);
  }

  /** Put one that waits before the person. @param {SegmentDraft} draft */
  review(draft) {
    if (draft.conflict && !this.isOpen) this.#open(draft, draft.conflict);
  }

  /** @param {SegmentDraft} draft @param {Conflict} conflict */
  #open(draft, conflict) {
    const { id } = draft;
    this.#showProblem("");
    const segment = this.editor.segmentList.byId.get(id);
    const isOwn = Boolean(conflict.theirs.by) && conflict.theirs.by === this.editor.user;
    this.draft = draft;
    this.seen.add(conflict);
    segment?.row.classList.add("segment--conflict");
    const other = isOwn ? "" : conflict.theirs.by_name || "";
    const who = isOwn ? t("your other text") : other || t("a colleague");
    const setText = (/** @type {string} */ name, /** @type {string} */ words) => {
      const place = this.dialog.querySelector(`[data-${name}]`);
      if (place) place.textContent = words;
    };
    setText(
      "title",
      isOwn && conflict.why === "words"
        ? t("You changed this segment in two windows")
        : this.#title(conflict, who),
    );
    const place = segment ? `${clock(segment.start)}, ${segment.name}. ` : "";
    setText(
      "about",
      place + (draft.isUnkept ? nothingStored() : t("Nothing is lost: both texts are kept.")),
    );
    setText(
      "theirs-title",
      other ? t("%(name)s’s text, current", { name: who }) : t("Current text"),
    );
    setText("mine-title", draft.isKept ? t("Yours, kept on this computer") : t("Yours"));
    const isEnded = conflict.why === "ended";
    setText(
      "take-theirs",
      isEnded
        ? t("Keep it removed")
        : other
          ? t("Use %(name)s’s text", { name: who })
          : t("Use the current text"),
    );
    setText(
      "length",
      segment
        ? nt("%(num)s second", "%(num)s seconds", Math.round((segment.end - segment.start) / 1000))
        : "",
    );
    this.#drawMarked("base", conflict.base, touched(conflict), "del");
    if (isEnded) setText("theirs", t("(removed)"));
    else
      this.#drawMarked(
        "theirs",
        conflict.theirs.text,
        added(conflict.base, conflict.theirs.text),
        "ins",
      );
    this.#drawMarked("mine", conflict.yours, added(conflict.base, conflict.yours), "ins");
    this.#drawChoices(draft, conflict, who);
    if (!this.dialog.open) this.dialog.showModal();
    /** @type {HTMLElement | null} */ (this.dialog.querySelector("[data-play-segment]"))?.focus();
    this.#drawWave(segment);
  }

  /** @param {Segment | undefined} segment */
  async #drawWave(segment) {
    const canvas = this.dialog.querySelector("canvas");
    this.dialog
      .querySelector("[data-listen]")
      ?.toggleAttribute("hidden", !segment || !this.editor.player.has(segment.part));
    const peaks =
      segment?.part === this.editor.player.part ? await peaksOf(this.editor.player.sound) : null;
    if (segment && peaks && canvas) drawSlice(canvas, peaks, segment);
  }

  /** @param {Conflict} conflict @param {string} who */
  #title({ why, theirs }, who) {
    if (why === "ended") return t("This segment was removed while you edited it");
    if (why === "refused") return t("The archive could not save this text");
    return theirs.by_name
      ? t("You and %(name)s changed this segment", { name: who })
      : t("This segment was changed twice at once");
  }

  /** @param {string} name @param {string} text @param {Set<number>} which @param {"ins" | "del"} tag */
  #drawMarked(name, text, which, tag) {
    const place = this.dialog.querySelector(`[data-${name}]`);
    place?.replaceChildren(
      ...runs(tokenise(text), which).flatMap(({ kind, words }) => {
        if (kind === "near") return [words, " "];
        const run = document.createElement(kind === "changed" ? tag : "span");
        const inner = kind === "far" ? run.appendChild(document.createElement("span")) : run;
        inner.textContent = words;
        run.classList.toggle("conflict-text__far", kind === "far");
        return [run, " "];
      }),
    );
  }

  /** The places where both differ, each with a choice. @param {SegmentDraft} draft @param {Conflict} conflict @param {string} who */
  #drawChoices(draft, conflict, who) {
    const box = this.dialog.querySelector("[data-picks]");
    const hunks =
      conflict.why === "words"
        ? threeWay(conflict.base, conflict.theirs.text, conflict.yours).hunks
        : [];
    /** @type {("theirs" | "yours")[]} */
    const chosen = hunks.map(() => "yours");
    const text = () => (hunks.length ? chosenText(conflict, chosen) : conflict.yours);
    box?.replaceChildren(
      ...hunks.map((hunk, at) =>
        this.#choiceRow(hunk, at, who, (side) => {
          chosen[at] = side;
          this.#writeResult(draft, text());
        }),
      ),
    );
    this.result.value = draft.answer ?? text();
  }

  /** Put the chosen text over what was typed, so that Ctrl+Z in the field takes it back. @param {SegmentDraft} draft @param {string} text */
  #writeResult(draft, text) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    this.result.select();
    if (draft.answer === null || !document.execCommand("insertText", false, text))
      this.result.value = text;
    this.editor.saver.answering(draft, null);
    focused?.focus();
  }

  /** @param {import("./merging.js").Hunk} hunk @param {number} at @param {string} who @param {(side: "theirs" | "yours") => void} onPick */
  #choiceRow(hunk, at, who, onPick) {
    const row = document.createElement("div");
    row.className = "conflict-choice";
    const title = document.createElement("b");
    title.id = `pick-${at}`;
    title.textContent = t("Place %(number)s", { number: at + 1 });
    const options = document.createElement("div");
    options.className = "conflict-choice__options";
    options.setAttribute("role", "radiogroup");
    options.setAttribute("aria-labelledby", title.id);
    for (const side of /** @type {const} */ (["theirs", "yours"])) {
      const label = document.createElement("label");
      label.className = "conflict-choice__option check-label";
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
  #applyAnswer(answer) {
    const { draft } = this;
    const conflict = draft?.conflict;
    if (answer === "later" || !draft || !conflict) return this.dialog.close();
    const segment = this.editor.segmentList.byId.get(draft.id);
    const text =
      answer === "theirs"
        ? conflict.theirs.text
        : answer === "mine"
          ? conflict.yours
          : this.result.value;
    if (conflict.why !== "ended" && segment) this.#resolve(draft, segment, text);
    else if (answer === "theirs") this.#discard(draft);
    else this.#restore(draft, text);
  }

  /** @param {SegmentDraft} draft @param {Segment} segment @param {string} text */
  #resolve(draft, segment, text) {
    segment.row.classList.remove("segment--conflict");
    if (!draft.isRecovered) this.editor.write(segment, text);
    this.editor.saver.settle(draft, text);
    this.dialog.close();
    if (!draft.isRecovered) this.editor.go(segment, Infinity);
    if (!this.isOpen) this.openNext();
  }

  /** The segment stays away, and the words go. @param {SegmentDraft} draft */
  #discard(draft) {
    this.editor.saver.abandon(draft);
    if (!draft.isRecovered) this.editor.remove(draft.id);
    this.dialog.close();
  }

  /**
   * Restore the segment with the words. The dialog stays open until the archive has answered, so
   * that nothing can be typed which the answer would overwrite. @param {SegmentDraft} draft @param {string} text
   */
  async #restore(draft, text) {
    const { editor } = this;
    this.#setBusy(true);
    this.#showProblem("");
    const response = await editor.api.revert(draft.id, Math.max(1, draft.baseRev || 1), ulid());
    this.#setBusy(false);
    if (response.status === 401) return editor.saver.deps.onStopped("sign-in");
    if (response.status !== 200) {
      const isCut = response.status === 0 || response.status >= 500;
      return this.#showProblem(
        withStorageState(
          editor,
          isCut
            ? t("The archive does not answer.")
            : [t("It can no longer be restored."), refusal(response.body)].join(" "),
        ),
      );
    }
    const server = { rev: response.body.segment.rev, text: response.body.segment.text };
    const segment = editor.applyStored(response.body.segment);
    if (draft.conflict) draft.conflict.theirs = server;
    if (response.body.fitted) announce(timesFitted());
    this.#resolve(draft, segment, text);
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    this.isBusy = isBusy;
    for (const control of this.dialog.querySelectorAll("button, input, textarea"))
      control.toggleAttribute("disabled", isBusy);
  }

  /** @param {string} words */
  #showProblem(words) {
    const place = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-problem]"));
    place.textContent = words;
    place.hidden = !words;
  }
}
