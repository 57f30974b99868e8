/** Levels of the wave: how peaks become bars. */

import assert from "node:assert/strict";
import test from "node:test";

import { levelsOf } from "../../../archive/web/static/js/editing/peaks.js";

/** Peaks of a recording. @param {number[]} fine @param {number[]} [coarse] */
const peaks = (fine, coarse = []) => ({
  fine: Uint8Array.from(fine),
  coarse: Uint8Array.from(coarse),
});

test("levels are between 0 and 1, and the loudest bar is 1", () => {
  const levels = levelsOf(peaks([0, 0, 50, 50, 100, 100, 200, 200]), 4);
  assert.equal(levels.length, 4);
  assert.deepEqual([levels[0], levels[3]], [0, 1]);
  assert.ok(levels.every((level, at) => at === 0 || level > levels[at - 1]));
});

test("levels of silence are 0, not a division by 0", () => {
  assert.deepEqual(levelsOf(peaks([0, 0, 0, 0]), 2), [0, 0]);
  assert.deepEqual(levelsOf(peaks([]), 2), [0, 0]);
});

test("levels come from the coarse block once it has four peaks for a bar", () => {
  const both = peaks([9, 9, 9, 9, 0, 0, 0, 0], [0, 0, 0, 0, 9, 9, 9, 9]);
  assert.deepEqual(levelsOf(both, 2), [0, 1]);
  assert.deepEqual(levelsOf(both, 4)[0], 1, "too few coarse peaks for four bars");
});

test("more bars than peaks repeat the nearest peak", () => {
  assert.deepEqual(levelsOf(peaks([0, 100]), 4), [0, 0, 1, 1]);
});
