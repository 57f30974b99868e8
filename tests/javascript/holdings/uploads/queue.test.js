import assert from "node:assert/strict";
import test from "node:test";

import {
  backOffMs,
  canRetry,
  createEntry,
  findContinued,
  keysToRetry,
  keysToStart,
  totals,
  transition,
} from "../../../../archive/web/static/js/holdings/uploads/queue.js";

/** @typedef {import("../../../../archive/web/static/js/holdings/uploads/queue.js").Entry} Entry */
/** @typedef {import("../../../../archive/web/static/js/holdings/uploads/queue.js").EntryState} EntryState */
/** @typedef {import("../../../../archive/web/static/js/holdings/uploads/queue.js").QueueEvent} QueueEvent */
/** @typedef {import("../../../../archive/web/static/js/holdings/uploads/queue.js").EventFacts} EventFacts */

/**
 * An entry of 100 bytes.
 * @param {string} key @param {EntryState} [state] @param {Partial<Entry>} [more] @returns {Entry}
 */
const file = (key, state = "waiting", more = {}) => ({
  ...createEntry({ key, name: `${key}.wav`, sizeBytes: 100, state }),
  ...more,
});

/**
 * The entry after an event that does not remove it.
 * @param {Entry} entry @param {QueueEvent} event @param {EventFacts} [facts]
 */
function changed(entry, event, facts) {
  const after = transition(entry, event, facts);
  assert.ok(after, `${event} removed the entry`);
  return after;
}

test("a file goes from waiting to its final state", () => {
  let e = file("a");
  const steps = /** @type {const} */ ([
    ["start", "sending"],
    ["progress", "sending"],
    ["whole", "settling"],
    ["settled", "settled"],
  ]);
  for (const [event, state] of steps) {
    e = changed(e, event, { sentBytes: event === "progress" ? 40 : undefined });
    assert.equal(e.state, state);
  }
  assert.equal(e.sentBytes, 100);
});

test("a response after a pause changes nothing", () => {
  const paused = changed(file("a", "sending", { sentBytes: 40 }), "pause");
  assert.equal(changed(paused, "progress", { sentBytes: 60 }), paused);
  assert.equal(changed(paused, "lost", { nowMs: 5 }), paused);
  assert.equal(changed(paused, "resume").state, "waiting");
});

test("a lost connection keeps the offset and waits longer each time, until bytes are sent", () => {
  let e = changed(file("a", "sending", { sentBytes: 60, keptBytes: 40 }), "lost", {
    nowMs: 1000,
  });
  assert.equal(e.state, "offline");
  assert.equal(e.sentBytes, 40);
  assert.equal(e.retryAtMs, 2000);
  e = changed(changed(changed(e, "retry"), "start"), "lost", { nowMs: 2000 });
  assert.equal(e.retryAtMs, 4000);
  e = changed(
    changed(changed(changed(e, "retry"), "start"), "accepted", { keptBytes: 50 }),
    "lost",
    {
      nowMs: 9000,
    },
  );
  assert.equal(e.retryAtMs, 10_000);
});

test("the retry delay never exceeds half a minute", () => {
  assert.equal(backOffMs(1), 1000);
  assert.equal(backOffMs(99), 30_000);
});

test("at most two files are sent at once, including those being checked", () => {
  const list = [file("a", "settling"), file("b", "sending"), file("c"), file("d")];
  assert.deepEqual(keysToStart(list), []);
  assert.deepEqual(keysToStart(list.slice(1)), ["c"]);
  assert.deepEqual(keysToStart([file("c"), file("d"), file("e")]), ["c", "d"]);
});

test("a full disk is retried automatically, a pause is not", () => {
  const full = changed(file("a", "sending"), "full", { nowMs: 0 });
  const paused = changed(file("b", "sending"), "pause");
  assert.deepEqual(keysToRetry([full, paused], 29_999), []);
  assert.deepEqual(keysToRetry([full, paused], 30_000), ["a"]);
});

test("a dropped file is removed, a file being checked cannot be dropped", () => {
  assert.equal(transition(file("a", "paused"), "drop"), null);
  const settling = file("a", "settling");
  assert.equal(changed(settling, "drop"), settling);
});

test("the total counts unfinished files", () => {
  const sum = totals([
    file("a", "settled", { sentBytes: 100 }),
    file("b", "sending", { sentBytes: 30 }),
    file("c", "paused"),
  ]);
  assert.equal(sum.count, 3);
  assert.equal(sum.sizeBytes, 300);
  assert.equal(sum.leftBytes, 170);
  assert.ok(sum.isSending && sum.canPause && sum.canResume);
});

test("a selected file resumes the part with its name and size, in any Unicode form", () => {
  const list = [
    createEntry({
      key: "m",
      name: "Hòa.wav".normalize("NFC"),
      sizeBytes: 7,
      sentBytes: 3,
      uploadId: "U",
      state: "missing",
    }),
    file("x"),
  ];
  assert.equal(
    findContinued(list, { name: "Hòa.wav".normalize("NFD"), sizeBytes: 7 })?.uploadId,
    "U",
  );
  assert.equal(findContinued(list, { name: "Hòa.wav", sizeBytes: 8 }), undefined);
  assert.equal(findContinued(list, { name: "x.wav", sizeBytes: 100 }), undefined);
});

test("a pause keeps the stored offset, not the bytes in transit", () => {
  const sending = changed(file("a", "sending", { sentBytes: 90 }), "accepted", {
    keptBytes: 64,
  });
  const paused = changed(sending, "pause");
  assert.equal(paused.sentBytes, 64);
  assert.equal(paused.keptBytes, 64);
});

test("bytes that are compared are not counted as sent", () => {
  let e = changed(file("a", "sending"), "compare");
  e = changed(e, "compared", { sentBytes: 70 });
  assert.equal(changed(e, "pause").sentBytes, 0);
  assert.equal(changed(e, "send").sentBytes, 0);
  assert.equal(changed(e, "send").state, "sending");
  const known = changed(e, "known");
  assert.equal(known.state, "settling");
  assert.equal(known.sentBytes, 100);
});

test("a different file of the same name and size leaves the unfinished upload waiting", () => {
  const other = changed(
    file("a", "sending", { sentBytes: 40, keptBytes: 40, uploadId: "U" }),
    "other",
    { problem: "another_file" },
  );
  assert.equal(other.state, "missing");
  assert.equal(other.problem, "another_file");
  assert.equal(other.keptBytes, 40);
});

test("a retry is offered only for temporary failures", () => {
  assert.ok(canRetry(file("a", "offline")));
  assert.ok(canRetry(file("a", "failed", { problem: "upload_ended" })));
  assert.ok(!canRetry(file("a", "failed", { problem: "empty_file" })));
  assert.ok(!canRetry(file("a", "sending")));
});
