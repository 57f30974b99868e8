"""Segments that come back after their time was given to a neighbour: offered, fitted, named."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.models import Interview, Segment, TranscriptVersion
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations
from tests.support.editor_fixture import EditorFixture
from tests.support.editor_page import keep_undo_bar, open_editor, place_caret, poll, stored_segment
from tests.support.rights import rights_of_machine

ABOVE, REMOVED, BELOW = 4, 5, 6
JOINED, FOLLOWING = 6, 7  # the segment above JOINED is of another speaker


def give_time_to_the_segment_below(toolbox: Toolbox, editor: EditorFixture, start_ms: int) -> None:
    """Let FOLLOWING begin earlier, and be of the speaker of JOINED."""
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, editor.version_id)
        draft = Draft(
            db, rights_of_machine("test"), db.get_one(Interview, version.interview_id), version
        )
        removed, below = (db.get_one(Segment, editor.segment_ids[n]) for n in (JOINED, FOLLOWING))
        change = SegmentChange(
            start_ms=start_ms, speaker=removed.contribution_id or removed.speaker_label
        )
        segments.save(draft, below, change, based_on=below.revision)


def test_undo_of_a_join_fits_the_times_and_reports_it(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    above, joined = (stored_segment(settings, editor.segment_ids[n]) for n in (JOINED - 1, JOINED))
    page = open_as("cleo")
    keep_undo_bar(page)
    open_editor(page, editor)
    place_caret(page, editor, JOINED, 0)
    page.keyboard.press("Backspace")
    expect(page.locator(f"#s-{joined.id}")).to_have_count(0)
    below_ms = joined.start_ms + 500
    give_time_to_the_segment_below(toolbox, editor, below_ms)
    poll(page)
    page.locator("[data-undo-bar] button").click()
    expect(page.locator(f"#s-{joined.id} .segment__text")).to_have_text(joined.text)
    expect(page.locator("#live")).to_contain_text("ở khoảng thời gian gần nhất còn trống")
    first, second = (stored_segment(settings, editor.segment_ids[n]) for n in (JOINED - 1, JOINED))
    assert (first.text, second.text) == (above.text, joined.text)
    assert (first.start_ms, first.end_ms) == (above.start_ms, above.end_ms)
    assert (second.start_ms, second.end_ms) == (joined.start_ms, below_ms)


def test_undo_of_a_removal_without_time_left_gives_the_reason(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    removed_id = editor.segment_ids[REMOVED]
    page = open_as("cleo")
    keep_undo_bar(page)
    open_editor(page, editor)
    place_caret(page, editor, REMOVED, 0)
    row = page.locator(f"#s-{removed_id}")
    row.locator("summary").click()
    row.locator("[data-do=drop]").click()
    expect(row).to_have_count(0)
    give_time_to_the_segment_above(toolbox, editor, left_ms=0)
    name_speaker_of_the_segment_below(toolbox, editor)
    page.locator("[data-undo-bar] button").click()
    expect(page.locator("#live")).to_contain_text("không chừa khoảng thời gian nào cho đoạn này")
    assert stored_segment(settings, removed_id).ended_at is not None


def name_speaker_of_the_segment_below(toolbox: Toolbox, editor: EditorFixture) -> None:
    """Let BELOW begin at the end of ABOVE, and be of the same speaker."""
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, editor.version_id)
        draft = Draft(
            db, rights_of_machine("test"), db.get_one(Interview, version.interview_id), version
        )
        above, below = (db.get_one(Segment, editor.segment_ids[n]) for n in (ABOVE, BELOW))
        change = SegmentChange(
            start_ms=above.end_ms, speaker=above.contribution_id or above.speaker_label
        )
        segments.save(draft, below, change, based_on=below.revision)


def give_time_to_the_segment_above(
    toolbox: Toolbox, editor: EditorFixture, *, left_ms: int = 400
) -> int:
    """Stretch segment ABOVE over the time of REMOVED, both of one speaker; return its end."""
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, editor.version_id)
        draft = Draft(
            db, rights_of_machine("test"), db.get_one(Interview, version.interview_id), version
        )
        above, removed = (db.get_one(Segment, editor.segment_ids[n]) for n in (ABOVE, REMOVED))
        change = SegmentChange(
            end_ms=removed.end_ms - left_ms,
            speaker=removed.contribution_id or removed.speaker_label,
        )
        segments.save(draft, above, change, based_on=above.revision)
        return above.end_ms


def test_undo_of_a_removal_fits_the_times_and_reports_it(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    before = stored_segment(settings, editor.segment_ids[REMOVED])
    page = open_as("cleo")
    keep_undo_bar(page)
    open_editor(page, editor)
    place_caret(page, editor, REMOVED, 0)
    row = page.locator(f"#s-{before.id}")
    row.locator("summary").click()
    row.locator("[data-do=drop]").click()
    expect(row).to_have_count(0)
    end = give_time_to_the_segment_above(toolbox, editor)
    page.locator("[data-undo-bar] button").click()
    expect(row.locator(".segment__text")).to_have_text(before.text)
    expect(page.locator("#live")).to_contain_text("ở khoảng thời gian gần nhất còn trống")
    stored = stored_segment(settings, before.id)
    assert (stored.text, stored.start_ms, stored.end_ms) == (before.text, end, before.end_ms)


@pytest.mark.parametrize(("language", "width"), [("vi", 1440), ("en", 390)])
def test_history_offers_a_restore_with_times_fitted(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings, language: str, width: int
) -> None:
    editor = editor_fixture.create(toolbox)
    before = stored_segment(settings, editor.segment_ids[REMOVED])
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, editor.version_id)
        draft = Draft(
            db, rights_of_machine("test"), db.get_one(Interview, version.interview_id), version
        )
        removed = db.get_one(Segment, before.id)
        segments.drop(draft, removed, based_on=1, reason="nghe nhầm")
    end = give_time_to_the_segment_above(toolbox, editor)
    page = open_as("cleo", language=language, width=width)
    page.goto(f"/{language}/versions/{editor.version_id}/history")
    change = page.locator(f"#s-{before.id}")
    change.locator("summary").click()
    change.locator("[name=reason]").fill("nghe lại")
    change.locator("form button").click()
    offer = page.locator(".restore-fit")
    expect(offer).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert stored_segment(settings, before.id).ended_at is not None
    offer.locator("[name=fit]").click()
    expect(page.locator(".notices")).to_be_visible()
    stored = stored_segment(settings, before.id)
    assert (stored.text, stored.start_ms, stored.ended_at) == (before.text, end, None)
