/** Words typed into a segment that a colleague joined to another. */

import assert from "node:assert/strict";
import test from "node:test";

import { inContext, movedInto, threeWay } from "../../../archive/web/static/js/editing/merging.js";

test("an insertion returns the text with the old words replaced and the new end", () => {
  assert.deepEqual(movedInto("Hồi đó khổ. Mưa là ngập.", "Mưa là ngập.", "Mưa là ngập tới gối."), {
    text: "Hồi đó khổ. Mưa là ngập tới gối.",
    end: 32,
  });
  assert.deepEqual(movedInto("Dạ", "Dạ", ""), { text: "", end: 0 });
});

test("old words found twice, in part or not at all give null", () => {
  assert.equal(movedInto("Dạ Mưa là ngập. Dạ", "Dạ", "Dạ thưa"), null);
  assert.equal(movedInto("Bạn ngồi", "Bạn ng", "Anh ng"), null);
  assert.equal(movedInto("Hồi đó khổ.", "Mưa là ngập.", "Mưa."), null);
  assert.equal(movedInto("Hồi đó khổ.", "", "Mưa."), null);
});

test("words changed on both sides meet within the text that took them in", () => {
  const text = "Hồi đó khổ. Mưa là lụt. Ai cũng sợ.";
  const words = inContext(text, "Mưa là ngập.", "Mưa là úng.");
  assert.deepEqual(words, {
    base: "Hồi đó khổ. Mưa là ngập. Ai cũng sợ.",
    yours: "Hồi đó khổ. Mưa là úng. Ai cũng sợ.",
  });
  assert.deepEqual(threeWay(words?.base || "", text, words?.yours || "").hunks, [
    { at: 5, base: "ngập.", theirs: "lụt.", yours: "úng." },
  ]);
});

test("a text that no longer has half of the words gives null", () => {
  assert.equal(inContext("Hồi đó khổ. Dạ.", "Mưa là ngập.", "Mưa là úng."), null);
  assert.equal(inContext("", "Mưa", "Mưa là"), null);
});
