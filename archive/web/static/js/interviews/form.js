// @ts-check
/** The description form: rows for names without a reload, and the date read while one types.
 *  The field in which somebody types is never touched. */

import { ask } from "../core/http.js";
import { t } from "../core/i18n.js";

const form = document.querySelector("form[data-describe]");
const PAUSE_MS = 450;

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const rows = button.closest("[data-rows]")?.querySelectorAll("input") || [];
    const last = rows[rows.length - 1];
    if (!(last instanceof HTMLInputElement)) return;
    const next = /** @type {HTMLInputElement} */ (last.cloneNode());
    next.value = "";
    next.removeAttribute("aria-invalid");
    const label = (last.getAttribute("aria-label") || "").replace(/\d+$/, String(rows.length + 1));
    next.setAttribute("aria-label", label);
    last.after(next);
    next.focus();
  });
}

if (form instanceof HTMLFormElement) dates(form);

/** @param {HTMLFormElement} form */
function dates(form) {
  const told = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("held_as_told"));
  const edtf = /** @type {HTMLInputElement | null} */ (form.elements.namedItem("held_edtf"));
  const reading = form.querySelector("[data-reading]");
  if (!told || !edtf || !reading) return;
  form.querySelector("[data-read]")?.setAttribute("hidden", "");
  // What a person wrote into the second field is theirs; only our own reading is replaced.
  let ours = edtf.value === "";
  let timer = 0;
  let asked = 0;

  const look = async (/** @type {boolean} */ byHand) => {
    const number = ++asked;
    const facts = byHand ? { edtf: edtf.value } : { told: told.value };
    const answer = await ask("GET", `${form.dataset.date}?${new URLSearchParams(facts)}`);
    if (number !== asked || answer.status !== 200) return;
    if (!byHand) edtf.value = answer.body.edtf;
    const text = byHand ? edtf.value : told.value;
    say(answer.body, text.trim() !== "");
  };
  const say = (/** @type {any} */ found, /** @type {boolean} */ asksSomething) => {
    reading.classList.toggle("off", !found.words);
    if (!asksSomething) reading.textContent = "";
    else if (!found.words) reading.textContent = t("The machine cannot read this date; that is no harm.");
    else {
      const span = found.span ? ` (${found.span})` : "";
      reading.textContent = t("Understood as %(words)s", { words: found.words }) + span;
    }
  };
  const soon = (/** @type {boolean} */ byHand) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => look(byHand), PAUSE_MS);
  };
  told.addEventListener("input", () => {
    if (ours) soon(false);
  });
  edtf.addEventListener("input", () => {
    ours = edtf.value.trim() === "";
    soon(!ours);
  });
}
