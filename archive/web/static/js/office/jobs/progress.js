/**
 * Keeps job panels up to date: polls their numbers, and fetches a panel again when it changed.
 *
 * A panel is any element with data-job and data-numbers. When its stage or state changes
 * it is fetched from data-panel; when its job has ended, the list of files around it
 * (data-files) is. Without script a reload shows the same.
 */

import { elementsOf } from "../../core/dom.js";
import { t } from "../../core/i18n.js";
import { clock } from "../../core/time.js";
import { timeLeft } from "../../holdings/uploads/words.js";
import { pollDelayMs, TimeLeft } from "./left.js";

/** @typedef {import("./left.js").JobNumbers} JobNumbers */
/** @typedef {import("./left.js").JobState} JobState */

const PANEL = "[data-job][data-numbers]";
/** @type {readonly JobState[]} */
const OPEN_STATES = ["queued", "running", "waiting"];

/** Poll the job of a panel until it ends or the panel is replaced. @param {HTMLElement} panel @param {JobState} state */
function watch(panel, state) {
  const left = new TimeLeft();
  let failures = 0;

  async function poll() {
    if (!panel.isConnected) return;
    const answer = await fetchNumbers(panel.dataset.numbers ?? "");
    if (answer === "gone") return;
    failures = answer ? 0 : failures + 1;
    if (answer && (await draw(panel, answer, left))) return;
    setTimeout(poll, pollDelayMs(answer?.state ?? "running", failures));
  }

  setTimeout(poll, pollDelayMs(state));
}

/**
 * Return a job, null when it could not be fetched, "gone" when this page may not poll it any more.
 * @param {string} url @returns {Promise<JobNumbers | null | "gone">}
 */
async function fetchNumbers(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (response.status === 404 || response.status === 401) return "gone";
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/**
 * Draw a job; return true when nothing remains to be polled for this panel.
 * @param {HTMLElement} panel @param {JobNumbers} job @param {TimeLeft} left
 */
async function draw(panel, job, left) {
  drawNumbers(panel, job, left);
  if (job.state === panel.dataset.state && job.stage === panel.dataset.stage) return !job.is_open;
  const files = panel.closest("[data-files]");
  if (files instanceof HTMLElement && !panel.dataset.panel) {
    if (job.is_open && job.stage === panel.dataset.stage) return false;
    return replace(files, files.dataset.files ?? "");
  }
  return replace(panel, panel.dataset.panel ?? "");
}

/** @param {HTMLElement} panel @param {JobNumbers} job @param {TimeLeft} left */
function drawNumbers(panel, job, left) {
  const percent = Math.floor(job.progress * 100);
  const bar = panel.querySelector("progress");
  if (bar) bar.value = percent;
  const number = panel.querySelector("[data-percent]");
  if (number && number.textContent !== String(percent)) number.textContent = String(percent);
  const remaining = panel.querySelector("[data-left]");
  const measured = job.state === "running" ? left.mark(performance.now(), job) : null;
  const seconds = percent < 100 ? measured : null;
  if (remaining) remaining.textContent = seconds === null ? "" : timeLeft(seconds);
  const heard = panel.querySelector("[data-heard]");
  const { heard_ms: heardMs, speech_ms: speechMs } = job.detail;
  if (heard && speechMs)
    heard.textContent = t("%(heard)s of %(speech)s of speech", {
      heard: clock(heardMs || 0),
      speech: clock(speechMs),
    });
}

/**
 * Replace an element by the one at `url`, and watch the panels in it; return whether it was.
 * @param {HTMLElement} old @param {string} url
 */
async function replace(old, url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) return false;
  const holder = document.createElement("template");
  holder.innerHTML = await response.text();
  const fresh = holder.content.firstElementChild;
  if (!(fresh instanceof HTMLElement)) return false;
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (hadFocus) elementsOf(fresh, "button, a", HTMLElement)[0]?.focus();
  watchAll(fresh.matches(PANEL) ? [fresh] : elementsOf(fresh, PANEL, HTMLElement));
  return true;
}

/** Watch the panels whose job has not ended. @param {HTMLElement[]} panels */
function watchAll(panels) {
  for (const panel of panels) {
    const state = OPEN_STATES.find((open) => open === panel.dataset.state);
    if (state) watch(panel, state);
  }
}

watchAll(elementsOf(document, PANEL, HTMLElement));
