/** Presence: when the next report is due, what it contains, and who has just come. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  endsPresence,
  PresenceState,
  REPORT_EVERY_MS,
} from "../../../archive/web/static/js/editing/presence_state.js";

const START_MS = 1_000_000;

/** A colleague in a segment. @param {string} user @param {string | null} seg */
function colleague(user, seg) {
  return { user, name: user, seg, typing: false, idle: 0 };
}

test("the first report is due at once", () => {
  assert.equal(new PresenceState().earlyReportDelay(START_MS), 0);
});

test("an early report waits until two seconds after the last one", () => {
  const state = new PresenceState();
  state.beginReport(START_MS);
  assert.deepEqual(
    [0, 500, 2_000, 60_000].map((ms) => state.earlyReportDelay(START_MS + ms)),
    [2_000, 1_500, 0, 0],
  );
});

test("a user who has not typed is not reported as typing", () => {
  assert.equal(new PresenceState().beginReport(START_MS), false);
});

test("typing is reported until one interval has passed since the last key", () => {
  const state = new PresenceState();
  state.typed(START_MS);
  assert.equal(state.beginReport(START_MS + REPORT_EVERY_MS - 1), true);
  assert.equal(state.beginReport(START_MS + REPORT_EVERY_MS), false);
});

test("only keys before typing is reported ask for an early report", () => {
  const state = new PresenceState();
  assert.equal(state.typed(START_MS), true);
  assert.equal(state.typed(START_MS + 100), true);
  state.beginReport(START_MS + 200);
  assert.equal(state.typed(START_MS + 300), false);
  state.beginReport(START_MS + 300 + REPORT_EVERY_MS);
  assert.equal(state.typed(START_MS + 400 + REPORT_EVERY_MS), true);
});

test("a colleague arrives once in the current segment", () => {
  const state = new PresenceState();
  const [lan, minh] = [colleague("lan", "s1"), colleague("minh", "s2")];
  assert.deepEqual(state.arrivals([lan, minh], "s1"), [lan]);
  assert.deepEqual(state.arrivals([lan, minh], "s1"), []);
});

test("a colleague who leaves the segment and comes back arrives again", () => {
  const state = new PresenceState();
  state.arrivals([colleague("lan", "s1")], "s1");
  state.arrivals([colleague("lan", "s2")], "s1");
  assert.equal(state.arrivals([colleague("lan", "s1")], "s1").length, 1);
});

test("without a current segment a colleague outside of all segments does not arrive", () => {
  assert.deepEqual(new PresenceState().arrivals([colleague("lan", null)], null), []);
});

test("refusals of the version end presence, other failures do not", () => {
  const statuses = [200, 0, 400, 401, 403, 404, 423, 429, 500, 503];
  assert.deepEqual(statuses.filter(endsPresence), [403, 404, 423]);
});
