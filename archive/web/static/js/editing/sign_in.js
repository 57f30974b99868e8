/** Sign-in dialog of the editor, for a session that ended while unsaved text is open. */

import { announce } from "../core/announce.js";
import { fetchToken, token } from "../core/http.js";
import { t } from "../core/i18n.js";
import { storageState, withStorageState } from "./storage_messages.js";

/** @typedef {import("./editor.js").Editor} Editor */

/** @param {Editor} editor */
export function connectSignInDialog(editor) {
  const dialog = /** @type {HTMLDialogElement} */ (
    editor.root.querySelector('[data-dialog="sign-in"]')
  );
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const problem = /** @type {HTMLElement} */ (dialog.querySelector("[data-problem]"));
  /** @type {HTMLElement | null} */
  let focusedBefore = null;
  const showProblem = (/** @type {string} */ words) => {
    problem.textContent = words;
    problem.hidden = !words;
  };

  const showStorageState = () => {
    const words = dialog.querySelector("[data-kept]");
    if (words) words.textContent = editor.saver.status.unsent ? whereUnsent(editor) : "";
    if (words && editor.isClosed)
      words.textContent = withStorageState(
        editor,
        t(
          "You signed out, or another account is signed in in this browser. This page is shown again when you sign in.",
        ),
      );
    dialog.querySelector("[data-download]")?.toggleAttribute("hidden", editor.isClosed);
  };

  editor.on("stopped", (why) => {
    if (why !== "sign-in" || dialog.open) return;
    focusedBefore = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    showProblem("");
    showStorageState();
    dialog.showModal();
  });
  editor.on("status", () => {
    if (dialog.open) showStorageState();
  });
  editor.on("closed", (isClosed) => {
    if (!isClosed) return dialog.close();
    if (!dialog.open) dialog.showModal();
    showStorageState();
  });
  dialog.addEventListener("cancel", (event) => {
    if (editor.isClosed) event.preventDefault();
  });
  dialog.addEventListener("close", () => focusedBefore?.focus());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const status = await signIn(editor.root.dataset.signIn || "", fields);
    if (status >= 400) return showProblem(withStorageState(editor, refusedSignIn(status)));
    const who = status ? await editor.api.renew() : "unreachable";
    if (who === "signed-out" || who === "unreachable")
      return showProblem(withStorageState(editor, t("The archive does not answer.")));
    if (who === "other") return location.reload(); // another user: load the editor of that account
    /** @type {HTMLInputElement} */ (form.elements.namedItem("password")).value = "";
    dialog.close();
    editor.saver.resumeSending();
    announce(t("Signed in again; what was typed is being sent."));
  });
}

/** @param {Editor} editor */
function whereUnsent(editor) {
  return storageState(
    editor,
    t(
      "What you typed is kept on this computer and will be sent as soon as you are signed in again.",
    ),
  );
}

/** @param {number} status */
function refusedSignIn(status) {
  if (status === 401) return t("E-mail or password is not right.");
  if (status === 429) return t("Too many failed sign-ins.");
  if (status === 403) return t("This request did not come from a page of this archive.");
  return t("The archive does not answer.");
}

/** @param {string} address @param {FormData} fields */
async function signIn(address, fields) {
  const send = async (/** @type {string} */ formToken) => {
    fields.set("csrf_token", formToken);
    const response = await fetch(address, {
      method: "POST",
      body: new URLSearchParams(/** @type {any} */ (fields)),
      redirect: "manual",
    });
    return response.type === "opaqueredirect" ? 303 : response.status;
  };
  try {
    const status = await send(token());
    if (status !== 400) return status;
    // A fresh token, not that of this page: another user may sign in, for whom nothing may be saved.
    return await send(await fetchToken(address));
  } catch {
    return 0;
  }
}
