"""Uploads in a real browser: pause, resume, lost connection, duplicate, rejection."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, Route, expect

from archive.db import Database
from archive.models import MediaFile
from archive.settings import Settings
from archive.web.core.security import SESSION_COOKIE
from media.vault import Vault
from tests.browser.conftest import OpenAs
from tests.support import media_factory
from tests.support import media_files as media
from tests.support.accessibility import violations
from tests.support.http_server import ServerProcess

PAGE = "/interviews/LK-1/upload"
SLOW_BYTES_S = 100_000


@pytest.fixture
def interview(database: Database) -> str:
    return media_factory.add_interview(database)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Write a recording that takes half a minute at the limited bandwidth.

    A test interrupts its upload after a tenth, long before the end even on a busy machine.
    """
    return media.sound(tmp_path / "Băng Hòa 1.wav", media.tone(100.0))


def open_upload_page(open_as: OpenAs, *, language: str = "en", **options: object) -> Page:
    page = open_as("hoa", language=language, **options)
    page.goto(f"/{language}{PAGE}")
    return page


def limit_bandwidth(page: Page) -> CDPSession:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    throttle(network, SLOW_BYTES_S)
    return network


def throttle(network: CDPSession, bytes_a_second: int, *, offline: bool = False) -> None:
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": offline,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_a_second,
        },
    )


def select_files(page: Page, *paths: Path) -> None:
    page.set_input_files("input[type=file]", [str(path) for path in paths])


def wait_for_state(page: Page, name: str, state: str) -> None:
    """Wait until the row of a file has this state."""
    row = page.locator("li.file-row", has_text=name)
    expect(row).to_have_attribute("data-state", state)


def received_bytes(page: Page) -> int:
    """Return the offset that the archive reports for the one unfinished upload."""
    [facts] = page.evaluate("JSON.parse(document.querySelector('[data-facts]').textContent)")[
        "unfinished"
    ]
    return int(facts["sentBytes"])


def assert_stored(settings: Settings, database: Database, path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with database.reading() as db:
        [file] = db.query(MediaFile).filter_by(role="original", sha256=digest)
        assert file.filename == path.name
    assert Vault(settings.vault_dir).check(digest).state == "ok"


def wait_for_bytes(page: Page, name: str) -> None:
    """Wait until a tenth of the file was sent, which is more than the first chunk."""
    page.wait_for_function(
        "name => [...document.querySelectorAll('li.file-row')].some(row =>"
        " row.textContent.includes(name) && Number(row.querySelector('progress').value) >= 10)",
        arg=name,
    )


def test_cut_connection_loses_at_most_one_mebibyte(
    open_as: OpenAs, interview: str, tmp_path: Path, settings: Settings, database: Database
) -> None:
    """One request, which the server stores at its end, is at most 1 MiB long."""
    whole = media.sound(tmp_path / "Băng dài.wav", media.tone(400.0))  # 12.8 MB
    page = open_upload_page(open_as)
    offsets: list[int] = []
    cut: list[int] = []

    def pass_or_cut(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        offset = int(route.request.headers["upload-offset"])
        if offset > 6_000_000 and not cut:
            cut.append(offset)
            return route.abort("connectionreset")
        offsets.append(offset)
        return route.continue_()

    page.route("**/api/v1/uploads/*", pass_or_cut)
    select_files(page, whole)
    wait_for_state(page, whole.name, "offline")
    [part] = settings.parts_dir.glob("*.part")
    assert part.stat().st_size == cut[0]
    expect(page.locator("li.file-row--ok")).to_contain_text("Stored in the vault.")
    assert_stored(settings, database, whole)
    ends = [*offsets[1:], whole.stat().st_size]
    lengths = [end - start for start, end in zip(offsets, ends, strict=True)]
    assert 512 * 1024 < max(lengths) <= 1024 * 1024


def test_upload_of_two_files_ends_at_their_receipts(
    open_as: OpenAs, interview: str, recording: Path, settings: Settings, database: Database
) -> None:
    other = media.sound(recording.parent / "Băng Hòa 2.wav", media.tone(90.0, hertz=300))
    page = open_upload_page(open_as, language="vi")
    network = limit_bandwidth(page)
    select_files(page, recording, other)
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"^2 tệp · 6,1\sMB$"))
    expect(page.locator("[data-pace]")).to_have_text(
        re.compile(r"^Đang tải \d+\skB/giây · còn \d+ giây$")
    )
    throttle(network, -1)
    for path in (recording, other):
        wait_for_state(page, path.name, "kept")
        assert_stored(settings, database, path)
    expect(page.locator("[data-all]")).to_be_hidden()
    page.locator("li.file-row", has_text=recording.name).locator("a").click()
    shown_digest = "".join(page.locator("dd.checksum").inner_text().split())
    assert shown_digest == hashlib.sha256(recording.read_bytes()).hexdigest()
    assert violations(page) == []


