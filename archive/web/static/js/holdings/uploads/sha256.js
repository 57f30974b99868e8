/**
 * SHA-256 (FIPS 180-4) over pieces. `crypto.subtle` takes only the whole file at once, and
 * does not exist at all on a plain-http intranet.
 */

const ROUNDS = new Int32Array(64);
const START = new Int32Array(8);
fillConstants();

/** Set the constants: bits of the cube and square roots of the first primes (§4.2.2, §5.3.3). */
function fillConstants() {
  const bits = (/** @type {number} */ x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
  primes.forEach((p, at) => {
    ROUNDS[at] = bits(Math.cbrt(p));
    if (at < 8) START[at] = bits(Math.sqrt(p));
  });
}

export class Sha256 {
  #state = START.slice();
  #block = new Uint8Array(64);
  #filled = 0;
  #length = 0;
  #words = new Int32Array(64);

  /** Hash further bytes. @param {Uint8Array} bytes */
  add(bytes) {
    this.#length += bytes.length;
    let at = 0;
    if (this.#filled) {
      at = Math.min(64 - this.#filled, bytes.length);
      this.#block.set(bytes.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < 64) return this;
      this.#mix(this.#block, 0);
      this.#filled = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.#mix(bytes, at);
    this.#block.set(bytes.subarray(at));
    this.#filled = bytes.length - at;
    return this;
  }

  /** Return the digest in hexadecimal; nothing can be added afterwards. */
  hex() {
    const length = this.#length;
    const rest = new Uint8Array(this.#filled < 56 ? 64 : 128);
    rest.set(this.#block.subarray(0, this.#filled));
    rest[this.#filled] = 0x80;
    const view = new DataView(rest.buffer);
    view.setUint32(rest.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(rest.length - 4, (length * 8) >>> 0);
    for (let at = 0; at < rest.length; at += 64) this.#mix(rest, at);
    return [...this.#state].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** Hash the block of 64 bytes at `from` (§6.2.2). @param {Uint8Array} bytes @param {number} from */
  #mix(bytes, from) {
    const w = this.#words;
    for (let i = 0, at = from; i < 16; i += 1, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i += 1) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const s = this.#state; // read one by one: an iterator here would cost more than the rounds
    let a = s[0],
      b = s[1],
      c = s[2],
      d = s[3],
      e = s[4],
      f = s[5],
      g = s[6],
      h = s[7];
    for (let i = 0; i < 64; i += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    s[0] += a;
    s[1] += b;
    s[2] += c;
    s[3] += d;
    s[4] += e;
    s[5] += f;
    s[6] += g;
    s[7] += h;
  }
}
