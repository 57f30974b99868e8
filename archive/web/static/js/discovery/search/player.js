/**
 * Mini player: plays a passage without leaving the page.
 *
 * Every [data-play] is a link to the passage, and remains one without this script.
 */

import { announce } from "../../core/announce.js";
import { t } from "../../core/i18n.js";
import { clock } from "../../core/time.js";

const mini = document.querySelector("[data-mini]");
if (mini instanceof HTMLElement) connectMiniPlayer(mini);

/** @param {HTMLElement} box */
function connectMiniPlayer(box) {
  const audio = /** @type {HTMLAudioElement} */ (box.querySelector("[data-audio]"));
  const toggle = /** @type {HTMLButtonElement} */ (box.querySelector("[data-toggle]"));
  const open = /** @type {HTMLAnchorElement} */ (box.querySelector("[data-open]"));
  const next = /** @type {HTMLButtonElement} */ (box.querySelector("[data-next]"));
  const title = /** @type {HTMLElement} */ (box.querySelector("p[data-title]"));
  const shown = /** @type {HTMLElement} */ (box.querySelector("[data-clock]"));
  const icons = {
    play: toggle.querySelector("[data-icon=play] svg"),
    pause: toggle.querySelector("[data-icon=pause] svg"),
  };
  /** @type {HTMLAnchorElement[]} */
  const passages = [...document.querySelectorAll("a[data-play]")].filter(
    (link) => link instanceof HTMLAnchorElement,
  );
  /** @type {HTMLAnchorElement | null} */
  let hit = null;

  for (const passage of passages) {
    passage.setAttribute("role", "button");
    passage.setAttribute("aria-pressed", "false");
    passage.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      play(passage);
    });
    passage.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      passage.click();
    });
  }
  next.hidden = passages.length < 2;

  /** @param {HTMLAnchorElement} passage */
  function play(passage) {
    if (hit === passage && !audio.paused) return audio.pause();
    mark(hit, false);
    hit = passage;
    const { play: sound = "", start = "0", title: name = "" } = passage.dataset;
    title.textContent = name;
    open.href = passage.href;
    box.hidden = false;
    if (audio.dataset.sound !== sound) {
      audio.src = sound;
      audio.dataset.sound = sound;
    }
    audio.currentTime = Number(start) / 1000;
    startSound();
    draw(); // no event when playback goes on from one passage to the next
  }

  function startSound() {
    audio.play().catch(() => announce(t("The sound could not be played.")));
  }

  /** @param {HTMLAnchorElement | null} passage @param {boolean} on */
  function mark(passage, on) {
    if (!passage) return;
    passage.setAttribute("aria-pressed", String(on));
    const drawn = icons[on ? "pause" : "play"];
    if (drawn) passage.querySelector("svg")?.replaceWith(drawn.cloneNode(true));
    passage.closest(".hit")?.classList.toggle("hit--playing", on);
  }

  function draw() {
    const playing = !audio.paused;
    mark(hit, playing);
    toggle.setAttribute("aria-label", playing ? t("Pause") : t("Play"));
    for (const icon of toggle.querySelectorAll("[data-icon]")) {
      icon.toggleAttribute("hidden", (icon.getAttribute("data-icon") === "pause") !== playing);
    }
  }

  function drawTime() {
    const whole = Number.isFinite(audio.duration) ? ` / ${clock(audio.duration * 1000)}` : "";
    shown.textContent = clock(audio.currentTime * 1000) + whole;
  }

  toggle.addEventListener("click", () => (audio.paused ? startSound() : audio.pause()));
  next.addEventListener("click", () => {
    const at = hit ? passages.indexOf(hit) : -1;
    const following = passages[(at + 1) % passages.length];
    play(following);
    following.scrollIntoView({ block: "center" });
  });
  box.querySelector("[data-close]")?.addEventListener("click", () => {
    audio.pause();
    box.hidden = true;
    hit?.focus();
  });
  audio.addEventListener("play", draw);
  audio.addEventListener("pause", draw);
  audio.addEventListener("timeupdate", drawTime);
  audio.addEventListener("loadedmetadata", drawTime);
}
