/** The outbox: one row for each page load, and only what is known to be on the server is removed. */

import assert from "node:assert/strict";
import test from "node:test";
import { pointsBefore } from "../../../archive/web/static/js/editing/caret.js";
import { OpenPages } from "../../../archive/web/static/js/editing/open_pages.js";
import { Outbox } from "../../../archive/web/static/js/editing/outbox.js";
import { parsePeaks } from "../../../archive/web/static/js/editing/peaks.js";
import { inStorage } from "../../../archive/web/static/js/editing/stores.js";

/** @typedef {import("../../../archive/web/static/js/editing/outbox.js").OutboxRow} OutboxRow */
/** @typedef {Omit<OutboxRow, "user" | "version" | "accession" | "page">} Draft */

/** A localStorage in memory; `isFull` refuses what is new. @implements {Storage} */
class MemoryStorage {
  /** @type {Map<string, string>} */
  rows = new Map();
  isFull = false;
  get length() {
    return this.rows.size;
  }
  /** @param {number} at */
  key(at) {
    return [...this.rows.keys()][at] ?? null;
  }
  /** @param {string} name */
  getItem(name) {
    return this.rows.get(name) ?? null;
  }
  /** @param {string} name @param {string} value */
  setItem(name, value) {
    if (this.isFull) throw new Error("QuotaExceededError");
    this.rows.set(name, String(value));
  }
  /** @param {string} name */
  removeItem(name) {
    this.rows.delete(name);
  }
  clear() {
    this.rows.clear();
  }
  get texts() {
    return [...this.rows.values()].map((row) => JSON.parse(row).text);
  }
}

const refuse = async () => {
  throw new Error("private window");
};
const BROKEN = { put: refuse, all: refuse, remove: refuse, replace: refuse };
/** @returns {Promise<Set<string>>} */
const noneOpen = async () => new Set();
/**
 * A row as a page load hands it to its outbox.
 * @param {string} key @param {string} segment @param {string} text
 * @param {{edit?: number, at?: number}} [numbers] @returns {Draft}
 */
const draft = (key, segment, text, { edit = 1, at = 1 } = {}) => ({
  key,
  edit,
  segment,
  base: "",
  baseRev: 1,
  text,
  fields: {},
  pending: null,
  at,
});
/** @param {OutboxRow[]} rows */
const texts = (rows) => rows.map((row) => row.text);

/**
 * Store a text as a page load does, and return its row.
 * @param {Outbox} outbox @param {string} segment @param {string} text
 * @param {{edit?: number, at?: number}} [options]
 */
async function keep(outbox, segment, text, options = {}) {
  const row = draft(outbox.newKey(segment), segment, text, options);
  assert.equal(await outbox.put(row), true);
  return row;
}

test("a row that the first store rejects is kept in the second", async () => {
  const stores = [BROKEN, inStorage(new MemoryStorage())];
  await keep(new Outbox("u1", "v1", "p1", stores), "s1", "chữ");
  assert.deepEqual(texts(await new Outbox("u1", "v1", "p2", stores).takeOver(noneOpen)), ["chữ"]);
  assert.equal(await new Outbox("u1", "v1", "p1", [BROKEN]).put(draft("k", "s1", "chữ")), false);
});

test("two page loads keep one row each and do not remove the other's", async () => {
  const shelf = new MemoryStorage();
  const [first, second] = ["p1", "p2"].map(
    (page) => new Outbox("u1", "v1", page, [inStorage(shelf)]),
  );
  const row = await keep(first, "s1", "của tab một");
  await keep(second, "s1", "của tab hai");
  assert.deepEqual(shelf.texts, ["của tab một", "của tab hai"]);
  await first.remove(row.key, row.edit);
  assert.deepEqual(shelf.texts, ["của tab hai"]);
});

test("a row written again since is not removed", async () => {
  const shelf = new MemoryStorage();
  const outbox = new Outbox("u1", "v1", "p1", [inStorage(shelf)]);
  const row = await keep(outbox, "s1", "mới");
  await outbox.put({ ...row, edit: 2, text: "mới hơn" });
  await outbox.remove(row.key, 1);
  assert.deepEqual(shelf.texts, ["mới hơn"]);
  await outbox.remove(row.key, 2);
  assert.deepEqual(shelf.texts, []);
});

