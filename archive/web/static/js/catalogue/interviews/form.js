/** The description form: adds rows for names without a reload, and reads the date while it is
 *  typed. The field that has the focus is never changed. */

import { ask } from "../../core/http.js";
import { t } from "../../core/i18n.js";

/** How the server reads a date. @typedef {{edtf: string, words: string, span?: string}} DateReading */

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

if (form instanceof HTMLFormElement) readDates(form);

/** Show how the date of the interview is understood, while it is typed. @param {HTMLFormElement} form */
function readDates(form) {
  const phrase = form.elements.namedItem("held_as_told");
  const edtf = form.elements.namedItem("held_edtf");
  const reading = form.querySelector("[data-reading]");
  if (!(phrase instanceof HTMLInputElement) || !(edtf instanceof HTMLInputElement) || !reading)
    return;
  form.querySelector("[data-read]")?.setAttribute("hidden", "");
  // An EDTF that a person typed is never replaced; one that was derived from the phrase is.
  let isDerived = edtf.value === "";
  let timer = 0;
  let requests = 0;

  const read = async (/** @type {"edtf" | "told"} */ parameter) => {
    const number = ++requests;
    const source = parameter === "edtf" ? edtf : phrase;
    const params = new URLSearchParams({ [parameter]: source.value });
    const answer = await ask("GET", `${form.dataset.date}?${params}`);
    if (number !== requests || answer.status !== 200) return;
    /** @type {DateReading} */
    const found = answer.body;
    if (source === phrase) edtf.value = found.edtf;
    reading.classList.toggle("date-preview--failed", !found.words);
    reading.textContent = source.value.trim() === "" ? "" : describe(found);
  };
  const readSoon = (/** @type {"edtf" | "told"} */ parameter) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => read(parameter), PAUSE_MS);
  };
  phrase.addEventListener("input", () => {
    if (isDerived) readSoon("told");
  });
  edtf.addEventListener("input", () => {
    isDerived = edtf.value.trim() === "";
    readSoon(isDerived ? "told" : "edtf");
  });
}

/** @param {DateReading} found */
function describe({ words, span }) {
  if (!words) return t("This date was not recognised; it can stay as it is.");
  return t("Understood as %(words)s", { words }) + (span ? ` (${span})` : "");
}
