/** Drafts of earlier page loads: sent one after the other, and none removed before its turn. */

import assert from "node:assert/strict";
import test from "node:test";

import { REST_MS } from "../../../archive/web/static/js/editing/saving.js";
import { OWNER, World } from "./saver_world.js";

/** @typedef {import("./saver_world.js").Row} Row */

/**
 * A row of the outbox as an earlier page load left it.
 * @param {string} key @param {string} text @param {Partial<Row>} [more] @returns {Row}
 */
const row = (key, text, more = {}) => ({
  ...OWNER,
  key,
  segment: "s",
  base: "một hai ba",
  baseRev: 7,
  text,
  fields: {},
  pending: null,
  edit: 1,
  at: 1,
  ...more,
});

/** A world whose outbox holds these rows, which the saver goes on with. @param {...Row} rows */
function resumed(...rows) {
  const world = new World();
  for (const one of rows) world.rows.set(one.key, one);
  for (const one of rows) world.saver.resume(one);
  return world;
}

test("drafts of one segment are sent in order, each with its own base", async () => {
  const world = resumed(
    row("a", "MỘT hai ba"),
    row("b", "một hai BA", {
      pending: { key: "kept", rev: 7, body: { text: "một hai BA" }, text: "một hai BA" },
    }),
  );
  assert.equal(world.requests.length, 1);
  await world.advance(0);
  await world.advance(0);
  assert.deepEqual(
    world.requests.map((r) => [r.key, r.rev, r.body.text]),
    [
      ["key-1", 7, "MỘT hai ba"],
      ["kept", 7, "một hai BA"],
    ],
  );
  assert.equal(world.server.text, "MỘT hai BA");
  assert.deepEqual([world.rows.size, world.saver.status.unsent], [0, 0]);
});

test("a draft does not change the text shown in the segment", async () => {
  const world = new World();
  world.saver.typed("s", "một hai ba gõ");
  world.rows.set("a", row("a", "MỘT hai ba"));
  world.saver.resume(row("a", "MỘT hai ba"));
  assert.equal(world.saver.of("s").text, "một hai ba gõ");
  assert.equal(world.saver.status.unsent, 1, "it is one segment");
  await world.advance(REST_MS);
  await world.advance(0);
  assert.equal(world.server.text, "MỘT hai ba gõ");
  assert.equal(world.rows.size, 0);
});

test("a draft in conflict waits for the user, and the next draft waits for it", async () => {
  const world = resumed(row("a", "một hai bà"), row("b", "một hai bá"), row("c", "một hai bạ"));
  await world.advance(0);
  await world.advance(0);
  await world.advance(60_000);
  assert.deepEqual(
    world.requests.map((r) => r.body.text),
    ["một hai bà", "một hai bá"],
  );
  assert.deepEqual([...world.rows.keys()].sort(), ["b", "c"]);
  const [conflict] = world.conflicts;
  assert.deepEqual([conflict.theirs.text, conflict.yours], ["một hai bà", "một hai bá"]);
  const [clashing] = world.saver.recovered;
  world.saver.settle(clashing, conflict.theirs.text);
  assert.deepEqual([...world.rows.keys()], ["c"]);
  await world.advance(0);
  assert.deepEqual(
    world.conflicts.map(({ yours }) => yours),
    ["một hai bá", "một hai bạ"],
  );
  world.saver.settle(world.saver.recovered[0], "một hai bà bạ");
  await world.advance(0);
  assert.equal(world.server.text, "một hai bà bạ");
  assert.equal(world.rows.size, 0);
});

test("discarding one draft keeps every other row", async () => {
  const world = resumed(row("a", "một hai bà"), row("b", "một hai bá"));
  world.saver.typed("s", "của trang này");
  world.saver.abandon(world.saver.recovered[0]);
  assert.deepEqual([...world.rows.keys()].sort(), ["b", "s"]);
  world.saver.typed("s", "một hai ba");
  assert.deepEqual([...world.rows.keys()], ["b"]);
});

test("text inserted into another segment is stored there before the draft is removed", async () => {
  const world = new World();
  world.connection = "down";
  world.rows.set("a", row("a", "một hai bà"));
  world.saver.resume(row("a", "một hai bà"));
  await world.advance(0);
  world.saver.track("t", { rev: 3, text: "một hai ba trên" });
  world.storage = false;
  const [draft] = world.saver.recovered;
  assert.equal(await world.saver.redirect(draft, "t", "một hai bà trên"), false);
  assert.equal(world.row("a").text, "một hai bà");
  world.storage = true;
  assert.equal(await world.saver.redirect(draft, "t", "một hai bà trên"), true);
  assert.equal(world.rows.has("a"), false);
  assert.deepEqual(world.requests.at(-1)?.rev, 3);
  assert.deepEqual(world.requests.at(-1)?.body, { text: "một hai bà trên" });
});

test("a draft of a later revision than the page's is sent even if its text is equal", async () => {
  const world = new World();
  Object.assign(world.server, {
    rev: 9,
    text: "một hai BA",
    history: new Map([[9, "một hai BA"]]),
  });
  const draft = row("a", "một hai ba", { base: "một hai BA", baseRev: 9 });
  world.rows.set("a", draft);
  world.saver.resume(draft);
  assert.deepEqual(
    world.requests.map((r) => [r.rev, r.body.text]),
    [[9, "một hai ba"]],
  );
  assert.equal(world.rows.size, 1, "kept until the server has answered");
  await world.advance(0);
  assert.deepEqual([world.server.text, world.rows.size], ["một hai ba", 0]);
});

test("an answer begun in an earlier visit keeps its draft, though the text is on the server", async () => {
  const world = new World({ text: "một hai bà" });
  const begun = row("a", "một hai bà", { base: "một hai ba", answer: "một hai bà và ba" });
  world.server.history.set(7, "một hai bà");
  world.rows.set("a", begun);
  world.saver.resume(begun);
  await world.advance(0);
  await world.advance(60_000);
  const [conflict] = world.conflicts;
  assert.deepEqual([conflict.theirs.text, conflict.yours], ["một hai bà", "một hai bà và ba"]);
  assert.equal(world.rows.size, 1);
});

test("rows that the browser has deleted are stored again", async () => {
  const world = new World();
  world.connection = "down";
  world.saver.typed("s", "một hai bà");
  await world.advance(REST_MS);
  world.rows.clear();
  world.saver.keepAgain();
  await world.advance(0);
  assert.deepEqual(
    [...world.rows.values()].map(({ text }) => text),
    ["một hai bà"],
  );
});
