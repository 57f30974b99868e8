/** Mark of a person: initials for the eye, a sentence for screen readers. */

/** The first letters of the first and the last part of a name, without what is in brackets. @param {string} name */
export function initials(name) {
  const parts = name
    .normalize("NFC")
    .split(/\s+/u)
    .filter((part) => /^\p{L}/u.test(part));
  const ends = parts.length > 1 ? [parts[0], parts[parts.length - 1]] : parts;
  return ends.map((part) => ([...part][0] || "").toLocaleUpperCase("vi")).join("");
}

/** @param {string} name @param {string} words */
export function initialsMark(name, words) {
  const mark = document.createElement("span");
  const visible = document.createElement("span");
  const spoken = document.createElement("span");
  visible.setAttribute("aria-hidden", "true");
  visible.textContent = initials(name);
  spoken.className = "visually-hidden";
  spoken.textContent = words;
  mark.title = words;
  mark.append(visible, spoken);
  return mark;
}
