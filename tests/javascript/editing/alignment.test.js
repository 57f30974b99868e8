/** The vectors shared with the Python implementations, which pytest checks. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { fold, letters, normalise, tokenise } from "../../../archive/web/static/js/core/tokens.js";
import { retime } from "../../../archive/web/static/js/editing/alignment.js";
import { threeWay } from "../../../archive/web/static/js/editing/merging.js";

/** The vectors of one rule. @param {string} name @returns {any} */
const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/edits/${name}.json`, import.meta.url), "utf8"));

test("text is tokenised as in Python", () => {
  for (const { text, tokens } of vectors("tokens").texts) {
    assert.deepEqual(tokenise(text), tokens);
    assert.equal(normalise(text), tokens.join(" "));
  }
});

test("tokens are folded as in Python", () => {
  for (const { token, fold: folded, letters: lettersOnly } of vectors("tokens").tokens) {
    assert.equal(fold(token), folded, token);
    assert.equal(letters(token), lettersOnly, token);
  }
});

test("words keep their times as in Python", () => {
  for (const { about, words, text, start_ms, end_ms, result } of vectors("alignment").cases) {
    assert.deepEqual(retime(words, text, { start_ms, end_ms }), result, about);
  }
});

test("two changes are merged as in Python", () => {
  for (const { about, base, theirs, yours, text, hunks } of vectors("merging").cases) {
    assert.deepEqual(threeWay(base, theirs, yours), { text, hunks }, about);
  }
});
