/** Drafts of page loads that are gone: taken over, sent, and those of other versions listed. */

/** @typedef {import("./editor.js").Editor} Editor */
/** @typedef {import("./unsent_list.js").UnsentList} UnsentList */

const RELOAD_MS = 3_000;

/** Let a draft go on beside the row of its segment, which is going off the screen. @param {import("./saving.js").Saver} saver @param {import("./segment_draft.js").SegmentDraft} draft */
export function setAside(saver, draft) {
  draft.isRecovered = true;
  saver.recovered.push(draft);
  saver.drafts.delete(draft.id);
}

/** Send the drafts of page loads that are closed. @param {Editor} editor @returns {Promise<number>} how many there were */
export async function takeOver(editor) {
  const rows = await editor.outbox.takeOver((pages) => editor.openPages.among(pages));
  for (const row of rows) editor.saver.resume(row);
  return rows.length;
}

/** Send the drafts of closed page loads, and list what cannot be sent. @param {Editor} editor @param {UnsentList} unsentList */
export async function recover(editor, unsentList) {
  const count = await takeOver(editor);
  editor.otherVersions = await editor.outbox.ofOtherVersions((pages) =>
    editor.openPages.among(pages),
  );
  unsentList.recovered(count ? editor.saver.recovered.length : 0);
}

/**
 * A tab that was closed leaves its drafts to this one. Looked for when this page comes into sight,
 * when the server answers again, and, while in sight, when another tab was closed: a little later,
 * because a tab that was only loaded again takes its own drafts.
 * @param {Editor} editor @param {UnsentList} unsentList
 */
export function recoverLater(editor, unsentList) {
  let wasCut = false;
  const recoverWhenVisible = () => {
    if (document.visibilityState === "visible") recover(editor, unsentList);
  };
  document.addEventListener("visibilitychange", recoverWhenVisible);
  editor.openPages.leftListeners.add(() => window.setTimeout(recoverWhenVisible, RELOAD_MS));
  editor.on("status", ({ cut }) => {
    if (wasCut && !cut) recover(editor, unsentList);
    wasCut = cut;
  });
}
