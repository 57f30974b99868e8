"""Page object of the editor: actions on the page, and the segments stored afterwards."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from archive.db import Database
from archive.models import Segment
from archive.settings import Settings
from tests.support.editor_fixture import EditorFixture

_PLACE_CARET = """([selector, offset]) => {
  const box = document.querySelector(selector);
  box.focus();
  getSelection().collapse(box.firstChild || box, offset);
}"""

_STRETCH_TIMER = """([ms, toMs]) => {
  const setTimer = window.setTimeout;
  window.setTimeout = (run, after, ...rest) => setTimer(run, after === ms ? toMs : after, ...rest);
}"""


def stretch_timer(page: Page, ms: int, to_ms: int) -> None:
    """Make every timer of `ms` last `to_ms`, so that the test does not depend on the machine.

    Call it before the page is opened.
    """
    page.add_init_script(f"({_STRETCH_TIMER})([{ms}, {to_ms}])")


def keep_undo_bar(page: Page) -> None:
    """Keep the undo bar, which disappears after ten seconds, for as long as the test runs."""
    stretch_timer(page, 10_000, 600_000)


def open_editor(page: Page, editor: EditorFixture, *, language: str = "vi") -> None:
    """Open the editor and wait for its script and the word times."""
    page.goto(editor.address.replace("/vi/", f"/{language}/"))
    page.wait_for_selector("[data-words]")


def text_box(page: Page, editor: EditorFixture, number: int) -> Locator:
    """Return the text box of a segment; `number` counts from 0."""
    return page.locator(f"#s-{editor.segment_ids[number]} .segment__text")


def displayed_text(page: Page, editor: EditorFixture, number: int) -> str:
    """Return the text displayed in a segment."""
    return text_box(page, editor, number).inner_text()


def place_caret(page: Page, editor: EditorFixture, number: int, offset: int) -> None:
    """Focus a segment and place the caret before the character `offset`."""
    page.evaluate(_PLACE_CARET, [f"#s-{editor.segment_ids[number]} .segment__text", offset])


def type_at_end(page: Page, editor: EditorFixture, number: int, words: str) -> None:
    """Click a segment, move to its end and type."""
    text_box(page, editor, number).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def wait_until_saved(page: Page) -> None:
    """Wait until the save status shows that everything is saved."""
    expect(page.locator(".save-status--saved")).to_be_visible()


def stored_segment(settings: Settings, segment_id: str) -> Segment:
    """Return the stored segment, detached from its session."""
    database = Database(settings.database_url)
    try:
        with database.reading() as db:
            row = db.get_one(Segment, segment_id)
            db.expunge(row)
            return row
    finally:
        database.dispose()


def replace_word(page: Page, editor: EditorFixture, number: int, old: str, new: str) -> None:
    """Select a word with the keyboard and type over it."""
    position = text_box(page, editor, number).inner_text().index(old)
    place_caret(page, editor, number, position + len(old))
    for _letter in old:
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.type(new)


def conflict_dialog(page: Page) -> Locator:
    """Wait for the dialog that shows both texts of a conflict and return it."""
    dialog = page.locator("[data-dialog=conflict]")
    expect(dialog).to_be_visible()
    return dialog


def create_conflict(
    first: Page, second: Page, editor: EditorFixture, old: str, new: tuple[str, str]
) -> Locator:
    """Replace the same word of segment 2 on two pages; return the second page's dialog."""
    open_editor(first, editor)
    open_editor(second, editor)
    replace_word(first, editor, 2, old, new[0])
    wait_until_saved(first)
    replace_word(second, editor, 2, old, new[1])
    return conflict_dialog(second)


def remove_segment_while_typing(
    first: Page, second: Page, editor: EditorFixture, words: str
) -> Locator:
    """Remove segment 3 on one page while the other types into it; return the other's dialog."""
    open_editor(first, editor)
    open_editor(second, editor)
    row = first.locator(f"#s-{editor.segment_ids[3]}")
    row.get_by_role("button", name="Xóa câu này").click()
    expect(row).to_have_count(0)
    place_caret(second, editor, 3, 0)
    second.keyboard.type(words)
    return conflict_dialog(second)


def poll(page: Page) -> None:
    """Make the page poll for changes now and wait until it shows them."""
    with page.expect_response(lambda answer: "since=" in answer.url) as response:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function(
        "now => Number(document.querySelector('[data-revision]').dataset.revision) >= now",
        arg=response.value.json()["revision"],
    )
