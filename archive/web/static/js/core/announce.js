/** One polite live region for the whole page. */

/** @param {string} words */
export function announce(words) {
  const live = document.getElementById("live");
  if (live && live.textContent !== words) live.textContent = words;
}
