/** Forms that submit or approve the version: sent when every typed word is saved, in all tabs. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { takeOver } from "./recovering.js";

/** @typedef {import("./editor.js").Editor} Editor */

/** @param {Editor} editor */
export function connectApprovalForms(editor) {
  const note = editor.root.querySelector("[data-not-submitted]");
  let isBusy = false;
  const show = (/** @type {string} */ words) => {
    const place = note?.querySelector("[data-not-submitted-words]");
    if (place) place.textContent = words;
    note?.toggleAttribute("hidden", !words);
    if (words) note?.scrollIntoView({ block: "nearest" });
    announce(words);
  };
  /** @type {NodeListOf<HTMLFormElement>} */
  const forms = editor.root.querySelectorAll("form[data-step]");
  for (const form of forms) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isBusy) return;
      isBusy = true;
      show("");
      const problem = await whatIsUnsaved(editor);
      isBusy = false;
      if (problem) show(problem);
      /** @type {HTMLFormElement} */ else form.submit();
    });
  }
}

/** Save what this page, closed tabs and open tabs have not sent; why that failed. @param {Editor} editor */
async function whatIsUnsaved(editor) {
  await takeOver(editor);
  if (!(await editor.saver.flush()))
    return t("Not submitted for approval: some changes are not saved yet.");
  if (await editor.openPages.saveElsewhere())
    return t("Not submitted for approval: another tab has changes that are not saved yet.");
  return "";
}
