/** The time that a job has left, as far as it has been measured. Pure; tested with node. */

/**
 * Follows one job. `left_ms` of the server wins; without it the time is reckoned from how
 * progress went since this page was opened, once that is enough to go by.
 */
export class TimeLeft {
  #first = null;

  /** @returns {number | null} seconds left, null while nobody could know */
  mark(nowMs, { progress, stage, left_ms: leftMs }) {
    if (this.#first === null || stage !== this.#first.stage || progress < this.#first.progress) {
      this.#first = { nowMs, progress, stage };
    }
    if (typeof leftMs === "number") return leftMs / 1000;
    const gone = progress - this.#first.progress;
    const tookMs = nowMs - this.#first.nowMs;
    if (gone < 0.02 || tookMs < 4000) return null;
    return ((1 - progress) * tookMs) / gone / 1000;
  }
}

/** How long to wait before asking again: fast while something moves, slower while it waits. */
export function askAgainMs({ state, failures = 0 }) {
  if (failures) return Math.min(30_000, 2000 * 2 ** Math.min(failures, 4));
  return state === "running" ? 1000 : 3000;
}
