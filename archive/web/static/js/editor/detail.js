// @ts-check
/**
 * Thirty seconds of sound around the segment, with edges to drag and the words below. Drawn by
 * wavesurfer.js; where its file is missing the desk works on without the strip.
 */

import { peaksOf } from "./peaks.js";
import { isDoubtful } from "./words.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./sheet.js").Segment} Segment */

const SECONDS = 30;
const BEFORE_S = 8;
const WAVE_PX = 54;
const WORDS_PX = 22;
const LEAST_MS = 100;

export class Detail {
  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.strip = desk.root.querySelector("[data-detail]");
    this.holder = /** @type {HTMLElement | null} */ (desk.root.querySelector("[data-detail-wave]"));
    this.canvas = /** @type {HTMLCanvasElement | null} */ (desk.root.querySelector("[data-detail-words]"));
    /** @type {any} */
    this.wave = null;
    /** @type {any} */
    this.regions = null;
    /** @type {any} */
    this.region = null;
    if (!this.strip || !this.holder) return;
    desk.player.onPart(() => this.#open());
    desk.on("current", (segment) => this.show(segment));
    desk.on("changed", (segment) => {
      if (segment === desk.current) this.#outline(segment);
      this.#words();
    });
    this.#open();
  }

  async #open() {
    this.wave?.destroy();
    this.wave = null;
    const { sound } = this.desk.player;
    const peaks = await peaksOf(sound);
    const parts = peaks && sound && (await load());
    if (!parts || !peaks || !sound || !this.holder) {
      this.strip?.setAttribute("hidden", "");
      return;
    }
    this.strip?.removeAttribute("hidden");
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    this.regions = parts.Regions.create();
    this.wave = parts.WaveSurfer.create({
      container: this.holder, media: sound, height: WAVE_PX, hideScrollbar: true, autoScroll: true, autoCenter: true,
      peaks: [Float32Array.from(peaks.fine, (peak) => peak / 255)], duration: this.desk.player.duration / 1000,
      minPxPerSec: this.holder.clientWidth / SECONDS, normalize: true, dragToSeek: false, barWidth: 2, barGap: 1,
      waveColor: colour("wave-a"), progressColor: colour("teal"), cursorColor: colour("lacquer"), cursorWidth: 2,
      cspNonce: /** @type {HTMLElement | null} */ (document.querySelector("script[nonce]"))?.nonce || "", plugins: [this.regions],
    });
    this.#scrolling();
    this.wave.on("ready", () => this.show(this.desk.current || this.desk.sheet.list[0] || null));
    this.wave.on("scroll", () => this.#words());
    this.regions.on("region-updated", (/** @type {any} */ region) => this.#dragged(region));
  }

  /** The strip follows the segment and the sound; a wheel moves it, and no scroll bar is needed. */
  #scrolling() {
    const frame = this.wave.getWrapper().parentElement;
    if (!frame) return;
    frame.addEventListener("wheel", (/** @type {WheelEvent} */ event) => {
      event.preventDefault();
      frame.scrollLeft += event.deltaX || event.deltaY;
    }, { passive: false });
  }

  /** @param {Segment | null} segment */
  show(segment) {
    if (!this.wave || !segment || segment.part !== this.desk.player.part) return;
    this.#outline(segment);
    this.wave.setScrollTime(Math.max(0, segment.start / 1000 - BEFORE_S));
    this.#words();
  }

  /** @param {Segment} segment */
  #outline(segment) {
    if (!this.regions || !this.wave) return;
    this.region?.remove();
    const style = getComputedStyle(document.documentElement);
    this.region = this.regions.addRegion({
      id: segment.id, start: segment.start / 1000, end: segment.end / 1000, drag: false,
      resize: this.desk.editable, color: `${style.getPropertyValue("--teal").trim()}1f`,
    });
  }

  /** @param {any} region */
  #dragged(region) {
    const segment = this.desk.sheet.byId.get(region.id);
    if (!segment) return;
    const start = Math.round(region.start * 1000);
    const end = Math.max(start + LEAST_MS, Math.round(region.end * 1000));
    if (start !== segment.start || end !== segment.end) this.desk.change(segment, { start, end });
  }

  /** The words of what is in sight, each where it is said. */
  #words() {
    const { canvas, wave } = this;
    if (!canvas || !wave) return;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    Object.assign(canvas, { width: width * scale, height: WORDS_PX * scale });
    const pen = canvas.getContext("2d");
    if (!pen) return;
    const style = getComputedStyle(document.documentElement);
    pen.scale(scale, scale);
    pen.font = `13px ${getComputedStyle(document.body).fontFamily}`;
    const perSecond = wave.getWrapper().clientWidth / Math.max(0.001, wave.getDuration());
    const from = wave.getScroll() / perSecond;
    let free = 0;
    for (const segment of this.desk.sheet.list) {
      if (segment.part !== this.desk.player.part || segment.end < from * 1000) continue;
      if (segment.start > (from + SECONDS) * 1000) break;
      for (const word of this.desk.words.times.get(segment.id) || []) {
        const x = (word[0] / 1000 - from) * perSecond;
        if (x < free) continue;
        const doubt = segment.state !== "heard" && isDoubtful(word);
        pen.fillStyle = style.getPropertyValue(doubt ? "--ochre" : "--ink");
        pen.fillText(word[2], x, 15);
        free = x + pen.measureText(word[2]).width + 3;
        if (doubt) pen.fillRect(x, 19, free - x - 3, 1.5);
      }
    }
  }
}

/** @returns {Promise<{WaveSurfer: any, Regions: any} | null>} */
async function load() {
  try {
    const [wave, regions] = await Promise.all([
      import("../../vendor/wavesurfer.esm.js"),
      import("../../vendor/wavesurfer-regions.esm.js"),
    ]);
    return { WaveSurfer: wave.default, Regions: regions.default };
  } catch {
    return null;
  }
}
