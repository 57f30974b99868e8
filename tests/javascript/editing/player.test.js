/** The player of the editor: which part plays, from where, and where it stops. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { EditorPlayer } from "../../../archive/web/static/js/editing/player.js";

mock.timers.enable({ apis: ["Date"], now: 1_000_000 });

/** An audio element in memory: its clock is moved by hand. */
class Sound extends EventTarget {
  currentTime = 0;
  playbackRate = 1;
  paused = true;
  preservesPitch = false;

  /** @param {number} part @param {number} durationMs */
  constructor(part, durationMs) {
    super();
    this.dataset = { sound: String(part), duration: String(durationMs) };
    this.duration = Number.NaN;
  }

  async play() {
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    if (this.paused) return;
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

/**
 * A player of two parts of a minute each, with the frames and the storage of its browser.
 * @param {import("node:test").TestContext} context @param {Record<string, string>} [stored]
 */
function makePlayer(context, stored = {}) {
  const storage = new Map(Object.entries(stored));
  /** @type {(() => void)[]} */
  const frames = [];
  const browser = {
    localStorage: {
      getItem: (/** @type {string} */ name) => storage.get(name) ?? null,
      setItem: (/** @type {string} */ name, /** @type {string} */ value) => {
        storage.set(name, value);
      },
    },
    requestAnimationFrame: (/** @type {() => void} */ run) => frames.push(run),
    navigator: {},
  };
  const before = new Map(
    Object.keys(browser).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]),
  );
  for (const [name, value] of Object.entries(browser))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  context.after(() => {
    for (const [name, property] of before) {
      if (property) Object.defineProperty(globalThis, name, property);
      else Reflect.deleteProperty(globalThis, name);
    }
  });
  const sounds = [new Sound(1, 60_000), new Sound(2, 60_000)];
  const editor = /** @type {HTMLElement} */ (
    /** @type {unknown} */ ({ querySelectorAll: () => sounds })
  );
  const player = new EditorPlayer(editor, "LK-1");
  /** Move the sound to a time, and draw a frame. @param {number} ms */
  const playTo = (ms) => {
    const sound = sounds[player.part - 1];
    sound.currentTime = ms / 1000;
    for (const run of frames.splice(0)) run();
  };
  return { player, sounds, storage, playTo };
}

test("play after a pause of more than a second goes back a second and a half", async (context) => {
  const { player, sounds } = makePlayer(context);
  player.seek(10_000, 1, true);
  player.toggle();
  assert.equal(player.playing, false);
  mock.timers.tick(1_000);
  player.toggle();
  assert.equal(player.ms, 10_000, "a short pause goes on where it was");
  player.toggle();
  mock.timers.tick(1_001);
  player.toggle();
  assert.equal(player.ms, 8_500);
  assert.equal(sounds[0].paused, false);
});

test("the run-up never goes before the beginning", (context) => {
  const { player } = makePlayer(context);
  player.seek(500, 1, true);
  player.toggle();
  mock.timers.tick(5_000);
  player.toggle();
  assert.equal(player.ms, 0);
});

test("a span begins a little earlier and stops at its end", (context) => {
  const { player, sounds, playTo } = makePlayer(context);
  player.playSpan({ start: 5_000, end: 7_000, loop: false }, 1);
  assert.deepEqual([player.ms, player.playing], [4_600, true]);
  playTo(6_900);
  assert.equal(player.playing, true);
  playTo(7_000);
  assert.deepEqual([player.playing, player.span], [false, null]);
  assert.equal(sounds[0].currentTime, 7);
});

test("a loop begins again after its end, until another place is chosen", (context) => {
  const { player, playTo } = makePlayer(context);
  player.playSpan({ start: 5_000, end: 7_000, loop: true }, 1);
  playTo(7_300);
  assert.equal(player.ms, 7_300, "a little is heard after the end");
  playTo(7_400);
  assert.deepEqual([player.ms, player.playing], [4_600, true]);
  player.skip(3);
  assert.equal(player.span, null);
  playTo(20_000);
  assert.equal(player.playing, true);
});

test("another part is played at the same speed and the first one stops", (context) => {
  const { player, sounds } = makePlayer(context);
  let parts = 0;
  player.onPart(() => {
    parts += 1;
  });
  player.seek(1_000, 1, true);
  player.setSpeed(1.5);
  player.seek(2_000, 2);
  assert.deepEqual([player.part, player.ms, player.speed, parts], [2, 2_000, 1.5, 1]);
  assert.deepEqual([sounds[0].paused, sounds[1].paused], [true, false]);
  player.seek(3_000, 9);
  assert.equal(player.part, 2, "a part without sound is not chosen");
  assert.deepEqual([player.has(2), player.has(9)], [true, false]);
});

test("speeds go up and down by steps, from the slowest to the fastest", (context) => {
  const { player } = makePlayer(context);
  player.stepSpeed(1);
  assert.equal(player.speed, 1.1);
  for (let step = 0; step < 20; step += 1) player.stepSpeed(1);
  assert.equal(player.speed, 2);
  for (let step = 0; step < 20; step += 1) player.stepSpeed(-1);
  assert.equal(player.speed, 0.5);
});

test("listeners are called once in a tenth of a second", (context) => {
  const { player, playTo } = makePlayer(context);
  player.seek(0, 1, true);
  let calls = 0;
  player.onChange(() => {
    calls += 1;
  });
  for (const ms of [100, 120, 150, 199, 200, 210, 300]) playTo(ms);
  assert.equal(calls, 3);
});

test("part, time and speed are stored at a pause and restored by the next page", (context) => {
  const { player, storage } = makePlayer(context);
  player.seek(12_345, 2, true);
  player.setSpeed(0.75);
  player.toggle();
  const stored = Object.fromEntries(storage);
  assert.deepEqual(Object.keys(stored), ["loike-player:LK-1"]);
  const next = makePlayer(context, stored).player;
  assert.deepEqual([next.part, next.ms, next.speed], [2, 12_345, 0.75]);
});

test("stored values that make no sense are not used", (context) => {
  for (const value of ["{", "null", '{"part":9,"ms":"x","speed":"fast"}']) {
    const { player } = makePlayer(context, { "loike-player:LK-1": value });
    assert.deepEqual([player.part, player.ms, player.speed], [1, 0, 1], value);
  }
});

test("the length is that of the sound once it is known, and the archive's before", (context) => {
  const { player, sounds } = makePlayer(context);
  assert.equal(player.duration, 60_000);
  sounds[0].duration = 59.5;
  assert.equal(player.duration, 59_500);
});
