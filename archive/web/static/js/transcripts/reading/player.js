/** The player of a page: one recording per part, our own controls on the desktop and on the phone. */

import { announce } from "../../core/announce.js";
import { t } from "../../core/i18n.js";
import { clock } from "../../core/time.js";

const REWIND_S = 1;

/** Chapters stand above their place in the wave. @param {HTMLElement} recording */
function spread(recording) {
  const chapters = /** @type {HTMLElement | null} */ (recording.querySelector("[data-chapters]"));
  const total = Number(recording.querySelector("[data-track]")?.getAttribute("data-duration"));
  if (!chapters || !total) return;
  const starts = [...chapters.children].map((link) => Number(link.getAttribute("data-seek")));
  const widths = starts.map((start, i) => Math.max(0, (starts[i + 1] ?? total) - start) / total);
  const before = (starts[0] || 0) / total;
  chapters.style.gridTemplateColumns = widths.map((share) => `minmax(0, ${share}fr)`).join(" ");
  chapters.style.marginLeft = `${before * 100}%`;
  chapters.hidden = false;
}

export class ReadingPlayer {
  /** @param {ParentNode} page */
  constructor(page) {
    this.page = page;
    /** @type {HTMLElement[]} */
    this.recordings = [...page.querySelectorAll("[data-recording]")].map(
      (recording) => /** @type {HTMLElement} */ (recording),
    );
    this.recording = this.recordings[0] || null;
    /** @type {((ms: number, part: number) => void)[]} */
    this.listeners = [];
    this.pausedAt = 0;
    if (!this.recording) return;
    for (const recording of this.recordings) this.#wire(recording);
    this.#controls();
    this.#tick();
  }

  /** @returns {HTMLMediaElement | null} */
  get sound() {
    return this.recording ? this.recording.querySelector("[data-sound]") : null;
  }

  get part() {
    return Number(this.recording?.dataset.recording || 1);
  }

  get ms() {
    return (this.sound?.currentTime || 0) * 1000;
  }

  get playing() {
    return Boolean(this.sound && !this.sound.paused);
  }

  /** @param {(ms: number, part: number) => void} listener */
  onTime(listener) {
    this.listeners.push(listener);
  }

  /** @param {number} ms @param {number} part @param {boolean} [play] */
  seek(ms, part, play = true) {
    const recording =
      this.recordings.find((one) => Number(one.dataset.recording) === part) || this.recording;
    if (!recording) return;
    if (recording !== this.recording) {
      this.sound?.pause();
      if (this.recording) this.recording.hidden = true;
      recording.hidden = false;
      this.recording = recording;
      this.#show("[data-part-picker]", String(part));
    }
    const sound = this.sound;
    if (!sound) return;
    sound.currentTime = Math.max(0, ms / 1000);
    if (play) this.#play();
    this.#draw();
  }

  toggle() {
    if (this.playing) this.sound?.pause();
    else this.#play();
  }

  /** @param {number} seconds */
  skip(seconds) {
    if (this.sound) this.sound.currentTime = Math.max(0, this.sound.currentTime + seconds);
  }

