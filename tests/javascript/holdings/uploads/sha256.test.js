import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { digestOf } from "../../../../archive/web/static/js/holdings/uploads/known.js";
import { Sha256 } from "../../../../archive/web/static/js/holdings/uploads/sha256.js";

const real = (/** @type {Uint8Array} */ bytes) => createHash("sha256").update(bytes).digest("hex");
const bytes = (/** @type {number} */ length) =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255);

test("agrees with the library for every length around a block, in pieces of any length", () => {
  for (let length = 0; length <= 200; length += 1) {
    const data = bytes(length);
    assert.equal(new Sha256().add(data).hex(), real(data), `of ${length}`);
    const cut = (length * 7) % (length + 1);
    const pieces = new Sha256().add(data.subarray(0, cut)).add(data.subarray(cut));
    assert.equal(pieces.hex(), real(data), `of ${length} cut at ${cut}`);
  }
});

test("digestOf agrees for a file of several slices, and reports its progress", async () => {
  const data = bytes(5_000_001);
  /** @type {number[]} */
  const progress = [];
  const found = await digestOf(new Blob([data]), { onProgress: (done) => progress.push(done) });
  assert.equal(found, real(data));
  assert.deepEqual(progress.at(-1), 5_000_001);
});

test("digestOf returns null when it may not continue", async () => {
  let calls = 0;
  const mayContinue = () => {
    calls += 1;
    return calls < 2;
  };
  const found = await digestOf(new Blob([bytes(6_000_000)]), { mayContinue });
  assert.equal(found, null);
  assert.equal(calls, 2);
});
