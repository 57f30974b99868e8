/** Polls the changes of colleagues every ten seconds; a segment that has focus is never redrawn. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { isBeingEdited, isKnown, pollDelay, signOf } from "./polling_rules.js";
import { copyOf } from "./segment_tools.js";

/** @typedef {import("./editor.js").Editor} Editor */

const HIGHLIGHT_MS = 2_000;

export class Polling {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.revision = Number(editor.root.dataset.revision);
    this.timer = 0;
    /** ended segments that are still on the screen @type {Set<string>} */
    this.endedButOpen = new Set();
    editor.on("current", () =>
      setTimeout(() => {
        for (const id of [...this.endedButOpen]) this.#removeSegment(id);
      }),
    );
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.poll();
    });
    this.#schedule();
  }

  /** Fetch the changes now and schedule the next poll. */
  async poll() {
    clearTimeout(this.timer);
    const { status, body } = await this.editor.api.since(this.revision);
    const { editor } = this;
    const isBack = body?.user === editor.user && editor.saver.stopped === "sign-in";
    // Another person is signed in, or the same one again.
    if (isBack || status === 403 || status === 404 || (body?.user && body.user !== editor.user))
      await editor.api.renew();
    if (status === 200 && !editor.isClosed) this.#apply(body);
    this.#schedule();
  }

  #schedule() {
    clearTimeout(this.timer);
    const delay = pollDelay(document.visibilityState === "visible");
    this.timer = window.setTimeout(() => this.poll(), delay);
  }

  /** @param {any} body */
  #apply(body) {
    const { editor } = this;
    editor.setState(body.state);
    if (body.state === "approved" && editor.editable) editor.saver.stop("frozen");
    for (const { id } of body.ended) this.#removeSegment(id);
    for (const stored of body.segments) this.#changed(stored);
    this.revision = body.revision;
    editor.root.dataset.revision = String(body.revision);
  }

  /** @param {string} id */
  #removeSegment(id) {
    const { editor } = this;
    const segment = editor.segmentList.byId.get(id);
    const draft = editor.saver.drafts.get(id);
    if (!segment || !draft) return;
    if (isBeingEdited(draft, editor.segmentList.isFocused(segment))) {
      // The response to its save names the segment that replaced it.
      this.endedButOpen.add(id);
      return;
    }
    this.endedButOpen.delete(id);
    editor.remove(id);
  }

  /** @param {any} stored */
  #changed(stored) {
    const { editor } = this;
    const known = editor.segmentList.byId.get(stored.id);
    const draft = editor.saver.drafts.get(stored.id);
    if (known && draft && isKnown(stored.rev, known, draft)) return;
    const isEdited = Boolean(
      known && draft && isBeingEdited(draft, editor.segmentList.isFocused(known)),
    );
    const segment = editor.applyStored(stored);
    const sign = signOf(stored.by, editor.user, isEdited);
    if (sign === "notice") this.#notify(segment, stored.by_name);
    if (sign === "highlight") {
      segment.row.classList.add("segment--updated");
      setTimeout(() => segment.row.classList.remove("segment--updated"), HIGHLIGHT_MS);
    }
  }

  /** @param {import("./segment_list.js").Segment} segment @param {string} name */
  #notify(segment, name) {
    segment.row.querySelector("[data-notice]")?.remove();
    const notice = copyOf(this.editor, "notice");
    const words = t("%(name)s has just changed this segment", { name: name || t("a colleague") });
    const place = notice.querySelector("span");
    if (place) place.textContent = words;
    segment.row.append(notice);
    announce(words);
  }
}
