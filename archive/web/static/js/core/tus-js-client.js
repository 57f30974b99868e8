/** tus-js-client as a module: its browser build is a script that sets `window.tus`. */

import "tus-js-client/dist/tus.min.js";

/** @typedef {import("tus-js-client").DetailedError} DetailedError */
/** @typedef {typeof globalThis & {tus: typeof import("tus-js-client")}} GlobalWithTus */

export const { defaultOptions, Upload } = /** @type {GlobalWithTus} */ (globalThis).tus;
