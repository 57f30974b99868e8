"""Two users edit one text: changes are merged, or a conflict is shown for the same word."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from archive.models import SegmentDraft
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations
from tests.support.editor_fixture import EditorFixture
from tests.support.editor_page import (
    create_conflict,
    displayed_text,
    open_editor,
    place_caret,
    poll,
    remove_segment_while_typing,
    replace_word,
    stored_segment,
    text_box,
    wait_until_saved,
)

START = "Dạ, tôi nhớ rõ lắm chứ."


class TwoEditors(NamedTuple):
    """One text, open in the editor of two users."""

    editor: EditorFixture
    cleo: Page
    rob: Page


@pytest.fixture
def two_editors(toolbox: Toolbox, open_as: OpenAs) -> TwoEditors:
    """Create a text and open the editor as Cleo and as Rob."""
    opened = TwoEditors(editor_fixture.create(toolbox), open_as("cleo"), open_as("rob"))
    open_editor(opened.cleo, opened.editor)
    open_editor(opened.rob, opened.editor)
    return opened


def test_changes_of_different_words_are_merged(two_editors: TwoEditors, settings: Settings) -> None:
    editor, cleo, rob = two_editors
    replace_word(cleo, editor, 2, "Dạ", "Thưa")
    wait_until_saved(cleo)
    replace_word(rob, editor, 2, "chứ", "mà")
    wait_until_saved(rob)
    assert stored_segment(settings, editor.segment_ids[2]).text == "Thưa, tôi nhớ rõ lắm mà."
    # Rob's segment has the focus and is not updated; after it loses the focus it shows both.
    assert displayed_text(rob, editor, 2) == "Dạ, tôi nhớ rõ lắm mà."
    rob.keyboard.type(" thôi")
    wait_until_saved(rob)
    text_box(rob, editor, 4).click()
    expect(text_box(rob, editor, 2)).to_have_text("Thưa, tôi nhớ rõ lắm mà thôi.")
    assert stored_segment(settings, editor.segment_ids[2]).text == "Thưa, tôi nhớ rõ lắm mà thôi."
    assert rob.locator("[data-dialog=conflict]").is_hidden()


def test_changes_of_the_same_word_open_a_conflict_and_keep_both_texts(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob", language="vi", dark=True)
    dialog = create_conflict(cleo, rob, editor, "rõ lắm", ("rành rẽ", "như in"))
    expect(dialog.locator("[data-title]")).to_have_text("Cleo cũng vừa sửa đoạn này")
    expect(dialog.locator("[data-base] del")).to_have_text(["rõ lắm"])
    expect(dialog.locator("[data-theirs] ins")).to_have_text(["rành rẽ"])
    expect(dialog.locator("[data-mine] ins")).to_have_text(["như in"])
    result = dialog.locator("[data-result]")
    expect(result).to_have_value("Dạ, tôi nhớ như in chứ.")
    assert violations(rob) == []
    dialog.locator(".conflict-choice__option").first.click()
    expect(result).to_have_value("Dạ, tôi nhớ rành rẽ chứ.")
    with toolbox.database.reading() as db:
        assert [draft.text for draft in db.query(SegmentDraft)] == ["Dạ, tôi nhớ như in chứ."]
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ rành rẽ chứ."
    result.fill("Dạ, tôi nhớ rành rẽ như in chứ.")
    dialog.locator("[data-answer=result]").click()
    wait_until_saved(rob)
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ rành rẽ như in chứ."
    expect(text_box(rob, editor, 2)).to_have_text("Dạ, tôi nhớ rành rẽ như in chứ.")


def test_postponed_conflict_is_reopened_from_the_save_status(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    dialog = create_conflict(cleo, rob, editor, "rõ", ("rành", "kỹ"))
    dialog.locator("[data-answer=later]").click()
    expect(rob.locator(".save-status--conflict")).to_have_text("Cần xem lại (1)")
    expect(text_box(rob, editor, 2)).to_have_text("Dạ, tôi nhớ kỹ lắm chứ.")
    rob.locator(".save-status--conflict").click()
    dialog.locator("[data-answer=mine]").click()
    wait_until_saved(rob)
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ kỹ lắm chứ."


def test_remote_change_is_shown_except_in_the_focused_segment(
    two_editors: TwoEditors, settings: Settings
) -> None:
    editor, cleo, rob = two_editors
    place_caret(rob, editor, 2, 0)
    for number, old, new in ((2, "Dạ", "Thưa"), (5, "hết", "hết sạch")):
        replace_word(cleo, editor, number, old, new)
        wait_until_saved(cleo)
    poll(rob)
    expect(text_box(rob, editor, 5)).to_contain_text("hết sạch")
    expect(text_box(rob, editor, 2)).to_have_text(START)
    notice = rob.locator(f"#s-{editor.segment_ids[2]} [data-notice]")
    expect(notice).to_contain_text("Cleo vừa sửa đoạn này")
    notice.locator("button").click()
    expect(text_box(rob, editor, 2)).to_have_text("Thưa, tôi nhớ rõ lắm chứ.")


def test_text_typed_into_a_merged_segment_moves_with_it(
    two_editors: TwoEditors, settings: Settings
) -> None:
    editor, cleo, rob = two_editors
    place_caret(cleo, editor, 5, 0)
    cleo.keyboard.press("Backspace")
    expect(cleo.locator(f"#s-{editor.segment_ids[5]}")).to_have_count(0)
    poll(rob)
    expect(rob.locator(f"#s-{editor.segment_ids[5]}")).to_have_count(0)
    joined = stored_segment(settings, editor.segment_ids[4]).text
    expect(text_box(rob, editor, 4)).to_have_text(joined)
    first, second = displayed_text(rob, editor, 6), displayed_text(rob, editor, 7)
    place_caret(rob, editor, 7, len(second))
    place_caret(cleo, editor, 7, 0)
    cleo.keyboard.press("Backspace")
    expect(cleo.locator(f"#s-{editor.segment_ids[7]}")).to_have_count(0)
    rob.keyboard.type(" Thiệt đó")
    expect(rob.locator(f"#s-{editor.segment_ids[7]}")).to_have_count(0)
    wait_until_saved(rob)
    assert stored_segment(settings, editor.segment_ids[6]).text == f"{first} {second} Thiệt đó"
    expect(text_box(rob, editor, 6)).to_be_focused()


def test_text_typed_into_a_removed_segment_can_restore_it(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox, ghost=True)
    cleo, rob = open_as("cleo"), open_as("rob")
    dialog = remove_segment_while_typing(cleo, rob, editor, "Dạ. ")
    expect(dialog.locator("[data-title]")).to_have_text("Đoạn này bị xóa trong lúc đang gõ")
    dialog.locator("[data-answer=mine]").click()
    wait_until_saved(rob)
    stored = stored_segment(settings, editor.segment_ids[3])
    assert (stored.text, stored.ended_at) == (f"Dạ. {editor_fixture.PHANTOM}", None)
