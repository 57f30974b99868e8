/**
 * Keeps job panels up to date: numbers by polling, words by fetching the panel anew.
 *
 * A panel is any element with data-job and data-numbers. When its stage or state changes
 * it is fetched from data-panel; when its job has ended, the list of files around it
 * (data-files) is. Without script a reload shows the same.
 */

import { t } from "i18n";
import { clock } from "time";
import { timeLeft } from "../upload/words.js";
import { TimeLeft, askAgainMs } from "./left.js";

export function watch(panel) {
  const left = new TimeLeft();
  let failures = 0;

  async function ask() {
    if (!panel.isConnected) return;
    let job = null;
    try {
      const answer = await fetch(panel.dataset.numbers, { headers: { Accept: "application/json" } });
      if (answer.status === 404 || answer.status === 401) return;
      job = answer.ok ? await answer.json() : null;
    } catch {
      job = null;
    }
    failures = job ? 0 : failures + 1;
    if (job && (await draw(panel, job, left))) return;
    setTimeout(ask, askAgainMs({ state: job?.state ?? "running", failures }));
  }

  setTimeout(ask, askAgainMs({ state: panel.dataset.state }));
}

/** True when the panel was replaced and this watch is over. */
async function draw(panel, job, left) {
  const percent = Math.floor(job.progress * 100);
  const bar = panel.querySelector("progress");
  if (bar) bar.value = percent;
  const number = panel.querySelector("[data-percent]");
  if (number && number.textContent !== String(percent)) number.textContent = String(percent);
  const line = panel.querySelector("[data-left]");
  const seconds = job.state === "running" ? left.mark(performance.now(), job) : null;
  if (line) line.textContent = seconds === null ? "" : timeLeft(seconds);
  const heard = panel.querySelector("[data-heard]");
  const { heard_ms: heardMs, speech_ms: speechMs } = job.detail;
  if (heard && speechMs) heard.textContent = t("%(heard)s of %(speech)s of speech", { heard: clock(heardMs || 0), speech: clock(speechMs) });
  if (job.state === panel.dataset.state && job.stage === panel.dataset.stage) return !job.is_open;
  const around = panel.closest("[data-files]");
  if (around && !panel.dataset.panel) return (!job.is_open || job.stage !== panel.dataset.stage) && replace(around, around.dataset.files);
  panel.dispatchEvent(new CustomEvent("job-changed", { bubbles: true, detail: job }));
  return replace(panel, panel.dataset.panel);
}

async function replace(old, url) {
  const answer = await fetch(url).catch(() => null);
  if (!answer?.ok) return false;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const fresh = holder.content.firstElementChild;
  if (!fresh) return false;
  const focused = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (focused) fresh.querySelector("button, a")?.focus();
  watchAll(fresh.parentElement, fresh);
  return true;
}

function watchAll(root, only = null) {
  for (const panel of root.querySelectorAll("[data-job][data-numbers]")) {
    const isOpen = ["queued", "running", "waiting"].includes(panel.dataset.state);
    if (isOpen && (!only || only === panel || only.contains(panel))) watch(panel);
  }
}

watchAll(document);
