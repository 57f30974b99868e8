/** Words typed into a segment that a colleague joined to another. */

import assert from "node:assert/strict";
import test from "node:test";

import { movedInto } from "../../../archive/web/static/js/editing/merging.js";

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
