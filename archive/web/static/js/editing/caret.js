/** Where the caret stands in the words of a segment; read only, except on request. */

/** The words as they stand, a line break counted as a space. @param {HTMLElement} box */
export function textOf(box) {
  if (!box.firstElementChild) return box.textContent || "";
  let text = "";
  for (const node of box.childNodes) text += node.nodeName === "BR" ? " " : node.textContent;
  return text;
}

/** Characters before the caret, or null when it is elsewhere or a passage is selected. @param {HTMLElement} box */
export function caretIn(box) {
  const selection = getSelection();
  if (!selection?.rangeCount || !selection.isCollapsed || !box.contains(selection.anchorNode))
    return null;
  const before = document.createRange();
  before.selectNodeContents(box);
  before.setEnd(/** @type {Node} */ (selection.anchorNode), selection.anchorOffset);
  return before.toString().length;
}

/** Put the caret after so many characters; the end for Infinity. @param {HTMLElement} box @param {number} offset */
export function putCaret(box, offset) {
  box.focus({ preventScroll: true });
  const selection = getSelection();
  if (!selection) return;
  const found = spot(box, offset);
  selection.collapse(found.node, found.offset);
}

/** Select from one character to another. @param {HTMLElement} box @param {number} from @param {number} to */
export function select(box, from, to) {
  box.focus({ preventScroll: true });
  const [begin, end] = [spot(box, from), spot(box, to)];
  getSelection()?.setBaseAndExtent(begin.node, begin.offset, end.node, end.offset);
}

/** Whether the caret is on the first and the last line of the box. @param {HTMLElement} box */
export function linesAt(box) {
  const selection = getSelection();
  if (!selection?.rangeCount || !box.contains(selection.anchorNode))
    return { first: false, last: false };
  const caret = selection.getRangeAt(0).getBoundingClientRect();
  const frame = box.getBoundingClientRect();
  if (!caret.height) return { first: true, last: true };
  return {
    first: caret.top - frame.top < caret.height,
    last: frame.bottom - caret.bottom < caret.height,
  };
}

/**
 * How many code points of the tidied text stand before an offset of the text as typed; the
 * server counts those.
 * @param {string} typed @param {number} offset
 */
export function pointsBefore(typed, offset) {
  const head = typed.slice(0, offset).normalize("NFC").replace(/\s+/gu, " ").replace(/^ /u, "");
  return [...head].length;
}

/** @param {HTMLElement} box @param {number} offset @returns {{node: Node, offset: number}} */
function spot(box, offset) {
  let left = offset;
  let last = null;
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = /** @type {Text} */ (node).length;
    if (left <= length) return { node, offset: left };
    left -= length;
    last = node;
  }
  return last
    ? { node: last, offset: /** @type {Text} */ (last).length }
    : { node: box, offset: 0 };
}
