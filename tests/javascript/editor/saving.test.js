/** Nothing typed is lost and nothing is written twice: the sender against a server that fails. */

import assert from "node:assert/strict";
import test from "node:test";

import { threeWay } from "../../../archive/web/static/js/editor/merging.js";
import { LONGEST_MS, REST_MS, Saver } from "../../../archive/web/static/js/editor/saving.js";

/** A desk in a box: a clock that is moved by hand, a server with one segment, an outbox to look into. */
function box({ text = "một hai ba", rev = 7, name = "key" } = {}) {
  const world = {
    clock: 0, timers: new Map(), rows: new Map(), line: "up", asked: [], keys: 0, events: [], saved: new Map(),
    server: { rev, text, history: new Map([[rev, text]]) }, statuses: [],
  };
  const answer = (status, body = {}) => ({ status, body });
  const serve = (request) => {
    const { server, saved } = world;
    if (saved.has(request.key)) return saved.get(request.key);
    let wanted = request.body.text ?? server.text;
    if (request.rev !== server.rev) {
      const merged = threeWay(server.history.get(request.rev), server.text, wanted);
      if (merged.text === null) {
        return answer(412, { base: server.history.get(request.rev), theirs: { rev: server.rev, text: server.text, by_name: "Lan" } });
      }
      wanted = merged.text;
    }
    if (wanted !== server.text || Object.keys(request.body).some((name) => name !== "text")) {
      server.rev += 1;
      server.text = wanted;
      server.history.set(server.rev, wanted);
    }
    const told = answer(200, { segment: { rev: server.rev, text: server.text, ...request.body, text: server.text } });
    saved.set(request.key, told);
    return told;
  };
  world.saver = new Saver({
    send: async (_id, request) => {
      world.asked.push(structuredClone(request));
      if (world.line === "down") return answer(0);
      if (world.line === "strict" && request.body.start) return answer(422, { why: "times_overlap" });
      if (typeof world.line === "number") return answer(world.line);
      const told = serve(request);
      return world.line === "deaf" ? answer(0) : told;
    },
    outbox: {
      put: async (row) => world.rows.set(row.segment, structuredClone(row)),
      confirm: async (id, sent) => world.rows.get(id)?.text === sent && world.rows.delete(id),
      forget: async (id) => world.rows.delete(id),
    },
    makeKey: () => `${name}-${(world.keys += 1)}`,
    later: (run, ms) => {
      const id = world.timers.size + 1 + Math.random();
      world.timers.set(id, { at: world.clock + ms, run });
      return id;
    },
    forget: (timer) => world.timers.delete(timer),
    now: () => world.clock,
    random: () => 0.5,
    onStatus: (status) => world.statuses.push(status),
    onSaved: (id, body) => world.events.push(["saved", id, body]),
    onConflict: (id, conflict) => world.events.push(["conflict", id, conflict]),
    onStopped: (why) => world.events.push(["stopped", why]),
    onStaleForm: async () => {
      world.line = "up";
      return true;
    },
  });
  world.saver.track("s", { rev, text });
  world.pass = async (ms) => {
    world.clock += ms;
    for (const [id, timer] of [...world.timers]) {
      if (timer.at <= world.clock && world.timers.delete(id)) timer.run();
    }
    for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
  };
  return world;
}

test("a rest sends what stands there, once", async () => {
  const world = box();
  world.saver.typed("s", "một hai ba b");
  await world.pass(REST_MS - 1);
  world.saver.typed("s", "một hai ba bốn");
  await world.pass(REST_MS - 1);
  assert.equal(world.asked.length, 0);
  assert.equal(world.rows.get("s").text, "một hai ba bốn");
  await world.pass(1);
  assert.deepEqual(world.asked.map((r) => [r.rev, r.body]), [[7, { text: "một hai ba bốn" }]]);
  assert.equal(world.server.text, "một hai ba bốn");
  assert.equal(world.rows.size, 0);
});

