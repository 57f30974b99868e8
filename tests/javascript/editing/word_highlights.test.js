/** Words and their times: which are doubtful, which one is heard at a character, after typing too. */

import assert from "node:assert/strict";
import test from "node:test";

import { WordHighlights } from "../../../archive/web/static/js/editing/word_highlights.js";

/** @typedef {import("../../../archive/web/static/js/editing/word_highlights.js").Packed} Packed */
/** @typedef {import("../../../archive/web/static/js/editing/segment_list.js").Segment} Segment */
/** @typedef {import("../../../archive/web/static/js/editing/segment_list.js").SegmentList} SegmentList */

const TEXT = "Hồi đó  hẻm tôi";
/** @type {Packed[]} */
const WORDS = [
  [1_000, 1_400, "Hồi", 0.9, "asr"],
  [1_400, 1_800, "đó", 0.3, "asr"],
  [2_000, 2_500, "hẻm", null, "edit"],
  [2_500, 3_000, "tôi", 0.59, "asr"],
];

/** A segment from 1 to 3 seconds with these words; its box is only its text. @param {string} [state] */
function makeWords(state = "machine") {
  const box = { textContent: TEXT, firstElementChild: null, firstChild: null };
  const segment = /** @type {Segment} */ (
    /** @type {unknown} */ ({ id: "s", start: 1_000, end: 3_000, state, box })
  );
  const list = { byId: new Map([["s", segment]]), list: [segment] };
  const words = new WordHighlights(/** @type {SegmentList} */ (/** @type {unknown} */ (list)));
  words.setWords("s", WORDS);
  return { words, segment, box };
}

/** The words at these places. @param {{from: number, to: number}[]} places @param {string} [text] */
const textsAt = (places, text = TEXT) => places.map(({ from, to }) => text.slice(from, to));

test("places are the words of the text, whatever spaces are between them", () => {
  const { words, segment } = makeWords();
  assert.deepEqual(textsAt(words.places(segment)), ["Hồi", "đó", "hẻm", "tôi"]);
});

test("doubtful are words of a machine below the limit, not those without a confidence", () => {
  const { words, segment } = makeWords();
  assert.deepEqual(textsAt(words.doubts(segment)), ["đó", "tôi"]);
});

test("a segment that was checked has no doubtful words", () => {
  const { words, segment } = makeWords("heard");
  assert.deepEqual(words.doubts(segment), []);
});

test("times that do not belong to the text mark nothing", () => {
  const { words, segment, box } = makeWords();
  box.textContent = `${TEXT} ơi`;
  assert.deepEqual(words.doubts(segment), []);
  words.remove("s");
  assert.deepEqual(words.doubts(segment), []);
});

test("the time at a character is that of its word, or of the segment without words", () => {
  const { words, segment } = makeWords();
  assert.deepEqual(
    [0, 3, 4, 8, TEXT.length].map((char) => words.timeAt(segment, char)),
    [1_000, 1_000, 1_400, 2_000, 2_500],
  );
  assert.equal(words.timeAt(segment, TEXT.length + 1), 1_000);
  words.remove("s");
  assert.equal(words.timeAt(segment, 8), 1_000);
});

test("typed words get times when the person rests, and others keep theirs", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  Object.assign(globalThis, { window: globalThis });
  context.after(() => Reflect.deleteProperty(globalThis, "window"));
  const { words, segment, box } = makeWords();
  box.textContent = "Hồi đó trong hẻm tôi";
  words.pauseAndRealign(segment);
  context.mock.timers.tick(200);
  words.pauseAndRealign(segment);
  context.mock.timers.tick(299);
  assert.equal(words.times.get("s"), WORDS, "nothing is computed while the person types");
  context.mock.timers.tick(1);
  const now = words.times.get("s") || [];
  assert.deepEqual(
    now.map(([, , text]) => text),
    ["Hồi", "đó", "trong", "hẻm", "tôi"],
  );
  assert.deepEqual([now[0], now[1], now[4]], [WORDS[0], WORDS[1], WORDS[3]]);
  assert.deepEqual(
    now[2].slice(3),
    [1, "interp"],
    "its times are shared out between its neighbours",
  );
  assert.deepEqual(textsAt(words.doubts(segment), box.textContent), ["đó", "tôi"]);
});
