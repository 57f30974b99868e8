/**
 * The files of one upload page as plain data: what may follow what, and what comes next.
 *
 * No file object, no network and no page in here. An entry is replaced, never changed:
 * {key, name, sizeBytes, sentBytes, keptBytes, state, attempts, retryAtMs, problem, uploadId}
 *
 * sentBytes have left this machine; keptBytes have reached the archive's disk, and are
 * what remains when the line is cut.
 *
 * waiting   for its turn                 sending   bytes go
 * comparing with what the archive has, before a byte is sent; sentBytes are those compared
 * paused    by the person                offline   the line is gone, tried again at retryAtMs
 * full      the archive has no room      guest     the session ended, needs a sign-in
 * missing   the server has a part of it, the file must be chosen again
 * settling  every byte is there, the archive is checking them
 * settled   the server has said how it ended
 * failed    cannot go on by itself; `problem` is the code, and some are final
 */

export const AT_ONCE = 2;
const BACK_OFF_S = [1, 2, 5, 10, 20, 30];
const FULL_AGAIN_S = 30;

const STOPS = {
  pause: "paused", lost: "offline", full: "full", guest: "guest", fail: "failed", drop: null,
};
const FOLLOWS = {
  waiting: { start: "sending", ...STOPS },
  sending: { accepted: "sending", other: "missing", compare: "comparing", progress: "sending", whole: "settling", ...STOPS },
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

const STOPPED = new Set(["paused", "offline", "full", "guest", "missing"]);

/** Problems that the same file would meet again: there is nothing to try. */
const FINAL = new Set(["empty_file", "file_too_long", "not_allowed", "other_role", "not_found"]);

/** Whether pressing a button could help. */
export function canRetry({ state, problem }) {
  return ["offline", "full", "guest"].includes(state) || (state === "failed" && !FINAL.has(problem));
}

/** A file that was just chosen, or with `uploadId` one that the server knows from before. */
export function entry({ key, name, sizeBytes, sentBytes = 0, uploadId = "", state = "waiting" }) {
  return { key, name, sizeBytes, sentBytes, keptBytes: sentBytes, uploadId, state, attempts: 0, retryAtMs: 0, problem: "" };
}

/** How long to wait before try number `attempts` (from 1) after a lost line. */
export function backOffMs(attempts) {
  return 1000 * BACK_OFF_S[Math.min(attempts, BACK_OFF_S.length) - 1];
}

/**
 * The entry after `event`, null when it is dropped, itself when the event means nothing now:
 * an answer that arrives after the person has pressed pause must not start it again.
 */
export function step(before, event, { nowMs = 0, sentBytes, keptBytes, problem = "" } = {}) {
  const next = FOLLOWS[before.state]?.[event];
  if (next === undefined) return before;
  if (next === null) return null;
  const after = { ...before, state: next, problem: "" };
  if (sentBytes !== undefined) after.sentBytes = sentBytes;
  if (event === "accepted") {
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
  if (next === "full") after.retryAtMs = nowMs + 1000 * FULL_AGAIN_S;
  return after;
}

/** The keys of waiting entries that may start now. */
export function toStart(entries, atOnce = AT_ONCE) {
  const busy = entries.filter((e) => ["comparing", "sending", "settling"].includes(e.state)).length;
  return entries.filter((e) => e.state === "waiting").slice(0, Math.max(0, atOnce - busy)).map((e) => e.key);
}

/** The keys of entries whose pause after a lost line or a full disk is over. */
export function toRetry(entries, nowMs) {
  const sleeping = entries.filter((e) => e.state === "offline" || e.state === "full");
  return sleeping.filter((e) => e.retryAtMs <= nowMs).map((e) => e.key);
}

/** What is said above the list: how many, how much, how much is still to go. */
export function totals(entries) {
  const sum = (list, pick) => list.reduce((total, e) => total + pick(e), 0);
  const open = entries.filter((e) => !["settled", "failed", "missing"].includes(e.state));
  return {
    count: entries.length,
    sizeBytes: sum(entries, (e) => e.sizeBytes),
    sentBytes: sum(open, (e) => e.sentBytes),
    leftBytes: sum(open, (e) => e.sizeBytes - e.sentBytes),
    isSending: entries.some((e) => e.state === "sending"),
    canPause: entries.some((e) => STOPS.pause && FOLLOWS[e.state]?.pause),
    canResume: entries.some((e) => e.state === "paused"),
  };
}

/** The entry that a chosen file goes on from: same name and length, and waiting to be chosen. */
export function continues(entries, { name, sizeBytes }) {
  return entries.find((e) => e.state === "missing" && e.sizeBytes === sizeBytes
    && e.name.normalize("NFC") === name.normalize("NFC"));
}
