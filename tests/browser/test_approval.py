"""The approval page with its form: in every theme, by keyboard, without scripts, in two tabs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from archive.models import TranscriptVersion
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations

ACCESSION = "LK-2020-006"
REASON = "Băng hỏng ở nửa sau, không nghe lại được."


@pytest.fixture
def address(toolbox: Toolbox) -> str:
    """The approval page of a version with unheard segments."""
    editor = editor_fixture.create(toolbox, ACCESSION, ghost=True)
    with toolbox.database.writing() as db:
        db.get_one(TranscriptVersion, editor.version_id).state = "corrected"
    return editor.address.replace("/edit", "/approve")


@pytest.mark.parametrize(
    ("language", "dark", "width"),
    [("vi", False, 1440), ("vi", True, 390), ("en", True, 1440), ("en", False, 390)],
)
def test_form_in_every_theme_and_width_has_no_violations(
    address: str, open_as: OpenAs, language: str, *, dark: bool, width: int
) -> None:
    page = open_as("rob", language=language, dark=dark, width=width)
    page.goto(address.replace("/vi/", f"/{language}/"))
    expect(page.locator("textarea[name=reason]")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_form_without_scripts_is_refused_and_sent_again(address: str, open_as: OpenAs) -> None:
    page = open_as("rob", scripts=False)
    page.goto(address)
    page.locator("textarea[name=reason]").fill("\u00a0")
    page.locator("#work button").click()
    expect(page.locator(".field-error")).to_contain_text("cần ghi lý do")
    page.locator("textarea[name=reason]").fill(REASON)
    page.locator("#work button").click()
    expect(page.locator("main")).to_contain_text("Đã duyệt")


def test_form_is_reached_from_the_interview_and_sent_by_keyboard(
    address: str, open_as: OpenAs, toolbox: Toolbox
) -> None:
    page = open_as("rob")
    version_id = address.split("/")[-2]
    page.goto(f"/vi/interviews/{ACCESSION}")
    page.locator("#work form[action$='/approve'] button").press("Enter")
    reason = page.locator("textarea[name=reason]")
    reason.focus()
    page.keyboard.type("Bang hong")
    page.keyboard.press("Tab")
    expect(page.locator("#work button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Đã duyệt")
    with toolbox.database.reading() as db:
        assert db.get_one(TranscriptVersion, version_id).approval_reason == "Bang hong"


def test_second_tab_shows_that_the_version_is_approved(
    address: str, open_as: OpenAs, toolbox: Toolbox
) -> None:
    first = open_as("rob")
    first.goto(address)
    second = first.context.new_page()
    second.goto(address)
    for page in (first, second):
        page.locator("textarea[name=reason]").fill(REASON)
        page.locator("#work button").click()
        page.wait_for_load_state()
    expect(first.locator("main")).to_contain_text("Đã duyệt")
    expect(second.locator("main")).to_contain_text("Tình trạng của phiên bản này đã thay đổi")
