/** Sentences and numbers in the language of the page. The key is the English sentence. */

/** @type {Record<string, string | string[]>} */
const messages = read();
export const language =
  typeof document === "undefined" ? "en" : document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);

function read() {
  const holder = typeof document === "undefined" ? null : document.getElementById("messages");
  return holder ? JSON.parse(holder.textContent || "{}") : {};
}

/**
 * Translate, and fill in %(name)s.
 * @param {string} sentence @param {Record<string, string | number>} [facts]
 */
export function t(sentence, facts = {}) {
  const found = messages[sentence];
  return fill(typeof found === "string" ? found : found ? found[0] : sentence, facts);
}

/**
 * Translate a counted sentence.
 * @param {string} one @param {string} many @param {number} count
 * @param {Record<string, string | number>} [facts]
 */
export function nt(one, many, count, facts = {}) {
  const found = messages[one];
  const english = plural.select(count) === "one" ? one : many;
  const chosen = Array.isArray(found)
    ? found[Math.min(found.length - 1, count === 1 ? 0 : 1)]
    : found;
  return fill(chosen || english, { num: number(count), ...facts });
}

/** @param {string} sentence @param {Record<string, string | number>} facts */
export function fill(sentence, facts) {
  return sentence.replace(/%\((\w+)\)[sd]/g, (whole, name) =>
    name in facts ? String(facts[name]) : whole,
  );
}

/** @param {number} value @param {number} [digits] */
export function number(value, digits = 0) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}