test("whoever types without a rest is saved every ten seconds", async () => {
  const world = box();
  for (let at = 0; at <= LONGEST_MS + 1000; at += 500) {
    world.saver.typed("s", `một hai ba ${"x".repeat(1 + at / 500)}`);
    await world.pass(500);
  }
  assert.equal(world.asked.length, 1);
  assert.equal(world.saver.status.unsent, 1);
});

test("typing back what was there leaves nothing to send", async () => {
  const world = box();
  world.saver.typed("s", "một hai");
  world.saver.typed("s", "một hai ba");
  await world.pass(REST_MS);
  assert.equal(world.asked.length, 0);
  assert.equal(world.rows.size, 0);
});

test("a request whose answer was lost is repeated under its own key before anything newer", async () => {
  const world = box();
  world.line = "deaf";
  world.saver.typed("s", "một hai ba bốn");
  await world.pass(REST_MS);
  world.saver.typed("s", "một hai ba bốn năm");
  await world.pass(REST_MS);
  assert.equal(world.asked.length, 1, "while the line is cut nothing newer goes out");
  world.line = "up";
  await world.pass(2_000);
  await world.pass(REST_MS);
  assert.deepEqual(world.asked.map((r) => [r.key, r.body.text]), [
    ["key-1", "một hai ba bốn"], ["key-1", "một hai ba bốn"], ["key-2", "một hai ba bốn năm"],
  ]);
  assert.deepEqual([...world.server.history.values()], ["một hai ba", "một hai ba bốn", "một hai ba bốn năm"]);
  assert.equal(world.rows.size, 0);
});

test("the waits grow from two seconds to a minute", async () => {
  const world = box();
  world.line = "down";
  world.saver.typed("s", "khác");
  await world.pass(REST_MS);
  const waits = [];
  for (let turn = 0; turn < 8; turn += 1) {
    const next = Math.min(...[...world.timers.values()].map((timer) => timer.at));
    waits.push(next - world.clock);
    await world.pass(next - world.clock);
  }
  assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.equal(world.rows.get("s").text, "khác");
  assert.deepEqual(world.saver.status.cut, true);
});

test("a draft of an earlier visit goes on with the request that was under way", async () => {
  const before = box();
  before.line = "deaf";
  before.saver.typed("s", "một hai ba bốn");
  await before.pass(REST_MS);
  before.saver.typed("s", "một hai ba bốn năm");
  const row = before.rows.get("s");
  const world = box({ text: "một hai ba bốn", rev: 8, name: "later" });
  world.server.history.set(7, "một hai ba");
  world.saved = before.saved;
  world.saver.resume(row);
  await world.pass(0);
  await world.pass(REST_MS);
  assert.equal(world.server.text, "một hai ba bốn năm");
  assert.equal(world.events.filter(([kind]) => kind === "conflict").length, 0);
});

test("a merge while the person types on is joined again before the next save", async () => {
  const world = box({ text: "một hai ba bốn" });
  Object.assign(world.server, { rev: 8, text: "MỘT hai ba bốn" });
  world.server.history.set(8, "MỘT hai ba bốn");
  world.saver.typed("s", "một hai ba BỐN");
  await world.pass(REST_MS);
  assert.equal(world.server.text, "MỘT hai ba BỐN");
  world.saver.typed("s", "một hai ba BỐN NĂM"); // the focused segment still shows the person's own words
  await world.pass(REST_MS);
  assert.equal(world.server.text, "MỘT hai ba BỐN NĂM");
  assert.equal(world.saver.of("s").isBehind, true);
});

