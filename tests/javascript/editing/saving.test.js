/** The saver with a failing server: no text is lost and nothing is saved twice. */

import assert from "node:assert/strict";
import test from "node:test";

import { LONGEST_MS, REST_MS } from "../../../archive/web/static/js/editing/saving.js";
import { World } from "./saver_world.js";

test("a pause in typing sends the text once", async () => {
  const world = new World();
  world.saver.typed("s", "một hai ba b");
  await world.advance(REST_MS - 1);
  world.saver.typed("s", "một hai ba bốn");
  await world.advance(REST_MS - 1);
  assert.equal(world.requests.length, 0);
  assert.equal(world.row("s").text, "một hai ba bốn");
  await world.advance(1);
  assert.deepEqual(
    world.requests.map((r) => [r.rev, r.body]),
    [[7, { text: "một hai ba bốn" }]],
  );
  assert.equal(world.server.text, "một hai ba bốn");
  assert.equal(world.rows.size, 0);
});

test("typing without a pause is sent every ten seconds", async () => {
  const world = new World();
  for (let at = 0; at <= LONGEST_MS + 1000; at += 500) {
    world.saver.typed("s", `một hai ba ${"x".repeat(1 + at / 500)}`);
    await world.advance(500);
  }
  assert.equal(world.requests.length, 1);
  assert.equal(world.saver.status.unsent, 1);
});

test("a full disk keeps the text, shows the cause, and is tried again by itself", async () => {
  const world = new World();
  world.connection = 507;
  world.saver.typed("s", "một hai ba bốn");
  await world.advance(REST_MS);
  assert.equal(world.saver.status.isDiskFull, true);
  assert.equal(world.saver.status.unsent, 1);
  assert.equal(world.row("s").text, "một hai ba bốn");
  world.connection = "up";
  await world.advance(10_000);
  assert.equal(world.server.text, "một hai ba bốn");
  assert.equal(world.saver.status.isDiskFull, false);
  assert.equal(world.rows.size, 0);
});

test("typing the saved text again sends nothing", async () => {
  const world = new World();
  world.saver.typed("s", "một hai");
  world.saver.typed("s", "một hai ba");
  await world.advance(REST_MS);
  assert.equal(world.requests.length, 0);
  assert.equal(world.rows.size, 0);
});

test("a request whose response was lost is repeated with its key before newer text", async () => {
  const world = new World();
  world.connection = "response lost";
  world.saver.typed("s", "một hai ba bốn");
  await world.advance(REST_MS);
  world.saver.typed("s", "một hai ba bốn năm");
  await world.advance(REST_MS);
  assert.equal(world.requests.length, 1, "nothing newer is sent while the connection is lost");
  world.connection = "up";
  await world.advance(2_000);
  await world.advance(REST_MS);
  assert.deepEqual(
    world.requests.map((r) => [r.key, r.body.text]),
    [
      ["key-1", "một hai ba bốn"],
      ["key-1", "một hai ba bốn"],
      ["key-2", "một hai ba bốn năm"],
    ],
  );
  assert.deepEqual(
    [...world.server.history.values()],
    ["một hai ba", "một hai ba bốn", "một hai ba bốn năm"],
  );
  assert.equal(world.rows.size, 0);
});

test("retry delays grow from two seconds to a minute", async () => {
  const world = new World();
  world.connection = "down";
  world.saver.typed("s", "khác");
  await world.advance(REST_MS);
  const waits = [];
  for (let turn = 0; turn < 8; turn += 1) {
    const next = Math.min(...[...world.timers.values()].map((timer) => timer.at));
    waits.push(next - world.clock);
    await world.advance(next - world.clock);
  }
  assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.equal(world.row("s").text, "khác");
  assert.deepEqual(world.saver.status.cut, true);
});

test("a draft of an earlier visit repeats its pending request", async () => {
  const before = new World();
  before.connection = "response lost";
  before.saver.typed("s", "một hai ba bốn");
  await before.advance(REST_MS);
  before.saver.typed("s", "một hai ba bốn năm");
  const row = before.row("s");
  const world = new World({ text: "một hai ba bốn", rev: 8, name: "later" });
  world.server.history.set(7, "một hai ba");
  world.saved = before.saved;
  world.saver.resume(row);
  await world.advance(0);
  await world.advance(REST_MS);
  assert.equal(world.server.text, "một hai ba bốn năm");
  assert.equal(world.conflicts.length, 0);
});

