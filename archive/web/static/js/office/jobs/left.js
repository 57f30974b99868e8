/** The remaining time of a job, as far as it was measured. Pure; tested with node. */

/** @typedef {"queued" | "running" | "waiting" | "done" | "failed" | "cancelled"} JobState */

/**
 * A job as `/api/v1/jobs/<id>` returns it.
 * @typedef {object} JobNumbers
 * @property {JobState} state
 * @property {boolean} is_open
 * @property {number} progress  from 0 to 1
 * @property {string} stage
 * @property {number | null} [left_ms]  remaining time that the server has measured
 * @property {{heard_ms?: number, speech_ms?: number}} detail
 */

const MIN_PROGRESS = 0.02;
const MIN_MEASURED_MS = 4000;

/**
 * Measures one job. `left_ms` of the server takes precedence; without it the time is estimated
 * from the progress since this page was opened, once there is enough of it.
 */
export class TimeLeft {
  /** @type {{nowMs: number, progress: number, stage: string} | null} */
  #first = null;

  /**
   * Record the job's progress and return the seconds left, or null while not measured.
   * @param {number} nowMs @param {Pick<JobNumbers, "progress" | "stage" | "left_ms">} job
   * @returns {number | null}
   */
  mark(nowMs, { progress, stage, left_ms: leftMs }) {
    let first = this.#first;
    if (first === null || stage !== first.stage || progress < first.progress) {
      first = { nowMs, progress, stage };
      this.#first = first;
    }
    if (typeof leftMs === "number") return leftMs / 1000;
    const gained = progress - first.progress;
    const tookMs = nowMs - first.nowMs;
    if (gained < MIN_PROGRESS || tookMs < MIN_MEASURED_MS) return null;
    return ((1 - progress) * tookMs) / gained / 1000;
  }
}

/**
 * Return the delay before the next poll: short while the job runs, longer while it waits, and
 * growing with the number of failed polls.
 * @param {JobState} state @param {number} [failures]
 */
export function pollDelayMs(state, failures = 0) {
  if (failures) return Math.min(30_000, 2000 * 2 ** Math.min(failures, 4));
  return state === "running" ? 1000 : 3000;
}
