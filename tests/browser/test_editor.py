"""Correcting text in the editor: nothing typed is lost when the connection or server fails."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Route, expect

from archive.models import SegmentRevision
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import editor_fixture
from tests.support.editor_page import (
    open_editor,
    stored_segment,
    text_box,
    type_at_end,
    wait_until_saved,
)
from tests.support.http_server import HttpClient, ServerProcess


def test_typed_text_is_saved_and_shown_after_a_reload(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    routes: list[Route] = []
    page.route("**/api/v1/segments/*", lambda route: routes.append(route))
    with page.expect_request("**/api/v1/segments/*"):
        type_at_end(page, editor, 2, " Thưa cháu.")
    expect(page.locator(".save-status--saving")).to_be_visible()
    routes[0].continue_()
    wait_until_saved(page)
    page.unroute("**/api/v1/segments/*")
    stored = stored_segment(settings, editor.segment_ids[2])
    assert stored.text == "Dạ, tôi nhớ rõ lắm chứ. Thưa cháu."
    assert [word[2] for word in stored.words] == stored.text.split()
    assert all(a[0] <= a[1] <= b[0] for a, b in zip(stored.words, stored.words[1:], strict=False))
    assert (stored.state, stored.revision) == ("edited", 2)
    expect(page.locator(".editor-head [data-state-badge=editing]")).to_be_visible()
    page.reload()
    expect(text_box(page, editor, 2)).to_have_text("Dạ, tôi nhớ rõ lắm chứ. Thưa cháu.")


def test_save_status_in_another_zone_shows_the_time_of_the_archive(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo", timezone="America/New_York")
    open_editor(page, editor)
    changed_at = datetime.fromisoformat(
        page.locator("[data-save-status]").get_attribute("data-at") or ""
    )
    local = changed_at.astimezone(ZoneInfo(settings.timezone))
    expect(page.locator("[data-save-status-text]")).to_have_text(f"Đã lưu {local:%H:%M}")


def test_each_save_adds_a_revision(toolbox: Toolbox, open_as: OpenAs, settings: Settings) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    for words in (" Một.", " Hai."):
        type_at_end(page, editor, 2, words)
        page.keyboard.press("Control+s")
        wait_until_saved(page)
    with toolbox.database.reading() as db:
        rows = db.query(SegmentRevision).filter_by(segment_id=editor.segment_ids[2])
        texts = [r.text for r in rows.order_by(SegmentRevision.revision)]
    start = "Dạ, tôi nhớ rõ lắm chứ."
    assert texts == [start, f"{start} Một.", f"{start} Một. Hai."]


def test_text_typed_while_the_server_is_down_is_saved_later(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    type_at_end(page, editor, 2, " Còn đường dây")
    server.kill()
    page.keyboard.type(" và đứt đường dây.")
    expect(page.locator(".save-status--kept")).to_be_visible()
    text_box(page, editor, 4).click()
    page.keyboard.press("End")
    page.keyboard.type(" Vẫn gõ.")
    page.wait_for_function(
        "() => document.querySelector('.save-status--kept').innerText.includes('2')"
    )
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith(
        "Còn đường dây và đứt đường dây."
    )
    assert stored_segment(settings, editor.segment_ids[4]).text.endswith("Vẫn gõ.")


def test_tab_closed_while_offline_is_recovered_by_the_next(
    toolbox: Toolbox, open_as: OpenAs, site: HttpClient, server: ServerProcess, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    server.kill()
    type_at_end(page, editor, 2, " Chưa gửi.")
    expect(page.locator(".save-status--kept")).to_be_visible()
    later = page.context.new_page()
    page.close(run_before_unload=False)
    server.start()
    open_editor(later, editor)
    expect(text_box(later, editor, 2)).to_have_text("Dạ, tôi nhớ rõ lắm chứ. Chưa gửi.")
    wait_until_saved(later)
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Chưa gửi.")
    later.reload()
    later.wait_for_selector("[data-words]")
    assert later.locator("[data-recovered]").is_hidden()


def test_expired_session_is_renewed_in_a_dialog(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    page.context.clear_cookies(name="loike_session")
    type_at_end(page, editor, 2, " Giữa chừng.")
    dialog = page.locator("[data-dialog=sign-in]")
    expect(dialog).to_be_visible()
    dialog.locator("[name=email]").fill("cleo@archive.test")
    dialog.locator("[name=password]").fill("not the password")
    dialog.locator("button.button--primary").click()
    expect(dialog.locator("[role=alert]")).to_be_visible()
    dialog.locator("[name=password]").fill("a long enough secret")
    dialog.locator("button.button--primary").click()
    expect(dialog).to_be_hidden()
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Giữa chừng.")
    expect(text_box(page, editor, 2)).to_be_focused()