test("a merge during typing is merged again before the next save", async () => {
  const world = new World({ text: "một hai ba bốn" });
  world.storeOnServer(8, "MỘT hai ba bốn");
  world.saver.typed("s", "một hai ba BỐN");
  await world.advance(REST_MS);
  assert.equal(world.server.text, "MỘT hai ba BỐN");
  world.saver.typed("s", "một hai ba BỐN NĂM"); // the focused segment still shows the person's own words
  await world.advance(REST_MS);
  assert.equal(world.server.text, "MỘT hai ba BỐN NĂM");
  assert.equal(world.saver.of("s").isBehind, true);
});

test("a change of the same word is a conflict; both texts are kept until it is resolved", async () => {
  const world = new World();
  world.storeOnServer(8, "một HAI ba");
  world.saver.typed("s", "một hái ba");
  await world.advance(REST_MS);
  assert.equal(world.events.length, 1);
  const [conflict] = world.conflicts;
  assert.deepEqual(
    [conflict.base, conflict.theirs.text, conflict.yours],
    ["một hai ba", "một HAI ba", "một hái ba"],
  );
  assert.equal(world.row("s").text, "một hái ba");
  assert.equal(world.saver.status.conflicts, 1);
  await world.advance(60_000);
  assert.equal(world.requests.length, 1, "nothing is sent over a colleague's words");
  world.saver.settle(world.saver.of("s"), "một hái ba");
  await world.advance(0);
  assert.equal(world.server.text, "một hái ba");
  assert.equal(world.rows.size, 0);
});

test("an expired session keeps the queue and continues after sign-in", async () => {
  const world = new World();
  world.connection = 401;
  world.saver.typed("s", "khác");
  await world.advance(REST_MS);
  assert.deepEqual(world.events, [["stopped", "sign-in"]]);
  world.saver.typed("s", "khác rồi");
  await world.advance(60_000);
  assert.equal(world.requests.length, 1);
  world.connection = "up";
  world.saver.resumeSending();
  await world.advance(REST_MS);
  await world.advance(REST_MS);
  assert.equal(world.server.text, "khác rồi");
});

test("a stale form token is renewed and the request repeated", async () => {
  const world = new World();
  world.connection = "stale form";
  world.saver.typed("s", "khác");
  await world.advance(REST_MS);
  assert.equal(world.server.text, "khác");
  assert.deepEqual(
    world.requests.map((r) => r.key),
    ["key-1", "key-1"],
  );
});

test("a token that stays stale is renewed once, then retried with delays", async () => {
  const world = new World();
  Object.assign(world, { connection: "stale form", renewing: false });
  world.saver.typed("s", "khác");
  await world.advance(REST_MS);
  assert.deepEqual([world.requests.length, world.renewals, world.saver.status.cut], [2, 1, true]);
});

for (const { who, stopped } of /** @type {const} */ ([
  { who: "other", stopped: "sign-in" },
  { who: "signed-out", stopped: "sign-in" },
  { who: "unreachable", stopped: "" },
])) {
  test(`a stale form with ${who} at the server sends nothing and keeps the words`, async () => {
    const world = new World();
    Object.assign(world, { connection: "stale form", who });
    world.saver.typed("s", "khác");
    await world.advance(REST_MS);
    assert.deepEqual([world.requests.length, world.saver.status.stopped], [1, stopped]);
    assert.equal(world.row("s").text, "khác");
  });
}

test("a rejected time does not block the text", async () => {
  const world = new World();
  world.connection = "times refused";
  world.saver.typed("s", "khác");
  world.saver.change("s", { start: 99 });
  await world.advance(0);
  await world.advance(REST_MS);
  assert.equal(world.server.text, "khác");
  const [[kind, , body]] = /** @type {["saved", string, any][]} */ (world.events);
  assert.deepEqual([kind, body.refused.why], ["saved", "times_overlap"]);
  assert.equal(world.saver.status.unsent, 0);
});

test("a final rejection is shown to the user and not retried", async () => {
  const world = new World();
  world.connection = 413;
  world.saver.typed("s", "khác");
  await world.advance(REST_MS);
  await world.advance(60_000);
  assert.equal(world.requests.length, 1);
  assert.equal(world.conflicts[0].why, "refused");
  assert.equal(world.row("s").text, "khác");
});

