/** Tools of the current segment, and the note around a sentence that the machine may have added. */

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_list.js").Segment} Segment */

/** @param {Editor} editor @param {string} name @returns {HTMLElement} */
export function copyOf(editor, name) {
  const template = /** @type {HTMLTemplateElement} */ (
    editor.root.querySelector(`[data-template="${name}"]`)
  );
  return /** @type {HTMLElement} */ (
    /** @type {Element} */ (template.content.firstElementChild).cloneNode(true)
  );
}

export class SegmentTools {
  /** @param {Editor} editor @param {import("./speakers.js").Speakers} speakers */
  constructor(editor, speakers) {
    this.editor = editor;
    this.speakers = speakers;
    this.tools = copyOf(editor, "tools");
    this.isPressed = false;
    /** @type {Segment | null} */
    this.waiting = null;
    editor.on("current", (segment, before) => this.#move(segment, before));
    editor.on("changed", (segment) => {
      this.drawSuspect(segment);
      if (segment === editor.current) this.speakers.draw(this.tools, segment);
    });
    for (const segment of editor.segmentList.list) this.drawSuspect(segment);
    this.#watchFocus();
  }

  /** Draw or remove the note of a suspect sentence. @param {Segment} segment */
  drawSuspect(segment) {
    const { row, box } = segment;
    const isSuspect = this.editor.segmentList.isSuspect(segment);
    if (row.classList.contains("segment--suspect") === isSuspect) return;
    row.classList.toggle("segment--suspect", isSuspect);
    for (const old of row.querySelectorAll("[data-suspect]")) old.remove();
    if (!isSuspect) return;
    const reason = this.editor.root.querySelector(
      `[data-reasons] [data-flag="${segment.flags[0]}"]`,
    );
    const note = copyOf(this.editor, "suspect");
    const words = note.querySelector("[data-reason]");
    if (words) words.textContent = reason?.textContent || "";
    row.insertBefore(note, row.children[1]);
    if (this.editor.editable) box.after(copyOf(this.editor, "suspect-answers"));
  }

  /** While the mouse is pressed the caret is being placed: rows above change their height only after it. */
  #watchFocus() {
    const { root } = this.editor.segmentList;
    root.addEventListener("pointerdown", () => {
      this.isPressed = true;
    });
    for (const name of ["pointerup", "pointercancel"]) {
      addEventListener(name, () => {
        this.isPressed = false;
        if (this.waiting) this.editor.choose(this.waiting);
        this.waiting = null;
      });
    }
    root.addEventListener("focusin", (event) => {
      const segment = this.editor.segmentList.around(/** @type {Element} */ (event.target));
      if (!segment) return;
      if (this.isPressed && segment !== this.editor.current) this.waiting = segment;
      else this.editor.choose(segment);
    });
  }

  /** @param {Segment | null} segment @param {Segment | null} before */
  #move(segment, before) {
    const { root } = this.editor.segmentList;
    const top = segment ? segment.row.getBoundingClientRect().top : 0;
    before?.row.classList.remove("segment--current");
    this.tools.remove();
    if (!segment) return;
    segment.row.classList.add("segment--current");
    if (this.editor.editable) {
      this.speakers.draw(this.tools, segment);
      segment.row.append(this.tools);
    }
    const moved = segment.row.getBoundingClientRect().top - top;
    const scroller = root.scrollHeight > root.clientHeight + 1 ? root : document.scrollingElement;
    if (scroller && Math.abs(moved) > 1) scroller.scrollTop += moved;
    segment.row.scrollIntoView({ block: "nearest" });
  }
}
