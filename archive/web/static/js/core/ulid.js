/** ULIDs from getRandomValues, which plain http has too. */

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** @param {number} [now] milliseconds since 1970 @returns {string} 26 characters */
export function ulid(now = Date.now()) {
  let time = "";
  for (let i = 0, rest = now; i < 10; i++, rest = Math.floor(rest / 32))
    time = DIGITS[rest % 32] + time;
  const random = crypto.getRandomValues(new Uint8Array(16));
  return time + Array.from(random, (byte) => DIGITS[byte % 32]).join("");
}
