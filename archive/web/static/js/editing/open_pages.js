/**
 * Which page loads of the editor are open in this browser, by asking them.
 *
 * A BroadcastChannel, because plain http has no Web Locks. A page that does not answer in time,
 * or a browser without channels, counts as closed: then its unsent words are sent from here as
 * well, which can lead to a question too many but loses nothing.
 */

const CHANNEL = "loi-ke-editor";
const ANSWER_MS = 500;

export class OpenPages {
  /** @param {string} page the name of this page load */
  constructor(page) {
    this.page = page;
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    this.isLeaving = false;
    /** @type {Set<(page: string) => void>} */
    this.askers = new Set();
    /** called when another page of the editor was closed or left @type {Set<() => void>} */
    this.leftListeners = new Set();
    this.channel?.addEventListener("message", (event) => this.#onMessage(event.data));
  }

  /** Those of `pages` that are open; waits for all of them, but no longer than half a second. @param {string[]} pages @returns {Promise<Set<string>>} */
  async among(pages) {
    /** @type {Set<string>} */
    const open = new Set();
    if (!this.channel) return open;
    await new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.askers.delete(answered);
        resolve(undefined);
      };
      const answered = (/** @type {string} */ page) => {
        if (pages.includes(page)) open.add(page);
        if (open.size === pages.length) done();
      };
      const timer = setTimeout(done, ANSWER_MS);
      this.askers.add(answered);
      this.channel?.postMessage({ ask: pages });
    });
    return open;
  }

  /** This page is being closed, or has come back from the history: whether it still answers. @param {boolean} isLeaving */
  leave(isLeaving) {
    this.isLeaving = isLeaving;
    if (isLeaving) this.channel?.postMessage({ left: true });
  }

  /** @param {{ask?: string[], open?: string, left?: boolean}} message */
  #onMessage({ ask, open, left }) {
    if (left) for (const listener of this.leftListeners) listener();
    if (ask?.includes(this.page) && !this.isLeaving) this.channel?.postMessage({ open: this.page });
    if (open) for (const answered of [...this.askers]) answered(open);
  }
}
