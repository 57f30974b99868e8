"""The editor by version state, with several parts, over plain http, and without parts of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Route, expect

from archive.actions.transcripts import approval, versions
from archive.models import Interview, TranscriptVersion
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from tests.browser.conftest import FLAGS, PATIENCE_MS, OpenAs, chromium_path, play_slowly, token_of
from tests.support import editor_fixture, sample_transcript
from tests.support.accessibility import violations
from tests.support.browser_store import outbox_rows
from tests.support.editor_page import (
    displayed_text,
    open_editor,
    place_caret,
    stored_segment,
    stretch_timer,
    text_box,
    type_at_end,
    wait_until_saved,
)
from tests.support.http_server import HttpClient
from tests.support.rights import rights_of_machine


def approve_version(toolbox: Toolbox, editor: editor_fixture.EditorFixture) -> None:
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, editor.version_id)
        interview = db.get_one(Interview, version.interview_id)
        if version.state == "machine":
            version.state = "editing"  # as an editor's first change leaves it
        approval.approve(db, rights_of_machine("test"), interview, version, reason="in tests")


def state_of(toolbox: Toolbox, version: str) -> str:
    with toolbox.database.reading() as db:
        return db.get_one(TranscriptVersion, version).state


def test_approved_version_is_read_only_and_opens_the_next(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox)
    approve_version(toolbox, editor)
    page = open_as("rob")
    open_editor(page, editor)
    assert page.locator(".segment-chunk [contenteditable]").count() == 0
    assert page.locator("[data-step]").count() == 0
    text_box(page, editor, 2).click()
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    assert displayed_text(page, editor, 2) == "Dạ, tôi nhớ rõ lắm chứ."
    assert violations(page) == []
    page.fill("#reason", "Tên chợ nghe lầm")
    page.get_by_role("button", name="Mở phiên bản kế tiếp").click()
    page.wait_for_url(lambda address: editor.version_id not in address)
    page.wait_for_selector("[data-ready]")
    assert page.locator(".segment-chunk [contenteditable]").count() == len(editor.segment_ids)
    assert state_of(toolbox, editor.version_id) == "approved"


def test_approved_version_names_who_can_open_the_next(toolbox: Toolbox, open_as: OpenAs) -> None:
    editor = editor_fixture.create(toolbox)
    approve_version(toolbox, editor)
    page = open_as("cleo", language="en")
    open_editor(page, editor, language="en")
    expect(page.locator(".editor-note").first).to_contain_text(
        "A reviewer or an archivist can open"
    )
    assert page.locator("#reason").count() == 0


def test_text_typed_after_an_approval_is_kept_in_the_browser(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    open_editor(page, editor)
    approve_version(toolbox, editor)
    type_at_end(page, editor, 2, " Trễ rồi.")
    expect(page.locator(".save-status--kept")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("vừa được duyệt")
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ rõ lắm chứ."
    expect(page.locator("[data-unsendable]")).to_contain_text("Trễ rồi.")
    page.locator(".save-status--kept").click()
    expect(page.locator("[data-unsent]")).to_contain_text("Trễ rồi.")
    with page.expect_download() as waited:
        page.locator("[data-dialog=unsent] [data-download]").click()
    assert "Trễ rồi." in waited.value.path().read_text(encoding="utf-8")


def test_unsent_text_of_an_approved_version_is_offered_for_download(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")
    page.route("**/api/v1/segments/**", lambda route: route.abort())
    open_editor(page, editor)
    type_at_end(page, editor, 2, " Không kịp gửi.")
    expect(page.locator(".save-status--kept")).to_be_visible()
    approve_version(toolbox, editor)
    later = page.context.new_page()
    page.close(
        run_before_unload=False
    )  # the last request is sent past the aborting route and is refused
    open_editor(later, editor)
    note = later.locator("[data-recovered]")
    expect(note).to_contain_text("Còn 1 đoạn vừa gõ chưa lưu được, vì phiên bản này")
    listed = note.locator("[data-unsendable] li")
    expect(listed).to_contain_text("Trong kho: Dạ, tôi nhớ rõ lắm chứ.")
    expect(listed).to_contain_text("Dạ, tôi nhớ rõ lắm chứ. Không kịp gửi.")
    assert violations(later) == []
    with later.expect_download() as waited:
        note.locator("[data-download]").click()
    assert "Không kịp gửi." in waited.value.path().read_text(encoding="utf-8")
    assert stored_segment(settings, editor.segment_ids[2]).text == "Dạ, tôi nhớ rõ lắm chứ."


def test_unsent_text_of_an_approved_version_is_listed_in_the_next(
    toolbox: Toolbox, open_as: OpenAs
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo", language="en", width=390)
    page.route("**/api/v1/segments/**", lambda route: route.abort())
    open_editor(page, editor, language="en")
    type_at_end(page, editor, 2, " Không kịp gửi.")
    expect(page.locator(".save-status--kept")).to_be_visible()
    approve_version(toolbox, editor)
    with toolbox.database.writing() as db:
        version = db.get_one(TranscriptVersion, editor.version_id)
        interview = db.get_one(Interview, version.interview_id)
        following = versions.open_next(
            db, rights_of_machine("test"), interview, version, reason="nghe lại"
        ).id
    later = page.context.new_page()
    page.close(run_before_unload=False)
    later.goto(f"/en/versions/{following}/edit")
    later.wait_for_selector("[data-words]")
    note = later.locator("[data-recovered]")
    expect(note).to_contain_text("1 segment that you typed into another version")
    expect(note.locator("[data-unsendable] li")).to_contain_text("Không kịp gửi.")
    assert violations(later) == []
    assert later.evaluate("document.documentElement.scrollWidth") <= 390
    note.get_by_role("button", name="Remove from this browser").click()
    expect(note).to_contain_text("Removed from this browser.")
    note.get_by_role("button", name="Undo").click()
    expect(note.locator("[data-unsendable] li")).to_contain_text("Không kịp gửi.")
    note.get_by_role("link", name="Open the version of these words").click()
    later.wait_for_url(f"**/en/versions/{editor.version_id}/edit")
    expect(later.locator("[data-unsendable] li")).to_contain_text("Không kịp gửi.")
    stretch_timer(later, 10_000, 0)  # the time in which a removal can be undone
    later.goto(f"/en/versions/{following}/edit")
    note.get_by_role("button", name="Remove from this browser").click()
    expect(note).to_be_hidden()
    assert outbox_rows(later) == []


def test_submitting_and_approving_wait_until_everything_is_saved(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("rob")
    open_editor(page, editor)
    expect(page.locator("[data-step=approve]")).to_be_hidden()
    type_at_end(page, editor, 2, " Chữ cuối.")
    page.locator("[data-step=hand-in] button").click()
    page.wait_for_url("**/interviews/**")
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Chữ cuối.")
    assert state_of(toolbox, editor.version_id) == "corrected"
    open_editor(page, editor)
    page.locator("[data-step=approve] button").click()
    page.locator("textarea[name=reason]").fill("Chưa nghe lại hết.")
    page.locator("#work button").click()
    page.wait_for_url("**/interviews/**")
    assert state_of(toolbox, editor.version_id) == "approved"


def test_a_second_part_has_its_own_sound_and_clock(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox, parts=2)
    half = len(editor.segment_ids) // 2
    page = open_as("cleo")
    play_slowly(page)
    open_editor(page, editor)
    place_caret(page, editor, half + 2, 0)
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => !document.querySelector('[data-sound=\"2\"]').paused")
    assert page.locator("[data-part-choice]").input_value() == "2"
    place_caret(page, editor, half, 0)
    page.keyboard.press("Backspace")
    expect(page.locator("#live")).to_contain_text("Phía trên không có đoạn nào để gộp")
    place_caret(page, editor, half + 4, 14)
    page.keyboard.press("Enter")
    expect(page.locator(".segment-chunk [data-segment]")).to_have_count(len(editor.segment_ids) + 1)
    assert page.evaluate("document.activeElement.closest('[data-segment]').dataset.part") == "2"


def test_text_can_be_corrected_without_wavesurfer(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    page = open_as("cleo")

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/wavesurfer*", refuse)
    open_editor(page, editor)
    expect(page.locator("[data-detail]")).to_be_hidden()
    type_at_end(page, editor, 2, " Vẫn sửa được.")
    wait_until_saved(page)
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Vẫn sửa được.")


@pytest.mark.parametrize("width", [1440, 390])
def test_text_without_recording_is_corrected_without_a_player(
    toolbox: Toolbox, open_as: OpenAs, settings: Settings, width: int
) -> None:
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db, recorded=False)
        version = sample_transcript.add_version(db, interview)
        editor = editor_fixture.EditorFixture(
            version.id, interview.accession, [s.id for s in version.segments], {}
        )
    page = open_as("cleo", width=width)
    open_editor(page, editor)
    assert page.locator("[data-do=toggle], [data-do=play-segment], [data-scrub]").count() == 0
    expect(page.get_by_text("Bản gỡ băng này không có bản ghi")).to_be_visible(visible=width > 760)
    expect(page.locator("[data-state-badge=machine]:visible")).to_have_count(1)
    type_at_end(page, editor, 2, " Sửa chay.")
    wait_until_saved(page)
    expect(page.locator("[data-state-badge=editing]:visible")).to_have_count(1)
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Sửa chay.")
    assert violations(page) == []


def test_editor_works_over_plain_http_under_another_host_name(
    toolbox: Toolbox, chromium: Browser, site: HttpClient, settings: Settings
) -> None:
    editor = editor_fixture.create(toolbox)
    browser = chromium.browser_type.launch(
        executable_path=chromium_path(),
        headless=True,
        args=[*FLAGS, "--host-resolver-rules=MAP archive.test 127.0.0.1"],
    )
    origin = f"http://archive.test:{site.port}"
    context = browser.new_context(base_url=origin)
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies(
        [{"name": SESSION_COOKIE, "value": token_of(settings, "cleo"), "url": origin}]
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_editor(page, editor)
    assert page.evaluate("isSecureContext") is False
    type_at_end(page, editor, 2, " Mạng nội bộ.")
    wait_until_saved(page)
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('[data-sound]').paused")
    assert stored_segment(settings, editor.segment_ids[2]).text.endswith("Mạng nội bộ.")
    assert errors == []
    browser.close()
