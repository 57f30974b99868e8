import assert from "node:assert/strict";
import test from "node:test";

import { pollDelayMs, TimeLeft } from "../../../../archive/web/static/js/office/jobs/left.js";

test("mark returns the time that the server has measured", () => {
  const left = new TimeLeft();
  assert.equal(left.mark(0, { progress: 0.1, stage: "hearing", left_ms: 90_000 }), 90);
});

test("mark without it estimates the time from the progress of this page", () => {
  const left = new TimeLeft();
  assert.equal(left.mark(0, { progress: 0.2, stage: "making_access" }), null);
  assert.equal(left.mark(1000, { progress: 0.4, stage: "making_access" }), null);
  const seconds = left.mark(10_000, { progress: 0.6, stage: "making_access" });
  assert.ok(seconds !== null && Math.abs(seconds - 10) < 1e-9);
});

test("mark starts a new measurement at a new stage", () => {
  const left = new TimeLeft();
  left.mark(0, { progress: 0.2, stage: "finding_speech" });
  assert.equal(left.mark(60_000, { progress: 0.3, stage: "hearing" }), null);
});

test("pollDelayMs is a second while a job runs, and grows with failed polls", () => {
  assert.equal(pollDelayMs("running"), 1000);
  assert.equal(pollDelayMs("queued"), 3000);
  assert.equal(pollDelayMs("running", 1), 4000);
  assert.equal(pollDelayMs("running", 50), 30_000);
});
