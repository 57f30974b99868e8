/**
 * The speed of an upload and its remaining time, from the bytes of the last seconds.
 *
 * A mean over the whole upload is wrong after every pause, and that of the last chunk jumps;
 * a window of fifteen seconds avoids both.
 */

const WINDOW_MS = 15_000;
const SURE_AFTER_MS = 1_500;

/** @typedef {{nowMs: number, sentBytes: number}} Mark */
/** @typedef {{unit: "seconds" | "minutes" | "hours", hours: number, count: number}} RoughTime */

export class Pace {
  /** @type {Mark[]} */
  #marks = [];

  /**
   * Record that `sentBytes` in all had been sent at `nowMs`, a time of any monotonic clock.
   * A smaller number than before starts a new measurement.
   * @param {number} nowMs @param {number} sentBytes
   */
  mark(nowMs, sentBytes) {
    const last = this.#marks.at(-1);
    if (last && sentBytes < last.sentBytes) this.#marks = [];
    this.#marks.push({ nowMs, sentBytes });
    while (this.#marks.length > 2 && this.#marks[1].nowMs <= nowMs - WINDOW_MS) this.#marks.shift();
  }

  /** Start a new measurement, after a pause or a lost connection. */
  reset() {
    this.#marks = [];
  }

  /** Return bytes per second, or null while too little was measured. @param {number} nowMs */
  bytesPerSecond(nowMs) {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || !last || nowMs - first.nowMs < SURE_AFTER_MS) return null;
    return ((last.sentBytes - first.sentBytes) * 1000) / (nowMs - first.nowMs);
  }

  /**
   * Return the seconds that `leftBytes` need, or null at a standstill or while not measured.
   * @param {number} nowMs @param {number} leftBytes
   */
  secondsLeft(nowMs, leftBytes) {
    const speed = this.bytesPerSecond(nowMs);
    return speed ? leftBytes / speed : null;
  }
}

/**
 * Round a time for people: to 5 seconds, a minute or 10 minutes, and never to zero.
 * @param {number} seconds
 * @returns {RoughTime} for hours, `count` are the minutes beyond them
 */
export function roughly(seconds) {
  if (seconds < 55)
    return { unit: "seconds", hours: 0, count: Math.max(5, Math.ceil(seconds / 5) * 5) };
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return { unit: "minutes", hours: 0, count: minutes };
  const tens = Math.round(minutes / 10);
  return { unit: "hours", hours: Math.floor(tens / 6), count: (tens % 6) * 10 };
}
