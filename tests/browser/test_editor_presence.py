"""Two at one text see where the other is; nobody's words are touched by it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from archive.models import Presence
from archive.toolbox import Toolbox
from tests.browser import desk
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.seated import box, open_desk, put_caret, type_at_end
from tests.workers import until


def ask(page: Page) -> None:
    """What the page does every ten seconds, at once: it asks when it comes into sight."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def told(page: Page, act: Callable[[], None]) -> None:
    """Do something, and wait until the page has said where its person is."""
    with page.expect_response(
        lambda answer: answer.url.endswith("/presence") and answer.request.method == "POST"
    ):
        act()


def test_a_colleague_is_seen_at_the_segment_that_they_are_in(
    toolbox: Toolbox, open_as: Open
) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo", language="en"), open_as("rob")
    open_desk(cleo, put, language="en")
    told(cleo, lambda: box(cleo, put, 2).click())
    told(rob, lambda: open_desk(rob, put))
    mark = rob.locator(f"#s-{put.segments[2]} [data-colleague]")
    expect(mark).to_have_text("CCleo đang ở đây")
    expect(mark.locator("[aria-hidden]")).to_have_text("C")
    expect(rob.locator("[data-others]")).to_be_visible()
    assert violations(rob) == []

    told(cleo, lambda: type_at_end(cleo, put, 4, " nha"))
    ask(cleo)
    ask(rob)
    there = rob.locator(f"#s-{put.segments[4]} [data-colleague]")
    expect(there).to_have_count(1)
    expect(mark).to_have_count(0)
    expect(there).to_have_text("CCleo đang gõ ở đây", timeout=15_000)


def test_words_that_somebody_is_in_are_left_alone_and_the_meeting_is_told(
    toolbox: Toolbox, open_as: Open
) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    open_desk(rob, put)
    told(rob, lambda: put_caret(rob, put, 2, 3))
    rob.evaluate(
        "(at) => { const box = document.querySelector(at); window.changes = 0;"
        " new MutationObserver((all) => { window.changes += all.length; })"
        ".observe(box, {childList: true, characterData: true, subtree: true, attributes: true}); }",
        f"#s-{put.segments[2]} .tx",
    )
    open_desk(cleo, put)
    told(cleo, lambda: put_caret(cleo, put, 2, 0))
    ask(rob)
    expect(rob.locator(f"#s-{put.segments[2]} [data-colleague]")).to_have_count(1)
    expect(rob.locator("#live")).to_have_text("Cleo cũng đang ở đoạn này")
    assert rob.evaluate("window.changes") == 0
    assert rob.evaluate("getSelection().anchorOffset") == 3
    assert rob.evaluate("document.activeElement.closest('[data-segment]').id") == (
        f"s-{put.segments[2]}"
    )


def test_whoever_closes_the_page_is_gone_at_once(toolbox: Toolbox, open_as: Open) -> None:
    put = desk.put(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    told(cleo, lambda: open_desk(cleo, put))
    told(rob, lambda: open_desk(rob, put))
    expect(rob.locator("[data-others]")).to_be_visible()
    cleo.goto("/vi/")

    def is_alone() -> bool:
        with toolbox.database.reading() as db:
            return db.query(Presence).count() == 1

    until(is_alone, seconds=20)
    ask(rob)
    expect(rob.locator("[data-others]")).to_be_hidden()
