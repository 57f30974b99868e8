/** What an answer to a save means, and how the state of saving is summed up. */

import assert from "node:assert/strict";
import test from "node:test";

import { conflictOf, outcomeOf } from "../../../archive/web/static/js/editing/save_answer.js";
import { statusOf } from "../../../archive/web/static/js/editing/save_status.js";
import { SegmentDraft } from "../../../archive/web/static/js/editing/segment_draft.js";
import { withStorageState } from "../../../archive/web/static/js/editing/storage_messages.js";

/** @typedef {import("../../../archive/web/static/js/editing/editor.js").Editor} Editor */

const KEPT = "What was typed is kept on this computer.";
const SAVER = { savedAt: 5, failures: 0, stopped: "", isDiskFull: false };

for (const { status, body = {}, outcome } of [
  { status: 200, outcome: "saved" },
  { status: 412, outcome: "conflict" },
  { status: 410, outcome: "conflict" },
  { status: 401, outcome: "sign-in" },
  { status: 423, outcome: "frozen" },
  { status: 409, outcome: "key used" },
  { status: 400, body: { error: "stale_form" }, outcome: "stale form" },
  { status: 400, outcome: "refused" },
  { status: 403, body: { error: "foreign_page" }, outcome: "lost" },
  { status: 403, outcome: "forbidden" },
  { status: 404, outcome: "forbidden" },
  { status: 408, outcome: "lost" },
  { status: 413, outcome: "refused" },
  { status: 422, outcome: "refused" },
  { status: 429, outcome: "lost" },
  { status: 500, outcome: "lost" },
  { status: 503, outcome: "lost" },
  { status: 0, outcome: "lost" },
  { status: 302, outcome: "lost" },
]) {
  test(`the outcome of status ${status} ${JSON.stringify(body)} is ${outcome}`, () => {
    assert.equal(outcomeOf(status, body), outcome);
    if (!Object.keys(body).length) assert.equal(outcomeOf(status, null), outcome);
  });
}

test("a conflict holds the text as typed now, with the server's base and words", () => {
  const draft = new SegmentDraft("s", { rev: 7, text: "một" });
  draft.text = "một hai";
  const theirs = { rev: 8, text: "mốt", by_name: "Lan" };
  assert.deepEqual(conflictOf(draft, 412, { base: "một", theirs }), {
    base: "một",
    theirs,
    yours: "một hai",
    why: "words",
  });
});

test("a segment that has ended is a conflict with no words on the other side", () => {
  const draft = new SegmentDraft("s", { rev: 7, text: "một" });
  draft.text = "một hai";
  assert.deepEqual(conflictOf(draft, 410, { replaced_by: ["t"] }), {
    base: "một",
    theirs: { rev: 7, text: "" },
    yours: "một hai",
    why: "ended",
    replacedBy: ["t"],
  });
  assert.equal(conflictOf(draft, 410, null).replacedBy, undefined);
});

/** Drafts with a state each. @param {...Partial<SegmentDraft>} states */
function drafts(...states) {
  return states.map((state) =>
    Object.assign(new SegmentDraft("s", { rev: 1, text: "một" }), state),
  );
}

test("the status counts segments, not drafts", () => {
  const two = drafts({ inFlight: true }, { isRecovered: true });
  assert.deepEqual(statusOf(two, SAVER), {
    saving: 1,
    unsent: 1,
    kept: true,
    unkept: false,
    conflicts: 0,
    savedAt: 5,
    cut: false,
    stopped: "",
    isDiskFull: false,
  });
});

test("one draft that no store has is not kept, and a failure means the connection is cut", () => {
  const status = statusOf(drafts({ edit: 2, keptEdit: 2 }, { isUnkept: true }), {
    ...SAVER,
    failures: 1,
  });
  assert.deepEqual([status.kept, status.unkept, status.cut], [false, true, true]);
});

/** An editor of which only the status of saving is read. @param {ReturnType<typeof statusOf>} status */
function editorWith(status) {
  return /** @type {Editor} */ (/** @type {unknown} */ ({ saver: { status } }));
}

test("a sentence says that unsent words are kept only when they are", () => {
  const kept = drafts({ edit: 1, keptEdit: 1 });
  const writing = drafts({ edit: 2, keptEdit: 1 });
  const refused = drafts({ isUnkept: true });
  /** @param {SegmentDraft[]} unsent */
  const sentence = (unsent) => withStorageState(editorWith(statusOf(unsent, SAVER)), "Cut.");
  assert.equal(sentence([]), "Cut.");
  assert.equal(sentence(kept), `Cut. ${KEPT}`);
  assert.equal(sentence(writing), "Cut.");
  assert.match(sentence(refused), /^Cut\. This browser cannot keep what you typed\./);
});
