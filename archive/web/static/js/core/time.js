/** Media time in whole milliseconds, and instants on the clock of the archive. */

import { language } from "./i18n.js";

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

/**
 * The time of day, HH:MM, in the archive's time zone (LOIKE_TIMEZONE), not in the browser's.
 * @param {number | Date} instant @returns {string}
 */
export function timeOfDay(instant) {
  return new Intl.DateTimeFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: document.documentElement.dataset.timezone,
  }).format(instant);
}
