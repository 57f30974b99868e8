/** The form token of a page: fetched again for the same person only. */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test from "node:test";

import { ApiClient } from "../../../archive/web/static/js/editing/api_client.js";

/** @typedef {import("node:test").TestContext} TestContext */

/**
 * A server whose saves want the token "new", a document with the token "old", and a client of
 * the person "me". `user` is who is signed in at the server.
 * @param {TestContext} context @param {{user?: string, status?: number}} [answers]
 */
async function makeClient(context, { user = "me", status = 200 } = {}) {
  /** @type {string[]} */
  const urls = [];
  const server = createServer((request, response) => {
    const url = request.url || "";
    urls.push(url);
    const isTicket = url.endsWith("/ticket");
    const isFresh = request.headers["x-csrftoken"] === "new";
    response.statusCode = isTicket ? status : isFresh ? 200 : 400;
    response.setHeader("Content-Type", "application/json");
    const refusal = isFresh ? { others: [] } : { error: "stale_form" };
    response.end(JSON.stringify(isTicket ? { csrf: "new", user } : refusal));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const meta = {
    content: "old",
    getAttribute: () => meta.content,
    setAttribute: (/** @type {string} */ _name, /** @type {string} */ value) => {
      meta.content = value;
    },
  };
  const { document, fetch } = globalThis;
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const origin = `http://127.0.0.1:${port}`;
  Object.assign(globalThis, { document: { querySelector: () => meta } });
  globalThis.fetch = (path, options) => fetch(origin + path, options);
  context.after(() => {
    Object.assign(globalThis, { document, fetch });
    server.closeAllConnections();
    server.close();
  });
  return { client: new ApiClient("v", "me"), meta, urls };
}

test("a stale token is renewed and the request repeated once", async (context) => {
  const { client, meta, urls } = await makeClient(context);
  assert.equal((await client.here(null, false)).status, 200);
  assert.equal(meta.content, "new");
  assert.equal(urls.length, 3);
});

test("the token of another user is not used", async (context) => {
  const { client, meta, urls } = await makeClient(context, { user: "another person" });
  assert.equal((await client.here(null, false)).status, 400);
  assert.equal(meta.content, "old");
  assert.equal(urls.length, 2);
  assert.equal(await client.renew(), "other");
});

for (const { status, who } of [
  { status: 401, who: "signed-out" },
  { status: 503, who: "unreachable" },
]) {
  test(`a server that answers ${status} means ${who}`, async (context) => {
    const { client, meta } = await makeClient(context, { status });
    assert.equal(await client.renew(), who);
    assert.equal(meta.content, "old");
  });
}
