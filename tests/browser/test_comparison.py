"""The comparison of two states of a transcript: in every theme, printed, without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from archive.actions.editing import segments
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.models import Interview, Segment, TranscriptVersion
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations
from tests.support.rights import rights_of_machine


def create_history(toolbox: Toolbox) -> str:
    """Change one segment, remove another and return the address of the history."""
    editor = editor_fixture.create(toolbox, ghost=True)
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, editor.version_id)
        context = rights_of_machine("test"), db.get_one(Interview, version.interview_id), version
        changed, removed = (db.get_one(Segment, editor.segment_ids[at]) for at in (2, 4))
        segments.save(
            Draft(db, *context), changed, SegmentChange(text="Dạ, tôi nhớ như in."), based_on=1
        )
        segments.drop(Draft(db, *context), removed, based_on=1, reason="Máy tự thêm")
    return editor.address.replace("/edit", "/history")


@pytest.mark.parametrize(
    ("language", "dark", "width"),
    [("vi", False, 1440), ("vi", True, 390), ("en", True, 1440), ("en", False, 390)],
)
def test_comparison_in_every_theme_and_width_has_no_violations(
    toolbox: Toolbox, open_as: OpenAs, language: str, *, dark: bool, width: int
) -> None:
    page = open_as("cleo", language=language, dark=dark, width=width)
    page.goto(f"{create_history(toolbox)}?from=1-first&to=1".replace("/vi/", f"/{language}/"))
    expect(page.locator(".change")).to_have_count(2)
    page.locator("summary.unchanged-run__summary").first.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_comparison_without_scripts_can_be_chosen_and_printed(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    page = open_as("cleo", scripts=False)
    page.goto(create_history(toolbox))
    page.get_by_role("button", name="So sánh").click()
    expect(page.locator("h2").first).to_be_visible()
    expect(page.locator("#different-h")).to_have_text("2 đoạn khác nhau")
    columns = page.locator(".change").first.locator(".change__columns > div")
    expect(columns.first.locator("del")).to_contain_text("rõ lắm chứ.")
    expect(columns.last.locator("ins")).to_contain_text("như in.")
    page.emulate_media(media="print")
    expect(page.locator(".history-layout nav")).to_be_hidden()
    expect(page.locator(".print-only")).to_contain_text("LK-2020-006")
    left, right = (columns.nth(at).bounding_box() for at in (0, 1))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"] + 1