test("the same word on both sides is a conflict; both texts are kept until it is answered", async () => {
  const world = box();
  Object.assign(world.server, { rev: 8, text: "một HAI ba" });
  world.server.history.set(8, "một HAI ba");
  world.saver.typed("s", "một hái ba");
  await world.pass(REST_MS);
  const [[kind, , conflict]] = world.events;
  assert.equal(kind, "conflict");
  assert.deepEqual([conflict.base, conflict.theirs.text, conflict.yours], ["một hai ba", "một HAI ba", "một hái ba"]);
  assert.equal(world.rows.get("s").text, "một hái ba");
  assert.equal(world.saver.status.conflicts, 1);
  await world.pass(60_000);
  assert.equal(world.asked.length, 1, "nothing is sent over a colleague's words");
  world.saver.settle("s", "một hái ba");
  await world.pass(0);
  assert.equal(world.server.text, "một hái ba");
  assert.equal(world.rows.size, 0);
});

test("an ended session keeps the queue and goes on after the sign-in", async () => {
  const world = box();
  world.line = 401;
  world.saver.typed("s", "khác");
  await world.pass(REST_MS);
  assert.deepEqual(world.events, [["stopped", "sign-in"]]);
  world.saver.typed("s", "khác rồi");
  await world.pass(60_000);
  assert.equal(world.asked.length, 1);
  world.line = "up";
  world.saver.resumeSending();
  await world.pass(REST_MS);
  await world.pass(REST_MS);
  assert.equal(world.server.text, "khác rồi");
});

test("a stale form is renewed and the same request sent again", async () => {
  const world = box();
  world.line = 400;
  world.saver.typed("s", "khác");
  await world.pass(REST_MS);
  assert.equal(world.server.text, "khác");
  assert.deepEqual(world.asked.map((r) => r.key), ["key-1", "key-1"]);
});

test("a refused time does not hold up the words", async () => {
  const world = box();
  world.line = "strict";
  world.saver.typed("s", "khác");
  world.saver.change("s", { start: 99 });
  await world.pass(0);
  await world.pass(REST_MS);
  assert.equal(world.server.text, "khác");
  assert.equal(world.events[0][2].refused.why, "times_overlap");
  assert.equal(world.saver.status.unsent, 0);
});

test("an answer that will never be yes is put before the person, not asked again for ever", async () => {
  const world = box();
  world.line = 413;
  world.saver.typed("s", "khác");
  await world.pass(REST_MS);
  await world.pass(60_000);
  assert.equal(world.asked.length, 1);
  assert.equal(world.events[0][2].why, "refused");
  assert.equal(world.rows.get("s").text, "khác");
});

test("flush says whether everything arrived", async () => {
  const world = box();
  world.saver.typed("s", "khác");
  const done = world.saver.flush(["s"]);
  await world.pass(0);
  assert.equal(await done, true);
  world.line = "down";
  world.saver.typed("s", "khác nữa");
  const cut = world.saver.flush(["s"]);
  await world.pass(0);
  assert.equal(await cut, false);
});

test("a segment that was frozen or is gone stops, and keeps what was typed", async () => {
  for (const [status, why] of [[423, "frozen"], [404, "forbidden"]]) {
    const world = box();
    world.line = status;
    world.saver.typed("s", "khác");
    await world.pass(REST_MS);
    assert.deepEqual(world.events, [["stopped", why]]);
    assert.equal(world.rows.get("s").text, "khác");
  }
});

test("a line that fails at random moments loses and doubles nothing", async () => {
  let seed = 20;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 40; round += 1) {
    const world = box({ text: "" });
    let text = "";
    for (let word = 0; word < 30; word += 1) {
      world.line = ["up", "up", "deaf", "down"][Math.floor(random() * 4)];
      text += `${text ? " " : ""}w${word}`;
      world.saver.typed("s", text);
      assert.equal(world.rows.get("s").text, text);
      await world.pass(random() * 4_000);
    }
    world.line = "up";
    for (let turn = 0; turn < 10; turn += 1) await world.pass(70_000);
    assert.equal(world.server.text, text);
    assert.equal(world.rows.size, 0);
    assert.equal(world.events.filter(([kind]) => kind === "conflict").length, 0);
    const states = [...world.server.history.values()];
    for (let at = 1; at < states.length; at += 1) assert.ok(states[at].startsWith(states[at - 1]) && states[at] !== states[at - 1]);
  }
});
