/**
 * The files of one upload page as plain data: the states of a file, and which file comes next.
 *
 * This module touches no file object, network or page. An entry is replaced, never changed.
 *
 * waiting   for its turn                 sending   bytes go
 * comparing with what the archive has, before a byte is sent; sentBytes are those compared
 * paused    by the person                offline   no connection, tried again at retryAtMs
 * full      the disk is full             guest     the session ended, needs a sign-in
 * missing   the server has a part of it, the file must be chosen again
 * settling  every byte is there, the archive is checking them
 * settled   the server has answered how it ended
 * failed    cannot go on by itself; `problem` is the code, and some are final
 */

/**
 * @typedef {"waiting" | "sending" | "comparing" | "paused" | "offline" | "full" | "guest"
 *   | "missing" | "settling" | "settled" | "failed"} EntryState
 * @typedef {"start" | "progress" | "accepted" | "whole" | "other" | "compare" | "compared"
 *   | "send" | "known" | "pause" | "resume" | "retry" | "chosen" | "lost" | "full" | "guest"
 *   | "fail" | "settled" | "drop"} QueueEvent
 */

/**
 * A file of the list.
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} name
 * @property {number} sizeBytes
 * @property {number} sentBytes  bytes that have left this computer
 * @property {number} keptBytes  bytes on the archive's disk: what remains when the connection breaks
 * @property {string} uploadId  "" until the server has given one
 * @property {EntryState} state
 * @property {number} attempts  lost connections since the server last received bytes
 * @property {number} retryAtMs  when an offline or full entry is tried again
 * @property {string} problem  code of what went wrong, or ""
 */

/**
 * What comes with an event.
 * @typedef {object} EventFacts
 * @property {number} [nowMs]
 * @property {number} [sentBytes]
 * @property {number} [keptBytes]
 * @property {string} [problem]
 */

/**
 * The sums shown above the list.
 * @typedef {object} Totals
 * @property {number} count
 * @property {number} sizeBytes
 * @property {number} sentBytes
 * @property {number} leftBytes
 * @property {boolean} isSending
 * @property {boolean} canPause
 * @property {boolean} canResume
 */

/** @typedef {Partial<Record<QueueEvent, EntryState | null>>} Transitions null removes the entry */

const MAX_ACTIVE = 2;
const BACK_OFF_S = [1, 2, 5, 10, 20, 30];
const RETRY_WHEN_FULL_S = 30;

/** @type {Transitions} */
const STOPS = {
  pause: "paused",
  lost: "offline",
  full: "full",
  guest: "guest",
  fail: "failed",
  drop: null,
};
/** @type {Record<EntryState, Transitions>} */
const TRANSITIONS = {
  waiting: { start: "sending", ...STOPS },
  sending: {
    accepted: "sending",
    other: "missing",
    compare: "comparing",
    progress: "sending",
    whole: "settling",
    ...STOPS,
  },
  comparing: { compared: "comparing", send: "sending", known: "settling", ...STOPS },
  paused: { resume: "waiting", drop: null },
  offline: { retry: "waiting", ...STOPS },
  full: { retry: "waiting", ...STOPS },
  guest: { retry: "waiting", drop: null },
  missing: { chosen: "waiting", drop: null },
  settling: { settled: "settled", lost: "offline", guest: "guest", fail: "failed" },
  settled: { drop: null },
  failed: { retry: "waiting", drop: null },
};

/** @type {ReadonlySet<EntryState>} */
const STOPPED = new Set(["paused", "offline", "full", "guest", "missing"]);

/** Problems that the same file would meet again, so that no retry is offered. */
const FINAL = new Set([
  "empty_file",
  "file_too_long",
  "more_than_declared",
  "not_allowed",
  "other_role",
  "not_found",
]);

/** Return whether a retry can help. @param {Pick<Entry, "state" | "problem">} entry */
export function canRetry({ state, problem }) {
  return (
    ["offline", "full", "guest"].includes(state) || (state === "failed" && !FINAL.has(problem))
  );
}

/**
 * Return the entry of a chosen file, or with `uploadId` of one that the server has a part of.
 * @param {Pick<Entry, "key" | "name" | "sizeBytes">
 *   & Partial<Pick<Entry, "sentBytes" | "uploadId" | "state">>} facts
 * @returns {Entry}
 */
