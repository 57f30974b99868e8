/** Save status: what is being sent, what this browser keeps, which conflicts are open. */

/** @typedef {import("./segment_draft.js").SegmentDraft} SegmentDraft */

/**
 * @typedef {object} Status
 * @property {number} saving
 * @property {number} unsent segments with something that is not known to be on the server
 * @property {boolean} kept whether this browser has kept all of that
 * @property {boolean} unkept whether no store of this browser took some of it
 * @property {number} conflicts
 * @property {number} savedAt
 * @property {boolean} cut
 * @property {string} stopped
 * @property {boolean} isDiskFull whether the archive could not store for lack of disk space
 */

/**
 * @param {SegmentDraft[]} unsent what is not known to be on the server
 * @param {{savedAt: number, failures: number, stopped: string, isDiskFull: boolean}} saver @returns {Status}
 */
export function statusOf(unsent, { savedAt, failures, stopped, isDiskFull }) {
  return {
    saving: unsent.filter((draft) => draft.inFlight).length,
    unsent: new Set(unsent.map((draft) => draft.id)).size,
    kept: unsent.every((draft) => draft.isKept),
    unkept: unsent.some((draft) => draft.isUnkept),
    conflicts: unsent.filter((draft) => draft.conflict).length,
    savedAt,
    cut: failures > 0,
    stopped,
    isDiskFull,
  };
}
