"""Presence in the editor: two users see each other's segment; the text is not touched."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Response, Route, expect

from archive.models import Presence
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.accessibility import violations
from tests.support.editor_page import open_editor, place_caret, text_box, type_at_end
from tests.support.worker_process import wait_until


def poll_presence(page: Page) -> None:
    """Make the page poll now, as it does when it becomes visible."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def act_and_await_report(page: Page, act: Callable[[], None], **report: object) -> None:
    """Run `act` and wait until the page has reported its user with these values."""

    def is_report(answer: Response) -> bool:
        if not answer.url.endswith("/presence") or answer.request.method != "POST":
            return False
        sent = answer.request.post_data_json or {}
        return report.items() <= sent.items()

    with page.expect_response(is_report):
        act()


def test_presence_shows_a_colleague_at_their_segment(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo", language="en"), open_as("rob")
    open_editor(cleo, editor, language="en")
    act_and_await_report(cleo, lambda: text_box(cleo, editor, 2).click(), seg=editor.segment_ids[2])
    act_and_await_report(rob, lambda: open_editor(rob, editor))
    mark = rob.locator(f"#s-{editor.segment_ids[2]} [data-colleague]")
    expect(mark).to_have_text("CCleo đang ở đây")
    expect(mark.locator("[aria-hidden]")).to_have_text("C")
    expect(rob.locator("[data-others]")).to_be_visible()
    assert violations(rob) == []

    act_and_await_report(
        cleo, lambda: type_at_end(cleo, editor, 4, " nha"), seg=editor.segment_ids[4], typing=True
    )
    # After ten seconds without a key, the next report would take the typing back.
    cleo.route("**/presence", lambda route: route.abort())
    poll_presence(rob)
    new_mark = rob.locator(f"#s-{editor.segment_ids[4]} [data-colleague]")
    expect(new_mark).to_have_count(1)
    expect(mark).to_have_count(0)
    expect(new_mark).to_have_text("CCleo đang gõ ở đây")


def test_typing_begun_during_a_report_is_in_the_next(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    cleo = open_as("cleo")
    open_editor(cleo, editor)
    routes: list[Route] = []
    cleo.route("**/presence", lambda route: route.continue_() if routes else routes.append(route))
    with cleo.expect_request("**/presence"):
        text_box(cleo, editor, 4).click()

    def type_and_release_the_report() -> None:
        cleo.keyboard.type("Dạ")
        routes[0].continue_()

    act_and_await_report(cleo, type_and_release_the_report, seg=editor.segment_ids[4], typing=True)


def test_presence_in_the_same_segment_is_announced_without_touching_its_text(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    open_editor(rob, editor)
    act_and_await_report(rob, lambda: place_caret(rob, editor, 2, 3), seg=editor.segment_ids[2])
    rob.evaluate(
        "(at) => { const box = document.querySelector(at); window.changes = 0;"
        " new MutationObserver((all) => { window.changes += all.length; })"
        ".observe(box, {childList: true, characterData: true, subtree: true, attributes: true}); }",
        f"#s-{editor.segment_ids[2]} .segment__text",
    )
    open_editor(cleo, editor)
    act_and_await_report(cleo, lambda: place_caret(cleo, editor, 2, 0), seg=editor.segment_ids[2])
    poll_presence(rob)
    expect(rob.locator(f"#s-{editor.segment_ids[2]} [data-colleague]")).to_have_count(1)
    expect(rob.locator("#live")).to_have_text("Cleo cũng đang ở đoạn này")
    assert rob.evaluate("window.changes") == 0
    assert rob.evaluate("getSelection().anchorOffset") == 3
    assert rob.evaluate("document.activeElement.closest('[data-segment]').id") == (
        f"s-{editor.segment_ids[2]}"
    )


def test_presence_of_a_closed_page_ends_at_once(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    cleo, rob = open_as("cleo"), open_as("rob")
    act_and_await_report(cleo, lambda: open_editor(cleo, editor))
    act_and_await_report(rob, lambda: open_editor(rob, editor))
    expect(rob.locator("[data-others]")).to_be_visible()
    cleo.goto("/vi/")

    def is_alone() -> bool:
        with toolbox.database.reading() as db:
            return db.query(Presence).count() == 1

    wait_until(is_alone)
    poll_presence(rob)
    expect(rob.locator("[data-others]")).to_be_hidden()
