/** Forms that submit or approve a version: sent only when nothing of it is unsaved. */

import { announce } from "../core/announce.js";

/**
 * @param {Iterable<HTMLFormElement>} forms
 * @param {Element | null} note shows why nothing was sent, in `[data-not-submitted-words]`
 * @param {() => Promise<string>} findProblem saves what can be saved; "" when nothing is left
 */
export function guardSubmission(forms, note, findProblem) {
  let isBusy = false;
  const show = (/** @type {string} */ words) => {
    const place = note?.querySelector("[data-not-submitted-words]");
    if (place) place.textContent = words;
    note?.toggleAttribute("hidden", !words);
    if (words) note?.scrollIntoView({ block: "nearest" });
    announce(words);
  };
  for (const form of forms) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isBusy) return;
      isBusy = true;
      show("");
      const problem = await findProblem();
      isBusy = false;
      if (problem) show(problem);
      else form.submit();
    });
  }
}
