/**
 * Keeps the times of words while a person changes the text, so that the word being spoken
 * can be drawn before the server has answered.
 *
 * JavaScript counterpart of `transcription/alignment.py`, where the reasons stand;
 * `tests/fixtures/edits/alignment.json` holds both to the same answers. Whole numbers only.
 */

import { fold, letters, tokenise } from "../core/tokens.js";

/**
 * @typedef {object} Word
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {string} text
 * @property {number | null} confidence
 * @property {string} source asr, edit, interp or import
 */

/**
 * @typedef {object} Timed
 * @property {string} text
 * @property {number} start_ms
 * @property {number} end_ms
 * @property {Word | null} old
 */

/** Costs in twentieths of a word. */
const SAME = 0;
const SAME_LETTERS = 5;
const SAME_INITIAL = 18;
const OTHER = 24;
export const GAP = 14;
const MOST_CELLS = 360_000;
const SHORTEST_WORD_MS = 60;

/**
 * The words of the new text, in order and inside the segment whatever the old times were.
 * @param {readonly Word[]} words
 * @param {string} text
 * @param {{start_ms: number, end_ms: number}} times
 * @returns {Word[]}
 */
export function retime(words, text, { start_ms, end_ms }) {
  const tokens = tokenise(text);
  const partners = pair(
    words.map((word) => word.text),
    tokens,
    changeCost,
  );
  /** @type {Timed[]} */
  const timed = tokens.map((token, at) => {
    const partner = partners[at];
    if (partner === null) return { text: token, start_ms: 0, end_ms: 0, old: null };
    const old = words[partner];
    return { text: token, start_ms: old.start_ms, end_ms: old.end_ms, old };
  });
  shareRuns(timed, start_ms, Math.max(start_ms, end_ms));
  return inOrder(timed.map(word), start_ms, end_ms);
}

/**
 * For each new token the index of its old one, ascending; null where there is none.
 * @param {readonly string[]} old
 * @param {readonly string[]} now
 * @param {(old: string, now: string) => number} cost 0 for tokens that count as unchanged
 * @returns {(number | null)[]}
 */
export function pair(old, now, cost) {
  const shortest = Math.min(old.length, now.length);
  let head = 0;
  while (head < shortest && cost(old[head], now[head]) === 0) head += 1;
  let tail = 0;
  while (
    tail < shortest - head &&
    cost(old[old.length - 1 - tail], now[now.length - 1 - tail]) === 0
  ) {
    tail += 1;
  }
  const middle = pairMiddle(
    old.slice(head, old.length - tail),
    now.slice(head, now.length - tail),
    cost,
  );
  return [
    ...Array.from({ length: head }, (_, at) => at),
    ...middle.map((partner) => (partner === null ? null : head + partner)),
    ...Array.from({ length: tail }, (_, at) => old.length - tail + at),
  ];
}

/**
 * How unlike two tokens are, in twentieths of a word.
 * @param {string} old
 * @param {string} now
 * @returns {number}
 */
function changeCost(old, now) {
  if (old === now) return SAME;
  const [lettersOld, lettersNow] = [letters(old), letters(now)];
  if (lettersOld === lettersNow) return SAME;
  const [foldedOld, foldedNow] = [fold(lettersOld), fold(lettersNow)];
  if (foldedOld === foldedNow) return SAME_LETTERS;
  return initial(foldedOld) === initial(foldedNow) ? SAME_INITIAL : OTHER;
}

/** @param {string} token */
function initial(token) {
  return String.fromCodePoint(token.codePointAt(0) ?? 0);
}

/**
 * @param {readonly string[]} old
 * @param {readonly string[]} now
 * @param {(old: string, now: string) => number} cost
 * @returns {(number | null)[]}
 */
function pairMiddle(old, now, cost) {
  /** @type {(number | null)[]} */
  const partners = now.map(() => null);
  if (!old.length || !now.length || old.length * now.length > MOST_CELLS) return partners;
  const changes = old.map((before) => now.map((after) => cost(before, after)));
  const table = [Array.from({ length: now.length + 1 }, (_, at) => GAP * at)];
  for (let i = 1; i <= old.length; i += 1) {
    const above = table[i - 1];
    const row = [GAP * i];
    for (let j = 0; j < now.length; j += 1) {
      row.push(Math.min(above[j] + changes[i - 1][j], above[j + 1] + GAP, row[j] + GAP));
    }
    table.push(row);
  }
  let i = old.length;
  let j = now.length;
  while (i && j) {
    if (table[i][j] === table[i - 1][j - 1] + changes[i - 1][j - 1]) {
      i -= 1;
      j -= 1;
      partners[j] = i;
    } else if (table[i][j] === table[i - 1][j] + GAP) i -= 1;
    else j -= 1;
  }
  return partners;
}

