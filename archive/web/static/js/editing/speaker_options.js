/** The speakers of a text: which buttons a segment shows, and which one its dialog chose. */

/** @typedef {{id: string, name: string, full: string, role: string}} SpeakerOption */

const MOST_BUTTONS = 4;
const MOST_KEYS = 9;

/**
 * Return the buttons of a segment: the first speakers, and in any case the assigned one.
 * @param {SpeakerOption[]} options @param {string} assigned id of the assigned speaker, or ""
 * @returns {{name: string, number: number, key: string, isAssigned: boolean}[]}
 */
export function speakerButtons(options, assigned) {
  const shown = options.slice(0, MOST_BUTTONS);
  const current = options.find(({ id }) => id === assigned);
  if (current && !shown.includes(current)) shown[MOST_BUTTONS - 1] = current;
  return shown.map((option) => {
    const number = options.indexOf(option) + 1;
    const key = number <= MOST_KEYS ? `Alt ${number}` : "";
    return { name: option.name, number, key, isAssigned: option.id === assigned };
  });
}

/**
 * Return the speaker that the dialog chose, or null. A typed name is chosen before a checked one;
 * an unknown name gives a new speaker, whose id is the name.
 * @param {SpeakerOption[]} options @param {string} typed @param {number} checked index, or -1
 * @returns {SpeakerOption | null}
 */
export function chosenSpeaker(options, typed, checked) {
  const name = typed.trim();
  if (!name) return options[checked] || null;
  const known = options.find((option) => option.name === name || option.full === name);
  return known || { id: name, name, full: name, role: "" };
}
