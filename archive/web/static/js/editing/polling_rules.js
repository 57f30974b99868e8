/** Polling without the page: how long to wait, and what to do with a change of a colleague. */

/** @typedef {{isDirty: boolean, conflict: unknown, server: {rev: number}}} Draft what the rules read of a `SegmentDraft` */

const VISIBLE_MS = 10_000;
const HIDDEN_MS = 3 * VISIBLE_MS;

/** Milliseconds until the next poll. @param {boolean} isVisible whether the page is on the screen */
export function pollDelay(isVisible) {
  return isVisible ? VISIBLE_MS : HIDDEN_MS;
}

/** Return whether a polled revision adds nothing to the row and its draft. @param {number} rev @param {{rev: number}} segment @param {Draft} draft */
export function isKnown(rev, segment, draft) {
  return rev <= Math.max(segment.rev, draft.server.rev);
}

/** Return whether a row has to be left as it is: it has the focus or unsent text. @param {Draft} draft @param {boolean} isFocused */
export function isBeingEdited(draft, isFocused) {
  return isFocused || draft.isDirty || Boolean(draft.conflict);
}

/**
 * Return how a change is shown: not at all, by a highlighted row, or by a notice below its text.
 * @param {string} author user who made it @param {string} user of this page @param {boolean} isEdited
 * @returns {"" | "highlight" | "notice"}
 */
export function signOf(author, user, isEdited) {
  if (author === user) return "";
  return isEdited ? "notice" : "highlight";
}
