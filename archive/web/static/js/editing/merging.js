/**
 * Joins what two people wrote over the same text, so that the dialog of a conflict can show
 * where they meet.
 *
 * JavaScript counterpart of `transcription/merging.py`, where the reasons stand;
 * `tests/fixtures/edits/merging.json` holds both to the same answers.
 */

import { tokenise } from "../core/tokens.js";
import { GAP, pair } from "./alignment.js";

/**
 * @typedef {object} Hunk
 * @property {number} at tokens of the base before it
 * @property {string} base
 * @property {string} theirs
 * @property {string} yours
 */

/**
 * @typedef {object} Change
 * @property {number} start
 * @property {number} end
 * @property {string[]} tokens
 */

/** @typedef {{start: number, end: number, sides: [Change[], Change[]]}} Meeting */

/**
 * Both people's changes in one text; null while a person has to choose between the hunks.
 * @param {string} base
 * @param {string} theirs
 * @param {string} yours
 * @returns {{text: string | null, hunks: Hunk[]}}
 */
export function threeWay(base, theirs, yours) {
  const old = tokenise(base);
  /** @type {string[]} */
  const merged = [];
  /** @type {Hunk[]} */
  const hunks = [];
  let done = 0;
  const changes = [theirs, yours].map((text) => differences(old, tokenise(text)));
  for (const { start, end, sides } of meetings(changes[0], changes[1])) {
    merged.push(...old.slice(done, start));
    const [left, right] = sides.map((side) => applied(old, side, start, end).join(" "));
    if (sides[0].length && sides[1].length && left !== right) {
      const before = old.slice(start, end).join(" ");
      hunks.push({ at: start, base: before, theirs: left, yours: right });
    }
    const chosen = sides[0].length ? left : right;
    if (chosen) merged.push(chosen);
    done = end;
  }
  merged.push(...old.slice(done));
  return { text: hunks.length ? null : merged.join(" "), hunks };
}

/**
 * A text that took `base` in, with `yours` in its place, and where that ends in it. Null unless
 * `base` stands there once, as whole words: a guess would assign words to the wrong speaker.
 * @param {string} text
 * @param {string} base
 * @param {string} yours
 * @returns {{text: string, end: number} | null}
 */
export function movedInto(text, base, yours) {
  const around = base ? ` ${text} `.split(` ${base} `) : [];
  if (around.length !== 2) return null;
  const start = around[0].length;
  return {
    text: text.slice(0, start) + yours + text.slice(start + base.length),
    end: start + yours.length,
  };
}

/**
 * `base` and `yours` within a text that took `base` in and was changed since: with the words before
 * and after it, so that the two texts meet only where they differ. Null unless at least half of
 * `base` still stands there.
 * @param {string} text
 * @param {string} base
 * @param {string} yours
 * @returns {{base: string, yours: string} | null}
 */
export function inContext(text, base, yours) {
  const [now, old] = [tokenise(text), tokenise(base)];
  /** @type {[number, number][]} places in the text and in the base */
  const same = pair(old, now, exact).flatMap((partner, at) =>
    partner === null ? [] : [/** @type {[number, number]} */ ([at, partner])],
  );
  if (!same.length || same.length * 2 < old.length) return null;
  const [[first, partner], [last, lastPartner]] = [same[0], same[same.length - 1]];
  const before = now.slice(0, Math.max(0, first - partner));
  const after = now.slice(last + old.length - lastPartner);
  const within = (/** @type {string} */ words) => [...before, words, ...after].join(" ");
  return { base: within(base), yours: within(yours) };
}

/**
 * What has to change for `old` to become `now`, in order; no two of them touch.
 * @param {readonly string[]} old
 * @param {readonly string[]} now
 * @returns {Change[]}
 */
export function differences(old, now) {
  /** @type {Change[]} */
  const changes = [];
  let start = 0;
  let begin = 0;
  [...pair(old, now, exact), old.length].forEach((partner, at) => {
    if (partner === null) return;
    if (partner > start || at > begin) {
      changes.push({ start, end: partner, tokens: now.slice(begin, at) });
    }
    start = partner + 1;
    begin = at + 1;
  });
  return changes;
}

/**
 * Changes of both sides in reading order; those that touch stand in one group.
 * @param {Change[]} theirs
 * @param {Change[]} yours
 * @returns {Meeting[]}
 */
export function meetings(theirs, yours) {
  const tagged = [
    ...theirs.map((change) => ({ change, side: 0 })),
    ...yours.map((change) => ({ change, side: 1 })),
  ].sort(
    (a, b) => a.change.start - b.change.start || a.change.end - b.change.end || a.side - b.side,
  );
  /** @type {Meeting[]} */
  const groups = [];
  for (const { change, side } of tagged) {
    let group = groups.at(-1);
    if (!group || !touch(group, change)) {
      group = { start: change.start, end: change.end, sides: [[], []] };
      groups.push(group);
    }
    group.sides[side].push(change);
    group.end = Math.max(group.end, change.end);
  }
  return groups;
}

/**
 * Two replacements side by side do not touch; an insertion beside a replacement does.
 * @param {{start: number, end: number}} first
 * @param {{start: number, end: number}} second
 * @returns {boolean}
 */
function touch(first, second) {
  if (second.start !== first.end) return second.start < first.end;
  return first.start === first.end || second.start === second.end;
}

/**
 * @param {readonly string[]} old
 * @param {readonly Change[]} changes
 * @param {number} start
 * @param {number} end
 * @returns {string[]}
 */
export function applied(old, changes, start, end) {
  /** @type {string[]} */
  const result = [];
  let from = start;
  for (const change of changes) {
    result.push(...old.slice(from, change.start), ...change.tokens);
    from = change.end;
  }
  return [...result, ...old.slice(from, end)];
}

/** Tokens that differ are never paired. @param {string} one @param {string} other */
function exact(one, other) {
  return one === other ? 0 : 3 * GAP;
}
