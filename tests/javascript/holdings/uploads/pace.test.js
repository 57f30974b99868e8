import assert from "node:assert/strict";
import test from "node:test";

import { Pace, roughly } from "../../../../archive/web/static/js/holdings/uploads/pace.js";

test("speed is unknown before enough is measured", () => {
  const pace = new Pace();
  assert.equal(pace.bytesPerSecond(0), null);
  pace.mark(0, 0);
  pace.mark(500, 1_000_000);
  assert.equal(pace.bytesPerSecond(500), null);
  assert.equal(pace.secondsLeft(500, 10), null);
});

test("speed of a steady connection is measured", () => {
  const pace = new Pace();
  for (let s = 0; s <= 10; s += 1) pace.mark(s * 1000, s * 2_000_000);
  assert.equal(pace.bytesPerSecond(10_000), 2_000_000);
  assert.equal(pace.secondsLeft(10_000, 20_000_000), 10);
});

test("speed follows a slower connection within its window", () => {
  const pace = new Pace();
  for (let s = 0; s <= 60; s += 1) pace.mark(s * 1000, s * 10_000_000);
  for (let s = 61; s <= 80; s += 1) pace.mark(s * 1000, 600_000_000 + (s - 60) * 1_000_000);
  const speed = pace.bytesPerSecond(80_000);
  assert.ok(speed !== null);
  assert.ok(Math.abs(speed - 1_000_000) < 50_000, `${speed}`);
});

test("speed falls during a stall without new measurements", () => {
  const pace = new Pace();
  pace.mark(0, 0);
  pace.mark(2000, 4_000_000);
  assert.equal(pace.bytesPerSecond(2000), 2_000_000);
  assert.equal(pace.bytesPerSecond(4000), 1_000_000);
});

test("an offset that goes back restarts the measurement", () => {
  const pace = new Pace();
  pace.mark(0, 50_000_000);
  pace.mark(3000, 80_000_000);
  pace.mark(4000, 10_000_000);
  assert.equal(pace.bytesPerSecond(4000), null);
});

test("times are formatted in rounded units", () => {
  assert.deepEqual(roughly(0), { unit: "seconds", hours: 0, count: 5 });
  assert.deepEqual(roughly(41), { unit: "seconds", hours: 0, count: 45 });
  assert.deepEqual(roughly(57), { unit: "minutes", hours: 0, count: 1 });
  assert.deepEqual(roughly(14 * 60 + 10), { unit: "minutes", hours: 0, count: 14 });
  assert.deepEqual(roughly(3600 * 2 + 60 * 33), { unit: "hours", hours: 2, count: 30 });
});

test("the last minute of an hour is rounded to the next hour", () => {
  assert.deepEqual(roughly(3600 * 2 - 60), { unit: "hours", hours: 2, count: 0 });
});
