/** Joining, removing and taking back: what is sent, how often, and when nothing is. */

import assert from "node:assert/strict";
import test from "node:test";

import { StructuralEdits } from "../../../archive/web/static/js/editing/structural_edits.js";
import { World } from "./saver_world.js";

/** @typedef {import("../../../archive/web/static/js/editing/editor.js").Editor} Editor */
/** @typedef {import("../../../archive/web/static/js/editing/segment_list.js").Segment} Segment */
/** @typedef {{status: number, body: any}} SaveAnswer */

/** A segment whose row and box hold only its text. @param {string} id @param {string} text @param {Partial<Segment>} [more] */
function makeSegment(id, text, more = {}) {
  const box = { textContent: text, firstElementChild: null };
  const facts = { id, start: 0, end: 1_000, part: 1, voice: "", state: "machine", ...more };
  return /** @type {Segment} */ (/** @type {unknown} */ ({ ...facts, box }));
}

/**
 * An editor with the real saver and segments "s" and "t" of a part; its server gives `answers`.
 * @param {import("node:test").TestContext} context @param {...SaveAnswer} answers of operations, in order
 */
function makeEditor(context, ...answers) {
  const world = new World();
  const list = [
    makeSegment("s", "một hai ba", { voice: "a" }),
    makeSegment("t", "bốn năm", { start: 1_000, end: 2_000, voice: "b", state: "heard" }),
  ];
  world.saver.track("t", { rev: 3, text: "bốn năm" });
  const byId = new Map(list.map((segment) => [segment.id, segment]));
  /** @type {{ops: Record<string, any>[], key: string}[]} */
  const operations = [];
  /** @type {string[]} */
  const held = [];
  /** @type {any[]} */
  const reverted = [];
  /** @type {any[]} */
  const taken = [];
  const live = { textContent: "" };
  const { document } = globalThis;
  Object.assign(globalThis, { document: { getElementById: () => live }, window: globalThis });
  context.after(() => {
    Object.assign(globalThis, { document });
    Reflect.deleteProperty(globalThis, "window");
  });
  const editor = {
    editable: true,
    saver: world.saver,
    root: { querySelector: () => null, querySelectorAll: () => [] },
    words: { setWords: () => {} },
    segmentList: {
      byId,
      list,
      beside: (/** @type {Segment} */ segment, /** @type {number} */ step) =>
        list[list.indexOf(segment) + step],
      applyStored: (/** @type {any} */ stored) => {
        const known = byId.get(stored.id) || makeSegment(stored.id, stored.text);
        byId.set(stored.id, known);
        return known;
      },
      write: (/** @type {Segment} */ segment, /** @type {string} */ text) => {
        segment.box.textContent = text;
      },
    },
    api: {
      operate: async (/** @type {Record<string, any>[]} */ ops, /** @type {string} */ key) => {
        operations.push({ ops, key });
        return answers.shift() || { status: 0, body: null };
      },
      revert: async (/** @type {string} */ id, /** @type {number} */ revision) => {
        reverted.push([id, revision]);
        return answers.shift() || { status: 0, body: null };
      },
    },
    setBusy: (/** @type {Segment[]} */ segments, /** @type {boolean} */ busy) =>
      held.push(`${busy ? "hold" : "release"} ${segments.map(({ id }) => id)}`),
    applyStored: (/** @type {any} */ stored) => taken.push(stored),
    remove: (/** @type {string} */ id) => byId.delete(id),
    go: () => {},
    changed: () => {},
    setState: () => {},
  };
  const edits = new StructuralEdits(/** @type {Editor} */ (/** @type {unknown} */ (editor)));
  return { edits, editor, world, operations, held, reverted, taken, live, list };
}

/** The answer of a server that has joined t to s. @param {number} rev @returns {SaveAnswer} */
const joined = (rev) => ({
  status: 200,
  body: { state: "editing", ended: [{ id: "t" }], segments: [stored("s", rev)] },
});

/** A segment as the server sends it. @param {string} id @param {number} rev */
const stored = (id, rev, text = "một hai ba bốn năm") => ({ id, rev, text, words: [] });

test("a join sends both revisions, holds both rows meanwhile and draws the answer", async (context) => {
  const { edits, operations, held, editor, list } = makeEditor(context, joined(8));
  await edits.merge(list[1]);
  assert.deepEqual(
    operations.map(({ ops }) => ops),
    [[{ op: "merge", ids: ["s", "t"], revs: [7, 3] }]],
  );
  assert.deepEqual(held, ["hold s,t", "release s,t"]);
  assert.deepEqual([...editor.segmentList.byId.keys()], ["s"]);
  assert.equal(list[0].box.textContent, "một hai ba bốn năm");
});

test("the first segment and one of another part are not joined", async (context) => {
  const { edits, operations, live, list } = makeEditor(context, joined(8));
  await edits.merge(list[0]);
  list[1].part = 2;
  await edits.merge(list[1]);
  assert.deepEqual(operations, []);
  assert.match(live.textContent, /no segment above/);
});

