/** Requests about one version of a transcript; a stale form token is renewed once by itself. */

import { ask } from "../core/http.js";

/** @typedef {import("../core/http.js").Answer} Answer */

const API = "/api/v1";
const LIMIT_MS = 30_000;

export class ApiClient {
  /** @param {string} version @param {string} user */
  constructor(version, user) {
    this.version = version;
    this.user = user;
    /** called with who is signed in, as soon as that is known @type {(who: "same" | "other") => void} */
    this.onIdentity = () => {};
  }

  /** @param {string} segment @param {import("./outbox.js").Request} request @param {boolean} hurry */
  save(segment, request, hurry) {
    return ask("PATCH", `${API}/segments/${segment}`, {
      body: request.body,
      headers: { "If-Match": `"${request.rev}"`, "Idempotency-Key": request.key },
      keepalive: hurry,
      limit_ms: LIMIT_MS,
    });
  }

  /** @param {Record<string, any>[]} ops @param {string} key */
  operate(ops, key) {
    return this.#renewing(() =>
      ask("POST", `${API}/transcripts/${this.version}/ops`, {
        body: { ops },
        headers: { "Idempotency-Key": key },
        limit_ms: LIMIT_MS,
      }),
    );
  }

  /**
   * Restore a revision; where its times no longer fit, at the nearest that do (`fitted` in the answer).
   * @param {string} segment @param {number} revision @param {string} key
   */
  revert(segment, revision, key) {
    return this.#renewing(() =>
      ask("POST", `${API}/segments/${segment}/revert`, {
        body: { rev: revision, fit: true },
        headers: { "Idempotency-Key": key },
        limit_ms: LIMIT_MS,
      }),
    );
  }

  /** Report the position of this user; the response has the others. @param {string | null} segment @param {boolean} typing */
  here(segment, typing) {
    return this.#renewing(() =>
      ask("POST", `${API}/transcripts/${this.version}/presence`, {
        body: { seg: segment, typing },
        limit_ms: LIMIT_MS,
      }),
    );
  }

  /** The page is being closed. */
  leave() {
    return ask("DELETE", `${API}/transcripts/${this.version}/presence`, { keepalive: true });
  }

  /** What changed after a revision of the version. @param {number} revision */
  since(revision) {
    return ask("GET", `${API}/transcripts/${this.version}?since=${revision}&words=1`, {
      limit_ms: LIMIT_MS,
    });
  }

  /** WordHighlights of the segments between two times, by segment. @param {number} from @param {number} to */
  words(from, to) {
    return ask("GET", `${API}/transcripts/${this.version}/words?from=${from}&to=${to}`);
  }

  /**
   * Fetch a fresh form token, and find out whether the same person still writes here.
   * @returns {Promise<"same" | "other" | "signed-out" | "unreachable">}
   */
  async renew() {
    const answer = await ask("GET", `${API}/transcripts/${this.version}/ticket`, {
      limit_ms: LIMIT_MS,
    });
    if (answer.status === 0 || answer.status >= 500) return "unreachable";
    if (answer.status === 403 || answer.status === 404) this.onIdentity("other"); // may not see it
    if (answer.status !== 200) return "signed-out";
    if (answer.body.user !== this.user) {
      this.onIdentity("other");
      return "other"; // with this token our words would be saved as theirs
    }
    document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", answer.body.csrf);
    this.onIdentity("same");
    return "same";
  }

  /** @param {() => Promise<Answer>} run @returns {Promise<Answer>} */
  async #renewing(run) {
    const answer = await run();
    return answer.status === 400 &&
      answer.body?.error === "stale_form" &&
      (await this.renew()) === "same"
      ? run()
      : answer;
  }
}
