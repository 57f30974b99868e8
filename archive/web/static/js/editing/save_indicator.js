/** Save status: its button, the dialog of unsent changes, the text file, the warning on leaving. */

import { nt, t } from "../core/i18n.js";
import { clock, timeOfDay } from "../core/time.js";
import { storageState } from "./storage_messages.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./save_status.js").Status} Status */

const STORE_MS = 3_000;

/** @param {Editor} editor @param {import("./conflict.js").Conflicts} conflicts */
export function connectSaveStatus(editor, conflicts) {
  const button = editor.root.querySelector("[data-save-status]");
  const words = button?.querySelector("[data-save-status-text]");
  const dialog = /** @type {HTMLDialogElement} */ (
    editor.root.querySelector('[data-dialog="unsent"]')
  );
  for (const one of editor.root.querySelectorAll("[data-download]"))
    one.addEventListener("click", () => download(editor));
  if (!(button instanceof HTMLElement) || !words) return;
  const loaded = Date.parse(button.dataset.at || "");

  let storing = 0;

  const show = (/** @type {Status} */ status) => {
    // The last letter is on its way into the store: what is shown stays true of those before it,
    // unless the store does not answer.
    const isOnItsWay =
      status.unsent && !status.kept && !status.unkept && (status.cut || status.stopped);
    if (isOnItsWay && button.classList.contains("save-status--kept")) {
      storing ||= window.setTimeout(() => draw({ ...editor.saver.status, unkept: true }), STORE_MS);
      return;
    }
    draw(status);
  };
  const draw = (/** @type {Status} */ status) => {
    clearTimeout(storing);
    storing = 0;
    const [modifier, text] = statusText(status, loaded);
    button.className = `save-status ${modifier}`;
    if (words.textContent !== text) words.textContent = text;
  };
  editor.on("status", show);
  editor.on("status", () => {
    if (dialog.open) list(editor, dialog);
  });
  show(editor.saver.status);

  button.addEventListener("click", () => {
    if (editor.saver.status.conflicts) return conflicts.openNext();
    list(editor, dialog);
    dialog.showModal();
  });
  dialog.querySelector("[data-send-now]")?.addEventListener("click", () => {
    dialog.close();
    editor.saver.resumeSending();
  });
  addEventListener("beforeunload", (event) => {
    if (editor.saver.unsent().length) event.preventDefault();
  });
}

/** @param {Status} status @param {number} loaded @returns {[string, string]} */
function statusText(status, loaded) {
  if (status.conflicts)
    return ["save-status--conflict", t("To review (%(count)s)", { count: status.conflicts })];
  if (status.unkept && (status.cut || status.stopped)) {
    return ["save-status--conflict", t("Not sent, and not kept by this browser")];
  }
  if (status.unsent && status.kept && status.isDiskFull) {
    return [
      "save-status--kept",
      nt(
        "The archive’s disk is full; kept here (%(num)s segment)",
        "The archive’s disk is full; kept here (%(num)s segments)",
        status.unsent,
      ),
    ];
  }
  if (status.unsent && status.kept && (status.cut || status.stopped)) {
    return [
      "save-status--kept",
      nt(
        "Not sent, kept on this computer (%(num)s segment)",
        "Not sent, kept on this computer (%(num)s segments)",
        status.unsent,
      ),
    ];
  }
  if (status.unsent) return ["save-status--saving", t("Saving…")];
  const at = status.savedAt || loaded;
  return ["save-status--saved", t("Saved %(time)s", { time: timeOfDay(at) })];
}

/** @param {Editor} editor @param {HTMLElement} dialog */
function list(editor, dialog) {
  const unsent = editor.saver.unsent();
  const rows = unsent.map((draft) => {
    const segment = editor.segmentList.byId.get(draft.id);
    const row = document.createElement("li");
    const time = document.createElement("span");
    time.className = "tabular-nums text-muted";
    time.textContent = segment ? clock(segment.start) : "";
    row.append(time, " ", draft.text);
    return row;
  });
  dialog.querySelector("[data-unsent]")?.replaceChildren(...rows);
  const words = dialog.querySelector("[data-unsent-words]");
  if (words)
    words.textContent = unsent.length
      ? whereUnsent(editor)
      : t("Everything you typed is saved in the archive.");
}

/** @param {Editor} editor */
function whereUnsent(editor) {
  return (
    storageState(
      editor,
      t("These segments are kept on this computer until they are saved in the archive."),
    ) || t("These segments are not saved yet.")
  );
}

/** What is not in the archive yet, as a file. @param {Editor} editor */
function download(editor) {
  const lines = editor.saver.unsent().map((draft) => {
    const segment = editor.segmentList.byId.get(draft.id);
    return `${segment ? `${clock(segment.start)} ${segment.name}` : draft.id}\r\n${draft.text}\r\n`;
  });
  lines.push(...editor.otherVersions.map(({ segment, text }) => `${segment}\r\n${text}\r\n`));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(
    new Blob([lines.join("\r\n")], { type: "text/plain;charset=utf-8" }),
  );
  link.download = `${editor.root.dataset.accession}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
