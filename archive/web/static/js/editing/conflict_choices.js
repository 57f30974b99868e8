/** Differences of two texts over the same base, for the conflict dialog. Pure. */

import { tokenise } from "../core/tokens.js";
import { applied, differences, meetings } from "./merging.js";

/** @typedef {{base: string, theirs: {text: string}, yours: string}} Sides */

/** Tokens of `now` that are not in the base. @param {string} base @param {string} now @returns {Set<number>} */
export function added(base, now) {
  const found = new Set();
  let shift = 0;
  for (const { start, end, tokens } of differences(tokenise(base), tokenise(now))) {
    for (let at = 0; at < tokens.length; at += 1) found.add(start + shift + at);
    shift += tokens.length - (end - start);
  }
  return found;
}

/** Tokens of the base that either side changed. @param {Sides} sides @returns {Set<number>} */
export function touched({ base, theirs, yours }) {
  const found = new Set();
  for (const text of [theirs.text, yours]) {
    for (const { start, end } of differences(tokenise(base), tokenise(text))) {
      for (let at = start; at < end; at += 1) found.add(at);
    }
  }
  return found;
}

const NEAR = 8;
const LEAST_FAR = 6;

/**
 * A text as runs of words: those that changed, those near them, and those so far off that a small screen leaves
 * them out.
 * @param {readonly string[]} tokens @param {Set<number>} changed
 * @returns {{kind: "changed" | "near" | "far", words: string}[]}
 */
export function runs(tokens, changed) {
  const isNear = (/** @type {number} */ at) =>
    !changed.size || [...changed].some((one) => Math.abs(one - at) <= NEAR);
  const kinds = tokens.map((_token, at) =>
    changed.has(at) ? "changed" : isNear(at) ? "near" : "far",
  );
  /** @type {{kind: "changed" | "near" | "far", tokens: string[]}[]} */
  const found = [];
  tokens.forEach((token, at) => {
    const kind = /** @type {"near"} */ (kinds[at]);
    if (found.at(-1)?.kind === kind) found[found.length - 1].tokens.push(token);
    else found.push({ kind, tokens: [token] });
  });
  return found.map(({ kind, tokens: held }) => ({
    kind: kind === "far" && held.length < LEAST_FAR ? "near" : kind,
    words: held.join(" "),
  }));
}

/**
 * Both people's changes in one text, with one side taken at each place where they meet.
 * @param {Sides} sides
 * @param {readonly ("theirs" | "yours")[]} chosen in the order of `threeWay`'s hunks
 */
export function chosenText({ base, theirs, yours }, chosen) {
  const old = tokenise(base);
  const [left, right] = [theirs.text, yours].map((text) => differences(old, tokenise(text)));
  /** @type {string[]} */
  const out = [];
  let done = 0;
  let place = 0;
  for (const { start, end, sides } of meetings(left, right)) {
    out.push(...old.slice(done, start));
    const [their, own] = sides.map((side) => applied(old, side, start, end));
    let chosenTokens = sides[0].length ? their : own;
    if (sides[0].length && sides[1].length && their.join(" ") !== own.join(" ")) {
      chosenTokens = chosen[place] === "theirs" ? their : own;
      place += 1;
    }
    out.push(...chosenTokens);
    done = end;
  }
  return [...out, ...old.slice(done)].join(" ");
}