test("a write that reaches the second store after its removal is discarded", async () => {
  const shelf = new MemoryStorage();
  let refuseNow = () => {};
  const slow = {
    ...BROKEN,
    put: () =>
      new Promise((_, reject) => {
        refuseNow = () => reject(new Error("full"));
      }),
  };
  const outbox = new Outbox("u1", "v1", "p1", [slow, inStorage(shelf)]);
  const row = draft(outbox.newKey("s1"), "s1", "đã gửi");
  const written = outbox.put(row);
  await outbox.remove(row.key, row.edit);
  refuseNow();
  await written;
  assert.deepEqual(shelf.texts, []);
});

test("a later write in the other store removes the earlier one", async () => {
  const [first, second] = [new MemoryStorage(), new MemoryStorage()];
  const outbox = new Outbox("u1", "v1", "p1", [inStorage(first), inStorage(second)]);
  const row = await keep(outbox, "s1", "cũ");
  first.isFull = true;
  await outbox.put({ ...row, edit: 2, text: "mới" });
  assert.deepEqual([first.texts, second.texts], [[], ["mới"]]);
});

test("drafts belong to one user and one version", async () => {
  const shelf = new MemoryStorage();
  const stores = [inStorage(shelf)];
  await keep(new Outbox("u1", "v1", "p1", stores), "s1", "của một");
  await keep(new Outbox("u2", "v1", "p2", stores), "s1", "của hai");
  await keep(new Outbox("u1", "v2", "p3", stores), "s2", "bản khác");
  shelf.setItem("loike-draft:u1/s9", "not json");
  assert.deepEqual(texts(await new Outbox("u1", "v1", "p4", stores).takeOver(noneOpen)), [
    "của một",
  ]);
});

test("rows of closed pages are taken over, oldest first, each by one page", async () => {
  const shelf = new MemoryStorage();
  const stores = [inStorage(shelf)];
  await keep(new Outbox("u", "v", "p1", stores), "s", "sau", { at: 20 });
  await keep(new Outbox("u", "v", "p2", stores), "s", "trước", { at: 10 });
  await keep(new Outbox("u", "v", "open", stores), "s", "còn mở", { at: 5 });
  /** @type {string[]} */
  const checkedPages = [];
  const stillOpen = async (/** @type {string[]} */ pages) => {
    checkedPages.push(...pages);
    return new Set(["open"]);
  };
  const [one, other] = ["p3", "p4"].map((page) => new Outbox("u", "v", page, stores));
  const taken = await one.takeOver(stillOpen);
  assert.deepEqual(texts(taken), ["trước", "sau"]);
  assert.deepEqual(new Set(checkedPages), new Set(["p1", "p2", "open"]));
  assert.deepEqual(await one.takeOver(stillOpen), []);
  assert.deepEqual(await other.takeOver(async () => new Set(["p3", "open"])), []);
  assert.equal(shelf.texts.length, 3);
  await one.remove(taken[0].key, taken[0].edit);
  assert.deepEqual(shelf.texts.sort(), ["còn mở", "sau"]);
});

test("a page wrongly taken for closed keeps what it writes later", async () => {
  const shelf = new MemoryStorage();
  const asleep = new Outbox("u", "v", "asleep", [inStorage(shelf)]);
  const row = await keep(asleep, "s", "một");
  const awake = new Outbox("u", "v", "awake", [inStorage(shelf)]);
  const [taken] = await awake.takeOver(noneOpen);
  await asleep.put({ ...row, edit: 2, text: "một hai" });
  await awake.put({ ...taken, edit: taken.edit + 1 });
  await awake.remove(taken.key, taken.edit + 1);
  assert.deepEqual(shelf.texts, ["một hai"]);
});

test("a row of the first release is taken over with its request", async () => {
  const shelf = new MemoryStorage();
  const pending = { key: "k", rev: 7, body: { text: "chữ cũ" }, text: "chữ cũ" };
  const { edit: _edit, ...old } = draft("u/s", "s", "chữ cũ");
  shelf.setItem("loike-draft:u/s", JSON.stringify({ ...old, user: "u", version: "v", pending }));
  const outbox = new Outbox("u", "v", "p1", [inStorage(shelf)]);
  const [taken] = await outbox.takeOver(noneOpen);
  assert.deepEqual(
    [taken.text, taken.page, taken.edit, taken.pending],
    ["chữ cũ", "p1", 0, pending],
  );
  assert.equal(shelf.getItem("loike-draft:u/s"), null);
  await outbox.remove(taken.key, taken.edit);
  assert.equal(shelf.length, 0);
});

