/**
 * The upload page: files come in by drop or choice, go up two at a time, and survive
 * pauses, reloads, lost lines and a server that was killed.
 */

import { nt, t } from "i18n";
import { renewToken, token } from "../core/http.js";
import { recognise } from "./known.js";
import { Pace } from "./pace.js";
import { continues, entry, step, toRetry, toStart, totals } from "./queue.js";
import { Row } from "./rows.js";
import { Transport } from "./transport.js";
import { size, speed, timeLeft } from "./words.js";

const LOOK_EVERY_MS = 500;
const STEADY = new Set(["progress", "compared", "accepted"]); // they come often and change no state

class UploadPage {
  #entries = new Map();
  #rows = new Map();
  #transports = new Map();
  #paces = new Map();
  #lostAt = new Map();
  #runs = new Map();
  #pace = new Pace();
  #sentInAll = 0;
  #next = 0;

  constructor(root) {
    this.root = root;
    this.list = root.querySelector("[data-list]");
    this.facts = JSON.parse(root.querySelector("[data-facts]").textContent);
    this.template = root.querySelector("template[data-row]");
    this.icons = root.querySelector("template[data-icons]");
    this.said = "";
  }

  start() {
    this.root.classList.add("live");
    for (const known of this.facts.unfinished) {
      this.#add(entry({ ...known, key: known.uploadId, state: "missing" }), null);
      this.list.querySelector(`[data-upload="${known.uploadId}"]`)?.remove();
    }
    this.#listen();
    setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#look();
  }

