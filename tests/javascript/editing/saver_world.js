/** What a saver needs from the page, for tests: clock, timers, server and outbox in memory. */

import assert from "node:assert/strict";

import { threeWay } from "../../../archive/web/static/js/editing/merging.js";
import { Saver } from "../../../archive/web/static/js/editing/saving.js";

/** @typedef {import("../../../archive/web/static/js/editing/outbox.js").Request} Request */
/** @typedef {import("../../../archive/web/static/js/editing/outbox.js").Outbox} Outbox */
/** @typedef {import("../../../archive/web/static/js/editing/saving.js").SaveAnswer} SaveAnswer */
/** @typedef {import("../../../archive/web/static/js/editing/segment_draft.js").Conflict} Conflict */
/** @typedef {import("../../../archive/web/static/js/editing/outbox.js").OutboxRow} Row */
/** @typedef {["saved", string, any] | ["conflict", string, Conflict] | ["stopped", string]} WorldEvent */

/** Whose rows they are: the real outbox adds this to each. */
export const OWNER = { user: "u", version: "v", page: "p" };

/** A saver with a clock that is moved by hand, a server with one segment, and an outbox to look into. */
export class World {
  clock = 0;
  /** @type {Map<number, {at: number, run: () => void}>} */
  timers = new Map();
  /** @type {Map<string, Row>} */
  rows = new Map();
  /**
   * How the server answers; a number is the status of every answer.
   * @type {"up" | "down" | "response lost" | "times refused" | "stale form" | number}
   */
  connection = "up";
  /** @type {Request[]} */
  requests = [];
  storage = true;
  /** what a write to the outbox waits for @type {Promise<void> | null} */
  storing = null;
  /** who is signed in at the server @type {"same" | "other" | "signed-out" | "unreachable"} */
  who = "same";
  renewing = true;
  renewals = 0;
  /** @type {WorldEvent[]} */
  events = [];
  /** the answer to each request that was served @type {Map<string, SaveAnswer>} */
  saved = new Map();
  /** @type {import("../../../archive/web/static/js/editing/saving.js").Status[]} */
  statuses = [];
  #keys = 0;
  #rowKeys = 0;
  #timerIds = 0;

  /** @param {{text?: string, rev?: number, name?: string}} [options] the segment, and a prefix of request keys */
  constructor({ text = "một hai ba", rev = 7, name = "key" } = {}) {
    this.server = { rev, text, history: new Map([[rev, text]]) };
    this.saver = new Saver({
      send: async (_id, request) => this.#send(request),
      outbox: this.#outbox(),
      makeKey: () => {
        this.#keys += 1;
        return `${name}-${this.#keys}`;
      },
      later: (run, ms) => {
        this.#timerIds += 1;
        this.timers.set(this.#timerIds, { at: this.clock + ms, run });
        return this.#timerIds;
      },
      forget: (timer) => {
        this.timers.delete(timer);
      },
      now: () => this.clock,
      random: () => 0.5,
      onStatus: (status) => this.statuses.push(status),
      onSaved: (id, body) => this.events.push(["saved", id, body]),
      onConflict: (draft, conflict) => this.events.push(["conflict", draft.id, conflict]),
      onStopped: (why) => this.events.push(["stopped", why]),
      renewForm: async () => {
        this.renewals += 1;
        if (this.who === "same" && this.renewing) this.connection = "up";
        return this.who;
      },
    });
    this.saver.track("s", { rev, text });
  }

  /** The row of the outbox under this key. @param {string} key @returns {Row} */
  row(key) {
    const row = this.rows.get(key);
    assert.ok(row, `the outbox has no row ${key}`);
    return row;
  }

  /** The conflicts that the saver reported, in order. @returns {Conflict[]} */
  get conflicts() {
    return this.events.flatMap((event) => (event[0] === "conflict" ? [event[2]] : []));
  }

  /** Store a text on the server, as a colleague's save does. @param {number} rev @param {string} text */
  storeOnServer(rev, text) {
    Object.assign(this.server, { rev, text });
    this.server.history.set(rev, text);
  }

  /** Move the clock, run the timers that are due, and let what they began come back. @param {number} ms */
  async advance(ms) {
    this.clock += ms;
    for (const [id, timer] of [...this.timers]) {
      if (timer.at <= this.clock && this.timers.delete(id)) timer.run();
    }
    for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
  }

  /** @param {Request} request @returns {SaveAnswer} */
  #send(request) {
    this.requests.push(structuredClone(request));
    if (this.connection === "down") return { status: 0, body: {} };
    if (this.connection === "times refused" && request.body.start)
      return { status: 422, body: { why: "times_overlap" } };
    if (this.connection === "stale form") return { status: 400, body: { error: "stale_form" } };
    if (typeof this.connection === "number") return { status: this.connection, body: {} };
    const answer = this.#serve(request);
    return this.connection === "response lost" ? { status: 0, body: {} } : answer;
  }

  /** @param {Request} request @returns {SaveAnswer} */
  #serve(request) {
    const { server } = this;
    const known = this.saved.get(request.key);
    if (known) return known;
    let text = request.body.text ?? server.text;
    if (request.rev !== server.rev) {
      const base = server.history.get(request.rev);
      assert.ok(base !== undefined, `the server never had revision ${request.rev}`);
      const merged = threeWay(base, server.text, text);
      if (merged.text === null) {
        const theirs = { rev: server.rev, text: server.text, by_name: "Lan" };
        return { status: 412, body: { base, theirs } };
      }
      text = merged.text;
    }
    if (text !== server.text || Object.keys(request.body).some((name) => name !== "text"))
      this.storeOnServer(server.rev + 1, text);
    const segment = { ...request.body, rev: server.rev, text: server.text };
    const answer = { status: 200, body: { segment } };
    this.saved.set(request.key, answer);
    return answer;
  }

  /** An outbox in memory; the saver uses no more of the real one than this. */
  #outbox() {
    const outbox = {
      /** @param {string} id */
      newKey: (id) => {
        this.#rowKeys += 1;
        return this.#rowKeys === 1 ? id : `${id}-${this.#rowKeys}`;
      },
      /** @param {Omit<Row, keyof typeof OWNER>} row */
      put: async (row) => {
        if (this.storing) await this.storing;
        if (!this.storage) return false;
        this.rows.set(row.key, structuredClone({ ...row, ...OWNER }));
        return true;
      },
      /** @param {string} key @param {number} edit */
      remove: async (key, edit) => {
        const row = this.rows.get(key);
        if (row && row.edit <= edit) this.rows.delete(key);
      },
    };
    return /** @type {Outbox} */ (/** @type {unknown} */ (outbox));
  }
}
