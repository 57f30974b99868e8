/**
 * Highlights of the current word and of words to check, drawn over plain text by the Custom
 * Highlight API. Ranges of a segment are removed while it is edited and rebuilt 300 ms later.
 */

import { lastBegun } from "../transcripts/reading/words.js";
import { retime } from "./alignment.js";
import { textOf } from "./caret.js";

/** @typedef {[number, number, string, number | null, string]} Packed start, end, text, confidence, source */
/** @typedef {import("./segment_list.js").Segment} Segment */
/** @typedef {{from: number, to: number}} TextSpan characters */

const DOUBT = 0.6;
const REBUILD_MS = 300;
const TOKEN = /\S+/g;

export class WordHighlights {
  /** @param {import("./segment_list.js").SegmentList} segmentList */
  constructor(segmentList) {
    this.segmentList = segmentList;
    /** @type {Map<string, Packed[]>} */
    this.times = new Map();
    /** @type {Map<string, StaticRange[]>} */
    this.ranges = new Map();
    /** @type {Map<string, number>} */
    this.timers = new Map();
    this.able =
      typeof CSS !== "undefined" && "highlights" in CSS && typeof Highlight !== "undefined";
    this.low = this.able ? new Highlight() : null;
    this.shown = true;
    /** @type {{id: string, at: number} | null} */
    this.current = null;
    if (this.low) CSS.highlights.set("low", this.low);
  }

  /** @param {string} id @param {Packed[]} words */
  setWords(id, words) {
    this.times.set(id, words);
    const segment = this.segmentList.byId.get(id);
    if (segment && !this.timers.has(id)) this.#mark(segment);
  }

  /** @param {string} id */
  remove(id) {
    this.#clear(id);
    this.times.delete(id);
  }

  /** Remove the highlights while the text is edited; realign them after a pause. @param {Segment} segment */
  pauseAndRealign(segment) {
    this.#clear(segment.id);
    if (this.current?.id === segment.id) this.#drawNow(null, null);
    clearTimeout(this.timers.get(segment.id));
    this.timers.set(
      segment.id,
      window.setTimeout(() => {
        this.timers.delete(segment.id);
        this.#realign(segment);
        this.#mark(segment);
      }, REBUILD_MS),
    );
  }

  /** Draw the word at a playback time. @param {Segment | null} segment @param {number} ms @param {boolean} playing */
  follow(segment, ms, playing) {
    const words = segment && this.times.get(segment.id);
    if (!segment || !words || !playing || this.timers.has(segment.id))
      return this.#drawNow(null, null);
    const at = lastBegun(
      words.map((word) => ({ start: word[0] })),
      ms,
    );
    if (this.current && this.current.id === segment.id && this.current.at === at) return;
    const place = at >= 0 && words[at][1] + 400 >= ms ? this.places(segment)[at] : null;
    this.#drawNow(segment, place || null);
    this.current = place ? { id: segment.id, at } : null;
  }

  /** Where each word stands in the text. @param {Segment} segment @returns {TextSpan[]} */
  places(segment) {
    return [...textOf(segment.box).matchAll(TOKEN)].map((found) => ({
      from: found.index,
      to: found.index + found[0].length,
    }));
  }

  /** Return the start time of the word at a character. @param {Segment} segment @param {number} char */
  timeAt(segment, char) {
    const at = this.places(segment).findIndex((place) => place.to >= char);
    return this.times.get(segment.id)?.[at]?.[0] ?? segment.start;
  }

  /** Return the words to check. @param {Segment} segment @returns {TextSpan[]} */
  doubts(segment) {
    const words = this.times.get(segment.id);
    if (!words || segment.state === "heard") return [];
    const places = this.places(segment);
    if (places.length !== words.length) return [];
    return places.filter((_place, at) => isDoubtful(words[at]));
  }

  /** @param {boolean} shown */
  show(shown) {
    this.shown = shown;
    for (const segment of this.segmentList.list) this.#mark(segment);
  }

  /** Redraw after a change of state: a checked segment has no dots. @param {Segment} segment */
  redraw(segment) {
    if (!this.timers.has(segment.id)) this.#mark(segment);
  }

  /** @param {Segment} segment */
  #realign(segment) {
    const old = this.times.get(segment.id);
    if (!old) return;
    const words = old.map(([start_ms, end_ms, text, confidence, source]) => ({
      start_ms,
      end_ms,
      text,
      confidence,
      source,
    }));
    const times = { start_ms: segment.start, end_ms: segment.end };
    const now = retime(words, textOf(segment.box), times);
    this.times.set(
      segment.id,
      now.map((word) => [word.start_ms, word.end_ms, word.text, word.confidence, word.source]),
    );
  }

  /** @param {Segment} segment */
  #mark(segment) {
    this.#clear(segment.id);
    const node = segment.box.firstChild;
    if (!this.low || !this.shown || !(node instanceof Text) || node.nextSibling) return;
    const words = this.times.get(segment.id);
    if (!words || segment.state === "heard" || !words.some(isDoubtful)) return;
    const ranges = this.doubts(segment).map((place) => rangeOf(node, place));
    for (const range of ranges) this.low.add(range);
    if (ranges.length) this.ranges.set(segment.id, ranges);
  }

  /** @param {string} id */
  #clear(id) {
    for (const range of this.ranges.get(id) || []) this.low?.delete(range);
    this.ranges.delete(id);
  }

  /** @param {Segment | null} segment @param {TextSpan | null} place */
  #drawNow(segment, place) {
    if (!this.able) return;
    this.current = null;
    const node = segment?.box.firstChild;
    if (!place || !(node instanceof Text) || place.to > node.length) CSS.highlights.delete("now");
    else CSS.highlights.set("now", new Highlight(rangeOf(node, place)));
  }
}

/** @param {Packed} word */
export function isDoubtful(word) {
  return word[3] !== null && word[3] < DOUBT;
}

/** @param {Text} node @param {TextSpan} place */
function rangeOf(node, place) {
  return new StaticRange({
    startContainer: node,
    startOffset: place.from,
    endContainer: node,
    endOffset: place.to,
  });
}
