/** Messages about where unsent text is stored; "kept on this computer" only where it is. */

import { t } from "../core/i18n.js";

/** @typedef {import("./editor.js").Editor} Editor */

export function nothingStored() {
  return t(
    "This browser cannot keep what you typed. Save it as a text file before you close the page.",
  );
}

/**
 * `kept` once this browser has stored every unsent word, the warning when it could not, and ""
 * while a write is under way. @param {Editor} editor @param {string} kept
 */
export function storageState(editor, kept) {
  const { status } = editor.saver;
  if (status.unkept) return nothingStored();
  return status.kept ? kept : "";
}

/** The sentence, and after it where the unsent words are. @param {Editor} editor @param {string} sentence */
export function withStorageState(editor, sentence) {
  const where = editor.saver.status.unsent
    ? storageState(editor, t("What was typed is kept on this computer."))
    : "";
  return where ? `${sentence} ${where}` : sentence;
}