test("typed words are saved before the join, which names the revision after them", async (context) => {
  const { edits, operations, world, list } = makeEditor(context, joined(9));
  list[0].box.textContent = "một hai ba gõ thêm";
  await edits.merge(list[1]);
  assert.deepEqual(
    world.requests.map(({ body }) => body),
    [{ text: "một hai ba gõ thêm" }],
  );
  assert.deepEqual(operations[0].ops[0].revs, [8, 3]);
});

test("without a connection for the words nothing is sent and the rows are released", async (context) => {
  const { edits, operations, world, held, live, list } = makeEditor(context);
  world.connection = "down";
  list[0].box.textContent = "một hai ba gõ thêm";
  await edits.merge(list[1]);
  assert.deepEqual(operations, []);
  assert.deepEqual(held, ["hold s,t", "release s,t"]);
  assert.match(live.textContent, /needs a connection/);
  assert.equal(edits.isBusy, false);
});

test("an operation without an answer is repeated with its own key, four times at most", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { edits, operations, list } = makeEditor(context, { status: 503, body: null });
  const finished = edits.merge(list[1]);
  for (let wait = 0; wait < 4; wait += 1) {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    context.mock.timers.tick(8_000);
  }
  await finished;
  assert.equal(operations.length, 4);
  assert.equal(new Set(operations.map(({ key }) => key)).size, 1);
  assert.deepEqual(edits.steps, [], "there is nothing to take back");
});

test("a refused operation is sent once and shows the words of a colleague", async (context) => {
  const theirs = stored("s", 12, "của người khác");
  const { edits, operations, taken, list } = makeEditor(context, {
    status: 409,
    body: { error: "x", theirs },
  });
  await edits.merge(list[1]);
  assert.deepEqual([operations.length, taken], [1, [theirs]]);
});

test("taking back a join restores both segments by their revisions", async (context) => {
  const apart = {
    status: 200,
    body: { state: "editing", ended: [], segments: [stored("s", 9), stored("t", 4)] },
  };
  const { edits, operations, live, list } = makeEditor(context, joined(8), apart);
  await edits.merge(list[1]);
  await edits.undo();
  assert.deepEqual(operations[1].ops, [
    { op: "revert", ids: ["s"], revs: [8], to: [7], joined: ["t"], fit: true },
  ]);
  assert.equal(live.textContent, "Undone.");
  assert.deepEqual(edits.steps, []);
});

test("taking back a join that somebody has written into splits where the two met", async (context) => {
  const { edits, operations, world, list } = makeEditor(context, joined(8), {
    status: 422,
    body: { error: "x" },
  });
  await edits.merge(list[1]);
  world.saver.of("s").server = { rev: 10, text: "một hai ba bốn năm sáu" };
  world.saver.of("s").adopt();
  list[0].box.textContent = "một hai ba bốn năm sáu";
  Object.assign(list[0], { end: 2_000 });
  await edits.undo();
  const [split, speaker] = operations[1].ops;
  assert.deepEqual(
    [split.op, split.seg, split.rev, split.char, split.at_ms],
    ["split", "s", 10, "một hai ba".length + 1, 1_000],
  );
  assert.deepEqual(speaker, { op: "set_speaker", ids: [split.new_id], speaker: "b" });
});

test("taking back a removal restores the revision that was removed", async (context) => {
  const { edits, operations, reverted, list } = makeEditor(
    context,
    { status: 200, body: { state: "editing", ended: [{ id: "t" }], segments: [] } },
    { status: 200, body: { state: "editing", segment: stored("t", 5, "bốn năm") } },
  );
  await edits.drop(list[1], "nobody spoke");
  assert.deepEqual(operations[0].ops, [{ op: "delete", seg: "t", rev: 3, reason: "nobody spoke" }]);
  await edits.undo();
  assert.deepEqual(reverted, [["t", 3]]);
});

test("after more typing in its segment the last step is no longer the one to take back", async (context) => {
  const { edits, list } = makeEditor(context, joined(8));
  await edits.merge(list[1]);
  assert.equal(edits.isLastIn(list[0]), true);
  edits.typedIn(list[0]);
  assert.equal(edits.isLastIn(list[0]), false);
});

test("words that a colleague changed are shown first, and nothing is removed", async (context) => {
  const { edits, operations, world, live, list } = makeEditor(context);
  world.saver.of("t").server = { rev: 4, text: "bốn NĂM" };
  list[1].row = /** @type {HTMLElement} */ (/** @type {unknown} */ ({ querySelector: () => null }));
  const { editor } = edits;
  editor.write = (segment, text) => {
    segment.box.textContent = text;
  };
  await edits.drop(list[1], "nobody spoke");
  assert.deepEqual(operations, []);
  assert.equal(list[1].box.textContent, "bốn NĂM");
  assert.match(live.textContent, /was changed elsewhere/);
});
