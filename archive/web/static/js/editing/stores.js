/**
 * The stores of this browser for unsent text: IndexedDB and localStorage.
 *
 * The database stays at version 1. A higher version would have to wait until every tab that was
 * opened with the version before is closed.
 */

/** @typedef {import("./outbox.js").OutboxRow} OutboxRow */
/** @typedef {import("./outbox.js").Store} Store */

const DATABASE = "loi-ke";
const DATABASE_VERSION = 1;
const ROWS = "drafts";
const PREFIX = "loike-draft:";

/**
 * The stores of this browser, the safest first.
 * @param {() => void} [onLost] called when the browser has deleted a store, with all that was in it
 * @returns {Store[]}
 */
export function browserStores(onLost = () => {}) {
  const stores = [];
  if (typeof indexedDB !== "undefined") stores.push(inIndexedDb(onLost));
  const storage = localStorageOrNull();
  if (storage) stores.push(inStorage(storage));
  return stores;
}

/** Reading `localStorage` throws where the browser blocks storage. @returns {Storage | null} */
function localStorageOrNull() {
  try {
    return typeof localStorage === "undefined" ? null : localStorage;
  } catch {
    return null;
  }
}

/** @param {() => void} [onLost] @returns {Store} */
export function inIndexedDb(onLost = () => {}) {
  /** @type {Promise<IDBDatabase> | null} */
  let opened = null;
  const open = () => {
    opened ||= openDatabase((isLost) => {
      opened = null;
      if (isLost) onLost();
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
    replace: async (key, isThis, row) => {
      let isDone = false;
      await run("readwrite", (rows) => {
        const request = rows.get(key);
        request.onsuccess = () => {
          if (!request.result || !isThis(request.result)) return;
          isDone = true;
          rows.delete(key);
          rows.put(row);
        };
        return request;
      });
      return isDone;
    },
  };
}

/** @param {(isLost: boolean) => void} onClosed the next use has to open it again @returns {Promise<IDBDatabase>} */
function openDatabase(onClosed) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, DATABASE_VERSION);
    request.onupgradeneeded = () => request.result.createObjectStore(ROWS, { keyPath: "key" });
    request.onsuccess = () => {
      request.result.onclose = () => onClosed(true); // not by us: the data of the site were cleared
      request.result.onversionchange = ({ newVersion }) => {
        request.result.close(); // a page of a later release must not wait for this one
        onClosed(newVersion === null);
      };
      resolve(request.result);
    };
    request.onerror = () => {
      onClosed(false);
      reject(request.error);
    };
  });
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
      return names
        .filter((name) => name.startsWith(PREFIX))
        .map(read)
        .filter(Boolean);
    },
    remove: async (key, isThis) => {
      const row = read(PREFIX + key);
      if (row && isThis(row)) storage.removeItem(PREFIX + key);
    },
    replace: async (key, isThis, row) => {
      const old = read(PREFIX + key);
      if (!old || !isThis(old)) return false;
      storage.setItem(PREFIX + row.key, JSON.stringify(row)); // first: it throws when the storage is full
      storage.removeItem(PREFIX + key);
      return true;
    },
  };
}
