/** The editor's forms that submit or approve the version: every tab has to save first. */

import { t } from "../core/i18n.js";
import { takeOver } from "./recovering.js";
import { guardSubmission } from "./submission_forms.js";

/** @typedef {import("./editor.js").Editor} Editor */

/** @param {Editor} editor */
export function connectApprovalForms(editor) {
  /** @type {NodeListOf<HTMLFormElement>} */
  const forms = editor.root.querySelectorAll("form[data-step]");
  guardSubmission(forms, editor.root.querySelector("[data-not-submitted]"), () =>
    findUnsaved(editor),
  );
}

/** Save what this page, closed tabs and open tabs have not sent; why that failed. @param {Editor} editor */
async function findUnsaved(editor) {
  await takeOver(editor);
  if (!(await editor.saver.flush()))
    return t("Not submitted for approval: some changes are not saved yet.");
  if (await editor.openPages.saveElsewhere())
    return t("Not submitted for approval: another tab has changes that are not saved yet.");
  return "";
}
