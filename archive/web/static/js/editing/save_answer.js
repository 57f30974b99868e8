/** What an answer to a save means. */

/** @typedef {import("./segment_draft.js").Conflict} Conflict */
/** @typedef {import("./segment_draft.js").SegmentDraft} SegmentDraft */

/**
 * @typedef {"saved" | "conflict" | "key used" | "stale form" | "refused" | "lost" | "sign-in" | "frozen" | "forbidden"} Outcome
 * "lost": the server was not reached or could not serve; the same request is sent again later
 */

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

/** Milliseconds until a request without an answer is repeated. @param {number} failures so far @param {number} random from 0 to 1 */
export function retryWait(failures, random) {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures) * (0.75 + random / 2);
}

/** @param {number} status 0: no answer @param {any} body @returns {Outcome} */
export function outcomeOf(status, body) {
  if (status === 200) return "saved";
  if (status === 412 || status === 410) return "conflict";
  if (status === 401) return "sign-in";
  if (status === 423) return "frozen";
  if (status === 409) return "key used";
  if (status === 400 && body?.error === "stale_form") return "stale form";
  if (status === 403 && body?.error === "foreign_page") return "lost"; // the address of a proxy is wrong, not the right
  if (status === 403 || status === 404) return "forbidden";
  if (status === 408 || status === 429) return "lost";
  return status >= 400 && status < 500 ? "refused" : "lost";
}

/** @param {SegmentDraft} draft @param {number} status 412 or 410 @param {any} body @returns {Conflict} */
export function conflictOf(draft, status, body) {
  if (status === 412) {
    return { base: body.base, theirs: body.theirs, yours: draft.text, why: "words" };
  }
  const theirs = { ...draft.server, text: "" };
  return {
    base: draft.base,
    theirs,
    yours: draft.text,
    why: "ended",
    replacedBy: body?.replaced_by,
  };
}
