"""The states of a version at the desk, several parts, a plain-http host, and what fails softly."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Route, expect

from archive.access import machine
from archive.actions import transcripts
from archive.models import Interview, TranscriptVersion
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.security import SESSION_COOKIE
from tests import spoken
from tests.browser import desk
from tests.browser.accessibility import violations
from tests.browser.conftest import FLAGS, Open, chromium_path, token_of
from tests.browser.seated import (
    box,
    in_archive,
    open_desk,
    put_caret,
    saved,
    text_of,
    type_at_end,
)
from tests.live import Line


def approve(toolbox: Toolbox, put: desk.Put) -> None:
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, put.version)
        interview = db.get_one(Interview, version.interview_id)
        if version.state == "machine":
            version.state = "editing"  # as an editor's first change leaves it
        transcripts.approve(db, machine("test"), interview, version)


def state_of(toolbox: Toolbox, version: str) -> str:
    with toolbox.database.reading() as db:
        return db.get_one(TranscriptVersion, version).state


def test_an_approved_version_is_for_reading_and_opens_the_next_one(
    toolbox: Toolbox, open_as: Open
) -> None:
    put = desk.put(toolbox)
    approve(toolbox, put)
    page = open_as("rob")
    open_desk(page, put)
    assert page.locator(".chunk [contenteditable]").count() == 0
    assert page.locator("[data-step]").count() == 0
    box(page, put, 2).click()
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    assert text_of(page, put, 2) == "Dạ, tôi nhớ rõ lắm chứ."
    assert violations(page) == []
    page.fill("#reason", "Tên chợ nghe lầm")
    page.get_by_role("button", name="Mở phiên bản kế tiếp").click()
    page.wait_for_url(lambda address: put.version not in address)
    page.wait_for_selector("[data-ready]")
    assert page.locator(".chunk [contenteditable]").count() == len(put.segments)
    assert state_of(toolbox, put.version) == "approved"


def test_an_editor_is_told_who_can_open_the_next_version(toolbox: Toolbox, open_as: Open) -> None:
    put = desk.put(toolbox)
    approve(toolbox, put)
    page = open_as("cleo", language="en")
    open_desk(page, put, language="en")
    expect(page.locator(".ed-note").first).to_contain_text("A reviewer or an archivist can open")
    assert page.locator("#reason").count() == 0


def test_what_was_typed_while_a_colleague_approved_is_kept_here(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    open_desk(page, put)
    approve(toolbox, put)
    type_at_end(page, put, 2, " Trễ rồi.")
    expect(page.locator(".save.kept")).to_be_visible(timeout=10_000)
    expect(page.locator("#live")).to_contain_text("vừa được duyệt")
    assert in_archive(settings, put.segments[2]).text == "Dạ, tôi nhớ rõ lắm chứ."
    page.locator(".save.kept").click()
    expect(page.locator("[data-unsent]")).to_contain_text("Trễ rồi.")
    with page.expect_download() as waited:
        page.locator("[data-dialog=unsent] [data-download]").click()
    assert "Trễ rồi." in waited.value.path().read_text(encoding="utf-8")


def test_words_that_come_too_late_for_a_version_are_handed_back(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")
    page.route("**/api/v1/segments/**", lambda route: route.abort())
    open_desk(page, put)
    type_at_end(page, put, 2, " Không kịp gửi.")
    expect(page.locator(".save.kept")).to_be_visible(timeout=10_000)
    approve(toolbox, put)
    later = page.context.new_page()
    page.close(run_before_unload=False)  # sends once more, past the route that aborts: too late
    open_desk(later, put)
    note = later.locator("[data-recovered]")
    expect(note).to_contain_text("Còn 1 đoạn của lần trước nằm trên máy này.")
    with later.expect_download() as waited:
        note.locator("[data-download]").click()
    assert "Không kịp gửi." in waited.value.path().read_text(encoding="utf-8")
    assert in_archive(settings, put.segments[2]).text == "Dạ, tôi nhớ rõ lắm chứ."


def test_handing_in_and_approving_wait_for_the_last_word(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("rob")
    open_desk(page, put)
    expect(page.locator("[data-step=approve]")).to_be_hidden()
    type_at_end(page, put, 2, " Chữ cuối.")
    page.locator("[data-step=hand-in] button").click()
    page.wait_for_url("**/interviews/**")
    assert in_archive(settings, put.segments[2]).text.endswith("Chữ cuối.")
    assert state_of(toolbox, put.version) == "corrected"
    open_desk(page, put)
    page.locator("[data-step=approve] button").click()
    page.wait_for_url("**/interviews/**")
    assert state_of(toolbox, put.version) == "approved"


def test_a_second_part_has_its_own_sound_and_clock(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox, parts=2)
    half = len(put.segments) // 2
    page = open_as("cleo")
    open_desk(page, put)
    put_caret(page, put, half + 2, 0)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => !document.querySelector('[data-sound=\"2\"]').paused")
    assert page.locator("[data-part-choice]").input_value() == "2"
    put_caret(page, put, half, 0)
    page.keyboard.press("Backspace")
    expect(page.locator("#live")).to_contain_text("Phía trên không có đoạn nào để gộp")
    put_caret(page, put, half + 4, 14)
    page.keyboard.press("Enter")
    expect(page.locator(".chunk [data-segment]")).to_have_count(len(put.segments) + 1)
    assert page.evaluate("document.activeElement.closest('[data-segment]').dataset.part") == "2"


def test_without_wavesurfer_and_without_sound_the_words_are_still_corrected(
    toolbox: Toolbox, open_as: Open, settings: Settings
) -> None:
    put = desk.put(toolbox)
    page = open_as("cleo")

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/wavesurfer*", refuse)
    open_desk(page, put)
    expect(page.locator("[data-detail]")).to_be_hidden()
    type_at_end(page, put, 2, " Vẫn sửa được.")
    saved(page)
    assert in_archive(settings, put.segments[2]).text.endswith("Vẫn sửa được.")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_text_that_has_no_recording_is_corrected_without_a_player(
    toolbox: Toolbox, open_as: Open, settings: Settings, width: int
) -> None:
    with toolbox.database.writing() as db:
        of = spoken.interview(db, recorded=False)
        version = spoken.version(db, of)
        put = desk.Put(version.id, of.accession, [s.id for s in version.segments], {})
    page = open_as("cleo", width=width)
    open_desk(page, put)
    assert page.locator("[data-do=toggle], [data-do=play-segment], [data-scrub]").count() == 0
    expect(page.get_by_text("Bản này không có băng ghi âm")).to_be_visible(visible=width > 760)
    expect(page.locator("[data-stamp=machine]:visible")).to_have_count(1)
    type_at_end(page, put, 2, " Sửa chay.")
    saved(page)
    expect(page.locator("[data-stamp=editing]:visible")).to_have_count(1)
    assert in_archive(settings, put.segments[2]).text.endswith("Sửa chay.")
    assert violations(page) == []


def test_plain_http_under_another_name_lacks_nothing_that_the_desk_needs(
    toolbox: Toolbox, chromium: Browser, site: Line, settings: Settings
) -> None:
    put = desk.put(toolbox)
    browser = chromium.browser_type.launch(
        executable_path=chromium_path(), headless=True,
        args=[*FLAGS, "--host-resolver-rules=MAP archive.test 127.0.0.1"],
    )  # fmt: skip
    origin = f"http://archive.test:{site.port}"
    context = browser.new_context(base_url=origin)
    context.add_cookies(
        [{"name": SESSION_COOKIE, "value": token_of(settings, "cleo"), "url": origin}]
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_desk(page, put)
    assert page.evaluate("isSecureContext") is False
    type_at_end(page, put, 2, " Mạng nội bộ.")
    saved(page)
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('[data-sound]').paused")
    assert in_archive(settings, put.segments[2]).text.endswith("Mạng nội bộ.")
    assert errors == []
    browser.close()
