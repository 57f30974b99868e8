/** Requests to our own server: JSON, the form token, and an answer that never throws on a status. */

/** @typedef {{status: number, body: any, headers: Headers | null}} Answer status 0: the line is cut */

export function token() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta ? meta.getAttribute("content") || "" : "";
}

/**
 * @param {string} method @param {string} address
 * @param {{body?: unknown, headers?: Record<string, string>, keepalive?: boolean, limit_ms?: number}} [options]
 * `limit_ms` gives up on a line that is open but silent
 * @returns {Promise<Answer>}
 */
export async function ask(method, address, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...options.headers };
  if (method !== "GET") headers["X-CSRFToken"] = token();
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const response = await fetch(address, {
      method,
      headers,
      credentials: "same-origin",
      keepalive: options.keepalive || false,
      signal: options.limit_ms ? AbortSignal.timeout(options.limit_ms) : null,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
    const text = await response.text();
    return { status: response.status, body: parse(text), headers: response.headers };
  } catch {
    return { status: 0, body: null, headers: null };
  }
}

/** Fetch the form token of the current session from a page. @param {string} address */
export async function fetchToken(address) {
  const page = await (await fetch(address, { credentials: "same-origin" })).text();
  const fresh = new DOMParser()
    .parseFromString(page, "text/html")
    .querySelector('meta[name="csrf-token"]');
  return fresh?.getAttribute("content") || "";
}

/** Put that token in the place of this page's. @param {string} address */
export async function renewToken(address) {
  const fresh = await fetchToken(address);
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", fresh);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
