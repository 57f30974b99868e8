/** Sizes, speeds and times as text; the same units as `archive/messages/quantities.py`. */

import { nt, number, t } from "../../core/i18n.js";
import { roughly } from "./pace.js";

const UNITS = ["kB", "MB", "GB", "TB"];

/** Return `1,8 GB` or `1.8 GB`. @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return nt("%(num)s byte", "%(num)s bytes", bytes);
  let value = bytes;
  let unit = "";
  for (unit of UNITS) {
    value /= 1000;
    if (value < 999.5) break;
  }
  return `${number(value, value < 9.95 ? 1 : 0)}\u00a0${unit}`;
}

/** Return `about 14 minutes left`. @param {number} seconds */
export function timeLeft(seconds) {
  const { unit, hours, count } = roughly(seconds);
  if (unit === "seconds") return nt("%(num)s second left", "%(num)s seconds left", count);
  if (unit === "minutes")
    return nt("about %(num)s minute left", "about %(num)s minutes left", count);
  if (!count) return nt("about %(num)s hour left", "about %(num)s hours left", hours);
  return t("about %(hours)s h %(minutes)s min left", { hours, minutes: count });
}

/** Return `2,3 MB/s`. @param {number} bytesPerSecond */
export function speed(bytesPerSecond) {
  return t("%(size)s a second", { size: size(bytesPerSecond) });
}
