"""Correcting at the desk: what is typed is kept, whatever happens to the line or the server."""

from __future__ import annotations

from playwright.sync_api import expect

from archive.models import SegmentRevision
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser import desk
from tests.browser.conftest import Open
from tests.browser.seated import box, in_archive, open_desk, saved, type_at_end
from tests.live import Line, ServerProcess


def test_what_is_typed_is_saved_and_survives_a_reload(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    type_at_end(page, put, 2, " Thưa cháu.")
    expect(page.locator(".save.ing")).to_be_visible()
    saved(page)
    kept = in_archive(settings, put.segments[2])
    assert kept.text == "Dạ, tôi nhớ rõ lắm chứ. Thưa cháu."
    assert [word[2] for word in kept.words] == kept.text.split()
    assert all(a[0] <= a[1] <= b[0] for a, b in zip(kept.words, kept.words[1:], strict=False))
    assert (kept.state, kept.revision) == ("edited", 2)
    expect(page.locator(".ed-top [data-stamp=editing]")).to_be_visible()
    page.reload()
    expect(box(page, put, 2)).to_have_text("Dạ, tôi nhớ rõ lắm chứ. Thưa cháu.")


def test_every_state_is_kept_in_the_history(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    for words in (" Một.", " Hai."):
        type_at_end(page, put, 2, words)
        page.keyboard.press("Control+s")
        saved(page)
    with toolbox.database.reading() as db:
        rows = db.query(SegmentRevision).filter_by(segment_id=put.segments[2])
        texts = [r.text for r in rows.order_by(SegmentRevision.revision)]
    start = "Dạ, tôi nhớ rõ lắm chứ."
    assert texts == [start, f"{start} Một.", f"{start} Một. Hai."]


def test_a_killed_server_loses_nothing(
    toolbox: Toolbox, open_as: Open, site: Line, server: ServerProcess, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    type_at_end(page, put, 2, " Còn đường dây")
    server.kill()
    page.keyboard.type(" và đứt đường dây.")
    expect(page.locator(".save.kept")).to_be_visible(timeout=20_000)
    box(page, put, 4).click()
    page.keyboard.press("End")
    page.keyboard.type(" Vẫn gõ.")
    page.wait_for_function("() => document.querySelector('.save.kept').innerText.includes('2')")
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    saved(page)
    assert in_archive(settings, put.segments[2]).text.endswith("Còn đường dây và đứt đường dây.")
    assert in_archive(settings, put.segments[4]).text.endswith("Vẫn gõ.")


def test_a_tab_that_was_closed_without_a_line_is_taken_up_again(
    toolbox: Toolbox, open_as: Open, site: Line, server: ServerProcess, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    server.kill()
    type_at_end(page, put, 2, " Chưa gửi.")
    expect(page.locator(".save.kept")).to_be_visible(timeout=20_000)
    later = page.context.new_page()
    page.close(run_before_unload=False)
    server.start()
    open_desk(later, put)
    expect(box(later, put, 2)).to_have_text("Dạ, tôi nhớ rõ lắm chứ. Chưa gửi.")
    saved(later)
    assert in_archive(settings, put.segments[2]).text.endswith("Chưa gửi.")
    later.reload()
    later.wait_for_selector("[data-words]")
    assert later.locator("[data-recovered]").is_hidden()


def test_a_session_that_ended_is_renewed_beside_the_text(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    page.context.clear_cookies(name="loike_session")
    type_at_end(page, put, 2, " Giữa chừng.")
    dialog = page.locator("[data-dialog=sign-in]")
    expect(dialog).to_be_visible(timeout=10_000)
    dialog.locator("[name=email]").fill("cleo@archive.test")
    dialog.locator("[name=password]").fill("not the password")
    dialog.locator("button.main").click()
    expect(dialog.locator("[role=alert]")).to_be_visible()
    dialog.locator("[name=password]").fill("a long enough secret")
    dialog.locator("button.main").click()
    expect(dialog).to_be_hidden()
    saved(page)
    assert in_archive(settings, put.segments[2]).text.endswith("Giữa chừng.")
    expect(box(page, put, 2)).to_be_focused()
