"""Submitting for approval from one tab: the words of every other tab are saved first."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from archive.models import TranscriptVersion
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations
from tests.support.browser_store import PUT_ROW
from tests.support.editor_page import (
    conflict_dialog,
    open_editor,
    replace_word,
    stored_segment,
    stretch_timer,
    text_box,
    type_at_end,
    wait_until_saved,
)

REST_MS, RELOAD_MS, ALWAYS_MS = 1_500, 3_000, 600_000


def state_of(toolbox: Toolbox, version: str) -> str:
    with toolbox.database.reading() as db:
        return db.get_one(TranscriptVersion, version).state


def open_two_tabs(open_as: OpenAs, editor: editor_fixture.EditorFixture) -> tuple[Page, Page]:
    """Open the editor in two tabs of Cleo's; nothing of the second is sent by itself."""
    first = open_as("cleo")
    stretch_timer(first, RELOAD_MS, ALWAYS_MS)  # a closed tab is found by the submission alone
    second = first.context.new_page()
    stretch_timer(second, REST_MS, ALWAYS_MS)
    for page in (first, second):
        open_editor(page, editor)
    return first, second


def test_submitting_saves_the_words_of_another_tab_first(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first, second = open_two_tabs(open_as, editor)
    type_at_end(first, editor, 3, " Thẻ này.")
    wait_until_saved(first)
    type_at_end(second, editor, 2, " Thẻ kia.")
    first.locator("[data-step=hand-in] button").click()
    first.wait_for_url("**/interviews/**")
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Thẻ kia.")
    assert state_of(toolbox, editor.version_id) == "corrected"


def test_submitting_saves_the_words_of_a_closed_tab_first(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first, second = open_two_tabs(open_as, editor)
    type_at_end(first, editor, 3, " Thẻ này.")
    wait_until_saved(first)
    second.route("**/api/v1/segments/*", lambda route: route.abort())
    type_at_end(second, editor, 2, " Thẻ đã đóng.")
    second.keyboard.press("Control+s")
    expect(second.locator(".save-status--kept")).to_be_visible()
    second.close(run_before_unload=False)
    first.locator("[data-step=hand-in] button").click()
    first.wait_for_url("**/interviews/**")
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Thẻ đã đóng.")


def test_submitting_is_refused_while_another_tab_has_a_conflict(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first, second = open_two_tabs(open_as, editor)
    replace_word(second, editor, 2, "rõ", "kỹ")
    replace_word(first, editor, 2, "rõ", "rành")
    wait_until_saved(first)
    first.locator("[data-step=hand-in] button").click()
    note = first.locator("[data-not-submitted]")
    expect(note).to_contain_text("còn nội dung chưa lưu ở một thẻ khác")
    assert violations(first) == []
    dialog = conflict_dialog(second)
    expect(dialog.locator("[data-theirs]")).to_contain_text("rành")
    expect(dialog.locator("[data-mine]")).to_contain_text("kỹ")
    assert state_of(toolbox, editor.version_id) == "editing"
    dialog.locator("[data-answer=mine]").click()
    wait_until_saved(second)
    first.locator("[data-step=hand-in] button").click()
    first.wait_for_url("**/interviews/**")
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ kỹ lắm chứ."


def test_submitting_on_the_page_of_the_interview_saves_the_words_of_the_editor(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first, second = open_two_tabs(open_as, editor)
    type_at_end(first, editor, 3, " Thẻ này.")
    wait_until_saved(first)
    type_at_end(second, editor, 2, " Thẻ kia.")
    first.goto(f"/vi/interviews/{editor.accession}")
    first.locator("form[action$=hand-in] button").click()
    first.wait_for_selector(".notices")
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Thẻ kia.")
    assert state_of(toolbox, editor.version_id) == "corrected"


def test_submitting_on_the_page_of_the_interview_is_refused_while_words_wait_in_the_browser(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    type_at_end(page, editor, 3, " Thẻ này.")
    wait_until_saved(page)
    base = stored_segment(settings, editor.segment_ids[2]).text
    row: dict[str, object] = {
        "key": "of a tab that is closed",
        "user": page.locator("[data-editor]").get_attribute("data-user"),
        "version": editor.version_id,
        "segment": editor.segment_ids[2],
        "page": "gone",
        "edit": 1,
        "base": base,
        "baseRev": 1,
        "text": f"{base} Thẻ đã đóng.",
        "fields": {},
        "pending": None,
        "at": 1,
    }
    page.goto(f"/vi/interviews/{editor.accession}")
    page.evaluate(PUT_ROW, row)
    submit = page.locator("form[action$=hand-in] button")
    submit.click()
    expect(page.locator("[data-not-submitted]")).to_contain_text("còn giữ nội dung chưa lưu")
    assert violations(page) == []
    assert state_of(toolbox, editor.version_id) == "editing"
    open_editor(page, editor)
    expect(text_box(page, editor, 2)).to_contain_text("Thẻ đã đóng.")
    wait_until_saved(page)
    page.goto(f"/vi/interviews/{editor.accession}")
    submit.click()
    page.wait_for_selector(".notices")
    assert state_of(toolbox, editor.version_id) == "corrected"
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Thẻ đã đóng.")
