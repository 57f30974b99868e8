/**
 * How fast bytes go and how long the rest will take, from what went by in the last seconds.
 *
 * A mean over the whole upload lies after every pause, and the last piece alone jumps;
 * a window of fifteen seconds does neither.
 */

export const WINDOW_MS = 15_000;
const SURE_AFTER_MS = 1_500;

export class Pace {
  #marks = [];

  /** At `nowMs` (any monotonic clock), `sentBytes` in all have gone. Going back starts afresh. */
  mark(nowMs, sentBytes) {
    const last = this.#marks.at(-1);
    if (last && sentBytes < last.sentBytes) this.#marks = [];
    this.#marks.push({ nowMs, sentBytes });
    while (this.#marks.length > 2 && this.#marks[1].nowMs <= nowMs - WINDOW_MS) this.#marks.shift();
  }

  /** Forget everything: after a pause or a lost line. */
  reset() {
    this.#marks = [];
  }

  /** Bytes per second, or null while nobody could know yet. */
  bytesPerSecond(nowMs) {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || nowMs - first.nowMs < SURE_AFTER_MS) return null;
    return ((last.sentBytes - first.sentBytes) * 1000) / (nowMs - first.nowMs);
  }

  /** Seconds for `leftBytes`, or null when it stands still or is not known yet. */
  secondsLeft(nowMs, leftBytes) {
    const speed = this.bytesPerSecond(nowMs);
    return speed ? leftBytes / speed : null;
  }
}

/**
 * A time that a person would say: no false precision, never zero.
 * @returns {{unit: "seconds" | "minutes" | "hours", hours: number, count: number}}
 */
export function roughly(seconds) {
  if (seconds < 55) return { unit: "seconds", hours: 0, count: Math.max(5, Math.ceil(seconds / 5) * 5) };
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return { unit: "minutes", hours: 0, count: minutes };
  const tens = Math.round(minutes / 10);
  return { unit: "hours", hours: Math.floor(tens / 6), count: (tens % 6) * 10 };
}
