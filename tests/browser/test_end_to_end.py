"""End to end in the browser: from an empty folder to a copied citation.

First run → sample archive → new interview → upload → watch the job → correct a word →
approve → search without marks → hear the hit → copy the citation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from archive import migrations
from archive.settings import Settings
from media.sound import pcm_spans
from tests.browser.conftest import PATIENCE_MS
from tests.support import media_files
from tests.support.accessibility import violations
from tests.support.http_server import HttpClient, ServerProcess
from tests.support.page_monitor import PageMonitor
from transcription.engines.demo import SAMPLES_DIR

PASSWORD = "gà gáy sáng ở hẻm 48"
TRANSCRIPTION_TIMEOUT_MS = 400_000


@pytest.fixture
def empty_archive(tmp_path: Path) -> Iterator[HttpClient]:
    """Serve an archive that `flask init` has just created."""
    home = tmp_path / "home"
    for folder in ("vault/parts", "derivatives", "index", "models"):
        (home / folder).mkdir(parents=True)
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")
    migrations.upgrade(settings.database_url)
    server = ServerProcess(settings, worker=True)
    yield server.start()
    server.stop()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_archive_from_first_run_to_citation(
    chromium: Browser, empty_archive: HttpClient, tmp_path: Path
) -> None:
    origin = f"http://{empty_archive.host}:{empty_archive.port}"
    monitor = PageMonitor(host=f"{empty_archive.host}:{empty_archive.port}")
    context = chromium.new_context(
        base_url=origin,
        locale="vi",
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    context.on("page", monitor.observe)
    page = context.new_page()
    _first_run(page)
    _wait_for_sample(page)
    accession = _create_interview(page)
    _upload(page, _write_recording(tmp_path / "băng 1.wav", seconds=40))
    _transcribe(page, accession)
    word = _correct(page, accession)
    _approve(page, accession)
    _search_and_play(page, word)
    _cite(page, accession)
    assert violations(page) == []
    monitor.assert_clean()
    context.close()


def _write_recording(path: Path, *, seconds: int) -> Path:
    """Write the beginning of a sample interview, which the demo model can transcribe."""
    sample = SAMPLES_DIR / "interview_hem_binh_thanh.opus"
    (samples,) = pcm_spans(sample, [(0, seconds * 1000)])
    return media_files.sound(path, samples[None, :])


def _first_run(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/vi/first-run$"))
    page.fill("#site_name", "Kho lời kể thử")
    page.fill("#name", "Trần Thị Quản")
    page.fill("#email", "quan@example.test")
    page.fill("#password", PASSWORD)
    page.check("input[name=start][value=sample]")
    page.click("form[action$='first-run'] button.button--primary")
    expect(page).to_have_url(re.compile("/vi/$"))


def _wait_for_sample(page: Page) -> None:
    """Reload the catalogue until the worker has loaded the sample."""

    def shown() -> bool:
        page.goto("/vi/interviews?set=sample")
        return page.locator("main a[href*='/interviews/']").count() >= 9

    _retry_until(page, shown)


def _create_interview(page: Page) -> str:
    page.goto("/vi/interviews/new")
    page.fill("#title", "Hẻm nhỏ mùa ngập")
    page.locator("input[name=witness]").first.fill("Nguyễn Thị Sáu")
    page.locator("input[name=interviewer]").first.fill("Lê Văn Hỏi")
    page.fill("#held_as_told", "12-5-2019")
    page.check("input[name=audience][value=public]")
    page.click(".save-bar button.button--primary")
    expect(page).to_have_url(re.compile(r"/vi/interviews/[^/]+$"))
    return page.url.rpartition("/")[2]


def _upload(page: Page, recording: Path) -> None:
    page.click("a[href$='/upload']")
    page.set_input_files("input[type=file]", str(recording))
    row = page.locator("li.file-row", has_text=recording.name)
    expect(row).to_have_attribute("data-state", "kept")
    row.locator("a").first.click()
    expect(page.locator("main")).to_contain_text(re.compile("SHA-256"))


def _transcribe(page: Page, accession: str) -> None:
    page.goto(f"/vi/interviews/{accession}/transcript/new")
    page.check("input[name=model][value$=demo]")
    page.click("form[action$='/transcript/start'] button.button--primary")
    expect(page.locator("#work [data-job]").first).to_be_visible()
    page.locator("#work a[href*='version=1']").click(timeout=TRANSCRIPTION_TIMEOUT_MS)
    expect(page.locator(".turn").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("chưa hiệu đính")


def _correct(page: Page, accession: str) -> str:
    """Append words to the first segment by keyboard; return the query that finds them."""
    page.locator("#work a.button--primary").click()
    first = page.locator("[data-segment] .segment__text").first
    first.click()
    page.keyboard.press("End")
    page.keyboard.type(" ở xóm Lách")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-save-status-text]")).to_contain_text("Đã lưu")
    page.reload()
    expect(page.locator("[data-segment] .segment__text").first).to_contain_text("ở xóm Lách")
    return "o xom lach"


def _approve(page: Page, accession: str) -> None:
    page.locator("form[data-step=approve] button").click()
    page.locator("textarea[name=reason]").fill("Chưa nghe lại hết.")
    page.locator("#work button").click()
    expect(page).to_have_url(re.compile(f"/vi/interviews/{accession}"))
    expect(page.locator("main")).to_contain_text("Đã duyệt")


def _search_and_play(page: Page, words: str) -> None:
    def found() -> bool:
        page.goto("/vi/")
        page.locator("main input[name=q]").fill(words)
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/vi/search"))
        return page.locator(".hit mark", has_text="xóm").count() >= 1

    _retry_until(page, found)
    page.locator(".hit [data-play]").first.click()
    page.wait_for_function(
        "() => { const a = document.querySelector('[data-mini] audio');"
        " return a && !a.paused && a.currentTime > 0; }"
    )


def _cite(page: Page, accession: str) -> None:
    page.locator(".hit__time a").first.click()
    expect(page).to_have_url(re.compile(rf"/interviews/{accession}\?t="))
    page.locator("[data-copy=vietnamese]").click()
    page.wait_for_function(
        "accession => navigator.clipboard.readText().then(t => t.includes(accession))",
        arg=accession,
    )
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert "Nguyễn Thị Sáu" in copied
    assert "00:00:" in copied


def _retry_until(page: Page, ready: object) -> None:
    """Call `ready` every half second, for five minutes, until it returns true."""
    assert callable(ready)
    for _attempt in range(600):
        if ready():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"never came true: {page.locator('main').inner_text()[:2000]}")
