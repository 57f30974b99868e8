/**
 * Stores unsent text of this browser: IndexedDB first, localStorage second.
 *
 * One row for each person, segment and page load: two tabs never write to the same row. A page
 * that finds the rows of a page load that is gone takes them over under keys of its own, in one
 * transaction, so that of two pages only one takes a row. A row is removed only when its very
 * content is on the server or the person has discarded it; `edit` distinguishes one content of a
 * row from the next.
 * Rows without `page`, which the first release wrote under "user/segment", are taken over like
 * all others.
 */

/**
 * @typedef {object} OutboxRow
 * @property {string} key user, segment, and a number of the page load that writes it
 * @property {string} user
 * @property {string} version
 * @property {string} [accession] of the interview; rows of earlier releases do not name it
 * @property {string} segment
 * @property {string} page the page load that writes this row
 * @property {number} edit counts the writes of this row
 * @property {string} base the text it began from
 * @property {number | null} baseRev
 * @property {string} text
 * @property {Record<string, any>} fields times, speaker, state and flags that were changed too
 * @property {string | null} [answer] what was typed into the dialog of its conflict
 * @property {Request | null} pending a request whose answer never came
 * @property {number} at when the person changed it last
 */

/** @typedef {{key: string, rev: number, body: Record<string, any>, text: string}} Request */

/**
 * @typedef {object} Store
 * @property {(row: OutboxRow) => Promise<void>} put
 * @property {(key: string, isThis: (row: OutboxRow) => boolean) => Promise<void>} remove
 * @property {(key: string, isThis: (row: OutboxRow) => boolean, row: OutboxRow) => Promise<boolean>} replace
 * put `row` in the place of the one under `key`, in one step; false when that one is not there
 * @property {() => Promise<OutboxRow[]>} all
 */

const STORE_MS = 2_000;

export class Outbox {
  /**
   * @param {string} user @param {string} version @param {string} page this page load
   * @param {Store[]} stores the safest first @param {string} [accession] of the interview
   */
  constructor(user, version, page, stores, accession = "") {
    this.user = user;
    this.version = version;
    this.accession = accession;
    this.page = page;
    this.stores = stores;
    this.rows = 0;
    /** the last write of each removed row @type {Map<string, number>} */
    this.removed = new Map();
    /** rows that could not be given a key of this page @type {Set<string>} */
    this.taken = new Set();
  }

  /** A key that no other page load writes to. @param {string} segment */
  newKey(segment) {
    this.rows += 1;
    return `${this.user}/${segment}/${this.page}.${this.rows}`;
  }

  /**
   * Keep it in the first store that takes it. @param {Omit<OutboxRow, "user" | "version" | "accession" | "page">} unowned
   * @param {boolean} [hurry] the page may be gone before IndexedDB has written: localStorage writes at once
   * @returns {Promise<boolean>} false when no store of this browser would
   */
  async put(unowned, hurry = false) {
    const { user, version, accession, page } = this;
    const row = { ...unowned, user, version, accession, page };
    if (hurry) for (const other of this.stores.slice(1)) other.put(row).catch(() => {});
    for (const store of this.stores) {
      try {
        // The store before failed, and meanwhile the row may have been removed.
        if ((this.removed.get(row.key) || 0) >= row.edit) return true;
        await within(STORE_MS, store.put(row));
      } catch {
        continue; // full, private window, broken profile, no answer: the next store may still do
      }
      await this.#clear(
        row.key,
        row.edit - 1,
        this.stores.filter((other) => other !== store),
      );
      return true;
    }
    return false;
  }

  /** Remove a row, unless it was written again after `edit`. @param {string} key @param {number} edit */
  async remove(key, edit) {
    this.removed.set(key, Math.max(edit, this.removed.get(key) || 0));
    await this.#clear(key, edit, this.stores);
  }

  /**
   * Take over what page loads that are gone left of this version, the oldest first.
   * @param {(pages: string[]) => Promise<Set<string>>} stillOpen which of these page loads are open
   * @returns {Promise<OutboxRow[]>} the rows, now of this page load
   */
  async takeOver(stillOpen) {
    const found = (await this.#ofOtherPages()).filter(({ row }) => row.version === this.version);
    if (!found.length) return [];
    const open = await stillOpen([...new Set(found.map(({ row }) => row.page || ""))]);
    /** @type {OutboxRow[]} */
    const taken = [];
    for (const { row, store } of found) {
      const mine = open.has(row.page) ? null : await this.#takeOverRow(row, store);
      if (mine) taken.push(mine);
    }
    return taken;
  }

  /** Whether other page loads have unsent text of this version. @returns {Promise<boolean>} */
  async hasRows() {
    return (await this.#ofOtherPages()).some(({ row }) => row.version === this.version);
  }

  /**
   * What page loads that are gone left of other versions of this interview, the oldest first. It
   * stays where it is: it cannot be sent to this version.
   * @param {(pages: string[]) => Promise<Set<string>>} stillOpen @returns {Promise<OutboxRow[]>}
   */
  async ofOtherVersions(stillOpen) {
    const rows = (await this.#ofOtherPages())
      .map(({ row }) => row)
      .filter(
        ({ version, accession }) =>
          version !== this.version && (!accession || accession === this.accession),
      );
    if (!rows.length) return [];
    const open = await stillOpen([...new Set(rows.map((row) => row.page || ""))]);
    return rows.filter((row) => !open.has(row.page));
  }

  /** @param {OutboxRow} row @param {Store} store @returns {Promise<OutboxRow | null>} null when another page was faster */
  async #takeOverRow(row, store) {
    const mine = { ...row, key: this.newKey(row.segment), page: this.page, edit: row.edit || 0 };
    const isSame = (/** @type {OutboxRow} */ now) =>
      now.page === row.page && now.edit === row.edit && now.text === row.text;
    try {
      if (!(await store.replace(row.key, isSame, mine))) return null;
    } catch {
      // The store is full. The row stays where it is, and this page sends it from there.
      if (this.taken.has(row.key)) return null;
      this.taken.add(row.key);
      return { ...row, edit: row.edit || 0 };
    }
    await this.#clear(
      row.key,
      mine.edit,
      this.stores.filter((other) => other !== store),
    );
    return mine;
  }

  /** This person's rows of other page loads; of a row in two stores the later write counts. */
  async #ofOtherPages() {
    /** @type {Map<string, {row: OutboxRow, store: Store}>} */
    const found = new Map();
    for (const store of this.stores) {
      for (const row of await store.all().catch(() => /** @type {OutboxRow[]} */ ([]))) {
        if (row.user !== this.user || row.page === this.page) continue;
        const other = found.get(row.key);
        if (!other || isLater(row, other.row)) found.set(row.key, { row, store });
      }
    }
    return [...found.values()].sort((one, other) => one.row.at - other.row.at);
  }

  /** @param {string} key @param {number} edit @param {Store[]} stores */
  async #clear(key, edit, stores) {
    for (const store of stores)
      await store.remove(key, (row) => (row.edit || 0) <= edit).catch(() => {});
  }
}

/** Reject when a store has not answered in time. @param {number} ms @param {Promise<void>} work */
async function within(ms, work) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("the store does not answer")), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param {OutboxRow} row @param {OutboxRow} other */
function isLater(row, other) {
  return (row.edit || 0) === (other.edit || 0)
    ? row.at > other.at
    : (row.edit || 0) > (other.edit || 0);
}
