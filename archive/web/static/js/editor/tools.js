// @ts-check
/** What stands around the words of a segment: its tools while it is worked on, the frame of a doubtful one. */

import { putCaret } from "./caret.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./sheet.js").Segment} Segment */

/** @param {Desk} desk @param {string} name @returns {HTMLElement} */
export function copyOf(desk, name) {
  const template = /** @type {HTMLTemplateElement} */ (desk.root.querySelector(`[data-template="${name}"]`));
  return /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
}

export class Tools {
  /** @param {Desk} desk @param {import("./speakers.js").Speakers} speakers */
  constructor(desk, speakers) {
    this.desk = desk;
    this.speakers = speakers;
    this.tools = copyOf(desk, "tools");
    this.isPressed = false;
    /** @type {Segment | null} */
    this.waiting = null;
    desk.on("current", (segment, before) => this.#move(segment, before));
    desk.on("changed", (segment) => {
      this.frame(segment);
      if (segment === desk.current) this.speakers.draw(this.tools, segment);
    });
    for (const segment of desk.sheet.list) this.frame(segment);
    this.#watchFocus();
  }

  /** Put the frame of a doubtful sentence around a row, or take it off. @param {Segment} segment */
  frame(segment) {
    const { row, box } = segment;
    const isGhost = this.desk.sheet.isGhost(segment);
    if (row.classList.contains("ghost") === isGhost) return;
    row.classList.toggle("ghost", isGhost);
    for (const old of row.querySelectorAll("[data-ghost]")) old.remove();
    if (!isGhost) return;
    const reason = this.desk.root.querySelector(`[data-reasons] [data-flag="${segment.flags[0]}"]`);
    const note = copyOf(this.desk, "ghost");
    const words = note.querySelector("[data-reason]");
    if (words) words.textContent = reason?.textContent || "";
    row.insertBefore(note, row.children[1]);
    if (this.desk.editable) box.after(copyOf(this.desk, "ghost-answers"));
  }

  /** A press of the mouse puts the caret first; only then may rows above change their height. */
  #watchFocus() {
    const { root } = this.desk.sheet;
    root.addEventListener("pointerdown", () => {
      this.isPressed = true;
    });
    for (const name of ["pointerup", "pointercancel"]) {
      addEventListener(name, () => {
        this.isPressed = false;
        if (this.waiting) this.desk.choose(this.waiting);
        this.waiting = null;
      });
    }
    root.addEventListener("focusin", (event) => {
      const segment = this.desk.sheet.around(/** @type {Element} */ (event.target));
      if (!segment) return;
      if (this.isPressed && segment !== this.desk.current) this.waiting = segment;
      else this.desk.choose(segment);
    });
  }

  /** @param {Segment | null} segment @param {Segment | null} before */
  #move(segment, before) {
    const { root } = this.desk.sheet;
    const top = segment ? segment.row.getBoundingClientRect().top : 0;
    before?.row.classList.remove("on");
    this.tools.remove();
    if (!segment) return;
    segment.row.classList.add("on");
    if (this.desk.editable) {
      this.speakers.draw(this.tools, segment);
      segment.row.append(this.tools);
    }
    const moved = segment.row.getBoundingClientRect().top - top;
    const scroller = root.scrollHeight > root.clientHeight + 1 ? root : document.scrollingElement;
    if (scroller && Math.abs(moved) > 1) scroller.scrollTop += moved;
    segment.row.scrollIntoView({ block: "nearest" });
  }

  /** Back into the words after a tool was used. @param {Segment} segment */
  back(segment) {
    if (this.desk.editable) putCaret(segment.box, Infinity);
  }
}