test("a row that cannot be moved in a full store is sent once", async () => {
  const shelf = new MemoryStorage();
  await keep(new Outbox("u", "v", "p1", [inStorage(shelf)]), "s", "chữ", { edit: 4 });
  shelf.isFull = true;
  const outbox = new Outbox("u", "v", "p2", [inStorage(shelf)]);
  const [taken] = await outbox.takeOver(noneOpen);
  assert.deepEqual([taken.text, shelf.texts], ["chữ", ["chữ"]]);
  assert.deepEqual(await outbox.takeOver(noneOpen), []);
  await outbox.remove(taken.key, taken.edit);
  assert.deepEqual(shelf.texts, []);
});

test("of one row in two stores the later write is used and the other removed", async () => {
  const [first, second] = [new MemoryStorage(), new MemoryStorage()];
  await new Outbox("u", "v", "p", [inStorage(first)]).put(draft("k", "s", "cũ", { edit: 1 }));
  await new Outbox("u", "v", "p", [inStorage(second)]).put(draft("k", "s", "mới", { edit: 2 }));
  const taken = await new Outbox("u", "v", "q", [inStorage(first), inStorage(second)]).takeOver(
    noneOpen,
  );
  assert.deepEqual([texts(taken), first.texts, second.texts], [["mới"], [], ["mới"]]);
});

test("open pages respond, a closing page does not", async () => {
  const pages = ["p1", "p2", "p3"].map((name) => new OpenPages(name));
  const [one, , leaving] = pages;
  leaving.leave(true);
  assert.deepEqual(await one.among(["p2"]), new Set(["p2"]));
  assert.deepEqual(await one.among(["p2", "p3", "gone", ""]), new Set(["p2"]));
  leaving.leave(false);
  assert.deepEqual(await one.among(["p3", "p2"]), new Set(["p2", "p3"]));
  for (const page of pages) page.channel?.close();
});

test("peaks are read in their file layout only", () => {
  const block = (/** @type {number} */ rate, /** @type {number[]} */ ...peaks) => [
    0x4c,
    0x4b,
    0x50,
    0x4b,
    1,
    rate,
    1,
    0,
    peaks.length,
    0,
    0,
    0,
    ...peaks,
  ];
  const found = parsePeaks(new Uint8Array([...block(20, 1, 2, 3), ...block(2, 9)]).buffer);
  assert.ok(found);
  assert.deepEqual([[...found.fine], [...found.coarse]], [[1, 2, 3], [9]]);
  assert.equal(parsePeaks(new Uint8Array(block(20, 1)).buffer), null);
  assert.equal(parsePeaks(new TextEncoder().encode("<html>not peaks at all</html>").buffer), null);
  assert.equal(parsePeaks(new Uint8Array(block(20, 1, 2).slice(0, -1)).buffer), null);
});

test("a caret is counted in code points of the normalised text, as on the server", () => {
  assert.equal(pointsBefore("một  hai", 5), 4);
  assert.equal(pointsBefore("  một hai", 5), 3);
  assert.equal(pointsBefore("mo\u0302\u0323t hai", 6), 4);
  assert.equal(pointsBefore("🎙 hai", 3), 2);
});

test("rows of other versions of the interview are found, and stay where they are", async () => {
  const shelf = new MemoryStorage();
  const stores = [inStorage(shelf)];
  for (const [version, accession, page] of [
    ["v1", "LK-1", "p1"],
    ["v2", "LK-1", "p2"],
    ["v3", "LK-2", "p3"],
    ["v4", "LK-1", "open"],
  ]) {
    const other = new Outbox("u1", version, page, stores, accession);
    await other.put(draft(other.newKey("s"), "s", `of ${version}`));
  }
  const outbox = new Outbox("u1", "v2", "p9", stores, "LK-1");
  const found = await outbox.ofOtherVersions(async () => new Set(["open"]));
  assert.deepEqual(
    found.map(({ text }) => text),
    ["of v1"],
  );
  assert.deepEqual(
    (await outbox.takeOver(noneOpen)).map(({ text }) => text),
    ["of v2"],
  );
  assert.equal(shelf.rows.size, 4);
  assert.deepEqual(
    await new Outbox("u2", "v2", "p8", stores, "LK-1").ofOtherVersions(noneOpen),
    [],
  );
});
