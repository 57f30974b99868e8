/**
 * Tokens of a transcript: what stands between white space, in Vietnamese a syllable.
 *
 * The same functions as in `transcription/tokens.py`; both are tested with
 * `tests/fixtures/edits/tokens.json`. White space is listed because `\s` means different things
 * in the two languages. The soft hyphen U+00AD is no separator and is never dropped.
 */

const SPACES = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const MARKS = /\p{M}/gu;
const OTHERS = /[^\p{L}\p{M}\p{N}]/gu;

/**
 * Cuts a text into NFC tokens.
 * @param {string} text
 * @returns {string[]}
 */
export function tokenise(text) {
  return text
    .normalize("NFC")
    .split(SPACES)
    .filter((token) => token !== "");
}

/**
 * The text as every segment holds it: NFC, single spaces, none at the ends.
 * @param {string} text
 * @returns {string}
 */
export function normalise(text) {
  return tokenise(text).join(" ");
}

/**
 * Lower-case without tone and vowel marks, đ as d; punctuation stays.
 * @param {string} token
 * @returns {string}
 */
export function fold(token) {
  return token.toLowerCase().normalize("NFD").replace(MARKS, "").replaceAll("đ", "d");
}

/**
 * The letters, marks and digits of a token in lower case. A token of punctuation alone is
 * returned unchanged.
 * @param {string} token
 * @returns {string}
 */
export function letters(token) {
  const lowered = token.toLowerCase().normalize("NFC");
  return lowered.replace(OTHERS, "") || lowered;
}
