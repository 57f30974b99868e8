/** Presence: initials of colleagues in the header and at their segments. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { initialsMark } from "./initials.js";
import { endsPresence, PresenceState, REPORT_EVERY_MS } from "./presence_state.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {{user: string, name: string, seg: string | null, typing: boolean, idle: number}} Colleague */

export class Presence {
  /** @param {Editor} editor @param {(revision: number) => void} onRevision the text has come so far */
  constructor(editor, onRevision) {
    this.editor = editor;
    this.onRevision = onRevision;
    this.timer = 0;
    this.state = new PresenceState();
    this.isStopped = !editor.editable;
    if (this.isStopped) return;
    editor.on("stopped", (why) => (why === "sign-in" ? this.#draw([]) : this.#stop()));
    editor.on("current", () => this.#reportSoon());
    editor.segmentList.root.addEventListener("input", () => {
      if (this.state.typed(Date.now())) this.#reportSoon();
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
    const isTyping = this.state.beginReport(Date.now());
    const here = this.editor.current?.id || null;
    const { status, body } = await this.editor.api.here(here, isTyping);
    if (endsPresence(status)) return this.#stop();
    this.#draw(status === 200 ? body.others : []);
    if (status === 200) this.onRevision(body.rev);
    if (!this.timer) this.#schedule(REPORT_EVERY_MS); // else a key has scheduled a sooner one
  }

  /** Report a new current segment before the regular report is due. */
  #reportSoon() {
    this.#schedule(this.state.earlyReportDelay(Date.now()));
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
        mark.getAttribute("title") === describePresence(one);
      if (isSo) shown.delete(one.user);
      else mark.remove();
    }
    for (const one of shown.values()) {
      const row = segmentList.byId.get(one.seg || "")?.row;
      if (!row) continue;
      const mark = initialsMark(one.name, describePresence(one));
      mark.className = "colleague-initials";
      mark.dataset.colleague = one.user;
      row.append(mark); // outside the text, which may have focus
    }
    for (const { name } of this.state.arrivals(others, current?.id || null))
      announce(t("%(name)s is in this segment too", { name }));
  }
}

/** @param {Colleague} one */
function describePresence(one) {
  return one.typing
    ? t("%(name)s is typing here", { name: one.name })
    : t("%(name)s is here", { name: one.name });
}
