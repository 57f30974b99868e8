"""The panel of a job, as it is watched: stage, share and end come without a reload."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from archive.access import machine
from archive.actions import ingest
from archive.models import Job
from archive.toolbox import Toolbox
from tests import spoken
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.fixtures.media import make as media
from tests.transcription.sounds import as_heard, sample

PAGE = "/vi/interviews/LK-1"
PATIENCE_MS = 240_000  # a busy machine hears slowly


@pytest.fixture(autouse=True)
def recording(toolbox: Toolbox, tmp_path: Path) -> None:
    """An interview whose sound is the beginning of one of our samples."""
    pcm = sample("interview_pha_rao").pcm[: 20 * 16_000]
    path = media.sound(tmp_path / "a.wav", as_heard(pcm)[np.newaxis])
    with toolbox.database.writing() as db:
        spoken.interview(db, recorded=False)
    ingest.ingest_file(toolbox, machine("test"), "LK-1", path=path)


def start(page: Page, model: str) -> None:
    page.goto(f"{PAGE}/transcript/new")
    page.locator(f"input[value='{model}']").check()
    page.get_by_role("button", name="Bắt đầu gỡ băng").click()
    page.wait_for_url("**/interviews/LK-1#work")


def test_it_is_watched_from_the_queue_to_the_text_without_a_reload(open_as: Open) -> None:
    page = open_as("cleo")
    start(page, "whisper:demo")
    page.evaluate("window.neverReloaded = true")
    panel = page.locator("section.job", has_text="Gỡ băng bằng máy")
    expect(panel).to_be_visible()
    assert violations(page) == []
    expect(panel.locator("[data-percent]")).not_to_have_text("0", timeout=PATIENCE_MS)
    read = panel.get_by_role("link", name="Đọc bản gỡ băng")
    expect(read).to_be_visible(timeout=PATIENCE_MS)
    expect(panel.locator("[data-percent]")).to_have_text("100")
    assert page.evaluate("window.neverReloaded") is True
    read.click()
    expect(page.locator("#text")).to_contain_text("Muốn mua thịt")
    expect(page.locator("#text")).to_contain_text("chỉ biết năm mươi câu của chính nó")


def test_a_model_that_is_not_there_is_waited_for_and_the_work_can_be_stopped(
    open_as: Open, toolbox: Toolbox
) -> None:
    page = open_as("cleo")
    page.goto(f"{PAGE}/transcript/new")
    expect(page.locator("input[name=model]:checked")).to_have_value("whisper:small")
    expect(page.locator(".choice", has_text="small")).to_contain_text(
        str(toolbox.settings.models_dir)
    )
    start(page, "whisper:small")
    panel = page.locator("section.job", has_text="small.pt")
    expect(panel).to_contain_text(str(toolbox.settings.models_dir), timeout=PATIENCE_MS)
    expect(panel.get_by_role("button", name="Thử lại")).to_be_visible()
    panel.get_by_role("button", name="Dừng việc này").click()
    page.wait_for_url("**/interviews/LK-1")
    expect(page.locator("section.job")).to_have_count(0)
    with toolbox.database.reading() as db:
        assert [j.state for j in db.query(Job).filter_by(kind="transcribe")] == ["cancelled"]
