/** Presence without the page: when to report, and which colleagues are new in a segment. */

/** @typedef {import("./presence.js").Colleague} Colleague */

export const REPORT_EVERY_MS = 10_000;
const SHORTEST_GAP_MS = 2_000;

export class PresenceState {
  #reportedAt = 0;
  #typedAt = -Infinity;
  #isTypingReported = false;
  /** users in the current segment at the last answer @type {Set<string>} */
  #usersHere = new Set();

  /** Record that this user types; return whether colleagues do not know it yet. @param {number} nowMs */
  typed(nowMs) {
    this.#typedAt = nowMs;
    return !this.#isTypingReported; // a short correction falls between two regular reports
  }

  /** Begin a report; return whether this user is typing. @param {number} nowMs */
  beginReport(nowMs) {
    this.#reportedAt = nowMs;
    this.#isTypingReported = nowMs - this.#typedAt < REPORT_EVERY_MS;
    return this.#isTypingReported;
  }

  /** Milliseconds until an early report: moving through the text sends no request per step. @param {number} nowMs */
  earlyReportDelay(nowMs) {
    return Math.max(0, this.#reportedAt + SHORTEST_GAP_MS - nowMs);
  }

  /**
   * Return the colleagues who were not in this segment at the last answer.
   * @param {Colleague[]} others @param {string | null} segment the current one
   */
  arrivals(others, segment) {
    const here = others.filter((one) => segment && one.seg === segment);
    const arrived = here.filter((one) => !this.#usersHere.has(one.user));
    this.#usersHere = new Set(here.map((one) => one.user));
    return arrived;
  }
}

/** Return whether a refused report ends presence on this page. @param {number} status */
export function endsPresence(status) {
  return status === 403 || status === 404 || status === 423;
}
