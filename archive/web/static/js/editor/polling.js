// @ts-check
/** What colleagues changed, asked for every ten seconds; a segment that somebody is in is never touched. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { copyOf } from "./tools.js";

/** @typedef {import("./desk.js").Desk} Desk */

const EVERY_MS = 10_000;
const TINT_MS = 2_000;

export class Polling {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.revision = Number(desk.root.dataset.revision);
    this.timer = 0;
    /** ended segments that are still on the screen @type {Set<string>} */
    this.gone = new Set();
    desk.on("current", () => setTimeout(() => [...this.gone].forEach((id) => this.#end(id))));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.ask();
    });
    this.#again();
  }

  /** Ask now; the next time in ten seconds. */
  async ask() {
    clearTimeout(this.timer);
    const { status, body } = await this.desk.line.since(this.revision);
    if (status === 200) this.#take(body);
    this.#again();
  }

  #again() {
    clearTimeout(this.timer);
    const wait = document.visibilityState === "visible" ? EVERY_MS : 3 * EVERY_MS;
    this.timer = window.setTimeout(() => this.ask(), wait);
  }

  /** @param {any} body */
  #take(body) {
    const { desk } = this;
    this.revision = body.revision;
    desk.setState(body.state);
    if (body.state === "approved" && desk.editable) desk.saver.world.onStopped("frozen");
    for (const { id } of body.ended) this.#end(id);
    for (const told of body.segments) this.#changed(told);
  }

  /** @param {string} id */
  #end(id) {
    const { desk } = this;
    const segment = desk.sheet.byId.get(id);
    const entry = desk.saver.entries.get(id);
    if (!segment || !entry) return;
    if (entry.isDirty || entry.conflict || desk.sheet.isFocused(segment)) {
      this.gone.add(id); // somebody is in it: a save will be told where it went
      return;
    }
    this.gone.delete(id);
    desk.remove(id);
  }

  /** @param {any} told */
  #changed(told) {
    const { desk } = this;
    const known = desk.sheet.byId.get(told.id);
    const entry = desk.saver.entries.get(told.id);
    if (known && entry && told.rev <= Math.max(known.rev, entry.server.rev)) return;
    const isMine = told.by === desk.user;
    const isTouched = known && entry && (desk.sheet.isFocused(known) || entry.isDirty || entry.conflict);
    const segment = desk.take(told);
    if (isMine) return;
    if (isTouched) this.#tell(segment, told.by_name);
    else {
      segment.row.classList.add("tint");
      setTimeout(() => segment.row.classList.remove("tint"), TINT_MS);
    }
  }

  /** @param {import("./sheet.js").Segment} segment @param {string} name */
  #tell(segment, name) {
    segment.row.querySelector("[data-notice]")?.remove();
    const notice = copyOf(this.desk, "notice");
    const words = t("%(name)s has just changed this segment", { name: name || t("a colleague") });
    const place = notice.querySelector("span");
    if (place) place.textContent = words;
    segment.row.append(notice);
    announce(words);
  }
}
