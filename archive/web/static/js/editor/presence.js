// @ts-check
/** Who else corrects this text, and where: initials at the top and at the segment they are in. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { round } from "./initials.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{user: string, name: string, seg: string | null, typing: boolean, idle: number}} Colleague */

const EVERY_MS = 10_000;
const SOONEST_MS = 2_000;

export class Presence {
  /** @param {Desk} desk @param {(revision: number) => void} onRevision the text has come so far */
  constructor(desk, onRevision) {
    this.desk = desk;
    this.onRevision = onRevision;
    this.timer = 0;
    this.askedAt = 0;
    this.typedAt = -Infinity;
    this.isOver = !desk.editable;
    /** who was in our segment when we looked last @type {Set<string>} */
    this.beside = new Set();
    if (this.isOver) return;
    desk.on("stopped", (why) => (why === "sign-in" ? this.#draw([]) : this.#end()));
    desk.on("current", () => this.#soon());
    desk.sheet.root.addEventListener("input", () => {
      this.typedAt = Date.now();
    });
    document.addEventListener("visibilitychange", () => this.#soon());
    addEventListener("pagehide", () => this.desk.line.leave());
    this.#soon();
  }

  /** Say where we are, hear where the others are; again in ten seconds. */
  async ask() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.isOver || document.visibilityState === "hidden") return;
    this.askedAt = Date.now();
    const isTyping = this.askedAt - this.typedAt < EVERY_MS;
    const { status, body } = await this.desk.line.here(this.desk.current?.id || null, isTyping);
    if (status === 403 || status === 404 || status === 423) return this.#end();
    this.#draw(status === 200 ? body.others : []);
    if (status === 200) this.onRevision(body.rev);
    this.#again(EVERY_MS);
  }

  /** Where we are has changed; but whoever walks through the text does not ask at every step. */
  #soon() {
    this.#again(Math.max(0, this.askedAt + SOONEST_MS - Date.now()));
  }

  /** @param {number} ms */
  #again(ms) {
    if (this.isOver) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), ms);
  }

  #end() {
    this.isOver = true;
    clearTimeout(this.timer);
    this.#draw([]);
  }

  /** @param {Colleague[]} others */
  #draw(others) {
    const { root, sheet, current } = this.desk;
    const place = root.querySelector("[data-others]");
    place?.replaceChildren(...others.map((one) => round(one.name, t("%(name)s is here", { name: one.name }))));
    place?.toggleAttribute("hidden", !others.length);
    const shown = new Map(others.filter((one) => one.seg).map((one) => [one.user, one]));
    for (const mark of sheet.root.querySelectorAll("[data-colleague]")) {
      const one = shown.get(mark.getAttribute("data-colleague") || "");
      const isSo = one && mark.parentElement?.id === `s-${one.seg}` && mark.getAttribute("title") === wordsOf(one);
      if (isSo) shown.delete(one.user);
      else mark.remove();
    }
    for (const one of shown.values()) {
      const row = sheet.byId.get(one.seg || "")?.row;
      if (!row) continue;
      const mark = round(one.name, wordsOf(one));
      mark.className = "colleague";
      mark.dataset.colleague = one.user;
      row.append(mark); // beside the words: these belong to whoever is in them
    }
    this.#tell(others.filter((one) => current && one.seg === current.id));
  }

  /** Somebody came into the segment that we are in: said once. @param {Colleague[]} beside */
  #tell(beside) {
    for (const one of beside) {
      if (!this.beside.has(one.user)) announce(t("%(name)s is in this segment too", { name: one.name }));
    }
    this.beside = new Set(beside.map((one) => one.user));
  }
}

/** @param {Colleague} one */
function wordsOf(one) {
  return one.typing ? t("%(name)s is typing here", { name: one.name }) : t("%(name)s is here", { name: one.name });
}
