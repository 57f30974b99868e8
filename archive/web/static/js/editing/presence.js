/** Presence: initials of colleagues in the header and at their segments. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { initialsMark } from "./initials.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {{user: string, name: string, seg: string | null, typing: boolean, idle: number}} Colleague */

const EVERY_MS = 10_000;
const SOONEST_MS = 2_000;

export class Presence {
  /** @param {Editor} editor @param {(revision: number) => void} onRevision the text has come so far */
  constructor(editor, onRevision) {
    this.editor = editor;
    this.onRevision = onRevision;
    this.timer = 0;
    this.reportedAt = 0;
    this.typedAt = -Infinity;
    this.reportedTyping = false;
    this.isStopped = !editor.editable;
    /** users in the current segment at the last report @type {Set<string>} */
    this.beside = new Set();
    if (this.isStopped) return;
    editor.on("stopped", (why) => (why === "sign-in" ? this.#draw([]) : this.#stop()));
    editor.on("current", () => this.#reportSoon());
    editor.segmentList.root.addEventListener("input", () => {
      if (!this.reportedTyping) this.#reportSoon(); // a short correction falls between two reports
      this.typedAt = Date.now();
    });
    document.addEventListener("visibilitychange", () => this.#reportSoon());
    addEventListener("pagehide", () => this.editor.api.leave());
    this.#reportSoon();
  }

  /** Report the current segment, draw the others, and schedule the next report. */
  async report() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.isStopped || document.visibilityState === "hidden") return;
    this.reportedAt = Date.now();
    this.reportedTyping = this.reportedAt - this.typedAt < EVERY_MS;
    const here = this.editor.current?.id || null;
    const { status, body } = await this.editor.api.here(here, this.reportedTyping);
    if (status === 403 || status === 404 || status === 423) return this.#stop();
    this.#draw(status === 200 ? body.others : []);
    if (status === 200) this.onRevision(body.rev);
    this.#schedule(EVERY_MS);
  }

  /** Report a new current segment soon; moving through the text does not send a request per step. */
  #reportSoon() {
    this.#schedule(Math.max(0, this.reportedAt + SOONEST_MS - Date.now()));
  }

  /** @param {number} ms */
  #schedule(ms) {
    if (this.isStopped) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.report(), ms);
  }

  #stop() {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.#draw([]);
  }

  /** @param {Colleague[]} others */
  #draw(others) {
    const { root, segmentList, current } = this.editor;
    const place = root.querySelector("[data-others]");
    place?.replaceChildren(
      ...others.map((one) => initialsMark(one.name, t("%(name)s is here", { name: one.name }))),
    );
    place?.toggleAttribute("hidden", !others.length);
    const shown = new Map(others.filter((one) => one.seg).map((one) => [one.user, one]));
    for (const mark of segmentList.root.querySelectorAll("[data-colleague]")) {
      const one = shown.get(mark.getAttribute("data-colleague") || "");
      const isSo =
        one &&
        mark.parentElement?.id === `s-${one.seg}` &&
        mark.getAttribute("title") === wordsOf(one);
      if (isSo) shown.delete(one.user);
      else mark.remove();
    }
    for (const one of shown.values()) {
      const row = segmentList.byId.get(one.seg || "")?.row;
      if (!row) continue;
      const mark = initialsMark(one.name, wordsOf(one));
      mark.className = "colleague-initials";
      mark.dataset.colleague = one.user;
      row.append(mark); // outside the text, which may have focus
    }
    this.#notify(others.filter((one) => current && one.seg === current.id));
  }

  /** Announce once that a colleague is in the current segment. @param {Colleague[]} beside */
  #notify(beside) {
    for (const one of beside) {
      if (!this.beside.has(one.user))
        announce(t("%(name)s is in this segment too", { name: one.name }));
    }
    this.beside = new Set(beside.map((one) => one.user));
  }
}

/** @param {Colleague} one */
function wordsOf(one) {
  return one.typing
    ? t("%(name)s is typing here", { name: one.name })
    : t("%(name)s is here", { name: one.name });
}
