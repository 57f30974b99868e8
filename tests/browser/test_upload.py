"""Uploads in a real browser: sent, paused, cut, reloaded, resumed, recognised, refused."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, Route, expect

from archive.db import Database
from archive.models import MediaFile
from archive.settings import Settings
from archive.web.security import SESSION_COOKIE
from media.vault import Vault
from tests import holdings as make
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.fixtures.media import make as media
from tests.live import ServerProcess

PAGE = "/interviews/LK-1/upload"
SLOW_BYTES_S = 400_000
PATIENCE_MS = 60_000


@pytest.fixture
def interview(database: Database) -> str:
    return make.interview(database)


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A recording that takes some eight seconds on the slow line."""
    return media.sound(tmp_path / "Băng Hòa 1.wav", media.tone(100.0))


def enter(open_as: Open, *, language: str = "en", **more: object) -> Page:
    page = open_as("hoa", language=language, **more)
    page.goto(f"/{language}{PAGE}")
    return page


def slow_down(page: Page) -> CDPSession:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    throttle(line, SLOW_BYTES_S)
    return line


def throttle(line: CDPSession, bytes_a_second: int, *, offline: bool = False) -> None:
    line.send("Network.emulateNetworkConditions", {
        "offline": offline, "latency": 0, "downloadThroughput": -1,
        "uploadThroughput": bytes_a_second,
    })  # fmt: skip


def choose(page: Page, *paths: Path) -> None:
    page.set_input_files("input[type=file]", [str(path) for path in paths])


def state(page: Page, name: str, wanted: str) -> None:
    """Wait until the row of a file is in a state."""
    row = page.locator("li.uf", has_text=name)
    expect(row).to_have_attribute("data-state", wanted, timeout=PATIENCE_MS)


def kept_bytes(page: Page) -> int:
    """What the archive says that it has of the one upload that is under way."""
    [facts] = page.evaluate("JSON.parse(document.querySelector('[data-facts]').textContent)")[
        "unfinished"
    ]
    return int(facts["sentBytes"])


def check_kept(settings: Settings, database: Database, path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with database.reading() as db:
        [file] = db.query(MediaFile).filter_by(role="original", sha256=digest)
        assert file.filename == path.name
    assert Vault(settings.vault_dir).check(digest).state == "ok"


def wait_for_bytes(page: Page, name: str) -> None:
    """Until the archive has some whole piece of the file, so that a cut leaves something."""
    page.wait_for_function(
        "name => [...document.querySelectorAll('li.uf')].some(row =>"
        " row.textContent.includes(name) && Number(row.querySelector('progress').value) >= 25)",
        arg=name, timeout=PATIENCE_MS,
    )  # fmt: skip


def test_two_files_are_sent_to_their_receipts(
    open_as: Open, interview: str, tape: Path, settings: Settings, database: Database
) -> None:
    other = media.sound(tape.parent / "Băng Hòa 2.wav", media.tone(90.0, hertz=300))
    page = enter(open_as, language="vi")
    slow_down(page)
    choose(page, tape, other)
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"^2 tệp · 6,1\sMB$"))
    expect(page.locator("[data-pace]")).to_have_text(
        re.compile(r"^Đang tải \d+\skB/giây · còn \d+ giây$"), timeout=PATIENCE_MS
    )
    for path in (tape, other):
        state(page, path.name, "kept")
        check_kept(settings, database, path)
    expect(page.locator("[data-all]")).to_be_hidden()
    page.locator("li.uf", has_text=tape.name).locator("a").click()
    told = "".join(page.locator("dd.hash").inner_text().split())
    assert told == hashlib.sha256(tape.read_bytes()).hexdigest()
    assert violations(page) == []


def test_a_pause_holds_and_going_on_finishes(
    open_as: Open, interview: str, tape: Path, settings: Settings, database: Database
) -> None:
    page = enter(open_as)
    line = slow_down(page)
    choose(page, tape)
    wait_for_bytes(page, tape.name)
    row = page.locator("li.uf", has_text=tape.name)
    row.locator("[data-do=pause]").click()
    state(page, tape.name, "paused")
    expect(row.locator("[data-rest]")).to_have_text(re.compile(r"are kept\.$"))
    assert violations(page) == []
    throttle(line, -1)
    row.locator("[data-do=resume]").click()
    state(page, tape.name, "kept")
    check_kept(settings, database, tape)


def test_a_reload_in_the_middle_goes_on_from_the_byte_on_the_disk(
    open_as: Open, interview: str, tape: Path, settings: Settings, database: Database
) -> None:
    page = enter(open_as)
    page.on("dialog", lambda dialog: dialog.accept())
    slow_down(page)
    choose(page, tape)
    wait_for_bytes(page, tape.name)
    page.reload()
    state(page, tape.name, "missing")
    before = kept_bytes(page)
    [part] = settings.parts_dir.glob("*.part")
    assert 0 < before <= part.stat().st_size < tape.stat().st_size
    sent: list[int] = []
    page.on("request", lambda request: sent.append(int(request.headers["upload-offset"]))
            if request.method == "PATCH" else None)  # fmt: skip
    choose(page, tape)
    state(page, tape.name, "kept")
    assert min(sent) >= before
    check_kept(settings, database, tape)


def test_another_recording_of_the_same_name_and_length_is_not_sewn_on(
    open_as: Open, interview: str, tape: Path, settings: Settings, database: Database
) -> None:
    page = enter(open_as)
    page.on("dialog", lambda dialog: dialog.accept())
    slow_down(page)
    choose(page, tape)
    wait_for_bytes(page, tape.name)
    page.reload()
    state(page, tape.name, "missing")
    (tape.parent / "x").mkdir()
    other = media.sound(tape.parent / "x" / tape.name, media.tone(100.0, hertz=300))
    choose(page, other)
    expect(page.locator("li.uf[data-state=kept]")).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator("li.uf[data-state=missing]")).to_contain_text("begins differently")
    check_kept(settings, database, other)
    choose(page, tape)
    expect(page.locator("li.uf[data-state=kept]")).to_have_count(2, timeout=PATIENCE_MS)
    check_kept(settings, database, tape)


