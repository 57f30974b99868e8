/** Peaks of a recording, as `media/derivatives/peaks.py` lays them out: blocks of 20 and of 2 a second. */

const HEADER = 12;

/** @typedef {{fine: Uint8Array, coarse: Uint8Array}} Peaks */

/** @param {ArrayBuffer} data @returns {Peaks | null} null for what is no peaks file */
export function parsePeaks(data) {
  /** @type {Record<number, Uint8Array>} */
  const blocks = {};
  const view = new DataView(data);
  let at = 0;
  while (at + HEADER <= data.byteLength) {
    if (view.getUint32(at) !== 0x4c4b504b || view.getUint8(at + 4) !== 1) return null;
    const count = view.getUint32(at + 8, true);
    if (at + HEADER + count > data.byteLength) return null;
    blocks[view.getUint8(at + 5)] = new Uint8Array(data, at + HEADER, count);
    at += HEADER + count;
  }
  return blocks[20] && blocks[2] ? { fine: blocks[20], coarse: blocks[2] } : null;
}

/** @type {Map<string, Promise<Peaks | null>>} */
const fetched = new Map();

/** The peaks of a sound element; null where there are none. @param {HTMLElement | null} sound */
export function peaksOf(sound) {
  const address = sound?.dataset.peaks || "";
  if (!address) return Promise.resolve(null);
  let found = fetched.get(address);
  if (!found) {
    found = fetch(address, { credentials: "same-origin" })
      .then((response) => (response.ok ? response.arrayBuffer() : null))
      .then((data) => data && parsePeaks(data))
      .catch(() => null);
    fetched.set(address, found);
  }
  return found;
}

const FINE = 20;
const BAR_PX = 4;
const PEAKS_A_BAR = 4;
const CONTRAST = 1.3;

/**
 * Levels from 0 to 1, drawn as `web/holdings/waveform.py` draws them: speech reaches the top in every second,
 * so a bar is the mean of the peaks under it, and breathes.
 * @param {Peaks} peaks @param {number} bars @returns {number[]}
 */
export function levelsOf(peaks, bars) {
  const block = peaks.coarse.length >= PEAKS_A_BAR * bars ? peaks.coarse : peaks.fine;
  const means = Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar * block.length) / bars);
    const part = block.subarray(
      from,
      Math.max(from + 1, Math.floor(((bar + 1) * block.length) / bars)),
    );
    return part.reduce((sum, peak) => sum + peak, 0) / (part.length || 1);
  });
  const loudest = [...means].sort((a, b) => a - b)[Math.floor(bars * 0.98)] || 1;
  return means.map((mean) => Math.min(1, mean / loudest) ** CONTRAST);
}

/** Draw the sound between two times. @param {HTMLCanvasElement} canvas @param {Peaks} peaks @param {{start: number, end: number}} span in ms */
export function drawSlice(canvas, peaks, { start, end }) {
  const scale = devicePixelRatio || 1;
  Object.assign(canvas, { width: canvas.clientWidth * scale, height: canvas.clientHeight * scale });
  const context = canvas.getContext("2d");
  const slice = peaks.fine.subarray(
    Math.floor((start / 1000) * FINE),
    Math.ceil((end / 1000) * FINE),
  );
  if (!context || !slice.length) return;
  const loudest = Math.max(1, ...slice);
  const bars = Math.floor(canvas.width / (BAR_PX * scale));
  context.fillStyle = getComputedStyle(canvas).color;
  for (let bar = 0; bar < bars; bar += 1) {
    const tall = Math.max(
      2,
      (slice[Math.floor((bar * slice.length) / bars)] / loudest) * canvas.height,
    );
    context.fillRect(bar * BAR_PX * scale, (canvas.height - tall) / 2, BAR_PX * scale * 0.6, tall);
  }
}