/**
 * @param {Timed[]} timed
 * @param {number} startMs
 * @param {number} endMs
 */
function shareRuns(timed, startMs, endMs) {
  let at = 0;
  while (at < timed.length) {
    let upto = at;
    while (upto < timed.length && timed[upto].old === null) upto += 1;
    if (upto > at) {
      const [begin, after] = settle(timed, at, upto, startMs, endMs);
      shareRun(timed, begin, after, startMs, endMs);
      upto = Math.max(upto, after);
    }
    at = upto + 1;
  }
}

/**
 * Lets a replaced word beside the run change sides with it where more time lies there.
 * @param {Timed[]} timed
 * @param {number} at
 * @param {number} upto
 * @param {number} startMs
 * @param {number} endMs
 * @returns {[number, number]}
 */
function settle(timed, at, upto, startMs, endMs) {
  const left = at ? timed[at - 1].end_ms : startMs;
  const right = upto < timed.length ? timed[upto].start_ms : endMs;
  if (at && isReplaced(timed[at - 1])) {
    const edge = at > 1 ? timed[at - 2].end_ms : startMs;
    if (timed[at - 1].start_ms - edge > right - left) {
      movePartner(timed, at - 1, upto - 1);
      return [at - 1, upto - 1];
    }
  }
  if (upto < timed.length && isReplaced(timed[upto])) {
    const following = upto + 1 < timed.length ? timed[upto + 1] : null;
    const edge = following ? following.start_ms : endMs;
    if ((!following || following.old) && edge - timed[upto].end_ms > right - left) {
      movePartner(timed, upto, at);
      return [at + 1, upto + 1];
    }
  }
  return [at, upto];
}

/** @param {Timed} timed */
function isReplaced(timed) {
  return timed.old !== null && changeCost(timed.old.text, timed.text) > SAME_LETTERS;
}

/**
 * @param {Timed[]} timed
 * @param {number} giver
 * @param {number} taker
 */
function movePartner(timed, giver, taker) {
  const given = timed[giver];
  timed[taker] = { ...given, text: timed[taker].text };
  timed[giver] = { text: given.text, start_ms: 0, end_ms: 0, old: null };
}

/**
 * Gives the run the time between its neighbours, or half of theirs.
 * @param {Timed[]} timed
 * @param {number} at
 * @param {number} upto
 * @param {number} startMs
 * @param {number} endMs
 */
function shareRun(timed, at, upto, startMs, endMs) {
  const before = at ? timed[at - 1] : null;
  const after = upto < timed.length ? timed[upto] : null;
  let left = before ? before.end_ms : startMs;
  let right = after ? after.start_ms : endMs;
  const count = upto - at;
  if (right - left < SHORTEST_WORD_MS * count) {
    if (before) {
      before.end_ms -= Math.floor(Math.max(0, before.end_ms - before.start_ms) / 2);
      left = before.end_ms;
    }
    if (after) {
      after.start_ms += Math.floor(Math.max(0, after.end_ms - after.start_ms) / 2);
      right = after.start_ms;
    }
  }
  const length = Math.max(0, right - left);
  for (let n = 0; n < count; n += 1) {
    timed[at + n].start_ms = left + Math.floor((length * n) / count);
    timed[at + n].end_ms = left + Math.floor((length * (n + 1)) / count);
  }
}

/**
 * @param {Timed} timed
 * @returns {Word}
 */
function word({ text, start_ms, end_ms, old }) {
  if (old === null) return { start_ms, end_ms, text, confidence: 1, source: "interp" };
  if (changeCost(old.text, text) !== SAME) {
    return { start_ms, end_ms, text, confidence: 1, source: "edit" };
  }
  return { start_ms, end_ms, text, confidence: old.confidence, source: old.source };
}

/**
 * The same words pressed between start and end, none beginning before the last one ended.
 * @param {readonly Word[]} words
 * @param {number} startMs
 * @param {number} endMs
 * @returns {Word[]}
 */
function inOrder(words, startMs, endMs) {
  const last = Math.max(startMs, endMs);
  let freeFrom = startMs;
  return words.map((one) => {
    const start_ms = Math.min(Math.max(one.start_ms, freeFrom), last);
    const end_ms = Math.min(Math.max(one.end_ms, start_ms), last);
    freeFrom = end_ms;
    return { ...one, start_ms, end_ms };
  });
}
