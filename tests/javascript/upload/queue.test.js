import assert from "node:assert/strict";
import test from "node:test";

import {
  backOffMs, canRetry, continues, entry, step, toRetry, toStart, totals,
} from "../../../archive/web/static/js/upload/queue.js";

const file = (key, state = "waiting", more = {}) => ({
  ...entry({ key, name: `${key}.wav`, sizeBytes: 100, state }), ...more,
});

test("a file goes from waiting to settled", () => {
  let e = file("a");
  for (const [event, state] of [["start", "sending"], ["progress", "sending"], ["whole", "settling"], ["settled", "settled"]]) {
    e = step(e, event, { sentBytes: event === "progress" ? 40 : undefined });
    assert.equal(e.state, state);
  }
  assert.equal(e.sentBytes, 100);
});

test("an answer that comes after pause changes nothing", () => {
  const paused = step(file("a", "sending", { sentBytes: 40 }), "pause");
  assert.equal(step(paused, "progress", { sentBytes: 60 }), paused);
  assert.equal(step(paused, "lost", { nowMs: 5 }), paused);
  assert.equal(step(paused, "resume").state, "waiting");
});

test("a lost line keeps what was sent and waits longer each time, until bytes go again", () => {
  let e = step(file("a", "sending", { sentBytes: 60, keptBytes: 40 }), "lost", { nowMs: 1000 });
  assert.equal(e.state, "offline");
  assert.equal(e.sentBytes, 40);
  assert.equal(e.retryAtMs, 2000);
  e = step(step(step(e, "retry"), "start"), "lost", { nowMs: 2000 });
  assert.equal(e.retryAtMs, 4000);
  e = step(step(step(step(e, "retry"), "start"), "accepted", { keptBytes: 50 }), "lost", { nowMs: 9000 });
  assert.equal(e.retryAtMs, 10_000);
});

test("waiting never exceeds half a minute", () => {
  assert.equal(backOffMs(1), 1000);
  assert.equal(backOffMs(99), 30_000);
});

test("no more than two files go at once, and checking counts", () => {
  const list = [file("a", "settling"), file("b", "sending"), file("c"), file("d")];
  assert.deepEqual(toStart(list), []);
  assert.deepEqual(toStart(list.slice(1)), ["c"]);
  assert.deepEqual(toStart([file("c"), file("d"), file("e")]), ["c", "d"]);
});

test("a full disk is tried again by itself, a pause is not", () => {
  const full = step(file("a", "sending"), "full", { nowMs: 0 });
  const paused = step(file("b", "sending"), "pause");
  assert.deepEqual(toRetry([full, paused], 29_999), []);
  assert.deepEqual(toRetry([full, paused], 30_000), ["a"]);
});

test("a dropped file is gone, a file that is being checked cannot be dropped", () => {
  assert.equal(step(file("a", "paused"), "drop"), null);
  const settling = file("a", "settling");
  assert.equal(step(settling, "drop"), settling);
});

test("the sum counts what is open", () => {
  const sum = totals([
    file("a", "settled", { sentBytes: 100 }), file("b", "sending", { sentBytes: 30 }), file("c", "paused"),
  ]);
  assert.equal(sum.count, 3);
  assert.equal(sum.sizeBytes, 300);
  assert.equal(sum.leftBytes, 170);
  assert.ok(sum.isSending && sum.canPause && sum.canResume);
});

test("a chosen file goes on from the part that has its name and length, however it is composed", () => {
  const list = [
    entry({ key: "m", name: "Hòa.wav".normalize("NFC"), sizeBytes: 7, sentBytes: 3, uploadId: "U", state: "missing" }),
    file("x"),
  ];
  assert.equal(continues(list, { name: "Hòa.wav".normalize("NFD"), sizeBytes: 7 }).uploadId, "U");
  assert.equal(continues(list, { name: "Hòa.wav", sizeBytes: 8 }), undefined);
  assert.equal(continues(list, { name: "x.wav", sizeBytes: 100 }), undefined);
});

test("a pause keeps what the archive has, not what the line still held", () => {
  const sending = step(file("a", "sending", { sentBytes: 90 }), "accepted", { keptBytes: 64 });
  const paused = step(sending, "pause");
  assert.equal(paused.sentBytes, 64);
  assert.equal(paused.keptBytes, 64);
});

test("bytes that are compared are not counted as sent", () => {
  let e = step(file("a", "sending"), "compare");
  e = step(e, "compared", { sentBytes: 70 });
  assert.equal(step(e, "pause").sentBytes, 0);
  assert.equal(step(e, "send").sentBytes, 0);
  assert.equal(step(e, "send").state, "sending");
  const known = step(e, "known");
  assert.equal(known.state, "settling");
  assert.equal(known.sentBytes, 100);
});

test("a file that only looks the same leaves the begun one waiting for its own", () => {
  const other = step(file("a", "sending", { sentBytes: 40, keptBytes: 40, uploadId: "U" }), "other", { problem: "another_file" });
  assert.equal(other.state, "missing");
  assert.equal(other.problem, "another_file");
  assert.equal(other.keptBytes, 40);
});

test("a try is offered only where it can help", () => {
  assert.ok(canRetry(file("a", "offline")));
  assert.ok(canRetry(file("a", "failed", { problem: "upload_ended" })));
  assert.ok(!canRetry(file("a", "failed", { problem: "empty_file" })));
  assert.ok(!canRetry(file("a", "sending")));
});
