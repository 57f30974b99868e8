/** The sound of the editor: one element a part, one of them current; spans, loops, a run-up after a pause. */

import { announce } from "../core/announce.js";
import { t } from "../core/i18n.js";

const RUN_UP_S = 1.5;
const LEAD_MS = 400;
const LONGEST_PAUSE_MS = 1_000;
const SPEEDS = [0.5, 0.75, 0.85, 1, 1.1, 1.25, 1.5, 1.75, 2];

/** @typedef {{start: number, end: number, loop: boolean}} Span in ms */

export class EditorPlayer {
  /** @param {HTMLElement} editor @param {string} name under which place and speed are remembered */
  constructor(editor, name) {
    this.name = `loike-player:${name}`;
    /** @type {HTMLMediaElement[]} */
    this.sounds = [...editor.querySelectorAll("[data-sound]")].map(
      (one) => /** @type {HTMLMediaElement} */ (one),
    );
    /** @type {HTMLMediaElement | null} */
    this.sound = this.sounds[0] || null;
    /** @type {Span | null} */
    this.span = null;
    this.pausedAt = 0;
    /** @type {(() => void)[]} */
    this.listeners = [];
    /** @type {(() => void)[]} */
    this.partListeners = [];
    for (const sound of this.sounds) this.#wire(sound);
    this.#recall();
    this.#mediaKeys();
    this.#tick();
  }

  get part() {
    return Number(this.sound?.dataset.sound || 1);
  }

  get ms() {
    return Math.round((this.sound?.currentTime || 0) * 1000);
  }

  get duration() {
    const known =
      this.sound && Number.isFinite(this.sound.duration) ? this.sound.duration * 1000 : 0;
    return known || Number(this.sound?.dataset.duration) || 0;
  }

  get playing() {
    return Boolean(this.sound && !this.sound.paused);
  }

  get speed() {
    return this.sound?.playbackRate || 1;
  }

  /** @param {() => void} listener called when time, state or speed changed, ten times a second at most */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** @param {() => void} listener */
  onPart(listener) {
    this.partListeners.push(listener);
  }

  toggle() {
    if (this.playing) return this.sound?.pause();
    const pause = Date.now() - this.pausedAt;
    if (this.sound && this.pausedAt && pause > LONGEST_PAUSE_MS && !this.span) {
      this.sound.currentTime = Math.max(0, this.sound.currentTime - RUN_UP_S);
    }
    this.#play();
  }

  /** @param {number} seconds */
  skip(seconds) {
    if (!this.sound) return;
    this.span = null;
    this.sound.currentTime = Math.max(0, this.sound.currentTime + seconds);
  }

  /** @param {number} ms @param {number} part @param {boolean} [play] */
  seek(ms, part, play = this.playing) {
    this.choose(part);
    if (!this.sound) return;
    this.span = null;
    this.sound.currentTime = Math.max(0, ms / 1000);
    if (play) this.#play();
    this.#notify();
  }

  /** Hear from one time to another, once or again and again. @param {Span} span @param {number} part */
  playSpan(span, part) {
    this.choose(part);
    if (!this.sound) return;
    this.span = span;
    this.sound.currentTime = Math.max(0, (span.start - LEAD_MS) / 1000);
    this.#play();
  }

  /** @param {number} part */
  has(part) {
    return Boolean(this.#of(part));
  }

  /** @param {number} part */
  #of(part) {
    return this.sounds.find((one) => Number(one.dataset.sound) === part);
  }

  /** @param {number} part */
  choose(part) {
    const sound = this.#of(part);
    if (!sound || sound === this.sound) return;
    this.sound?.pause();
    sound.playbackRate = this.speed;
    this.sound = sound;
    this.span = null;
    for (const listener of this.partListeners) listener();
    this.#notify();
  }

  /** @param {number} speed */
  setSpeed(speed) {
    for (const sound of this.sounds) sound.playbackRate = speed;
    this.#remember();
    this.#notify();
  }

  /** @param {number} step */
  stepSpeed(step) {
    const at = SPEEDS.findIndex((speed) => speed >= this.speed - 0.001);
    this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + step))]);
  }

  #play() {
    this.pausedAt = 0;
    this.sound?.play().catch((/** @type {Error} */ error) => {
      if (error.name !== "AbortError") announce(t("The sound could not be played."));
    });
  }

  /** @param {HTMLMediaElement} sound */
  #wire(sound) {
    sound.preservesPitch = true;
    for (const name of ["play", "pause", "loadedmetadata", "seeked", "ratechange"]) {
      sound.addEventListener(name, () => this.#notify());
    }
    sound.addEventListener("pause", () => {
      this.pausedAt = Date.now();
      this.#remember();
    });
  }

  #tick() {
    let last = -1;
    const step = () => {
      const tenth = Math.floor(this.ms / 100);
      if (this.playing && tenth !== last) {
        last = tenth;
        this.#bounds();
        this.#notify();
      }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #bounds() {
    const { span, sound } = this;
    if (!span || !sound || this.ms < span.end + (span.loop ? LEAD_MS : 0)) return;
    if (span.loop) sound.currentTime = Math.max(0, (span.start - LEAD_MS) / 1000);
    else {
      this.span = null;
      sound.pause();
    }
  }

  #notify() {
    for (const listener of this.listeners) listener();
  }

  #remember() {
    try {
      localStorage.setItem(
        this.name,
        JSON.stringify({ part: this.part, ms: this.ms, speed: this.speed }),
      );
    } catch {
      // a browser that keeps nothing still plays
    }
  }

  #recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.name) || "null");
      if (!kept || !this.sound) return;
      for (const sound of this.sounds) sound.playbackRate = Number(kept.speed) || 1;
      this.sound = this.sounds.find((one) => Number(one.dataset.sound) === kept.part) || this.sound;
      this.sound.currentTime = (Number(kept.ms) || 0) / 1000;
    } catch {
      // begun at the beginning, then
    }
  }

  /** Headsets and keyboards with a play key. */
  #mediaKeys() {
    if (!("mediaSession" in navigator)) return;
    const keys = {
      play: () => this.toggle(),
      pause: () => this.toggle(),
      seekbackward: () => this.skip(-3),
      seekforward: () => this.skip(3),
    };
    for (const [name, run] of Object.entries(keys)) {
      try {
        navigator.mediaSession.setActionHandler(/** @type {MediaSessionAction} */ (name), run);
      } catch {
        // a browser throws TypeError for an action that it does not support
      }
    }
  }
}
