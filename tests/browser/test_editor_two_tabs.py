"""Two tabs of one user in one browser: no tab's unsent text is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from archive.models import Segment
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from tests.browser.conftest import OpenAs, token_of
from tests.support import editor_fixture
from tests.support.browser_store import PUT_ROW, PUT_ROW_IN_STORAGE, outbox_rows
from tests.support.editor_page import (
    conflict_dialog,
    displayed_text,
    open_editor,
    place_caret,
    stored_segment,
    stretch_timer,
    text_box,
    type_at_end,
    wait_until_saved,
)
from tests.support.http_server import HttpClient, ServerProcess

ROUNDS = 6  # each of the four orders of typing and closing, two of them twice
MERGED, CLASHING, ONLY_FIRST, ONLY_SECOND = 2, 4, 5, 6
START = "Dạ, tôi nhớ rõ lắm chứ."

_TAKE_OVER = """async ([user, version, name]) => {
  const load = (name) => import([...document.querySelectorAll("link[rel=modulepreload]")]
    .find((link) => link.href.includes(`editing/${name}`)).href);
  const { Outbox } = await load("outbox");
  const { inIndexedDb } = await load("stores");
  const outboxes = ["a", "b", "c"].map((page) =>
    new Outbox(user, version, name + page, [inIndexedDb()]));
  const closed = async () => new Set();
  const taken = await Promise.all(outboxes.map((outbox) => outbox.takeOver(closed)));
  return taken.flat();
}"""
_BREAK_STORAGE = """
  IDBFactory.prototype.open = () => { throw new DOMException("no", "SecurityError"); };
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""


def new_tab(page: Page) -> Page:
    """Open another tab of the same user in the same browser."""
    return page.context.new_page()


def close(page: Page) -> None:
    """Close a tab without its warning."""
    page.close(run_before_unload=False)


def wait_until_kept(page: Page, segments: int) -> None:
    """Wait until the save status shows this number of kept segments."""
    expect(page.locator(".save-status--kept")).to_contain_text(f"({segments} đoạn)")


def first_release_row(
    editor: editor_fixture.EditorFixture, user: str, number: int, base: str, text: str
) -> dict[str, Any]:
    """Return an outbox row in the format of the first release."""
    segment = editor.segment_ids[number]
    return {
        "key": f"{user}/{segment}",
        "user": user,
        "version": editor.version_id,
        "segment": segment,
        "base": base,
        "baseRev": 1,
        "text": text,
        "fields": {},
        "pending": None,
        "at": 1,
    }


def user_id_of(page: Page) -> str:
    """Return the id of the user signed in on this page."""
    return page.locator("[data-editor]").get_attribute("data-user") or ""


def type_into_both(
    first: Page, second: Page, editor: editor_fixture.EditorFixture, mark: str
) -> None:
    """Type a mergeable change, a conflicting one and one segment per tab."""
    type_at_end(first, editor, MERGED, f" cuối{mark}")
    type_at_end(first, editor, CLASHING, f" đây{mark}")
    type_at_end(first, editor, ONLY_FIRST, f" riêng{mark}")
    place_caret(second, editor, MERGED, 0)
    second.keyboard.type(f"Đầu{mark} ")
    type_at_end(second, editor, CLASHING, f" kia{mark}")
    type_at_end(second, editor, ONLY_SECOND, f" chung{mark}")


