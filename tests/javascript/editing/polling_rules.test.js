/** Polling: what is new, which row may be redrawn, and how a change is shown. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  isBeingEdited,
  isKnown,
  pollDelay,
  signOf,
} from "../../../archive/web/static/js/editing/polling_rules.js";
import { SegmentDraft } from "../../../archive/web/static/js/editing/segment_draft.js";

const BASE = "một hai ba";

/** A draft of revision 7, as the row shows it. @param {string} [text] */
function makeDraft(text = BASE) {
  const draft = new SegmentDraft("s", { rev: 7, text: BASE });
  draft.text = text;
  return draft;
}

test("a hidden page polls at a third of the rate of a visible one", () => {
  assert.equal(pollDelay(true), 10_000);
  assert.equal(pollDelay(false), 30_000);
});

test("a revision is known if the row or its draft has it", () => {
  const draft = makeDraft();
  assert.equal(isKnown(7, { rev: 5 }, draft), true);
  assert.equal(isKnown(8, { rev: 5 }, draft), false);
  assert.equal(isKnown(8, { rev: 8 }, draft), true);
  assert.equal(isKnown(9, { rev: 8 }, draft), false);
});

test("a row without focus and with saved text may be redrawn", () => {
  assert.equal(isBeingEdited(makeDraft(), false), false);
});

test("focus, unsent text or a conflict each keep a row as it is", () => {
  const conflict = makeDraft();
  conflict.conflict = { base: BASE, theirs: { rev: 8, text: "một" }, yours: "hai", why: "words" };
  assert.equal(isBeingEdited(makeDraft(), true), true);
  assert.equal(isBeingEdited(makeDraft("một hai bốn"), false), true);
  assert.equal(isBeingEdited(conflict, false), true);
});

test("a change of a colleague highlights the row, or gives a notice while it is edited", () => {
  assert.equal(signOf("lan", "minh", false), "highlight");
  assert.equal(signOf("lan", "minh", true), "notice");
});

test("an own change from another tab has no sign", () => {
  assert.equal(signOf("minh", "minh", false), "");
  assert.equal(signOf("minh", "minh", true), "");
});
