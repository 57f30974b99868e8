"""What a person does at the desk, and what lies in the archive afterwards."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from archive.db import Database
from archive.models import Segment
from archive.settings import Settings
from tests.browser.desk import Put

_PUT_CARET = """([selector, offset]) => {
  const box = document.querySelector(selector);
  box.focus();
  getSelection().collapse(box.firstChild || box, offset);
}"""


def open_desk(page: Page, put: Put, *, language: str = "vi") -> None:
    """The page, once its script listens and the words have their times."""
    page.goto(put.address.replace("/vi/", f"/{language}/"))
    page.wait_for_selector("[data-words]")


def box(page: Page, put: Put, number: int) -> Locator:
    """The words of a segment, counted from 0."""
    return page.locator(f"#s-{put.segments[number]} .tx")


def text_of(page: Page, put: Put, number: int) -> str:
    """What stands there now."""
    return box(page, put, number).inner_text()


def put_caret(page: Page, put: Put, number: int, offset: int) -> None:
    """Before the character `offset` of a segment, which gets the focus."""
    page.evaluate(_PUT_CARET, [f"#s-{put.segments[number]} .tx", offset])


def type_at_end(page: Page, put: Put, number: int, words: str) -> None:
    """Go to the end of a segment with the mouse and the End key, and type."""
    box(page, put, number).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def saved(page: Page) -> None:
    """Wait until the archive has everything."""
    expect(page.locator(".save.ok")).to_be_visible(timeout=15_000)


def in_archive(settings: Settings, segment: str) -> Segment:
    """The segment as it lies in the archive now."""
    database = Database(settings.database_url)
    try:
        with database.reading() as db:
            found = db.get_one(Segment, segment)
            db.expunge(found)
            return found
    finally:
        database.dispose()
