/**
 * Which key does what. Pure: an event and where the caret stands in, the name of an act out.
 *
 * Never taken: Tab, letters, AltGr (on some layouts Ctrl+Alt), and anything an input method
 * is composing. Digits and brackets go by their place on the keyboard, the rest by name.
 */

/**
 * @typedef {object} KeyTarget where the key was pressed
 * @property {boolean} inText the focus is in the words of a segment
 * @property {boolean} atStart the caret stands before the first letter
 * @property {boolean} onFirstLine
 * @property {boolean} onLastLine
 */

/**
 * @typedef {object} Key
 * @property {string} key
 * @property {string} code
 * @property {boolean} ctrlKey
 * @property {boolean} altKey
 * @property {boolean} shiftKey
 * @property {boolean} metaKey
 * @property {boolean} isComposing
 * @property {(name: string) => boolean} getModifierState
 */

/** @type {Record<string, string>} */
const PLAIN = {
  Escape: "toggle",
  F1: "keys",
  F2: "back",
  F3: "forward",
  F4: "toggle",
  F8: "next-doubt",
  F9: "heard",
};

/** @type {Record<string, string>} */
const WITH_ALT = {
  Comma: "back",
  Period: "forward",
  Minus: "slower",
  Equal: "faster",
  ArrowUp: "previous",
  ArrowDown: "next",
  Enter: "heard",
  NumpadEnter: "heard",
  Digit0: "other-speaker",
};

/** @type {Record<string, string>} */
const WITH_CTRL = {
  Enter: "play-segment",
  NumpadEnter: "play-segment",
  BracketLeft: "start-here",
  BracketRight: "end-here",
};

/** @type {Record<string, string>} */
const WITH_CTRL_SHIFT = {
  Enter: "loop-segment",
  NumpadEnter: "loop-segment",
  BracketLeft: "start-earlier",
  BracketRight: "end-later",
};

/**
 * The act of a key, or null where the key is the browser's.
 * @param {Key} event
 * @param {KeyTarget} place
 * @returns {string | null}
 */
export function commandOf(event, place) {
  if (event.isComposing || event.key === "Process" || event.key === "Tab") return null;
  if (event.getModifierState("AltGraph") || (event.ctrlKey && event.altKey) || event.metaKey)
    return null;
  const { ctrlKey, altKey, shiftKey } = event;
  if (altKey && !shiftKey) return altAct(event);
  if (ctrlKey && shiftKey) return WITH_CTRL_SHIFT[event.code] || null;
  if (ctrlKey) return place.inText && letter(event) === "z" ? "undo" : ctrlAct(event);
  if (altKey) return null;
  if (shiftKey) return event.key === "F8" ? "next-unheard" : question(event, place);
  if (PLAIN[event.key]) return PLAIN[event.key];
  return place.inText ? textAct(event, place) : null;
}

/** @param {Key} event */
function altAct(event) {
  const digit = /^Digit([1-9])$/.exec(event.code);
  if (digit) return `speaker-${digit[1]}`;
  return WITH_ALT[event.code] || (letter(event) === "u" ? "unclear" : null);
}

/** @param {Key} event */
function ctrlAct(event) {
  if (letter(event) === "j") return "play-caret";
  if (letter(event) === "s") return "save";
  return WITH_CTRL[event.code] || null;
}

/** @param {Key} event @param {KeyTarget} place */
function question(event, place) {
  return event.key === "?" && !place.inText ? "keys" : null;
}

/** @param {Key} event @param {KeyTarget} place */
function textAct(event, place) {
  if (event.key === "Enter") return "split";
  if (event.key === "Backspace" && place.atStart) return "merge";
  if (event.key === "ArrowUp" && place.onFirstLine) return "previous-line";
  if (event.key === "ArrowDown" && place.onLastLine) return "next-line";
  return null;
}

/** @param {Key} event the letter whatever the case */
function letter(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : "";
}
