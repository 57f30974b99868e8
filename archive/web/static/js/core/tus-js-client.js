// @ts-check
/** tus-js-client is published as a script that hangs itself on the window; here it is a module. */

import "../../vendor/tus.min.js";

export const { defaultOptions, Upload } = /** @type {any} */ (globalThis).tus;