  #play() {
    const sound = this.sound;
    if (!sound) return;
    if (this.pausedAt && Date.now() - this.pausedAt > 1000 && sound.currentTime > REWIND_S) {
      sound.currentTime -= REWIND_S; // a little run-up after a pause, as typists expect
    }
    this.pausedAt = 0;
    sound.play().catch(() => announce(t("The sound could not be played.")));
  }

  /** @param {HTMLElement} recording */
  #wire(recording) {
    const sound = recording.querySelector("[data-sound]");
    if (!(sound instanceof HTMLMediaElement)) return;
    sound.preservesPitch = true;
    for (const name of ["play", "pause", "loadedmetadata", "seeked"]) {
      sound.addEventListener(name, () => this.#draw());
    }
    sound.addEventListener("pause", () => {
      this.pausedAt = Date.now();
    });
    spread(recording);
    const track = recording.querySelector("[data-track]");
    if (!(track instanceof HTMLElement)) return;
    const wave = track.querySelector("svg");
    if (wave) {
      // What was heard already is the same drawing in another colour, cut at the playhead.
      const heard = /** @type {SVGElement} */ (wave.cloneNode(true));
      heard.removeAttribute("role");
      heard.removeAttribute("aria-label");
      heard.setAttribute("aria-hidden", "true");
      heard.classList.add("wave--heard");
      wave.after(heard);
    }
    track.addEventListener("click", (event) => {
      const box = track.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      this.seek(share * sound.duration * 1000, Number(recording.dataset.recording), this.playing);
    });
  }

  #controls() {
    document.documentElement.classList.add("enhanced");
    for (const box of this.page.querySelectorAll("[data-controls],[data-bar]"))
      box.removeAttribute("hidden");
    for (const button of this.page.querySelectorAll("[data-toggle]")) {
      button.addEventListener("click", () => this.toggle());
    }
    for (const button of this.page.querySelectorAll("[data-skip]")) {
      button.addEventListener("click", () => this.skip(Number(button.getAttribute("data-skip"))));
    }
    this.#pickers("[data-speed]", (value) => {
      for (const recording of this.recordings) {
        const sound = recording.querySelector("[data-sound]");
        if (sound instanceof HTMLMediaElement) sound.playbackRate = Number(value);
      }
    });
    this.#pickers("[data-part-picker]", (value) => this.seek(0, Number(value), this.playing));
    const scrub = this.page.querySelector("[data-scrub]");
    scrub?.addEventListener("input", () => {
      const share = Number(/** @type {HTMLInputElement} */ (scrub).value) / 1000;
      if (this.sound?.duration)
        this.seek(share * this.sound.duration * 1000, this.part, this.playing);
    });
  }

  /** The same choice of the desktop and of the phone. @param {string} name @param {(value: string) => void} choose */
  #pickers(name, choose) {
    for (const picker of this.page.querySelectorAll(name)) {
      picker.addEventListener("change", () => {
        const { value } = /** @type {HTMLSelectElement} */ (picker);
        this.#show(name, value);
        choose(value);
      });
    }
  }

  /** @param {string} name @param {string} value */
  #show(name, value) {
    for (const picker of this.page.querySelectorAll(name)) {
      if (picker instanceof HTMLSelectElement) picker.value = value;
    }
  }

  #tick() {
    let last = -1;
    const step = () => {
      const ms = Math.floor(this.ms / 100);
      if (ms !== last) {
        last = ms;
        this.#draw();
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #draw() {
    const sound = this.sound;
    if (!sound) return;
    const duration = sound.duration || 0;
    for (const shown of this.page.querySelectorAll("[data-clock]"))
      shown.textContent = clock(this.ms);
    for (const total of this.page.querySelectorAll("[data-total]"))
      total.textContent = clock(duration * 1000);
    const head = /** @type {HTMLElement | null} */ (
      this.recording?.querySelector("[data-playhead]")
    );
    if (head && duration) {
      const share = (sound.currentTime / duration) * 100;
      head.style.left = `${share}%`;
      const heard = /** @type {SVGElement | null} */ (
        this.recording?.querySelector(".wave--heard")
      );
      if (heard) heard.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
    }
    const scrub = this.page.querySelector("[data-scrub]");
    if (scrub instanceof HTMLInputElement && duration && document.activeElement !== scrub) {
      scrub.value = String(Math.round((sound.currentTime / duration) * 1000));
    }
    for (const button of this.page.querySelectorAll("[data-toggle]")) {
      button.setAttribute("aria-label", this.playing ? t("Pause") : t("Play"));
      for (const icon of button.querySelectorAll("[data-icon]")) {
        icon.toggleAttribute(
          "hidden",
          (icon.getAttribute("data-icon") === "pause") !== this.playing,
        );
      }
    }
    for (const listener of this.listeners) listener(this.ms, this.part);
  }
}
