/** Keys: what is taken, and above all what is left to the browser and to input methods. */

import assert from "node:assert/strict";
import test from "node:test";

import { commandOf } from "../../../archive/web/static/js/editing/keymap.js";

const TEXT = { inText: true, atStart: false, onFirstLine: false, onLastLine: false };
const START = { ...TEXT, atStart: true, onFirstLine: true };
const OUTSIDE = { ...TEXT, inText: false };

/** @typedef {import("../../../archive/web/static/js/editing/keymap.js").Key} Key */

/**
 * The event of a key. @param {string} keys such as "Ctrl Shift Enter"
 * @param {{altGraph?: boolean, isComposing?: boolean, code?: string}} [state] @returns {Key}
 */
function press(keys, { altGraph = false, isComposing = false, code = "" } = {}) {
  const parts = keys.split(" ");
  const key = parts.at(-1) || "";
  /** @type {Record<string, string>} */
  const codes = {
    ",": "Comma",
    ".": "Period",
    "−": "Minus",
    "=": "Equal",
    "[": "BracketLeft",
    "]": "BracketRight",
  };
  const found =
    codes[key] ||
    (/^\d$/.test(key) ? `Digit${key}` : /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key);
  return {
    key,
    code: code || found,
    isComposing,
    metaKey: parts.includes("Meta"),
    ctrlKey: parts.includes("Ctrl"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
    getModifierState: (name) => name === "AltGraph" && altGraph,
  };
}

test("keys of the documented key map", () => {
  const expected = {
    Escape: "toggle",
    F4: "toggle",
    F2: "back",
    F3: "forward",
    "Alt ,": "back",
    "Alt .": "forward",
    "Alt −": "slower",
    "Alt =": "faster",
    "Ctrl Enter": "play-segment",
    "Ctrl Shift Enter": "loop-segment",
    "Ctrl j": "play-caret",
    "Alt ArrowUp": "previous",
    "Alt ArrowDown": "next",
    Enter: "split",
    "Alt 1": "speaker-1",
    "Alt 9": "speaker-9",
    "Alt 0": "other-speaker",
    "Ctrl [": "start-here",
    "Ctrl ]": "end-here",
    "Ctrl Shift [": "start-earlier",
    "Ctrl Shift ]": "end-later",
    F9: "heard",
    "Alt Enter": "heard",
    F8: "next-doubt",
    "Shift F8": "next-unheard",
    "Alt u": "unclear",
    "Ctrl s": "save",
    "Ctrl z": "undo",
    F1: "keys",
  };
  for (const [keys, act] of Object.entries(expected))
    assert.equal(commandOf(press(keys), TEXT), act, keys);
});

test("Tab, letters and keys of the browser are not handled", () => {
  const left = [
    "Tab",
    "Shift Tab",
    "a",
    "đ",
    "Shift A",
    "1",
    "?",
    "Shift ?",
    "Backspace",
    "Delete",
    "ArrowUp",
    "ArrowLeft",
    "Home",
    "End",
    "Ctrl a",
    "Ctrl c",
    "Ctrl v",
    "Ctrl x",
    "Ctrl f",
    "Ctrl t",
    "Ctrl w",
    "Ctrl 1",
    "Ctrl Backspace",
    "Alt ArrowLeft",
    "Alt ArrowRight",
    "F5",
    "F10",
    "F11",
    "F12",
    "Meta s",
    "Shift Enter",
    "Ctrl Shift z",
  ];
  for (const keys of left) assert.equal(commandOf(press(keys), TEXT), null, keys);
});

test("keys during a composition are not handled", () => {
  for (const keys of ["Enter", "Escape", "Backspace", "Ctrl Enter"]) {
    assert.equal(commandOf(press(keys, { isComposing: true }), START), null, keys);
  }
  assert.equal(commandOf({ ...press("Enter"), key: "Process" }, START), null);
  assert.equal(commandOf(press("Ctrl Alt 1", { altGraph: true }), TEXT), null);
  assert.equal(commandOf(press("Ctrl Alt ["), TEXT), null);
});

test("Backspace merges only before the first letter", () => {
  assert.equal(commandOf(press("Backspace"), START), "merge");
  assert.equal(commandOf(press("Ctrl Backspace"), START), null);
});

test("arrows leave the segment only at its edge", () => {
  assert.equal(commandOf(press("ArrowUp"), START), "previous-line");
  assert.equal(commandOf(press("ArrowDown"), { ...TEXT, onLastLine: true }), "next-line");
});

test("outside the text Enter and Backspace are not handled, and ? opens the key list", () => {
  for (const keys of ["Enter", "Backspace", "ArrowUp", "Ctrl z"])
    assert.equal(commandOf(press(keys), OUTSIDE), null, keys);
  assert.equal(commandOf(press("Shift ?"), OUTSIDE), "keys");
});
