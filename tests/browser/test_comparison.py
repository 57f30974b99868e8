"""Two states of a text side by side: in every look, on paper, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from archive.access import machine
from archive.actions import segments
from archive.actions.segments import Change
from archive.models import Interview, Segment, TranscriptVersion
from archive.toolbox import Toolbox
from tests.browser import desk
from tests.browser.accessibility import violations
from tests.browser.conftest import Open


def changed(toolbox: Toolbox) -> str:
    """The history of a version in which one word was changed, and one passage taken out."""
    put = desk.put(toolbox, ghost=True)
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, put.version)
        told = machine("test"), db.get_one(Interview, version.interview_id), version
        one, other = (db.get_one(Segment, put.segments[at]) for at in (2, 4))
        segments.save(db, *told, one, Change(text="Dạ, tôi nhớ như in."), based_on=1)
        segments.drop(db, *told, other, based_on=1, reason="Máy tự thêm")
    return put.address.replace("/edit", "/history")


@pytest.mark.parametrize(
    ("language", "dark", "width"),
    [("vi", False, 1440), ("vi", True, 390), ("en", True, 1440), ("en", False, 390)],
)
def test_the_two_columns_are_sound_in_every_look(
    toolbox: Toolbox, open_as: Open, language: str, *, dark: bool, width: int
) -> None:
    page = open_as("cleo", language=language, dark=dark, width=width)
    page.goto(f"{changed(toolbox)}?from=1-first&to=1".replace("/vi/", f"/{language}/"))
    expect(page.locator(".hunk")).to_have_count(2)
    page.locator("summary.gap-l").first.click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_states_are_chosen_without_scripts_and_printed(toolbox: Toolbox, open_as: Open) -> None:
    page = open_as("cleo", scripts=False)
    page.goto(changed(toolbox))
    page.get_by_role("button", name="So sánh").click()
    expect(page.locator("h2").first).to_be_visible()
    expect(page.locator("#different-h")).to_have_text("2 đoạn khác nhau")
    columns = page.locator(".hunk").first.locator(".hunk-b > div")
    expect(columns.first.locator("del")).to_contain_text("rõ lắm chứ.")
    expect(columns.last.locator("ins")).to_contain_text("như in.")
    page.emulate_media(media="print")
    expect(page.locator(".hist nav")).to_be_hidden()
    expect(page.locator(".print-only")).to_contain_text("LK-2020-006")
    left, right = (columns.nth(at).bounding_box() for at in (0, 1))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"] + 1
