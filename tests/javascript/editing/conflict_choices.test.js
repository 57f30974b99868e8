/** The dialog of a conflict: what is marked, and what becomes of a choice. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  added,
  chosenText,
  runs,
  touched,
} from "../../../archive/web/static/js/editing/conflict_choices.js";
import { threeWay } from "../../../archive/web/static/js/editing/merging.js";

const BASE =
  "Tụi nhỏ phá rào kẽm gay bãi xe để đi tắt ra chợ cây thị , sáng nào tôi cũng phải vá lại .";
const THEIRS = { text: BASE.replace("gay", "gai").replace("cây thị", "Thị Nghè") };
const YOURS = BASE.replace("gay", "gai")
  .replace("cây thị", "Cây Thị")
  .replace("vá lại", "vá lại mãi");

test("only new words are marked", () => {
  const tokens = YOURS.split(" ");
  assert.deepEqual(
    [...added(BASE, YOURS)].map((at) => tokens[at]),
    ["gai", "Cây", "Thị", "mãi"],
  );
  const old = BASE.split(" ");
  assert.deepEqual(
    [...touched({ base: BASE, theirs: THEIRS, yours: YOURS })].map((at) => old[at]),
    ["gay", "cây", "thị"],
  );
});

test("adjacent words are marked together, text far from every change is separate", () => {
  const tokens = Array.from({ length: 40 }, (_, at) => `w${at}`);
  const found = runs(tokens, new Set([20, 21, 37]));
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ["far", "near", "changed", "near", "changed", "near"],
  );
  assert.equal(found[2].words, "w20 w21");
  assert.equal(found.map(({ words }) => words).join(" "), tokens.join(" "));
  assert.deepEqual(runs(["a", "b"], new Set()), [{ kind: "near", words: "a b" }]);
  assert.deepEqual(
    runs(tokens.slice(0, 12), new Set([0])).map(({ kind }) => kind),
    ["changed", "near", "near"],
  );
  assert.deepEqual(runs([], new Set()), []);
});

test("a choice changes its own hunk only", () => {
  const sides = { base: BASE, theirs: THEIRS, yours: YOURS };
  assert.equal(threeWay(BASE, THEIRS.text, YOURS).hunks.length, 1);
  assert.equal(chosenText(sides, ["yours"]), YOURS);
  assert.equal(chosenText(sides, ["theirs"]), YOURS.replace("Cây Thị", "Thị Nghè"));
});

test("chosenText of one hunk keeps the words between several changes of a side", () => {
  const base = "a b c d e f";
  const sides = { base, theirs: { text: "X f" }, yours: "a B c D e f" };
  const [hunk, ...others] = threeWay(base, sides.theirs.text, sides.yours).hunks;
  assert.deepEqual(others, []);
  assert.equal(hunk.yours, "a B c D e");
  assert.equal(chosenText(sides, ["yours"]), sides.yours);
  assert.equal(chosenText(sides, ["theirs"]), sides.theirs.text);
});

test("chosenText without conflicts is the merge", () => {
  const words = ["a", "b", "c", "d", "e"];
  for (let round = 0; round < 300; round += 1) {
    const draw = (/** @type {number} */ seed) =>
      words
        .map((word, at) => ((round * 31 + seed * 17 + at * 7) % 5 === 0 ? `${word}${seed}` : word))
        .join(" ");
    const [base, theirs, yours] = [words.join(" "), draw(1), draw(2)];
    const merged = threeWay(base, theirs, yours);
    const mine = chosenText(
      { base, theirs: { text: theirs }, yours },
      merged.hunks.map(() => "yours"),
    );
    if (merged.text !== null) assert.equal(mine, merged.text);
    for (const hunk of merged.hunks) if (hunk.yours) assert.ok(mine.includes(hunk.yours));
  }
});
