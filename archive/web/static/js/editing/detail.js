/**
 * Thirty seconds of sound around the segment, with edges to drag and the words below. Drawn by
 * wavesurfer.js; where its file is missing the editor works on without the strip.
 */

import { peaksOf } from "./peaks.js";
import { isDoubtful } from "./word_highlights.js";

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./segment_list.js").Segment} Segment */
/** @typedef {import("wavesurfer.js").default} WaveSurfer */
/** @typedef {typeof import("wavesurfer.js/plugins/regions")["default"]} RegionsPlugin */
/** @typedef {import("wavesurfer.js/plugins/regions").Region} Region */
/** @typedef {{WaveSurfer: typeof import("wavesurfer.js")["default"], RegionsPlugin: RegionsPlugin}} WaveLibrary */

const SECONDS = 30;
const BEFORE_S = 8;
const WAVE_PX = 54;
const WORDS_PX = 22;
const LEAST_MS = 100;

export class Detail {
  /** @param {Editor} editor */
  constructor(editor) {
    this.editor = editor;
    this.strip = editor.root.querySelector("[data-detail]");
    this.holder = /** @type {HTMLElement | null} */ (
      editor.root.querySelector("[data-detail-wave]")
    );
    this.canvas = /** @type {HTMLCanvasElement | null} */ (
      editor.root.querySelector("[data-detail-words]")
    );
    /** @type {WaveSurfer | null} */
    this.wave = null;
    /** @type {ReturnType<RegionsPlugin["create"]> | null} */
    this.regions = null;
    /** @type {Region | null} */
    this.region = null;
    if (!this.strip || !this.holder) return;
    editor.player.onPart(() => this.#open());
    editor.on("current", (segment) => this.show(segment));
    editor.on("changed", (segment) => {
      if (segment === editor.current) this.#outline(segment);
      this.#words();
    });
    this.#open();
  }

  async #open() {
    this.wave?.destroy();
    this.wave = null;
    const { sound } = this.editor.player;
    const peaks = await peaksOf(sound);
    const library = peaks && sound && (await loadLibrary());
    if (!library || !peaks || !sound || !this.holder) {
      this.strip?.setAttribute("hidden", "");
      return;
    }
    this.strip?.removeAttribute("hidden");
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    const regions = library.RegionsPlugin.create();
    const wave = library.WaveSurfer.create({
      container: this.holder,
      media: sound,
      height: WAVE_PX,
      hideScrollbar: true,
      autoScroll: true,
      autoCenter: true,
      peaks: [Float32Array.from(peaks.fine, (peak) => peak / 255)],
      duration: this.editor.player.duration / 1000,
      minPxPerSec: this.holder.clientWidth / SECONDS,
      normalize: true,
      dragToSeek: false,
      barWidth: 2,
      barGap: 1,
      waveColor: colour("wave-a"),
      progressColor: colour("teal"),
      cursorColor: colour("lacquer"),
      cursorWidth: 2,
      cspNonce:
        /** @type {HTMLElement | null} */ (document.querySelector("script[nonce]"))?.nonce || "",
      plugins: [regions],
    });
    this.wave = wave;
    this.regions = regions;
    this.#scrollByWheel(wave);
    wave.on("ready", () =>
      this.show(this.editor.current || this.editor.segmentList.list[0] || null),
    );
    wave.on("scroll", () => this.#words());
    regions.on("region-updated", (region) => this.#dragged(region));
  }

  /** Scroll the strip with the wheel: it has no scroll bar. @param {WaveSurfer} wave */
  #scrollByWheel(wave) {
    const frame = wave.getWrapper().parentElement;
    if (!frame) return;
    frame.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        frame.scrollLeft += event.deltaX || event.deltaY;
      },
      { passive: false },
    );
  }

  /** @param {Segment | null} segment */
  show(segment) {
    if (!this.wave || !segment || segment.part !== this.editor.player.part) return;
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
      id: segment.id,
      start: segment.start / 1000,
      end: segment.end / 1000,
      drag: false,
      resize: this.editor.editable,
      color: `${style.getPropertyValue("--teal").trim()}1f`,
    });
  }

  /** @param {Region} region */
  #dragged(region) {
    const segment = this.editor.segmentList.byId.get(region.id);
    if (!segment) return;
    const start = Math.round(region.start * 1000);
    const end = Math.max(start + LEAST_MS, Math.round(region.end * 1000));
    if (start !== segment.start || end !== segment.end) this.editor.change(segment, { start, end });
  }

  /** Draw the words of the visible span at their times. */
  #words() {
    const { canvas, wave } = this;
    if (!canvas || !wave) return;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    Object.assign(canvas, { width: width * scale, height: WORDS_PX * scale });
    const context = canvas.getContext("2d");
    if (!context) return;
    const style = getComputedStyle(document.documentElement);
    context.scale(scale, scale);
    context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
    const perSecond = wave.getWrapper().clientWidth / Math.max(0.001, wave.getDuration());
    const from = wave.getScroll() / perSecond;
    let free = 0;
    for (const segment of this.editor.segmentList.list) {
      if (segment.part !== this.editor.player.part || segment.end < from * 1000) continue;
      if (segment.start > (from + SECONDS) * 1000) break;
      for (const word of this.editor.words.times.get(segment.id) || []) {
        const x = (word[0] / 1000 - from) * perSecond;
        if (x < free) continue;
        const doubt = segment.state !== "heard" && isDoubtful(word);
        context.fillStyle = style.getPropertyValue(doubt ? "--ochre" : "--ink");
        context.fillText(word[2], x, 15);
        free = x + context.measureText(word[2]).width + 3;
        if (doubt) context.fillRect(x, 19, free - x - 3, 1.5);
      }
    }
  }
}

/** Return the library, or null where its files are missing. @returns {Promise<WaveLibrary | null>} */
async function loadLibrary() {
  try {
    const [wave, regions] = await Promise.all([
      import("wavesurfer.js"),
      import("wavesurfer.js/plugins/regions"),
    ]);
    return { WaveSurfer: wave.default, RegionsPlugin: regions.default };
  } catch {
    return null;
  }
}
