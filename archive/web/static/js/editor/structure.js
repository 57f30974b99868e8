// @ts-check
/**
 * Split, join, take out, and take that back. Each of these waits until the words concerned are
 * saved, is sent once under a key of its own, and is drawn when the server has done it.
 */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { ulid } from "../core/ulid.js";
import { caretIn, pointsBefore, textOf } from "./caret.js";
import { refusal } from "./desk.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./sheet.js").Segment} Segment */
/** @typedef {{words: string, ids: string[], run: () => Promise<boolean>}} Step what would undo the last act */

const TRIES = 4;
const MOST_STEPS = 50;
const SHOWN_MS = 10_000;

export class Structure {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    /** @type {Step[]} */
    this.steps = [];
    this.timer = 0;
    this.isBusy = false;
  }

  /** Cut at the caret. @param {Segment} segment */
  async split(segment) {
    const offset = caretIn(segment.box);
    if (offset === null) return;
    const typed = textOf(segment.box);
    if (!typed.slice(0, offset).trim() || !typed.slice(offset).trim()) {
      announce(t("Nothing to split here: one part would have no words."));
      return;
    }
    const new_id = ulid();
    const done = await this.#run([segment], (rev) => [
      { op: "split", seg: segment.id, rev: rev(segment), char: pointsBefore(typed, offset), new_id },
    ]);
    const second = done && this.desk.sheet.byId.get(new_id);
    if (!second) return;
    this.#remember(t("The segment was split."), [segment.id, new_id], () => this.#join(segment.id, new_id));
    this.desk.go(second, 0);
  }

  /** Append to the segment above. @param {Segment} segment */
  async merge(segment) {
    const above = this.desk.sheet.beside(segment, -1);
    if (!above || above.part !== segment.part) {
      announce(t("There is no segment above to join it to."));
      return;
    }
    const { voice, state, start } = segment;
    const wasVoice = above.voice;
    const length = [...textOf(above.box).trim()].length;
    const caret = textOf(above.box).trimEnd().length + (textOf(above.box).trim() ? 1 : 0);
    const ids = [above.id, segment.id];
    let was = 0;
    const done = await this.#run([above, segment], (rev) => {
      was = rev(above);
      return [{ op: "merge", ids, revs: [was, rev(segment)] }];
    });
    if (!done) return;
    const joined = this.desk.saver.of(above.id).server.rev;
    this.#remember(t("The two segments were joined."), [above.id], () => {
      const entry = this.desk.saver.entries.get(above.id);
      if (entry && !entry.isDirty && entry.server.rev === joined) return this.#apart(above, segment.id, was);
      return this.#cut(above.id, { length, start, voice: voice === wasVoice ? null : voice, state });
    });
    this.desk.go(above, caret);
  }

  /** Take out what nobody said. @param {Segment} segment @param {string} reason */
  async drop(segment, reason) {
    const { sheet } = this.desk;
    const next = sheet.beside(segment, 1) || sheet.beside(segment, -1);
    const revision = segment.rev;
    const done = await this.#run([segment], (rev) => [{ op: "delete", seg: segment.id, rev: rev(segment), reason }]);
    if (!done) return;
    this.#remember(t("The segment was taken out; it stays in the history."), [segment.id], () =>
      this.#bringBack(segment.id, revision));
    if (next) this.desk.go(next, 0);
  }

  /** Whether Ctrl+Z in this segment means the last act here rather than the last letter. @param {Segment} segment */
  isLastIn(segment) {
    return Boolean(this.steps.at(-1)?.ids.includes(segment.id));
  }

  /** Somebody went on typing: from here on Ctrl+Z is the browser's. @param {Segment} segment */
  typedIn(segment) {
    const last = this.steps.at(-1);
    if (last) last.ids = last.ids.filter((id) => id !== segment.id);
  }

  async undo() {
    const step = this.steps.pop();
    this.#show();
    if (!step) return;
    const done = await step.run();
    announce(done ? t("Undone.") : t("This can no longer be undone here; the history has every state."));
  }

  /**
   * @param {Segment[]} segments
   * @param {(rev: (segment: Segment) => number) => Record<string, any>[]} ops
   * @returns {Promise<boolean>}
   */
  async #run(segments, ops) {
    const { desk } = this;
    if (this.isBusy || !desk.editable) return false;
    this.isBusy = true;
    desk.hold(segments, true);
    try {
      for (const segment of segments) desk.saver.typed(segment.id, textOf(segment.box));
      if (!(await desk.saver.flush(segments.map((segment) => segment.id)))) {
        announce(t("This needs the line to the archive. What was typed is kept on this computer."));
        return false;
      }
      return await this.#send(ops((segment) => desk.saver.of(segment.id).server.rev));
    } finally {
      desk.hold(segments, false);
      this.isBusy = false;
    }
  }

  /** @param {Record<string, any>[]} ops */
  async #send(ops) {
    const key = ulid();
    for (let tried = 1; tried <= TRIES; tried += 1) {
      const { status, body } = await this.desk.line.operate(ops, key);
      if (status === 200) {
        this.#draw(body);
        return true;
      }
      if (status === 401) this.desk.saver.world.onStopped("sign-in");
      if (status !== 0 && status < 500) {
        announce(refusal(body));
        if (body?.theirs) this.desk.take(body.theirs);
        return false;
      }
      if (tried < TRIES) await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tried));
    }
    announce(t("This needs the line to the archive. What was typed is kept on this computer."));
    return false;
  }

  /** @param {any} body */
  #draw(body) {
    const { desk } = this;
    desk.setState(body.state);
    for (const { id } of body.ended) desk.remove(id);
    for (const told of body.segments) {
      const segment = desk.sheet.take(told);
      const entry = desk.saver.entries.get(told.id) || desk.saver.track(told.id, { rev: told.rev, text: told.text });
      entry.server = { rev: told.rev, text: told.text };
      entry.adopt();
      desk.sheet.write(segment, told.text);
      desk.words.take(told.id, told.words);
      desk.changed(segment);
    }
  }

  /** @param {string} firstId @param {string} secondId */
  async #join(firstId, secondId) {
    const { sheet } = this.desk;
    const [first, second] = [sheet.byId.get(firstId), sheet.byId.get(secondId)];
    if (!first || !second) return false;
    const caret = textOf(first.box).length;
    const done = await this.#run([first, second], (rev) => [
      { op: "merge", ids: [firstId, secondId], revs: [rev(first), rev(second)] },
    ]);
    if (done) this.desk.go(first, caret);
    return done;
  }

  /** As it was before the two were joined, word times and all. @param {Segment} above @param {string} joined @param {number} was */
  async #apart(above, joined, was) {
    const done = await this.#run([above], (rev) => [
      { op: "revert", ids: [above.id], revs: [rev(above)], to: [was], joined: [joined] },
    ]);
    if (done) this.desk.go(this.desk.sheet.byId.get(joined) || null, 0);
    return done;
  }

  /** Somebody has written since: cut where the two met. @param {string} id @param {{length: number, start: number, voice: string | null, state: string}} cut */
  async #cut(id, { length, start, voice, state }) {
    const segment = this.desk.sheet.byId.get(id);
    if (!segment) return false;
    const new_id = ulid();
    const done = await this.#run([segment], (rev) => {
      const at_ms = Math.min(Math.max(start, segment.start), segment.end);
      const ops = [{ op: "split", seg: id, rev: rev(segment), char: length + 1, at_ms, new_id }];
      return voice === null ? ops : [...ops, { op: "set_speaker", ids: [new_id], speaker: voice }];
    });
    const second = done && this.desk.sheet.byId.get(new_id);
    if (second && second.state !== state) this.desk.change(second, { state });
    if (second) this.desk.go(second, 0);
    return done;
  }

  /** @param {string} id @param {number} revision */
  async #bringBack(id, revision) {
    const answer = await this.desk.line.revert(id, revision, ulid());
    if (answer.status !== 200) return false;
    this.#draw({ state: answer.body.state, ended: [], segments: [answer.body.segment] });
    this.desk.go(this.desk.sheet.byId.get(id) || null, 0);
    return true;
  }

  /** @param {string} words @param {string[]} ids @param {() => Promise<boolean>} run */
  #remember(words, ids, run) {
    this.steps.push({ words, ids, run });
    if (this.steps.length > MOST_STEPS) this.steps.shift();
    this.#show(words);
  }

  /** @param {string} [words] */
  #show(words = "") {
    const { root } = this.desk;
    const bar = root.querySelector("[data-undo-bar]");
    const told = root.querySelector("[data-undo-words]");
    if (told) told.textContent = words;
    bar?.toggleAttribute("hidden", !words);
    clearTimeout(this.timer);
    if (words) this.timer = window.setTimeout(() => bar?.setAttribute("hidden", ""), SHOWN_MS);
    for (const button of root.querySelectorAll('.ed-ctl [data-do="undo"]')) {
      button.toggleAttribute("disabled", !this.steps.length);
    }
  }
}
