// @ts-check
/** A person in a small round: initials to see, a sentence to hear. */

/** The first letters of the first and the last part of a name, without what is in brackets. @param {string} name */
export function initials(name) {
  const parts = name.normalize("NFC").split(/\s+/u).filter((part) => /^\p{L}/u.test(part));
  const ends = parts.length > 1 ? [parts[0], parts[parts.length - 1]] : parts;
  return ends.map((part) => ([...part][0] || "").toLocaleUpperCase("vi")).join("");
}

/** @param {string} name @param {string} words */
export function round(name, words) {
  const mark = document.createElement("span");
  const seen = document.createElement("span");
  const heard = document.createElement("span");
  seen.setAttribute("aria-hidden", "true");
  seen.textContent = initials(name);
  heard.className = "vh";
  heard.textContent = words;
  mark.title = words;
  mark.append(seen, heard);
  return mark;
}