def reload_during_upload(open_as: OpenAs, recording: Path) -> Page:
    """Start an upload and reload the page, which then lacks the file."""
    page = open_upload_page(open_as)
    page.on("dialog", lambda dialog: dialog.accept())
    network = limit_bandwidth(page)
    select_files(page, recording)
    wait_for_bytes(page, recording.name)
    page.reload()
    throttle(network, -1)
    wait_for_state(page, recording.name, "missing")
    return page


def test_upload_paused_and_resumed_is_stored(
    open_as: OpenAs, interview: str, recording: Path, settings: Settings, database: Database
) -> None:
    page = open_upload_page(open_as)
    network = limit_bandwidth(page)
    select_files(page, recording)
    wait_for_bytes(page, recording.name)
    row = page.locator("li.file-row", has_text=recording.name)
    row.locator("[data-do=pause]").click()
    wait_for_state(page, recording.name, "paused")
    expect(row.locator("[data-rest]")).to_have_text(re.compile(r"are kept\.$"))
    assert violations(page) == []
    throttle(network, -1)
    row.locator("[data-do=resume]").click()
    wait_for_state(page, recording.name, "kept")
    assert_stored(settings, database, recording)


def test_upload_after_a_reload_resumes_from_the_stored_offset(
    open_as: OpenAs, interview: str, recording: Path, settings: Settings, database: Database
) -> None:
    page = reload_during_upload(open_as, recording)
    before = received_bytes(page)
    [part] = settings.parts_dir.glob("*.part")
    assert 0 < before <= part.stat().st_size < recording.stat().st_size
    sent: list[int] = []
    page.on(
        "request",
        lambda request: (
            sent.append(int(request.headers["upload-offset"]))
            if request.method == "PATCH"
            else None
        ),
    )
    select_files(page, recording)
    wait_for_state(page, recording.name, "kept")
    assert min(sent) >= before
    assert_stored(settings, database, recording)


def test_resume_rejects_a_different_file_with_same_name_and_size(
    open_as: OpenAs, interview: str, recording: Path, settings: Settings, database: Database
) -> None:
    page = reload_during_upload(open_as, recording)
    (recording.parent / "x").mkdir()
    other = media.sound(recording.parent / "x" / recording.name, media.tone(100.0, hertz=300))
    select_files(page, other)
    expect(page.locator("li.file-row[data-state=kept]")).to_have_count(1)
    expect(page.locator("li.file-row[data-state=missing]")).to_contain_text("begins differently")
    assert_stored(settings, database, other)
    select_files(page, recording)
    expect(page.locator("li.file-row[data-state=kept]")).to_have_count(2)
    assert_stored(settings, database, recording)


def test_upload_after_a_lost_connection_resumes_by_itself(
    open_as: OpenAs, interview: str, recording: Path, settings: Settings, database: Database
) -> None:
    page = open_upload_page(open_as)
    network = limit_bandwidth(page)
    select_files(page, recording)
    wait_for_bytes(page, recording.name)
    throttle(network, SLOW_BYTES_S, offline=True)
    wait_for_state(page, recording.name, "offline")
    row = page.locator("li.file-row", has_text=recording.name)
    expect(row.locator("[data-verdict]")).to_have_text(re.compile(r"^Connection lost at \d"))
    throttle(network, -1)
    wait_for_state(page, recording.name, "kept")
    assert_stored(settings, database, recording)


def test_upload_after_a_server_restart_resumes(
    open_as: OpenAs,
    interview: str,
    recording: Path,
    settings: Settings,
    database: Database,
    server: ServerProcess,
) -> None:
    page = open_upload_page(open_as)
    network = limit_bandwidth(page)
    select_files(page, recording)
    wait_for_bytes(page, recording.name)
    server.kill()
    wait_for_state(page, recording.name, "offline")
    throttle(network, -1)
    server.start()
    wait_for_state(page, recording.name, "kept")
    assert_stored(settings, database, recording)


