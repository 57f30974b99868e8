// @ts-check
/** The session ended while somebody was writing: sign in here, beside the text, and go on. */

import { announce } from "../core/announce.js";
import { renewToken, token } from "../core/http.js";
import { t } from "../core/i18n.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** @param {Desk} desk */
export function signingIn(desk) {
  const dialog = /** @type {HTMLDialogElement} */ (desk.root.querySelector('[data-dialog="sign-in"]'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const problem = /** @type {HTMLElement} */ (dialog.querySelector("[data-problem]"));
  /** @type {HTMLElement | null} */
  let wasIn = null;
  const complain = (/** @type {string} */ words) => {
    problem.textContent = words;
    problem.hidden = !words;
  };

  desk.on("stopped", (why) => {
    if (why !== "sign-in" || dialog.open) return;
    wasIn = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    complain("");
    dialog.showModal();
  });
  dialog.addEventListener("close", () => wasIn?.focus());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = new FormData(form);
    const status = await enter(desk.root.dataset.signIn || "", told);
    if (status === 0) return complain(t("The archive does not answer. What you typed is kept on this computer."));
    const who = status < 400 ? await desk.line.renew() : "nobody";
    if (who === "nobody") {
      return complain(status === 429 ? t("Too many failed sign-ins.") : t("That e-mail and password do not belong together."));
    }
    if (who === "other") return location.reload(); // somebody else's desk begins afresh
    /** @type {HTMLInputElement} */ (form.elements.namedItem("password")).value = "";
    dialog.close();
    desk.saver.resumeSending();
    announce(t("Signed in again; what was typed is being sent."));
  });
}

/** @param {string} address @param {FormData} told */
async function enter(address, told) {
  const send = async () => {
    told.set("csrf_token", token());
    const response = await fetch(address, { method: "POST", body: new URLSearchParams(/** @type {any} */ (told)), redirect: "manual" });
    return response.type === "opaqueredirect" ? 303 : response.status;
  };
  try {
    const status = await send();
    if (status !== 400) return status;
    await renewToken(address);
    return await send();
  } catch {
    return 0;
  }
}
