/** What the page says about sizes, speeds and times; the same units as `web/measures.py`. */

import { t } from "i18n";
import { roughly } from "./pace.js";

const UNITS = ["kB", "MB", "GB", "TB"];

/** `1,8 GB` or `1.8 GB`. */
export function size(bytes, lang = document.documentElement.lang) {
  if (bytes < 1000) return t("%(count)s bytes", { count: bytes });
  let value = bytes;
  let unit = "";
  for (unit of UNITS) {
    value /= 1000;
    if (value < 999.5) break;
  }
  const digits = value < 9.95 ? 1 : 0;
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: digits }).format(value)}\u00a0${unit}`;
}

/** `about 14 minutes left`. */
export function timeLeft(seconds) {
  const { unit, hours, count } = roughly(seconds);
  if (unit === "seconds") return t("%(count)s seconds left", { count });
  if (unit === "minutes") return t("about %(count)s minutes left", { count });
  return t("about %(hours)s hours %(count)s minutes left", { hours, count });
}

/** `2,3 MB/s`. */
export function speed(bytesPerSecond) {
  return t("%(size)s a second", { size: size(bytesPerSecond) });
}