def test_a_lost_line_is_told_and_taken_up_again(
    open_as: Open, interview: str, tape: Path, settings: Settings, database: Database
) -> None:
    page = enter(open_as)
    line = slow_down(page)
    choose(page, tape)
    wait_for_bytes(page, tape.name)
    throttle(line, SLOW_BYTES_S, offline=True)
    state(page, tape.name, "offline")
    row = page.locator("li.uf", has_text=tape.name)
    expect(row.locator("[data-verdict]")).to_have_text(re.compile(r"^Connection lost at \d"))
    throttle(line, -1)
    state(page, tape.name, "kept")
    check_kept(settings, database, tape)


def test_a_killed_server_that_comes_back_gets_the_rest(
    open_as: Open, interview: str, tape: Path, settings: Settings, database: Database,
    server: ServerProcess,
) -> None:  # fmt: skip
    page = enter(open_as)
    slow_down(page)
    choose(page, tape)
    wait_for_bytes(page, tape.name)
    server.kill()
    state(page, tape.name, "offline")
    server.start()
    state(page, tape.name, "kept")
    check_kept(settings, database, tape)


def test_a_file_that_is_there_is_recognised_before_a_byte_is_sent(
    open_as: Open, interview: str, database: Database, tape: Path
) -> None:
    make.interview(database, "LK-2")
    page = enter(open_as)
    choose(page, tape)
    state(page, tape.name, "kept")
    page.goto("/en/interviews/LK-2/upload")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method)
            if request.method == "PATCH" else None)  # fmt: skip
    choose(page, tape)
    state(page, tape.name, "duplicate")
    assert sent == []
    row = page.locator("li.uf", has_text=tape.name)
    expect(row).to_contain_text("Byte for byte the same as in LK-1")
    row.get_by_role("button", name="It belongs here too").click()
    state(page, tape.name, "kept")
    with database.reading() as db:
        assert len({file.interview_id for file in make.originals(db)}) == 2


def test_what_is_not_taken_says_why_and_can_be_taken_off(
    open_as: Open, interview: str, tmp_path: Path
) -> None:
    playlist, empty = tmp_path / "b.mp3", tmp_path / "c.wav"
    playlist.write_bytes(b"#EXTM3U\nhttp://127.0.0.1:9/a.ts\n")
    empty.write_bytes(b"")
    page = enter(open_as, language="vi")
    choose(page, playlist, empty)
    state(page, "b.mp3", "refused")
    state(page, "c.wav", "failed")
    expect(page.locator("li.uf", has_text="b.mp3")).to_contain_text("Chưa lưu gì từ tệp này.")
    expect(page.locator("li.uf", has_text="c.wav")).to_contain_text("Tệp này trống.")
    expect(page.locator("[data-do=retry] >> visible=true")).to_have_count(0)
    for name in ("b.mp3", "c.wav"):
        row = page.locator("li.uf", has_text=name)
        row.locator("[data-do=drop] >> visible=true").click()
        expect(row).to_have_count(0)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_has_no_barrier_and_fits_a_phone(
    open_as: Open, interview: str, tape: Path, language: str, dark: bool
) -> None:
    page = enter(open_as, language=language, dark=dark, width=390, height=844)
    assert violations(page) == []
    slow_down(page)
    choose(page, tape)
    wait_for_bytes(page, tape.name)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-all]").click()
    state(page, tape.name, "paused")
    assert violations(page) == []


def test_without_script_a_form_sends_small_files(
    open_as: Open, interview: str, tmp_path: Path
) -> None:
    page = enter(open_as, scripts=False, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    choose(page, make.sound(tmp_path))
    page.get_by_role("button", name="Send").click()
    expect(page.locator("li.uf.ok")).to_contain_text("In the vault.")
    assert page.locator("[data-choose]").is_hidden()


@pytest.mark.parametrize("lost", [SESSION_COOKIE, re.compile("")], ids=["session", "every_cookie"])
def test_a_sign_in_that_ended_is_told_and_the_file_goes_on_after_the_next(
    open_as: Open, interview: str, tape: Path, settings: Settings, database: Database,
    lost: str | re.Pattern[str],
) -> None:  # fmt: skip
    page = enter(open_as)
    slow_down(page)
    choose(page, tape)
    wait_for_bytes(page, tape.name)
    session = [c for c in page.context.cookies() if c["name"] == SESSION_COOKIE]
    page.context.clear_cookies(name=lost)
    state(page, tape.name, "guest")
    row = page.locator("li.uf", has_text=tape.name)
    expect(row).to_contain_text("Your sign-in has ended.")
    page.context.add_cookies(session)  # type: ignore[arg-type]
    row.locator("[data-do=retry]").click()
    state(page, tape.name, "kept")
    check_kept(settings, database, tape)


def test_files_that_are_chosen_before_the_script_has_come_are_taken(
    open_as: Open, interview: str, tape: Path
) -> None:
    page = open_as("hoa")
    held: list[Route] = []
    page.route("**/js/upload/page.js*", lambda route: held.append(route))
    page.goto(f"/en{PAGE}", wait_until="commit")
    choose(page, tape)
    assert page.evaluate("() => document.querySelector('input[type=file]').files.length") == 1
    held[0].continue_()
    state(page, tape.name, "kept")