def test_upload_of_a_stored_file_is_detected_before_sending(
    open_as: OpenAs, interview: str, database: Database, recording: Path
) -> None:
    media_factory.add_interview(database, "LK-2")
    page = open_upload_page(open_as)
    select_files(page, recording)
    wait_for_state(page, recording.name, "kept")
    page.goto("/en/interviews/LK-2/upload")
    sent: list[str] = []
    page.on(
        "request",
        lambda request: sent.append(request.method) if request.method == "PATCH" else None,
    )
    select_files(page, recording)
    wait_for_state(page, recording.name, "duplicate")
    assert sent == []
    row = page.locator("li.file-row", has_text=recording.name)
    expect(row).to_contain_text("Identical to a file of LK-1")
    row.get_by_role("button", name="Add it to this interview too").click()
    wait_for_state(page, recording.name, "kept")
    with database.reading() as db:
        assert len({file.interview_id for file in media_factory.originals(db)}) == 2


def test_rejected_file_shows_the_reason_and_can_be_dismissed(
    open_as: OpenAs, interview: str, tmp_path: Path
) -> None:
    playlist, empty = tmp_path / "b.mp3", tmp_path / "c.wav"
    playlist.write_bytes(b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n")
    empty.write_bytes(b"")
    page = open_upload_page(open_as, language="vi")
    select_files(page, playlist, empty)
    wait_for_state(page, "b.mp3", "refused")
    wait_for_state(page, "c.wav", "failed")
    expect(page.locator("li.file-row", has_text="b.mp3")).to_contain_text("Chưa lưu gì từ tệp này.")
    expect(page.locator("li.file-row", has_text="c.wav")).to_contain_text("Tệp này trống.")
    expect(page.locator("[data-do=retry] >> visible=true")).to_have_count(0)
    for name in ("b.mp3", "c.wav"):
        row = page.locator("li.file-row", has_text=name)
        row.locator("[data-do=drop] >> visible=true").click()
        expect(row).to_have_count(0)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("dark", [False, True])
def test_upload_page_has_no_violations_and_fits_a_phone(
    open_as: OpenAs, interview: str, recording: Path, language: str, dark: bool
) -> None:
    page = open_upload_page(open_as, language=language, dark=dark, width=390, height=844)
    assert violations(page) == []
    limit_bandwidth(page)
    select_files(page, recording)
    wait_for_bytes(page, recording.name)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-all]").click()
    wait_for_state(page, recording.name, "paused")
    assert violations(page) == []


def test_upload_without_scripts_sends_a_form(
    open_as: OpenAs, interview: str, tmp_path: Path
) -> None:
    page = open_upload_page(open_as, scripts=False, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    select_files(page, media_factory.write_wav(tmp_path))
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("li.file-row--ok")).to_contain_text("Stored in the vault.")
    assert page.locator("[data-choose]").is_hidden()


@pytest.mark.parametrize("lost", [SESSION_COOKIE, re.compile("")], ids=["session", "every_cookie"])
def test_upload_after_an_expired_session_resumes_after_sign_in(
    open_as: OpenAs,
    interview: str,
    recording: Path,
    settings: Settings,
    database: Database,
    lost: str | re.Pattern[str],
) -> None:
    page = open_upload_page(open_as)
    network = limit_bandwidth(page)
    select_files(page, recording)
    wait_for_bytes(page, recording.name)
    session = [c for c in page.context.cookies() if c["name"] == SESSION_COOKIE]
    page.context.clear_cookies(name=lost)
    wait_for_state(page, recording.name, "guest")
    row = page.locator("li.file-row", has_text=recording.name)
    expect(row).to_contain_text("Your session has ended.")
    throttle(network, -1)
    page.context.add_cookies(session)  # type: ignore[arg-type]
    row.locator("[data-do=retry]").click()
    wait_for_state(page, recording.name, "kept")
    assert_stored(settings, database, recording)


def test_files_selected_before_the_script_loads_are_uploaded(
    open_as: OpenAs, interview: str, recording: Path
) -> None:
    page = open_as("hoa")
    routes: list[Route] = []
    page.route("**/js/holdings/uploads/page.js*", lambda route: routes.append(route))
    with page.expect_request("**/js/holdings/uploads/page.js*"):
        page.goto(f"/en{PAGE}", wait_until="commit")
    select_files(page, recording)
    assert page.evaluate("() => document.querySelector('input[type=file]').files.length") == 1
    routes[0].continue_()
    wait_for_state(page, recording.name, "kept")
