// @ts-check
/** Media time: whole milliseconds in, clocks out. */

/** @param {number} ms @returns {string} HH:MM:SS */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/**
 * The seconds of `?t=2499-2522`, or null.
 * @param {string | null} fragment @returns {{start: number, end: number | null} | null}
 */
export function parseSpan(fragment) {
  const found = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(fragment || "");
  if (!found) return null;
  return { start: Number(found[1]), end: found[2] === undefined ? null : Number(found[2]) };
}
