/** Speakers: the buttons below a segment, and the choice of the dialog. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  chosenSpeaker,
  speakerButtons,
} from "../../../archive/web/static/js/editing/speaker_options.js";

/** So many speakers with the ids p1, p2, … @param {number} count */
function makeOptions(count) {
  return Array.from({ length: count }, (_, at) => ({
    id: `p${at + 1}`,
    name: `Bà ${at + 1}`,
    full: `Nguyễn Thị ${at + 1}`,
    role: "witness",
  }));
}

/** @param {{number: number}[]} buttons */
const numbers = (buttons) => buttons.map(({ number }) => number);

test("a segment shows the first four speakers", () => {
  assert.deepEqual(numbers(speakerButtons(makeOptions(6), "")), [1, 2, 3, 4]);
  assert.deepEqual(numbers(speakerButtons(makeOptions(2), "")), [1, 2]);
  assert.deepEqual(speakerButtons([], ""), []);
});

test("the assigned speaker takes the last place if it is not among the first", () => {
  const buttons = speakerButtons(makeOptions(6), "p6");
  assert.deepEqual(numbers(buttons), [1, 2, 3, 6]);
  assert.deepEqual(buttons[3], { name: "Bà 6", number: 6, key: "Alt 6", isAssigned: true });
});

test("only the button of the assigned speaker is marked", () => {
  const marks = (/** @type {string} */ assigned) =>
    speakerButtons(makeOptions(3), assigned).map(({ isAssigned }) => isAssigned);
  assert.deepEqual(marks("p2"), [false, true, false]);
  assert.deepEqual(marks(""), [false, false, false]);
  assert.deepEqual(marks("somewhere else"), [false, false, false]);
});

test("speakers after the ninth have no key", () => {
  const keyOf = (/** @type {string} */ id) => speakerButtons(makeOptions(12), id)[3].key;
  assert.deepEqual([keyOf("p9"), keyOf("p10")], ["Alt 9", ""]);
});

test("buttons do not change the list of speakers", () => {
  const options = makeOptions(6);
  speakerButtons(options, "p6");
  assert.deepEqual(options, makeOptions(6));
});

test("the dialog returns the checked speaker, or null", () => {
  const options = makeOptions(3);
  assert.equal(chosenSpeaker(options, "", 1), options[1]);
  assert.equal(chosenSpeaker(options, "   ", 0), options[0]);
  assert.equal(chosenSpeaker(options, "", -1), null);
});

test("a typed name wins over the checked speaker and finds a known one by either name", () => {
  const options = makeOptions(3);
  assert.equal(chosenSpeaker(options, " Bà 3 ", 0), options[2]);
  assert.equal(chosenSpeaker(options, "Nguyễn Thị 2", 0), options[1]);
});

test("an unknown name gives a new speaker without a role", () => {
  assert.deepEqual(chosenSpeaker(makeOptions(1), " Ông Tám ", 0), {
    id: "Ông Tám",
    name: "Ông Tám",
    full: "Ông Tám",
    role: "",
  });
});
