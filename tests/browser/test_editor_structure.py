"""Splitting, merging, naming and timing segments with the keys of the editor, and undo."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from archive.models import Segment
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs, play_slowly
from tests.support import editor_fixture
from tests.support.editor_page import (
    displayed_text,
    keep_undo_bar,
    open_editor,
    place_caret,
    poll,
    stored_segment,
    text_box,
    type_at_end,
    wait_until_saved,
)

WORDS = "Muốn mua thịt phải xếp hàng từ bốn giờ sáng."
HEAD, TAIL = "Muốn mua thịt", "phải xếp hàng từ bốn giờ sáng."


def stored_segments(toolbox: Toolbox, editor: editor_fixture.EditorFixture) -> list[Segment]:
    with toolbox.database.reading() as db:
        query = db.query(Segment).filter_by(version_id=editor.version_id, ended_at=None)
        segments = query.order_by(Segment.position).all()
        db.expunge_all()
        return segments


def count_rows(page: Page) -> int:
    return page.locator("[data-segment]:not(template *)").count()


def test_enter_splits_and_undo_restores_text_and_word_times(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox)
    before = stored_segments(toolbox, editor)[4]
    page = open_as("cleo")
    open_editor(page, editor)
    place_caret(page, editor, 4, len(HEAD) + 1)
    page.keyboard.press("Enter")
    expect(text_box(page, editor, 4)).to_have_text(HEAD)
    second = stored_segments(toolbox, editor)[5]
    assert (second.text, second.contribution_id) == (TAIL, before.contribution_id)
    assert second.words == before.words[3:]
    expect(page.locator(f"#s-{second.id} .segment__text")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator(f"#s-{second.id}")).to_have_count(0)
    joined = stored_segments(toolbox, editor)[4]
    assert (joined.text, joined.words) == (before.text, before.words)
    assert (joined.start_ms, joined.end_ms) == (before.start_ms, before.end_ms)


def test_backspace_at_the_start_merges_and_the_undo_bar_restores(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox)
    before = stored_segments(toolbox, editor)
    page = open_as("cleo")
    keep_undo_bar(page)
    open_editor(page, editor)
    place_caret(page, editor, 5, 3)
    page.keyboard.press("Backspace")
    expect(text_box(page, editor, 5)).to_have_text(before[5].text[:2] + before[5].text[3:])
    page.keyboard.type(before[5].text[2])
    place_caret(page, editor, 5, 0)
    page.keyboard.press("Backspace")
    expect(text_box(page, editor, 4)).to_have_text(f"{before[4].text} {before[5].text}")
    assert len(stored_segments(toolbox, editor)) == len(before) - 1
    assert page.evaluate("getSelection().focusOffset") == len(before[4].text) + 1
    page.locator("[data-undo-bar] button").click()
    page.wait_for_function(
        "n => document.querySelectorAll('.segment-chunk [data-segment]').length === n",
        arg=len(before),
    )
    now = stored_segments(toolbox, editor)
    assert [s.text for s in now] == [s.text for s in before]
    assert [(s.id, s.contribution_id) for s in now] == [(s.id, s.contribution_id) for s in before]
    assert [(s.start_ms, s.end_ms) for s in now] == [(s.start_ms, s.end_ms) for s in before]
    assert now[5].words == before[5].words
    assert len(now[4].words) == len(before[4].words)


def test_split_saves_the_typed_text_first(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    place_caret(page, editor, 4, len(HEAD))
    page.keyboard.type(" ngon,")
    page.keyboard.press("Enter")
    expect(text_box(page, editor, 4)).to_have_text(f"{HEAD} ngon,")
    page.keyboard.type("Thì ")
    wait_until_saved(page)
    assert [s.text for s in stored_segments(toolbox, editor)[4:6]] == [
        f"{HEAD} ngon,",
        f"Thì {TAIL}",
    ]


def test_alt_and_a_digit_assign_the_speaker(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    place_caret(page, editor, 4, 0)
    page.keyboard.press("Alt+2")
    expect(page.locator(f"#s-{editor.segment_ids[4]} .segment__speaker")).to_have_text("Minh")
    wait_until_saved(page)
    assert (
        stored_segment(settings, editor.segment_ids[4]).contribution_id
        == editor.contribution_ids["interviewer"]
    )
    expect(page.locator(f"#s-{editor.segment_ids[4]} [data-do=speaker-2]")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Alt+0")
    page.locator("[data-other-voice]").fill("Cô hàng xóm")
    page.keyboard.press("Enter")
    expect(page.locator(f"#s-{editor.segment_ids[4]} .segment__speaker")).to_have_text(
        "Cô hàng xóm"
    )
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[4]).speaker_label == "Cô hàng xóm"
    expect(text_box(page, editor, 4)).to_be_focused()


def test_times_are_set_at_the_playhead_and_refused_over_a_neighbour(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    before = stored_segments(toolbox, editor)[4]
    page = open_as("cleo")
    open_editor(page, editor)
    place_caret(page, editor, 4, 0)
    page.evaluate(
        "ms => { document.querySelector('[data-sound]').currentTime = ms / 1000 }",
        before.start_ms + 200,
    )
    page.keyboard.press("Control+BracketLeft")
    wait_until_saved(page)
    assert (
        abs(stored_segment(settings, editor.segment_ids[4]).start_ms - before.start_ms - 200) <= 1
    )
    page.keyboard.press("Control+Shift+BracketLeft")
    wait_until_saved(page)
    assert (
        abs(stored_segment(settings, editor.segment_ids[4]).start_ms - before.start_ms - 100) <= 1
    )
    page.evaluate("document.querySelector('[data-sound]').currentTime = 70")
    page.keyboard.press("Control+BracketRight")
    expect(page.locator("#live")).to_contain_text("Đoạn bên cạnh cũng của người này")
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[4]).end_ms == before.end_ms
    expect(page.locator(f"#s-{editor.segment_ids[4]}")).to_have_attribute(
        "data-end", str(before.end_ms)
    )


def test_phantom_phrase_can_be_played_removed_restored_and_kept(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox, ghost=True)
    page = open_as("cleo")
    keep_undo_bar(page)
    play_slowly(page)
    open_editor(page, editor)
    ghost = page.locator(f"#s-{editor.segment_ids[3]}")
    expect(ghost.locator("[data-reason]")).to_contain_text("Có thể máy tự thêm câu này")
    ghost.get_by_role("button", name="Nghe thử").click()
    page.wait_for_function("() => !document.querySelector('[data-sound]').paused")
    ghost.get_by_role("button", name="Xóa câu này").click()
    expect(ghost).to_have_count(0)
    assert stored_segment(settings, editor.segment_ids[3]).ended_at is not None
    page.locator("[data-undo-bar] button").click()
    expect(ghost).to_have_count(1)
    assert displayed_text(page, editor, 3) == editor_fixture.PHANTOM
    ghost.get_by_role("button", name="Giữ lại, có người nói").click()
    expect(ghost.locator("[data-reason]")).to_have_count(0)
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[3]).flags == []


def test_f9_marks_a_segment_as_heard_and_focuses_the_next(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    place_caret(page, editor, 4, 0)
    page.keyboard.press("F9")
    expect(text_box(page, editor, 5)).to_be_focused()
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[4]).state == "heard"
    expect(page.locator("[data-count=unheard]")).to_have_text(str(count_rows(page) - 1))


@pytest.mark.parametrize("is_polled", [True, False])
def test_split_of_a_segment_that_changed_elsewhere_first_shows_the_new_text(
    toolbox: Toolbox, open_as: OpenAs, is_polled: bool
) -> None:
    editor = editor_fixture.create(toolbox)
    first = open_as("cleo")
    second = first.context.new_page()
    for page in (first, second):
        open_editor(page, editor)
    place_caret(first, editor, 4, len(HEAD) + 1)
    place_caret(second, editor, 4, 0)
    second.keyboard.type("Hồi đó ")
    wait_until_saved(second)
    if is_polled:
        poll(first)
    else:
        first.route("**/*since=*", lambda route: route.abort())
    assert displayed_text(first, editor, 4) == WORDS
    first.keyboard.press("Enter")
    expect(text_box(first, editor, 4)).to_have_text(f"Hồi đó {WORDS}")
    assert [one.text for one in stored_segments(toolbox, editor)][4] == f"Hồi đó {WORDS}"
    place_caret(first, editor, 4, len(f"Hồi đó {HEAD} "))
    first.keyboard.press("Enter")
    expect(text_box(first, editor, 4)).to_have_text(f"Hồi đó {HEAD}")
    assert stored_segments(toolbox, editor)[5].text == TAIL


def test_undo_of_a_removal_restores_the_words_typed_just_before(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    keep_undo_bar(page)
    open_editor(page, editor)
    type_at_end(page, editor, 4, " Rồi về.")
    page.locator("[data-do=drop]").first.dispatch_event("click")
    expect(text_box(page, editor, 4)).to_have_count(0)
    page.locator("[data-undo-bar] [data-do=undo]").click()
    expect(text_box(page, editor, 4)).to_have_text(f"{WORDS} Rồi về.")
    assert stored_segment(settings, editor.segment_ids[4]).text == f"{WORDS} Rồi về."


def test_words_of_an_input_method_typed_during_a_split_are_kept(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    routes: list[Route] = []
    page.route("**/ops", lambda route: routes.append(route))
    place_caret(page, editor, 4, len(HEAD) + 1)
    with page.expect_request("**/ops"):
        page.keyboard.press("Enter")
    place_caret(page, editor, 4, 0)
    keyboard = page.context.new_cdp_session(page)
    composition = {"text": "Hồi đó ", "selectionStart": 7, "selectionEnd": 7}
    keyboard.send("Input.imeSetComposition", composition)
    keyboard.send("Input.insertText", {"text": "Hồi đó "})
    expect(text_box(page, editor, 4)).to_have_text(f"Hồi đó {WORDS}")
    routes[0].continue_()
    expect(text_box(page, editor, 4)).to_have_text(f"Hồi đó {HEAD}")
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[4]).text == f"Hồi đó {HEAD}"