def test_two_tabs_closed_while_offline_are_both_recovered(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first = open_as("cleo")
    open_editor(first, editor)
    for number in range(ROUNDS):
        mark = f"{number}x"
        second = new_tab(first)
        open_editor(second, editor)
        server.kill()
        early, late = (first, second) if number % 2 else (second, first)
        type_into_both(early, late, editor, mark)
        wait_until_kept(early, 3)
        wait_until_kept(late, 3)
        reopened = new_tab(first)
        for page in (first, second) if number % 3 else (second, first):
            close(page)
        server.start()
        open_editor(reopened, editor)
        dialog = conflict_dialog(reopened)
        theirs = dialog.locator("[data-theirs]").inner_text()
        mine = dialog.locator("[data-mine]").inner_text()
        assert f"đây{mark}" in theirs + mine
        assert f"kia{mark}" in theirs + mine
        both = f"{theirs} {mine.split()[-1]}"
        dialog.locator("[data-result]").fill(both)
        dialog.locator("[data-answer=result]").click()
        wait_until_saved(reopened)
        texts = [stored_segment(settings, segment).text for segment in editor.segment_ids]
        assert f"Đầu{mark}" in texts[MERGED]
        assert f"cuối{mark}" in texts[MERGED]
        assert texts[CLASHING] == both
        assert f"riêng{mark}" in texts[ONLY_FIRST]
        assert f"chung{mark}" in texts[ONLY_SECOND]
        assert outbox_rows(reopened) == []
        first = reopened
    for number in range(ROUNDS):
        for place in (MERGED, CLASHING, ONLY_FIRST, ONLY_SECOND):
            assert f"{number}x" in stored_segment(settings, editor.segment_ids[place]).text


def test_both_open_tabs_send_when_the_server_is_back(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first = open_as("cleo")
    second = new_tab(first)
    open_editor(first, editor)
    open_editor(second, editor)
    server.kill()
    type_at_end(first, editor, MERGED, " Trước.")
    place_caret(second, editor, MERGED, 0)
    second.keyboard.type("Sau. ")
    wait_until_kept(first, 1)
    wait_until_kept(second, 1)
    assert len({row["key"] for row in outbox_rows(first)}) == 2
    server.start()
    for page in (first, second):
        page.evaluate("dispatchEvent(new Event('online'))")
        wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[MERGED]).text == f"Sau. {START} Trước."
    assert outbox_rows(first) == []


def test_drafts_of_an_open_tab_are_not_taken_until_it_closes(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first = open_as("cleo")
    second = new_tab(first)
    stretch_timer(first, 500, 5_000)  # a page that does not answer meanwhile counts as closed
    open_editor(first, editor)
    open_editor(second, editor)
    type_at_end(first, editor, MERGED, " Một.")
    wait_until_saved(first)
    type_at_end(second, editor, MERGED, " Hai.")
    conflict_dialog(second).locator("[data-answer=later]").click()
    [row] = outbox_rows(second)
    first.reload()
    first.wait_for_selector("[data-words]")
    assert outbox_rows(first) == [row]
    expect(first.locator(".save-status--saved")).to_be_visible()
    close(second)
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    dialog = conflict_dialog(first)
    expect(dialog.locator("[data-title]")).to_have_text(
        "Đoạn này đã được sửa ở hai cửa sổ bằng cùng một tài khoản"
    )
    expect(dialog.locator("[data-theirs]")).to_contain_text("Một.")
    expect(dialog.locator("[data-mine]")).to_contain_text("Hai.")
    dialog.locator("[data-answer=theirs]").click()
    wait_until_saved(first)
    assert stored_segment(settings, editor.segment_ids[MERGED]).text == f"{START} Một."
    assert outbox_rows(first) == []


def test_drafts_of_a_closed_window_are_sent_by_the_other(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first = open_as("cleo")
    second = new_tab(first)
    open_editor(first, editor)
    open_editor(second, editor)
    second.route("**/api/v1/segments/*", lambda route: route.abort())
    type_at_end(second, editor, MERGED, " Cửa sổ bên.")
    wait_until_kept(second, 1)
    second.close()
    expect(text_box(first, editor, MERGED)).to_have_text(f"{START} Cửa sổ bên.")
    assert stored_segment(settings, editor.segment_ids[MERGED]).text == f"{START} Cửa sổ bên."


def test_several_drafts_of_one_segment_open_one_conflict_at_a_time(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    tabs = [open_as("cleo")]
    tabs += [new_tab(tabs[0]), new_tab(tabs[0])]
    for page in tabs:
        open_editor(page, editor)
    server.kill()
    for page, words in zip(tabs, (" Một.", " Hai.", " Ba."), strict=True):
        type_at_end(page, editor, MERGED, words)
        wait_until_kept(page, 1)
    reopened = new_tab(tabs[0])
    for page in tabs:
        close(page)
    server.start()
    open_editor(reopened, editor)
    dialog = conflict_dialog(reopened)
    expect(dialog.locator("[data-theirs]")).to_have_text(f"{START} Một.")
    expect(dialog.locator("[data-mine]")).to_have_text(f"{START} Hai.")
    dialog.locator("[data-result]").fill(f"{START} Một. Hai.")
    dialog.locator("[data-answer=result]").click()
    expect(dialog.locator("[data-mine]")).to_have_text(f"{START} Ba.")
    expect(dialog.locator("[data-theirs]")).to_have_text(f"{START} Một. Hai.")
    assert [row["text"] for row in outbox_rows(reopened)] == [f"{START} Ba."]
    dialog.locator("[data-answer=later]").click()
    expect(reopened.locator(".save-status--conflict")).to_have_text("Cần xem lại (1)")
    reopened.reload()
    dialog = conflict_dialog(reopened)
    dialog.locator("[data-result]").fill(f"{START} Một. Hai. Ba.")
    dialog.locator("[data-answer=result]").click()
    wait_until_saved(reopened)
    assert stored_segment(settings, editor.segment_ids[MERGED]).text == f"{START} Một. Hai. Ba."
    assert outbox_rows(reopened) == []


def test_second_conflict_waits_while_the_first_is_open(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    first = open_as("cleo")
    second = new_tab(first)
    open_editor(first, editor)
    open_editor(second, editor)
    server.kill()
    for page, word in ((first, " Một."), (second, " Hai.")):
        type_at_end(page, editor, MERGED, word)
        type_at_end(page, editor, CLASHING, word)
        wait_until_kept(page, 2)
    reopened = new_tab(first)
    close(first)
    close(second)
    server.start()
    routes: list[Route] = []
    is_waiting = True

    def delay(route: Route) -> None:
        if is_waiting:
            routes.append(route)
        else:
            route.continue_()

    address = f"**/api/v1/segments/{editor.segment_ids[CLASHING]}"
    reopened.route(address, delay)
    with reopened.expect_request(address):
        reopened.goto(editor.address)
        dialog = conflict_dialog(reopened)
    result = dialog.locator("[data-result]")
    result.fill("Câu đang viết dở.")
    is_waiting = False
    routes[0].continue_()
    expect(reopened.locator(".save-status--conflict")).to_have_text("Cần xem lại (2)")
    expect(result).to_have_value("Câu đang viết dở.")
    dialog.locator("[data-answer=result]").click()
    expect(result).to_have_value(re.compile(r"Hai\.$"))
    result.fill("Câu thứ hai.")
    dialog.locator("[data-answer=result]").click()
    wait_until_saved(reopened)
    assert stored_segment(settings, editor.segment_ids[MERGED]).text == "Câu đang viết dở."
    assert stored_segment(settings, editor.segment_ids[CLASHING]).text == "Câu thứ hai."
    assert outbox_rows(reopened) == []


@pytest.mark.parametrize("script", [PUT_ROW, PUT_ROW_IN_STORAGE], ids=["indexeddb", "localstorage"])
def test_outbox_row_of_the_first_release_is_sent(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings, script: str
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    base = displayed_text(page, editor, MERGED)
    page.evaluate(
        script, first_release_row(editor, user_id_of(page), MERGED, base, f"{base} Từ bản cũ.")
    )
    page.reload()
    expect(text_box(page, editor, MERGED)).to_have_text(f"{base} Từ bản cũ.")
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[MERGED]).text == f"{base} Từ bản cũ."
    assert outbox_rows(page) == []


def test_outbox_rows_of_another_user_are_not_shown_or_sent(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    row = {
        **first_release_row(editor, user_id_of(page), MERGED, START, f"{START} Chưa ai gửi."),
        "page": "gone",
    }
    page.evaluate(PUT_ROW, row)
    page.goto("about:blank")
    origin = f"http://{site.host}:{site.port}"
    page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": token_of(settings, "rob"), "url": origin}]
    )
    open_editor(page, editor)
    assert user_id_of(page) != row["user"]
    expect(page.locator(".save-status--saved")).to_be_visible()
    assert "Chưa ai gửi" not in page.locator("body").inner_text()
    assert outbox_rows(page) == [row]
    with toolbox.database.reading() as db:
        assert db.get_one(Segment, editor.segment_ids[MERGED]).text == START


def test_outbox_row_is_taken_over_by_one_of_several_pages(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("rob")
    open_editor(page, editor)
    for number in range(20):
        row = first_release_row(editor, "u", MERGED, "cũ", "mới")
        row |= {"page": "gone", "edit": 3, "version": f"v{number}"}
        page.evaluate(PUT_ROW, row)
        [taken] = page.evaluate(_TAKE_OVER, ["u", row["version"], f"p{number}"])
        assert (taken["text"], taken["key"] == row["key"]) == ("mới", False)
        assert [one for one in outbox_rows(page) if one["version"] == row["version"]] == [taken]


def test_browser_without_storage_does_not_report_kept(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    page.add_init_script(_BREAK_STORAGE)
    open_editor(page, editor)
    server.kill()
    type_at_end(page, editor, MERGED, " Chưa gửi.")
    chip = page.locator("[data-save-status]")
    expect(chip).to_have_text("Chưa gửi được, trình duyệt không giữ được nội dung")
    chip.click()
    notice = page.locator("[data-unsent-words]")
    expect(notice).to_contain_text("Trình duyệt này không giữ được nội dung vừa gõ.")
    expect(page.locator("[data-unsent]")).to_contain_text("Chưa gửi.")
    server.start()
    page.locator("[data-send-now]").click()
    wait_until_saved(page)
