import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { digestOf } from "../../../archive/web/static/js/upload/known.js";
import { Sha256 } from "../../../archive/web/static/js/upload/sha256.js";

const real = (bytes) => createHash("sha256").update(bytes).digest("hex");
const bytes = (length) => Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255);

test("agrees with the library for every length around a block, in pieces of any length", () => {
  for (let length = 0; length <= 200; length += 1) {
    const data = bytes(length);
    assert.equal(new Sha256().add(data).hex(), real(data), `of ${length}`);
    const cut = (length * 7) % (length + 1);
    const pieces = new Sha256().add(data.subarray(0, cut)).add(data.subarray(cut));
    assert.equal(pieces.hex(), real(data), `of ${length} cut at ${cut}`);
  }
});

test("agrees for a file of several slices, and tells how far it is", async () => {
  const data = bytes(5_000_001);
  const told = [];
  const found = await digestOf(new Blob([data]), { onProgress: (done) => told.push(done) });
  assert.equal(found, real(data));
  assert.deepEqual(told.at(-1), 5_000_001);
});

test("stops when it is no longer wanted", async () => {
  let asked = 0;
  const found = await digestOf(new Blob([bytes(6_000_000)]), { isWanted: () => (asked += 1) < 2 });
  assert.equal(found, null);
  assert.equal(asked, 2);
});
