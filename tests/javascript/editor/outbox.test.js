/** The outbox: the second store takes what the first will not, and nothing unconfirmed is removed. */

import assert from "node:assert/strict";
import test from "node:test";

import { Outbox, inStorage } from "../../../archive/web/static/js/editor/outbox.js";
import { parsePeaks } from "../../../archive/web/static/js/editor/peaks.js";
import { pointsBefore } from "../../../archive/web/static/js/editor/caret.js";

/** What a browser's localStorage does, as far as it is used. */
class Shelf {
  rows = new Map();
  get length() { return this.rows.size; }
  key(at) { return [...this.rows.keys()][at] ?? null; }
  getItem(name) { return this.rows.get(name) ?? null; }
  setItem(name, value) { this.rows.set(name, String(value)); }
  removeItem(name) { this.rows.delete(name); }
}

const BROKEN = {
  put: async () => { throw new Error("private window"); },
  all: async () => { throw new Error("private window"); },
  remove: async () => { throw new Error("private window"); },
};
const draft = (segment, text, at = 1) => ({ segment, base: "", baseRev: 1, text, fields: {}, pending: null, at });

test("where the first store refuses, the second keeps it", async () => {
  const shelf = new Shelf();
  const outbox = new Outbox("u1", "v1", [BROKEN, inStorage(shelf)]);
  assert.equal(await outbox.put(draft("s1", "chữ")), true);
  assert.deepEqual((await outbox.drafts()).map((row) => row.text), ["chữ"]);
  assert.equal(await new Outbox("u1", "v1", [BROKEN]).put(draft("s1", "chữ")), false);
});

test("only the very text that was confirmed is removed", async () => {
  const shelf = new Shelf();
  const outbox = new Outbox("u1", "v1", [inStorage(shelf)]);
  await outbox.put(draft("s1", "mới hơn"));
  await outbox.confirm("s1", "mới");
  assert.equal((await outbox.drafts()).length, 1);
  await outbox.confirm("s1", " mới  hơn ");
  assert.equal((await outbox.drafts()).length, 0);
});

test("drafts belong to one person and one version", async () => {
  const shelf = new Shelf();
  const stores = [inStorage(shelf)];
  await new Outbox("u1", "v1", stores).put(draft("s1", "của một"));
  await new Outbox("u2", "v1", stores).put(draft("s1", "của hai"));
  await new Outbox("u1", "v2", stores).put(draft("s2", "bản khác"));
  assert.deepEqual((await new Outbox("u1", "v1", stores).drafts()).map((row) => row.text), ["của một"]);
  shelf.setItem("loike-draft:u1/s9", "not json");
  assert.equal((await new Outbox("u1", "v1", stores).drafts()).length, 1);
});

test("of two stores the newer row counts", async () => {
  const [first, second] = [inStorage(new Shelf()), inStorage(new Shelf())];
  await new Outbox("u", "v", [first]).put(draft("s", "cũ", 1));
  await new Outbox("u", "v", [second]).put(draft("s", "mới", 2));
  assert.deepEqual((await new Outbox("u", "v", [first, second]).drafts()).map((row) => row.text), ["mới"]);
});

test("peaks are read as they are laid out, and nothing else is", () => {
  const block = (rate, ...peaks) => [0x4c, 0x4b, 0x50, 0x4b, 1, rate, 1, 0, peaks.length, 0, 0, 0, ...peaks];
  const found = parsePeaks(new Uint8Array([...block(20, 1, 2, 3), ...block(2, 9)]).buffer);
  assert.deepEqual([[...found.fine], [...found.coarse]], [[1, 2, 3], [9]]);
  assert.equal(parsePeaks(new Uint8Array(block(20, 1)).buffer), null);
  assert.equal(parsePeaks(new TextEncoder().encode("<html>not peaks at all</html>").buffer), null);
  assert.equal(parsePeaks(new Uint8Array(block(20, 1, 2).slice(0, -1)).buffer), null);
});

test("a caret is counted as the server counts: tidied, composed, in code points", () => {
  assert.equal(pointsBefore("một  hai", 5), 4);
  assert.equal(pointsBefore("  một hai", 5), 3);
  assert.equal(pointsBefore("mo\u0302\u0323t hai", 6), 4);
  assert.equal(pointsBefore("🎙 hai", 3), 2);
});