  #listen() {
    const input = this.root.querySelector("input[type=file]");
    this.root.querySelector("[data-choose]").addEventListener("click", () => input.click());
    const take = () => {
      this.#choose([...input.files]);
      input.value = "";
    };
    input.addEventListener("change", take);
    if (input.files.length) take(); // chosen while this script was still on its way
    const drop = this.root.querySelector(".drop");
    for (const kind of ["dragover", "dragenter"]) {
      this.root.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    this.root.addEventListener("dragleave", () => drop.classList.remove("over"));
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.#choose([...event.dataTransfer.files]);
    });
    this.list.addEventListener("click", (event) => this.#press(event));
    this.root.querySelector("[data-all]").addEventListener("click", () => this.#all());
    addEventListener("online", () => this.#retryAll());
    addEventListener("beforeunload", (event) => {
      if (totals([...this.#entries.values()]).isSending) event.preventDefault();
    });
  }

  async #choose(files) {
    for (const file of files) {
      const known = continues([...this.#entries.values()], { name: file.name, sizeBytes: file.size });
      if (known) {
        this.#transports.set(known.key, this.#transport(known.key, file));
        this.#happen(known.key, "chosen");
      } else this.#addNew(file);
    }
    this.#look();
  }

  #addNew(file, { fresh = false } = {}) {
    this.#next += 1;
    const key = `new-${this.#next}`;
    this.#add(entry({ key, name: file.name, sizeBytes: file.size }), file);
    this.#transports.get(key).fresh = fresh;
    if (!file.size) this.#happen(key, "fail", { problem: "empty_file" });
  }

  #add(added, file) {
    const row = new Row(this.template, this.icons);
    row.element.dataset.key = added.key;
    this.list.append(row.element);
    this.#entries.set(added.key, added);
    this.#rows.set(added.key, row);
    this.#paces.set(added.key, new Pace());
    if (file) this.#transports.set(added.key, this.#transport(added.key, file));
  }

  #transport(key, file) {
    const { endpoint, accession, pieceBytes } = this.facts;
    const tell = (event, facts) => this.#happen(key, event, facts);
    return new Transport({ file, endpoint, accession, pieceBytes, tell });
  }

  #happen(key, event, facts = {}) {
    const before = this.#entries.get(key);
    if (!before) return;
    if (event === "begun") return void this.#entries.set(key, { ...before, uploadId: facts.uploadId });
    const after = step(before, event, { ...facts, nowMs: performance.now() });
    if (after === before) return;
    if (event === "lost") this.#lostAt.set(key, clock());
    if (!STEADY.has(event)) this.#paces.get(key).reset();
    if (after === null) return this.#drop(key);
    this.#entries.set(key, after);
    if (event === "progress" && after.sentBytes > before.sentBytes) this.#sentInAll += after.sentBytes - before.sentBytes;
    if (!["sending", "comparing", "settling"].includes(after.state)) this.#transports.get(key)?.stop();
    if (event === "other") this.#addNew(this.#transports.get(key).file, { fresh: true });
    if (after.state === "settling") this.#settle(key);
    if (!STEADY.has(event)) this.#look();
  }

  async #settle(key) {
    const { uploadId } = this.#entries.get(key);
    try {
      const answer = await fetch(this.facts.rowUrl.replace("ID", uploadId));
      if (answer.status === 401) return this.#happen(key, "guest");
      if (!answer.ok) return this.#happen(key, answer.status < 500 ? "fail" : "lost", { problem: "upload_ended" });
      this.#rows.get(key).settle(await answer.text());
      this.#rows.get(key).element.dataset.key = key;
      this.#happen(key, "settled");
    } catch {
      this.#happen(key, "lost");
    }
  }

  async #press(event) {
    const button = event.target.closest("[data-do]");
    const key = button?.closest("[data-key]")?.dataset.key;
    if (!key) return;
    event.preventDefault();
    if (button.dataset.do === "choose") this.root.querySelector("input[type=file]").click();
    else {
      const isGuest = this.#entries.get(key).state === "guest";
      if (isGuest) await renewToken(location.href).catch(() => {});
      this.#happen(key, button.dataset.do);
    }
  }

  async #drop(key) {
    const { uploadId, state } = this.#entries.get(key);
    this.#transports.get(key)?.stop();
    this.#rows.get(key).element.remove();
    for (const map of [this.#entries, this.#rows, this.#transports, this.#paces, this.#runs]) map.delete(key);
    if (uploadId && state !== "settled") {
      const headers = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token() };
      await fetch(`${this.facts.endpoint}/${uploadId}`, { method: "DELETE", headers }).catch(() => {});
    }
    this.#look();
  }

  #all() {
    const { canPause } = totals([...this.#entries.values()]);
    for (const key of [...this.#entries.keys()]) this.#happen(key, canPause ? "pause" : "resume");
  }

  #retryAll() {
    for (const { key, state } of [...this.#entries.values()]) if (state === "offline") this.#happen(key, "retry");
  }

  #look() {
    const now = performance.now();
    for (const key of toRetry([...this.#entries.values()], now)) {
      this.#entries.set(key, step(this.#entries.get(key), "retry"));
    }
    for (const key of toStart([...this.#entries.values()])) {
      this.#entries.set(key, step(this.#entries.get(key), "start"));
      this.#begin(key);
    }
    for (const [key, e] of this.#entries) if (e.state !== "settled") this.#drawRow(key, e, now);
    this.#drawSum(now);
  }

  async #begin(key) {
    const transport = this.#transports.get(key);
    const run = (this.#runs.get(key) ?? 0) + 1;
    this.#runs.set(key, run);
    const isWanted = () =>
      this.#runs.get(key) === run && ["sending", "comparing"].includes(this.#entries.get(key)?.state);
    const known = this.#entries.get(key).uploadId || (await transport.remembered());
    if (known) this.#happen(key, "begun", { uploadId: known });
    else if (!(await this.#mustBeSent(key, transport.file, isWanted))) return;
    if (isWanted()) await transport.start(known);
  }

  /** False when the archive has the file already, or when the person stopped the comparison. */
  async #mustBeSent(key, file, isWanted) {
    const { endpoint, accession } = this.facts;
    const found = await recognise(file, {
      endpoint, accession, isWanted,
      onStart: () => this.#happen(key, "compare"),
      onProgress: (sentBytes) => this.#happen(key, "compared", { sentBytes }),
    });
    if (found) {
      this.#happen(key, "begun", { uploadId: found });
      this.#happen(key, "known");
    } else if (found === "") this.#happen(key, "send");
    return found === "";
  }

  #drawRow(key, e, now) {
    const pace = this.#paces.get(key);
    if (e.state === "sending") pace.mark(now, e.sentBytes);
    const secondsLeft = pace.secondsLeft(now, e.sizeBytes - e.sentBytes);
    const said = this.facts.sentences[e.problem] ?? this.facts.sentences.fallback;
    const sentence = e.problem || e.state === "failed" ? said : "";
    this.#rows.get(key).draw(e, { secondsLeft, nowMs: now, lostAt: this.#lostAt.get(key), sentence });
  }

  #drawSum(now) {
    const entries = [...this.#entries.values()];
    const sum = totals(entries);
    this.root.querySelector(".sumup").hidden = sum.count === 0;
    this.root.querySelector("[data-full]").hidden = !entries.some((e) => e.state === "full");
    this.root.querySelector(".drop").classList.toggle("tall", sum.count === 0 && !this.list.childElementCount);
    if (sum.isSending) this.#pace.mark(now, this.#sentInAll);
    else this.#pace.reset();
    const files = nt("%(num)s file", "%(num)s files", sum.count);
    this.root.querySelector("[data-count]").textContent = [files, size(sum.sizeBytes)].join(" · ");
    const rate = this.#pace.bytesPerSecond(now);
    const left = this.#pace.secondsLeft(now, sum.leftBytes);
    const known = rate && left !== null;
    const sending = known ? t("Sending %(speed)s", { speed: speed(rate) }) : "";
    this.#say(known ? [sending, timeLeft(left)].join(" · ") : "");
    const all = this.root.querySelector("[data-all]");
    all.hidden = !sum.canPause && !sum.canResume;
    this.root.querySelector("[data-on]").hidden = !all.hidden || !entries.some((e) => e.state === "settled");
    all.querySelector("[data-icon=pause]").hidden = !sum.canPause;
    all.querySelector("[data-icon=play]").hidden = sum.canPause;
    all.querySelector("[data-label]").textContent = sum.canPause ? t("Pause all") : t("Go on with all");
  }

  /** A screen reader is told a new time left at most every ten seconds. */
  #say(text) {
    const now = performance.now();
    const line = this.root.querySelector("[data-pace]");
    line.textContent = text;
    if (now - (this.saidAt ?? -Infinity) < 10_000) return;
    this.saidAt = now;
    this.root.querySelector("[data-spoken]").textContent = text;
  }
}

function clock() {
  return new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date());
}

const root = document.querySelector("[data-upload-page]");
if (root) new UploadPage(root).start();
