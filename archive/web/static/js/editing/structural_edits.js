/**
 * Split, join and remove segments, and undo that. Each operation waits until the segments concerned
 * are saved, is sent once under its own key, and is drawn when the server has confirmed it.
 */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { ulid } from "../core/ulid.js";
import { caretIn, pointsBefore, textOf } from "./caret.js";
import { refusal, timesFitted } from "./editor.js";
import { setAside } from "./recovering.js";
import { withStorageState } from "./storage_messages.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_list.js").Segment} Segment */
/** @typedef {{words: string, ids: string[], run: () => Promise<boolean>}} Step what would undo the last act */

const TRIES = 4;
const MOST_STEPS = 50;
const SHOWN_MS = 10_000;

export class StructuralEdits {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    /** @type {Step[]} */
    this.steps = [];
    this.timer = 0;
    this.isBusy = false;
    /** what else there is to say of the step that was undone */
    this.undone = "";
    /** why the last operation was refused */
    this.refused = "";
    /** opens the next conflict that waits for a person */
    this.openConflict = () => {};
  }

  /** Split at the caret. @param {Segment} segment */
  async split(segment) {
    const offset = caretIn(segment.box);
    if (offset === null) return;
    const typed = textOf(segment.box);
    if (!typed.slice(0, offset).trim() || !typed.slice(offset).trim()) {
      announce(t("Nothing to split here: one part would have no words."));
      return;
    }
    const new_id = ulid();
    const done = await this.#run(
      [segment],
      (rev) => [
        {
          op: "split",
          seg: segment.id,
          rev: rev(segment),
          char: pointsBefore(typed, offset),
          new_id,
        },
      ],
      () => this.#showChangedText(segment, offset),
    );
    const second = done && this.editor.segmentList.byId.get(new_id);
    if (!second) return;
    this.#remember(t("The segment was split."), [segment.id, new_id], () =>
      this.#join(segment.id, new_id),
    );
    this.editor.go(second, 0);
  }

  /** Append to the segment above. @param {Segment} segment */
  async merge(segment) {
    const above = this.editor.segmentList.beside(segment, -1);
    if (!above || above.part !== segment.part) {
      announce(t("There is no segment above to join it with."));
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
    const joined = this.editor.saver.of(above.id).server.rev;
    this.#remember(t("The two segments were joined."), [above.id], () => {
      const draft = this.editor.saver.drafts.get(above.id);
      if (draft && !draft.isDirty && draft.server.rev === joined)
        return this.#restoreJoined(above, segment.id, was);
      return this.#splitAgain(above.id, {
        length,
        start,
        voice: voice === wasVoice ? null : voice,
        state,
      });
    });
    this.editor.go(above, caret);
  }

  /** Remove a segment. @param {Segment} segment @param {string} reason */
  async drop(segment, reason) {
    const { segmentList } = this.editor;
    const next = segmentList.beside(segment, 1) || segmentList.beside(segment, -1);
    let was = 0;
    const done = await this.#run(
      [segment],
      (rev) => {
        was = rev(segment); // only now: what was typed last has been saved just before
        return [{ op: "delete", seg: segment.id, rev: was, reason }];
      },
      () => this.#showChangedText(segment, 0),
    );
    if (!done) return;
    this.#remember(t("The segment was removed; it stays in the edit history."), [segment.id], () =>
      this.#restore(segment.id, was),
    );
    if (next) this.editor.go(next, 0);
  }

  /** Whether Ctrl+Z in this segment means the last act here rather than the last letter. @param {Segment} segment */
  isLastIn(segment) {
    return Boolean(this.steps.at(-1)?.ids.includes(segment.id));
  }

  /** After more typing Ctrl+Z belongs to the browser again. @param {Segment} segment */
  typedIn(segment) {
    const last = this.steps.at(-1);
    if (last) last.ids = last.ids.filter((id) => id !== segment.id);
  }

  async undo() {
    const step = this.steps.pop();
    this.#show();
    if (!step) return;
    this.undone = this.refused = "";
    const done = await step.run();
    if (this.undone) this.#show(this.undone);
    announce(
      done
        ? this.undone || t("Undone.")
        : [this.refused, t("This can no longer be undone here; the edit history has every state.")]
            .filter(Boolean)
            .join(" "),
    );
  }

  /**
   * @param {Segment[]} segments
   * @param {(rev: (segment: Segment) => number) => Record<string, any>[]} ops
   * @param {() => boolean} [showChangedText] called once everything is saved, and again after a refusal;
   *   if it returns true, nothing is sent
   * @returns {Promise<boolean>}
   */
  async #run(segments, ops, showChangedText = () => false) {
    const { editor } = this;
    if (this.isBusy || !editor.editable) return false;
    this.isBusy = true;
    editor.setBusy(segments, true);
    try {
      for (const segment of segments) editor.saver.typed(segment.id, textOf(segment.box));
      if (!(await editor.saver.flush(segments.map((segment) => segment.id)))) {
        this.#notSaved(segments);
        return false;
      }
      if (showChangedText()) return false;
      const done = await this.#send(ops((segment) => editor.saver.of(segment.id).server.rev));
      if (!done) showChangedText();
      return done;
    } finally {
      editor.setBusy(segments, false);
      this.isBusy = false;
    }
  }

  /**
   * Show words that were written elsewhere while the caret was here: a place counted in the old
   * text is another one in the new. @param {Segment} segment @param {number} caret @returns {boolean} whether there were any
   */
  #showChangedText(segment, caret) {
    const { editor } = this;
    const draft = editor.saver.of(segment.id);
    if (!draft.isBehind) return false;
    editor.write(segment, draft.server.text);
    draft.adopt();
    segment.row.querySelector("[data-notice]")?.remove();
    editor.changed(segment);
    editor.go(segment, caret);
    announce(
      t("This segment was changed elsewhere and now shows the new text. Read it, then try again."),
    );
    return true;
  }

  /**
   * What an input method put in while the row was held: `beforeinput` cannot stop it. It goes on
   * as a draft of its own. @param {string} id
   */
  #setAside(id) {
    const { saver } = this.editor;
    const draft = saver.drafts.get(id);
    if (draft?.isDirty) setAside(saver, draft);
  }

  /** Announce why the segments could not be saved first. @param {Segment[]} segments */
  #notSaved(segments) {
    const { saver } = this.editor;
    if (segments.some(({ id }) => saver.hasConflict(id))) {
      announce(t("One segment has to be reviewed; both texts are kept."));
      this.openConflict();
    } else announce(withStorageState(this.editor, t("This needs a connection to the archive.")));
  }

  /** @param {Record<string, any>[]} ops */
  async #send(ops) {
    const key = ulid();
    for (let tried = 1; tried <= TRIES; tried += 1) {
      const { status, body } = await this.editor.api.operate(ops, key);
      if (status === 200) {
        this.#draw(body);
        if (body.fitted) this.undone = timesFitted();
        return true;
      }
      if (status === 401) this.editor.saver.deps.onStopped("sign-in");
      if (status !== 0 && status < 500) {
        this.refused = refusal(body);
        announce(this.refused);
        if (body?.theirs) this.editor.applyStored(body.theirs);
        return false;
      }
      if (tried < TRIES) await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tried));
    }
    announce(withStorageState(this.editor, t("This needs a connection to the archive.")));
    return false;
  }

  /** @param {any} body */
  #draw(body) {
    const { editor } = this;
    editor.setState(body.state);
    const ids = [...body.ended, ...body.segments].map(({ id }) => id);
    for (const id of ids) this.#setAside(id);
    for (const { id } of body.ended) editor.remove(id);
    for (const stored of body.segments) {
      const segment = editor.segmentList.applyStored(stored);
      const draft =
        editor.saver.drafts.get(stored.id) ||
        editor.saver.track(stored.id, { rev: stored.rev, text: stored.text });
      draft.server = { rev: stored.rev, text: stored.text };
      draft.adopt();
      editor.segmentList.write(segment, stored.text);
      editor.words.setWords(stored.id, stored.words);
      editor.changed(segment);
    }
    editor.saver.flush(ids);
  }

  /** @param {string} firstId @param {string} secondId */
  async #join(firstId, secondId) {
    const { segmentList } = this.editor;
    const [first, second] = [segmentList.byId.get(firstId), segmentList.byId.get(secondId)];
    if (!first || !second) return false;
    const caret = textOf(first.box).length;
    const done = await this.#run([first, second], (rev) => [
      { op: "merge", ids: [firstId, secondId], revs: [rev(first), rev(second)] },
    ]);
    if (done) this.editor.go(first, caret);
    return done;
  }

  /** Restore both segments as they were before the join, with their word times. @param {Segment} above @param {string} joined @param {number} was */
  async #restoreJoined(above, joined, was) {
    const done = await this.#run([above], (rev) => [
      {
        op: "revert",
        ids: [above.id],
        revs: [rev(above)],
        to: [was],
        joined: [joined],
        fit: true,
      },
    ]);
    if (done) this.editor.go(this.editor.segmentList.byId.get(joined) || null, 0);
    return done;
  }

  /** The text was edited since: split at the former boundary. @param {string} id @param {{length: number, start: number, voice: string | null, state: string}} cut */
  async #splitAgain(id, { length, start, voice, state }) {
    const segment = this.editor.segmentList.byId.get(id);
    if (!segment) return false;
    const new_id = ulid();
    const done = await this.#run([segment], (rev) => {
      const at_ms = Math.min(Math.max(start, segment.start), segment.end);
      const ops = [{ op: "split", seg: id, rev: rev(segment), char: length + 1, at_ms, new_id }];
      return voice === null ? ops : [...ops, { op: "set_speaker", ids: [new_id], speaker: voice }];
    });
    const second = done && this.editor.segmentList.byId.get(new_id);
    if (second && second.state !== state) this.editor.change(second, { state });
    if (second) this.editor.go(second, 0);
    return done;
  }

  /** @param {string} id @param {number} revision */
  async #restore(id, revision) {
    const answer = await this.editor.api.revert(id, revision, ulid());
    if (answer.status === 422) this.refused = refusal(answer.body);
    if (answer.status !== 200) return false;
    this.#draw({ state: answer.body.state, ended: [], segments: [answer.body.segment] });
    this.editor.go(this.editor.segmentList.byId.get(id) || null, 0);
    this.undone = answer.body.fitted ? timesFitted() : "";
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
    const { root } = this.editor;
    const bar = root.querySelector("[data-undo-bar]");
    const stored = root.querySelector("[data-undo-words]");
    if (stored) stored.textContent = words;
    bar?.toggleAttribute("hidden", !words);
    clearTimeout(this.timer);
    if (words) this.timer = window.setTimeout(() => bar?.setAttribute("hidden", ""), SHOWN_MS);
    for (const button of root.querySelectorAll('.editor-controls [data-do="undo"]')) {
      button.toggleAttribute("disabled", !this.steps.length);
    }
  }
}
