// @ts-check
/**
 * What was typed and is not yet known to be on the server: IndexedDB first, localStorage second.
 *
 * One row a person and segment. A row is removed only when the server has confirmed the very
 * text that stands in it, so a row that was written meanwhile stays.
 */

import { tidy } from "../core/tokens.js";

/**
 * @typedef {object} Draft
 * @property {string} key user and segment
 * @property {string} user
 * @property {string} version
 * @property {string} segment
 * @property {string} base the text it began from
 * @property {number | null} baseRev
 * @property {string} text
 * @property {Record<string, any>} fields times, speaker, state and flags that were changed too
 * @property {Request | null} pending a request whose answer never came
 * @property {number} at
 */

/** @typedef {{key: string, rev: number, body: Record<string, any>, text: string}} Request */

/**
 * @typedef {object} Store
 * @property {(row: Draft) => Promise<void>} put
 * @property {(key: string, unlessOther: (row: Draft) => boolean) => Promise<void>} remove
 * @property {() => Promise<Draft[]>} all
 */

const DATABASE = "loi-ke";
const ROWS = "drafts";
const PREFIX = "loike-draft:";

export class Outbox {
  /** @param {string} user @param {string} version @param {Store[]} stores the safest first */
  constructor(user, version, stores) {
    this.user = user;
    this.version = version;
    this.stores = stores;
  }

  /** @param {string} segment */
  key(segment) {
    return `${this.user}/${segment}`;
  }

  /**
   * Keep it in the first store that takes it. @param {Omit<Draft, "key" | "user" | "version">} draft
   * @returns {Promise<boolean>} false when no store of this browser would
   */
  async put(draft) {
    const row = { ...draft, key: this.key(draft.segment), user: this.user, version: this.version };
    for (const store of this.stores) {
      try {
        await store.put(row);
        return true;
      } catch {
        // full, private window, broken profile: the next store may still do
      }
    }
    return false;
  }

  /** The server has this text. @param {string} segment @param {string} text */
  async confirm(segment, text) {
    for (const store of this.stores) {
      await store.remove(this.key(segment), (row) => tidy(row.text) === tidy(text)).catch(() => {});
    }
  }

  /** Give it up on a person's word. @param {string} segment */
  async forget(segment) {
    for (const store of this.stores) await store.remove(this.key(segment), () => true).catch(() => {});
  }

  /** This person's rows of this version, the newest of each segment. @returns {Promise<Draft[]>} */
  async drafts() {
    /** @type {Map<string, Draft>} */
    const found = new Map();
    for (const store of this.stores) {
      for (const row of await store.all().catch(() => /** @type {Draft[]} */ ([]))) {
        if (row.user !== this.user || row.version !== this.version) continue;
        const other = found.get(row.key);
        if (!other || other.at < row.at) found.set(row.key, row);
      }
    }
    return [...found.values()];
  }
}

/** The stores of this browser, the safest first. @returns {Store[]} */
export function browserStores() {
  const stores = [];
  if (typeof indexedDB !== "undefined") stores.push(inIndexedDb());
  if (typeof localStorage !== "undefined") stores.push(inStorage(localStorage));
  return stores;
}

/** @returns {Store} */
export function inIndexedDb() {
  /** @type {Promise<IDBDatabase> | null} */
  let opened = null;
  const open = () => {
    opened ||= new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(ROWS, { keyPath: "key" });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
    return opened;
  };
  /** @template T @param {IDBTransactionMode} mode @param {(rows: IDBObjectStore) => IDBRequest<T>} work @returns {Promise<T>} */
  const run = async (mode, work) => {
    const transaction = (await open()).transaction(ROWS, mode);
    return new Promise((resolve, reject) => {
      const request = work(transaction.objectStore(ROWS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  };
  return {
    put: async (row) => void (await run("readwrite", (rows) => rows.put(row))),
    all: () => run("readonly", (rows) => rows.getAll()),
    remove: async (key, isThis) => {
      await run("readwrite", (rows) => {
        const request = rows.get(key);
        request.onsuccess = () => {
          if (request.result && isThis(request.result)) rows.delete(key);
        };
        return request;
      });
    },
  };
}

/** @param {Storage} storage @returns {Store} */
export function inStorage(storage) {
  const read = (/** @type {string} */ name) => {
    try {
      return JSON.parse(storage.getItem(name) || "null");
    } catch {
      return null;
    }
  };
  return {
    put: async (row) => storage.setItem(PREFIX + row.key, JSON.stringify(row)),
    all: async () => {
      const names = Array.from({ length: storage.length }, (_, at) => storage.key(at) || "");
      return names.filter((name) => name.startsWith(PREFIX)).map(read).filter(Boolean);
    },
    remove: async (key, isThis) => {
      const row = read(PREFIX + key);
      if (row && isThis(row)) storage.removeItem(PREFIX + key);
    },
  };
}
