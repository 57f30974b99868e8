/**
 * Tokens of a transcript: what stands between white space, in Vietnamese a syllable.
 *
 * JavaScript counterpart of `transcription/tokens.py`; `tests/fixtures/edits/tokens.json` holds both to the
 * same answers. White space is spelt out because `\s` means different things in the two
 * languages. The soft hyphen U+00AD is no separator and is never dropped.
 */

const SPACES = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const MARKS = /\p{M}/gu;
const NOT_HEARD = /[^\p{L}\p{M}\p{N}]/gu;

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
export function tidy(text) {
  return tokenise(text).join(" ");
}

/**
 * Lower-case without tone and vowel marks, đ as d; punctuation stays.
 * @param {string} token
 * @returns {string}
 */
export function bare(token) {
  return token.toLowerCase().normalize("NFD").replace(MARKS, "").replaceAll("đ", "d");
}

/**
 * What of a token can be heard: letters, marks and digits in lower case. A token of
 * punctuation alone is returned as it is.
 * @param {string} token
 * @returns {string}
 */
export function spoken(token) {
  const lowered = token.toLowerCase().normalize("NFC");
  return lowered.replace(NOT_HEARD, "") || lowered;
}
