import assert from "node:assert/strict";
import test from "node:test";

import { TimeLeft, askAgainMs } from "../../../archive/web/static/js/jobs/left.js";

test("what the server has measured wins", () => {
  const left = new TimeLeft();
  assert.equal(left.mark(0, { progress: 0.1, stage: "hearing", left_ms: 90_000 }), 90);
});

test("without a measure it is reckoned from the progress seen here", () => {
  const left = new TimeLeft();
  assert.equal(left.mark(0, { progress: 0.2, stage: "making_access" }), null);
  assert.equal(left.mark(1000, { progress: 0.4, stage: "making_access" }), null);
  assert.ok(Math.abs(left.mark(10_000, { progress: 0.6, stage: "making_access" }) - 10) < 1e-9);
});

test("a new stage is measured on its own", () => {
  const left = new TimeLeft();
  left.mark(0, { progress: 0.2, stage: "finding_speech" });
  assert.equal(left.mark(60_000, { progress: 0.3, stage: "hearing" }), null);
});

test("asks every second while it moves, and gives a server that is gone time to come back", () => {
  assert.equal(askAgainMs({ state: "running" }), 1000);
  assert.equal(askAgainMs({ state: "queued" }), 3000);
  assert.equal(askAgainMs({ state: "running", failures: 1 }), 4000);
  assert.equal(askAgainMs({ state: "running", failures: 50 }), 30_000);
});
