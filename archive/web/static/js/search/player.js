// @ts-check
/** Hear a hit without leaving the page: one small player, docked below. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";
import { clock } from "../core/time.js";

const mini = document.querySelector("[data-mini]");
if (mini instanceof HTMLElement) dock(mini);

/** @param {HTMLElement} box */
function dock(box) {
  const audio = /** @type {HTMLAudioElement} */ (box.querySelector("[data-audio]"));
  const toggle = /** @type {HTMLButtonElement} */ (box.querySelector("[data-toggle]"));
  const open = /** @type {HTMLAnchorElement} */ (box.querySelector("[data-open]"));
  const title = /** @type {HTMLElement} */ (box.querySelector("p[data-title]"));
  const shown = /** @type {HTMLElement} */ (box.querySelector("[data-clock]"));
  /** @type {HTMLElement | null} */
  let hit = null;

  /** @param {HTMLElement} button */
  function play(button) {
    if (hit === button && !audio.paused) return audio.pause();
    mark(hit, false);
    hit = button;
    const { play: sound = "", start = "0", title: name = "", address = "" } = button.dataset;
    title.textContent = name;
    open.href = address;
    box.hidden = false;
    if (audio.dataset.sound !== sound) {
      audio.src = sound;
      audio.dataset.sound = sound;
    }
    audio.currentTime = Number(start) / 1000;
    audio.play().catch(() => announce(t("The sound could not be played.")));
  }

  /** @param {HTMLElement | null} button @param {boolean} on */
  function mark(button, on) {
    if (!button) return;
    button.setAttribute("aria-pressed", String(on));
    button.closest(".hit")?.classList.toggle("on", on);
  }

  function draw() {
    const playing = !audio.paused;
    mark(hit, playing);
    toggle.setAttribute("aria-label", playing ? t("Pause") : t("Play"));
    for (const icon of toggle.querySelectorAll("[data-icon]")) {
      icon.toggleAttribute("hidden", (icon.getAttribute("data-icon") === "pause") !== playing);
    }
  }

  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-play]");
    if (button instanceof HTMLElement) play(button);
  });
  toggle.addEventListener("click", () => (audio.paused ? audio.play() : audio.pause()));
  box.querySelector("[data-close]")?.addEventListener("click", () => {
    audio.pause();
    box.hidden = true;
    hit?.focus();
  });
  audio.addEventListener("play", draw);
  audio.addEventListener("pause", draw);
  audio.addEventListener("timeupdate", () => {
    shown.textContent = clock(audio.currentTime * 1000);
  });
}
