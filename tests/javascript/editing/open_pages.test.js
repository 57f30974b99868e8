/** Which page loads are open: found over node's own BroadcastChannel. */

import assert from "node:assert/strict";
import test from "node:test";

import { OpenPages } from "../../../archive/web/static/js/editing/open_pages.js";

/**
 * Page loads with these names, closed when the test ends.
 * @param {import("node:test").TestContext} context @param {...string} names
 */
function open(context, ...names) {
  const pages = names.map((name) => new OpenPages(name));
  context.after(() => {
    for (const page of pages) page.channel?.close();
  });
  return pages;
}

test("open pages respond, closed ones do not", async (context) => {
  const [first] = open(context, "first", "second", "third");
  const found = await first.among(["second", "gone", "third"]);
  assert.deepEqual([...found].sort(), ["second", "third"]);
});

test("an empty list of pages gives no open page", async (context) => {
  const [first] = open(context, "first", "second");
  assert.deepEqual([...(await first.among([]))], []);
});

test("a page being left does not respond, a restored one does", async (context) => {
  const [first, second] = open(context, "first", "second");
  second.leave(true);
  assert.deepEqual([...(await first.among(["second"]))], []);
  second.leave(false);
  assert.deepEqual([...(await first.among(["second"]))], ["second"]);
});

test("the other pages are notified when one is left", async (context) => {
  const [first, second] = open(context, "first", "second");
  const heard = new Promise((resolve) => first.leftListeners.add(() => resolve("first")));
  second.leftListeners.add(() => assert.fail("a page heard itself"));
  second.leave(true);
  assert.equal(await heard, "first");
});

test("pages of the same person and version save on request, and report what they could not", async (context) => {
  const pages = ["u/v", "u/v", "u/v", "u/other"].map(
    (group, number) => new OpenPages(`p${number}`, group),
  );
  context.after(() => {
    for (const page of pages) page.channel?.close();
  });
  /** @type {string[]} */
  const saved = [];
  const left = [9, 0, 2, 5];
  pages.forEach((page, number) => {
    page.save = async () => {
      saved.push(page.page);
      return left[number];
    };
  });
  assert.equal(await pages[0].saveElsewhere(), 2);
  assert.deepEqual(saved.sort(), ["p1", "p2"]);
  left[2] = 0;
  assert.equal(await pages[0].saveElsewhere(), 0);
});