export function createEntry(facts) {
  const { key, name, sizeBytes, sentBytes = 0, uploadId = "", state = "waiting" } = facts;
  return {
    key,
    name,
    sizeBytes,
    sentBytes,
    keptBytes: sentBytes,
    uploadId,
    state,
    attempts: 0,
    retryAtMs: 0,
    problem: "",
  };
}

/** Return the delay before retry number `attempts` (from 1). @param {number} attempts */
export function backOffMs(attempts) {
  return 1000 * BACK_OFF_S[Math.min(attempts, BACK_OFF_S.length) - 1];
}

/**
 * Return the entry after `event`, null when it is removed, and the same entry when the event
 * does not apply to its state: an answer that arrives after a pause must not start it again.
 * @param {Entry} before @param {QueueEvent} event @param {EventFacts} [facts]
 * @returns {Entry | null}
 */
export function transition(before, event, facts = {}) {
  const { nowMs = 0, sentBytes, keptBytes, problem = "" } = facts;
  const next = TRANSITIONS[before.state][event];
  if (next === undefined) return before;
  if (next === null) return null;
  /** @type {Entry} */
  const after = { ...before, state: next, problem: "" };
  if (sentBytes !== undefined) after.sentBytes = sentBytes;
  if (event === "accepted" && keptBytes !== undefined) {
    after.keptBytes = keptBytes;
    if (keptBytes > before.keptBytes) after.attempts = 0;
  }
  if (STOPPED.has(next)) after.sentBytes = after.keptBytes;
  if (event === "whole" || event === "known") after.sentBytes = after.keptBytes = before.sizeBytes;
  if (event === "send") after.sentBytes = after.keptBytes;
  if (event === "fail" || event === "other") after.problem = problem;
  if (next === "offline") {
    after.attempts = before.attempts + 1;
    after.retryAtMs = nowMs + backOffMs(after.attempts);
  }
  if (next === "full") after.retryAtMs = nowMs + 1000 * RETRY_WHEN_FULL_S;
  return after;
}

/** Return the keys of waiting entries that may start now. @param {Entry[]} entries */
export function keysToStart(entries) {
  const active = entries.filter((e) => ["comparing", "sending", "settling"].includes(e.state));
  return entries
    .filter((e) => e.state === "waiting")
    .slice(0, Math.max(0, MAX_ACTIVE - active.length))
    .map((e) => e.key);
}

/**
 * Return the keys of offline and full entries whose time to retry has come.
 * @param {Entry[]} entries @param {number} nowMs
 */
export function keysToRetry(entries, nowMs) {
  const parked = entries.filter((e) => e.state === "offline" || e.state === "full");
  return parked.filter((e) => e.retryAtMs <= nowMs).map((e) => e.key);
}

/** Return the sums of a list. @param {Entry[]} entries @returns {Totals} */
export function totals(entries) {
  /** @param {Entry[]} list @param {(entry: Entry) => number} bytesOf */
  const sum = (list, bytesOf) => list.reduce((total, e) => total + bytesOf(e), 0);
  const open = entries.filter((e) => !["settled", "failed", "missing"].includes(e.state));
  return {
    count: entries.length,
    sizeBytes: sum(entries, (e) => e.sizeBytes),
    sentBytes: sum(open, (e) => e.sentBytes),
    leftBytes: sum(open, (e) => e.sizeBytes - e.sentBytes),
    isSending: entries.some((e) => e.state === "sending"),
    canPause: entries.some((e) => Boolean(TRANSITIONS[e.state].pause)),
    canResume: entries.some((e) => e.state === "paused"),
  };
}

/**
 * Return the `missing` entry that a chosen file continues: the same name and length.
 * @param {Entry[]} entries @param {Pick<Entry, "name" | "sizeBytes">} file
 */
export function findContinued(entries, { name, sizeBytes }) {
  return entries.find(
    (e) =>
      e.state === "missing" &&
      e.sizeBytes === sizeBytes &&
      e.name.normalize("NFC") === name.normalize("NFC"),
  );
}