test("flush returns whether everything was saved", async () => {
  const world = new World();
  world.saver.typed("s", "khác");
  const done = world.saver.flush(["s"]);
  await world.advance(0);
  assert.equal(await done, true);
  world.connection = "down";
  world.saver.typed("s", "khác nữa");
  const cut = world.saver.flush(["s"]);
  await world.advance(0);
  assert.equal(await cut, false);
});

test("a frozen or removed segment stops saving and keeps the typed text", async () => {
  for (const { status, why } of [
    { status: 423, why: "frozen" },
    { status: 404, why: "forbidden" },
  ]) {
    const world = new World();
    world.connection = status;
    world.saver.typed("s", "khác");
    await world.advance(REST_MS);
    assert.deepEqual(world.events, [["stopped", why]]);
    assert.equal(world.row("s").text, "khác");
  }
});

test("text typed during an open conflict is the text offered in its dialog", async () => {
  const world = new World();
  world.storeOnServer(8, "một HAI ba");
  world.saver.typed("s", "một hái ba");
  await world.advance(REST_MS);
  world.saver.typed("s", "một hái ba bốn");
  assert.equal(world.saver.of("s").conflict?.yours, "một hái ba bốn");
});

test("status kept requires a row in a store of the browser", async () => {
  const world = new World();
  world.connection = "down";
  world.saver.typed("s", "khác");
  assert.equal(world.saver.status.kept, false, "the write has not come back");
  await world.advance(REST_MS);
  assert.deepEqual([world.saver.status.kept, world.saver.status.unkept], [true, false]);
  world.storage = false;
  world.saver.typed("s", "khác nữa");
  await world.advance(0);
  assert.deepEqual([world.saver.status.kept, world.saver.status.unkept], [false, true]);
  assert.deepEqual([world.statuses.at(-1)?.kept, world.statuses.at(-1)?.unkept], [false, true]);
});

test("status during a write to the store is neither kept nor not kept", async () => {
  const world = new World();
  let finish = /** @type {(value?: any) => void} */ (() => {});
  world.storing = new Promise((resolve) => {
    finish = resolve;
  });
  world.saver.typed("s", "một hai ba bốn");
  const { kept, unkept } = world.saver.status;
  assert.deepEqual([kept, unkept], [false, false]);
  finish();
  await world.advance(0);
  assert.equal(world.saver.status.kept, true);
});

for (const isStored of [true, false]) {
  test(`a conflict is shown ${isStored ? "once ours is stored" : "after a second when the store does not answer"}`, async () => {
    const world = new World();
    world.saver.typed("s", "một hai bà");
    world.storeOnServer(8, "một hai bá");
    let finish = /** @type {(value?: any) => void} */ (() => {});
    world.storing = new Promise((resolve) => {
      finish = resolve;
    });
    await world.advance(REST_MS);
    assert.equal(world.saver.status.conflicts, 1);
    assert.deepEqual(world.events, []);
    if (isStored) finish();
    await world.advance(isStored ? 0 : 1_000);
    assert.deepEqual(
      world.events.map((event) => event[0]),
      ["conflict"],
    );
    assert.equal(world.saver.of("s").isKept, isStored);
  });
}

test("a draft keeps the time of its typing after later attempts", async () => {
  const world = new World();
  world.clock = 50;
  world.connection = "down";
  world.saver.typed("s", "khác");
  await world.advance(REST_MS);
  await world.advance(60_000);
  assert.ok(world.requests.length > 1);
  assert.equal(world.row("s").at, 50);
});

test("a connection that fails at random loses and duplicates nothing", async () => {
  let seed = 20;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (let round = 0; round < 40; round += 1) {
    const world = new World({ text: "" });
    let text = "";
    for (let word = 0; word < 30; word += 1) {
      const connections = /** @type {const} */ (["up", "up", "response lost", "down"]);
      world.connection = connections[Math.floor(random() * 4)];
      text += `${text ? " " : ""}w${word}`;
      world.saver.typed("s", text);
      assert.equal(world.row("s").text, text);
      await world.advance(random() * 4_000);
    }
    world.connection = "up";
    for (let turn = 0; turn < 10; turn += 1) await world.advance(70_000);
    assert.equal(world.server.text, text);
    assert.equal(world.rows.size, 0);
    assert.equal(world.conflicts.length, 0);
    const states = [...world.server.history.values()];
    for (let at = 1; at < states.length; at += 1)
      assert.ok(states[at].startsWith(states[at - 1]) && states[at] !== states[at - 1]);
  }
});
