/**
 * Words of a transcript in plain text: which one is being played, which one was clicked.
 * No element per word: a word is a range of characters, drawn by the Custom Highlight API.
 */

/** @typedef {{start: number, end: number, from: number, to: number}} PlacedWord ms and characters */

/**
 * Where each token of a text stands, with its times.
 * @param {string} text @param {number[]} times start and end of each token, in ms
 * @returns {PlacedWord[]}
 */
export function wordsOf(text, times) {
  const words = [];
  const token = /\S+/g;
  for (let i = 0, found = token.exec(text); found; found = token.exec(text), i += 2) {
    if (i + 1 >= times.length) break;
    words.push({
      start: times[i],
      end: times[i + 1],
      from: found.index,
      to: found.index + found[0].length,
    });
  }
  return words;
}

/**
 * The last item that has begun at this time, by halving; -1 before the first.
 * @param {{start: number}[]} items in order of start @param {number} ms
 */
export function lastBegun(items, ms) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].start <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** @param {PlacedWord[]} words @param {number} char @returns {PlacedWord | null} */
export function wordAt(words, char) {
  return words.find((word) => char >= word.from && char <= word.to) || null;
}

/** Draws one kind of highlight; does nothing in browsers without the API. */
export class WordHighlight {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.able =
      typeof CSS !== "undefined" && "highlights" in CSS && typeof Highlight !== "undefined";
  }

  /** @param {Node} node a text node @param {PlacedWord | null} word */
  draw(node, word) {
    if (!this.able) return;
    if (!word || !node) {
      CSS.highlights.delete(this.name);
      return;
    }
    const range = new StaticRange({
      startContainer: node,
      startOffset: word.from,
      endContainer: node,
      endOffset: word.to,
    });
    CSS.highlights.set(this.name, new Highlight(range));
  }
}

/**
 * Return the place in the text at a point of the window, or null.
 * @param {number} x @param {number} y @returns {{node: Node, offset: number} | null}
 */
export function caretAt(x, y) {
  // Older browsers have only the method that is not in the standard.
  if (typeof document.caretPositionFromPoint === "function") {
    const found = document.caretPositionFromPoint(x, y);
    return found ? { node: found.offsetNode, offset: found.offset } : null;
  }
  const range = document.caretRangeFromPoint(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : null;
}
