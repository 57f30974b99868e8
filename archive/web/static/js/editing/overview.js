/** The whole recording in one strip: two voices, who speaks, what was heard, what needs a look. */

import { clock } from "../core/time.js";
import { levelsOf, peaksOf } from "./peaks.js";

/** @typedef {import("./editor.js").Editor} Editor */

const LANE_PX = 16;
const LANES = 3;
const AXIS = 0.66;
const REST_MS = 400;
const BAR_PX = 4;
const COLOURS = [
  "wave-a",
  "wave-b",
  "wave-a-on",
  "wave-b-on",
  "wave-axis",
  "teal",
  "ochre",
  "green",
  "plum",
  "danger",
  "lacquer",
];

export class Overview {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.canvas = /** @type {HTMLCanvasElement} */ (editor.root.querySelector("[data-overview]"));
    this.still = document.createElement("canvas");
    /** @type {Record<string, string>} */
    this.colours = {};
    this.timer = 0;
    /** the height left for the sound; without sound the strip holds the lanes alone */
    this.wave = 0;
    editor.on("changed", () => this.later());
    editor.player.onChange(() => this.#paint());
    editor.player.onPart(() => this.later());
    new ResizeObserver(() => this.later()).observe(this.canvas);
    new MutationObserver(() => this.later()).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.later());
    this.#seeking();
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.#draw(), REST_MS);
  }

  #seeking() {
    const { canvas, editor } = this;
    const to = (/** @type {PointerEvent} */ event) => {
      const box = canvas.getBoundingClientRect();
      editor.player.seek(
        ((event.clientX - box.left) / box.width) * editor.player.duration,
        editor.player.part,
      );
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      to(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) to(event);
    });
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -5, ArrowRight: 5, PageDown: 60, PageUp: -60 }[event.key];
      if (!step || event.altKey || event.ctrlKey) return;
      event.preventDefault();
      editor.player.skip(step);
    });
  }

  async #draw() {
    const peaks = await peaksOf(this.editor.player.sound);
    const scale = devicePixelRatio || 1;
    const width = Math.round(this.canvas.clientWidth * scale);
    const height = Math.round(this.canvas.clientHeight * scale);
    if (!width || !height) return;
    const style = getComputedStyle(document.documentElement);
    for (const name of COLOURS) this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    for (const one of [this.canvas, this.still]) Object.assign(one, { width, height });
    const context = this.still.getContext("2d");
    if (!context) return;
    const segments = this.editor.segmentList.list.filter(
      (segment) => segment.part === this.editor.player.part,
    );
    const duration = this.editor.player.duration || segments.at(-1)?.end || 1;
    const wave = Math.max(0, height - LANES * LANE_PX * scale);
    this.wave = wave;
    if (peaks) this.#bars(context, peaks, segments, { width, wave, scale, duration });
    this.#lanes(context, segments, { width, height, wave, duration });
    this.#paint();
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {import("./peaks.js").Peaks} peaks @param {import("./segment_list.js").Segment[]} segments
   * @param {{width: number, wave: number, scale: number, duration: number}} size
   */
  #bars(context, peaks, segments, { width, wave, scale, duration }) {
    const axis = wave * AXIS;
    const count = Math.floor(width / (BAR_PX * scale));
    const levels = levelsOf(peaks, count);
    let at = 0;
    context.fillStyle = this.colours["wave-axis"];
    context.fillRect(0, axis, width, 1);
    for (let bar = 0; bar < count; bar += 1) {
      const level = Math.max(0.05, levels[bar]);
      const ms = ((bar + 0.5) * duration) / count;
      while (at + 1 < segments.length && segments[at + 1].start <= ms) at += 1;
      const isInterviewer = segments[at]?.role === "interviewer" && segments[at].start <= ms;
      context.fillStyle = this.colours[isInterviewer ? "wave-b" : "wave-a"];
      const tall = level * ((isInterviewer ? wave - axis : axis) - 2);
      context.fillRect(
        bar * BAR_PX * scale,
        isInterviewer ? axis + 2 : axis - tall,
        BAR_PX * scale * 0.62,
        tall,
      );
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {import("./segment_list.js").Segment[]} segments
   * @param {{width: number, height: number, wave: number, duration: number}} size
   */
  #lanes(context, segments, { width, height, wave, duration }) {
    const lane = (height - wave) / LANES;
    for (const segment of segments) {
      const x = (segment.start / duration) * width;
      const long = Math.max(1, ((segment.end - segment.start) / duration) * width - 1);
      context.fillStyle = this.colours[segment.role === "interviewer" ? "ochre" : "teal"];
      context.globalAlpha = segment.voice ? 1 : 0.3;
      context.fillRect(x, wave + 2, long, lane - 4);
      const state = { heard: "green", edited: "plum" }[segment.state] || "wave-b";
      context.globalAlpha = state === "wave-b" ? 0.55 : 1;
      context.fillStyle = this.colours[state];
      context.fillRect(x, wave + lane + 2, long, lane - 4);
      context.globalAlpha = 1;
      if (
        !this.editor.segmentList.isSuspect(segment) &&
        !segment.row.classList.contains("segment--conflict")
      )
        continue;
      context.fillStyle = this.colours.danger;
      context.beginPath();
      context.moveTo(x, height - lane + 3);
      context.lineTo(x + lane * 0.4, height - 2);
      context.lineTo(x - lane * 0.4, height - 2);
      context.fill();
    }
  }

  #paint() {
    const { player } = this.editor;
    const context = this.canvas.getContext("2d");
    if (!context || !this.still.width) return;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.still, 0, 0);
    if (!player.sound) return;
    const share = player.duration ? player.ms / player.duration : 0;
    context.fillStyle = this.colours.lacquer;
    context.globalAlpha = 0.22;
    context.fillRect(0, 0, share * this.canvas.width, this.wave);
    context.globalAlpha = 1;
    context.fillRect(
      Math.round(share * this.canvas.width),
      0,
      Math.max(2, devicePixelRatio),
      this.canvas.height,
    );
    this.canvas.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    this.canvas.setAttribute("aria-valuetext", clock(player.ms));
  }
}
