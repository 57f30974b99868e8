/** The draft of one segment: what is sent next, and what is known after an answer. */

import assert from "node:assert/strict";
import test from "node:test";

import { SegmentDraft } from "../../../archive/web/static/js/editing/segment_draft.js";

const BASE = "một hai ba";

/** A draft of the segment "s" at revision 7, with a key for each new request. @param {string} [text] */
function makeDraft(text = BASE) {
  const draft = new SegmentDraft("s", { rev: 7, text: BASE });
  draft.text = text;
  let keys = 0;
  const next = () =>
    draft.next(() => {
      keys += 1;
      return `key-${keys}`;
    });
  return { draft, next };
}

test("text that differs only in spaces is not dirty", () => {
  const { draft } = makeDraft(" một  hai ba ");
  assert.deepEqual([draft.isDirty, draft.hasNews, draft.isBehind], [false, false, false]);
});

test("changed fields without changed text are sent without a text", () => {
  const { draft, next } = makeDraft();
  draft.fields = { state: "heard" };
  assert.equal(draft.isDirty, true);
  assert.deepEqual(next()?.body, { state: "heard" });
  assert.deepEqual([draft.fields, draft.hasNews, draft.isDirty], [{}, false, true]);
});

test("a pending request is repeated as it is until it is answered", () => {
  const { draft, next } = makeDraft("một hai ba bốn");
  const request = next();
  draft.text = "một hai ba bốn năm";
  assert.equal(next(), request);
  draft.saved({ rev: 8, text: "một hai ba bốn" });
  assert.deepEqual(next(), {
    key: "key-2",
    rev: 8,
    body: { text: "một hai ba bốn năm" },
    text: "một hai ba bốn năm",
  });
});

test("an answer with merged words leaves the draft behind the server", () => {
  const { draft, next } = makeDraft("một hai BA");
  next();
  draft.saved({ rev: 9, text: "MỘT hai BA" });
  assert.deepEqual([draft.base, draft.baseRev, draft.isBehind], ["một hai BA", null, true]);
  assert.equal(draft.isDirty, false);
  draft.text = "một hai BA bốn";
  assert.deepEqual(next()?.body, { text: "MỘT hai BA bốn" });
  assert.equal(draft.pending?.rev, 9);
});

test("words that were changed on both sides are a conflict and send nothing", () => {
  const { draft, next } = makeDraft("một hái ba");
  draft.server = { rev: 8, text: "một hải ba" };
  draft.baseRev = null;
  assert.equal(next(), null);
  assert.deepEqual(draft.conflict, {
    base: BASE,
    theirs: { rev: 8, text: "một hải ba" },
    yours: "một hái ba",
    why: "words",
  });
  draft.giveUp();
  assert.deepEqual([draft.conflict, draft.isDirty, draft.text], [null, false, "một hải ba"]);
});

test("an answer that comes for the second time never replaces a newer state of the server", () => {
  const { draft, next } = makeDraft("một hai ba bốn");
  next();
  draft.server = { rev: 12, text: "mới hơn" };
  draft.saved({ rev: 8, text: "một hai ba bốn" });
  assert.deepEqual(draft.server, { rev: 12, text: "mới hơn" });
});

test("a refused request gives its fields back, and later changes of them stay", () => {
  const { draft, next } = makeDraft("một hai ba bốn");
  draft.fields = { start: 10, state: "heard" };
  next();
  draft.fields = { start: 20 };
  draft.takeBack();
  assert.equal(draft.pending, null);
  assert.deepEqual(draft.fields, { start: 20, state: "heard" });
  assert.deepEqual(next()?.body, { start: 20, state: "heard", text: "một hai ba bốn" });
});

test("adopting the server's words leaves nothing to send", () => {
  const { draft, next } = makeDraft();
  draft.server = { rev: 9, text: "mới" };
  assert.equal(draft.isBehind, true);
  draft.adopt();
  assert.deepEqual([draft.text, draft.baseRev, draft.isBehind], ["mới", 9, false]);
  draft.text = "mới hơn";
  assert.equal(next()?.rev, 9);
});

test("a draft made from a row of the outbox keeps every field of it", () => {
  const pending = { key: "k", rev: 7, body: { text: "chữ" }, text: "chữ" };
  const row = {
    key: "u/s",
    edit: 3,
    segment: "s",
    base: BASE,
    baseRev: 7,
    text: "chữ",
    at: 50,
    answer: "dở",
  };
  const owned = { ...row, fields: { start: 5 }, pending, user: "u", version: "v", page: "p" };
  const draft = SegmentDraft.recovered(owned, { rev: 9, text: "mới" });
  assert.deepEqual(draft.outboxRow(), { ...row, fields: { start: 5 }, pending });
  assert.deepEqual([draft.isRecovered, draft.isKept, draft.isDirty], [true, true, true]);
});

test("an answer that was begun and differs from what was saved is asked about", () => {
  const { draft } = makeDraft("một hai bà");
  draft.answer = "một hai bà và ba";
  draft.server = { rev: 9, text: "một hai bà" };
  const conflict = draft.answerLeft();
  assert.deepEqual([conflict?.yours, conflict?.theirs.rev], ["một hai bà và ba", 9]);
  assert.deepEqual([draft.text, draft.baseRev, draft.answer], ["một hai bà và ba", 9, null]);
  draft.answer = "một hai  bà";
  assert.equal(draft.answerLeft(), null);
});

test("a row of the outbox keeps the answer that was begun", () => {
  const { draft } = makeDraft("một hai bà");
  draft.answer = "một hai bà và ba";
  const row = { ...draft.outboxRow(), user: "u", version: "v", page: "p" };
  assert.equal(SegmentDraft.recovered(row, draft.server).answer, "một hai bà và ba");
  const { answer: _none, ...older } = row;
  assert.equal(SegmentDraft.recovered(older, draft.server).answer, null);
});
