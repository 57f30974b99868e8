/**
 * Which page loads of the editor are open in this browser, by asking them.
 *
 * A BroadcastChannel, because plain http has no Web Locks. A page that does not answer in time,
 * or a browser without channels, counts as closed: then its unsent words are sent from here as
 * well, which can lead to a question too many but loses nothing.
 */

const CHANNEL = "loi-ke-editor";
const ANSWER_MS = 500;
const LONGEST_SAVE_MS = 15_000;

/** @typedef {{ask?: string[], open?: string, left?: boolean, save?: string, group?: string, saving?: string, page?: string, unsaved?: number, signedOut?: boolean}} Message */

export class OpenPages {
  /** @param {string} page the name of this page load @param {string} [group] its person and version */
  constructor(page, group = "") {
    this.page = page;
    this.group = group;
    this.saves = 0;
    /** saves what this page has not sent, and returns how many segments are left @type {() => Promise<number>} */
    this.save = async () => 0;
    /** @type {Set<(message: Message) => void>} */
    this.saveListeners = new Set();
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    this.isLeaving = false;
    /** called after a sign-out in another page of this browser */
    this.onSignedOut = () => {};
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

  /**
   * Let the other open pages of the same person and version save what they have not sent.
   * @returns {Promise<number>} how many segments they could not save
   */
  async saveElsewhere() {
    if (!this.channel) return 0;
    this.saves += 1;
    const save = `${this.page}.${this.saves}`;
    /** segments that a page could not save; 1 until it has answered @type {Map<string, number>} */
    const unsaved = new Map();
    let waiting = 0;
    await new Promise((resolve) => {
      const onAnswer = (/** @type {Message} */ { saving, page = "", unsaved: left }) => {
        if (saving !== save) return;
        waiting += left === undefined ? 1 : -1;
        unsaved.set(page, left ?? 1);
        if (!waiting && isCounted) done();
      };
      const done = () => {
        clearTimeout(late);
        this.saveListeners.delete(onAnswer);
        resolve(undefined);
      };
      let isCounted = false;
      const late = setTimeout(done, LONGEST_SAVE_MS);
      setTimeout(() => {
        isCounted = true;
        if (!waiting) done();
      }, ANSWER_MS);
      this.saveListeners.add(onAnswer);
      this.channel?.postMessage({ save, group: this.group });
    });
    return [...unsaved.values()].reduce((sum, left) => sum + left, 0);
  }

  /** @param {string} saving the request that is answered */
  async #saveFor(saving) {
    const { page } = this;
    this.channel?.postMessage({ saving, page });
    this.channel?.postMessage({ saving, page, unsaved: await this.save() });
  }

  /** This page is being closed, or has come back from the history: whether it still answers. @param {boolean} isLeaving */
  leave(isLeaving) {
    this.isLeaving = isLeaving;
    if (isLeaving) this.channel?.postMessage({ left: true });
  }

  /** @param {Message} message */
  #onMessage(message) {
    const { ask, open, left, save, group, signedOut } = message;
    if (signedOut) this.onSignedOut();
    if (save && group === this.group && !this.isLeaving) this.#saveFor(save);
    for (const listener of [...this.saveListeners]) listener(message);
    if (left) for (const listener of this.leftListeners) listener();
    if (ask?.includes(this.page) && !this.isLeaving) this.channel?.postMessage({ open: this.page });
    if (open) for (const answered of [...this.askers]) answered(open);
  }
}
