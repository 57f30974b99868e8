// @ts-check
/** Where what was typed is: the chip with its four texts, the list behind it, the text file, the bell on leaving. */

import { language, nt, t } from "../core/i18n.js";
import { clock } from "../core/time.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./saving.js").Status} Status */

/** @param {Desk} desk @param {import("./conflict.js").Conflicts} conflicts */
export function chip(desk, conflicts) {
  const button = desk.root.querySelector("[data-chip]");
  const words = button?.querySelector("[data-chip-words]");
  const dialog = /** @type {HTMLDialogElement} */ (desk.root.querySelector('[data-dialog="unsent"]'));
  for (const one of desk.root.querySelectorAll("[data-download]")) one.addEventListener("click", () => download(desk));
  if (!(button instanceof HTMLElement) || !words) return;
  const loaded = Date.parse(button.dataset.at || "");

  const show = (/** @type {Status} */ status) => {
    const [kind, told] = said(status, loaded);
    button.className = `save ${kind}`;
    if (words.textContent !== told) words.textContent = told;
  };
  desk.on("status", show);
  show(desk.saver.status);

  button.addEventListener("click", () => {
    if (desk.saver.status.conflicts) return conflicts.openNext();
    list(desk, dialog);
    dialog.showModal();
  });
  dialog.querySelector("[data-send-now]")?.addEventListener("click", () => {
    dialog.close();
    desk.saver.resumeSending();
  });
  addEventListener("beforeunload", (event) => {
    if (desk.saver.unsent().length) event.preventDefault();
  });
}

/** @param {Status} status @param {number} loaded @returns {[string, string]} */
export function said(status, loaded) {
  if (status.conflicts) return ["look", t("To look at (%(count)s)", { count: status.conflicts })];
  if (status.unsent && (status.cut || status.stopped)) {
    return ["kept", nt("Not sent, kept on this computer (%(num)s segment)", "Not sent, kept on this computer (%(num)s segments)", status.unsent)];
  }
  if (status.unsent) return ["ing", t("Saving…")];
  const at = status.savedAt || loaded;
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return ["ok", t("Saved %(time)s", { time: time.format(at) })];
}

/** @param {Desk} desk @param {HTMLElement} dialog */
function list(desk, dialog) {
  const unsent = desk.saver.unsent();
  const rows = unsent.map((entry) => {
    const segment = desk.sheet.byId.get(entry.id);
    const row = document.createElement("li");
    const time = document.createElement("span");
    time.className = "num mute";
    time.textContent = segment ? clock(segment.start) : "";
    row.append(time, " ", entry.text);
    return row;
  });
  dialog.querySelector("[data-unsent]")?.replaceChildren(...rows);
  const words = dialog.querySelector("[data-unsent-words]");
  if (words) {
    words.textContent = unsent.length
      ? t("These segments are kept on this computer until the archive has them.")
      : t("Everything that was typed is in the archive.");
  }
}

/** What is not in the archive yet, as a file. @param {Desk} desk */
function download(desk) {
  const lines = desk.saver.unsent().map((entry) => {
    const segment = desk.sheet.byId.get(entry.id);
    return `${segment ? `${clock(segment.start)} ${segment.name}` : entry.id}\r\n${entry.text}\r\n`;
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\r\n")], { type: "text/plain;charset=utf-8" }));
  link.download = `${desk.root.dataset.accession}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
