"""The panel of a job: stage, progress and end appear without a reload."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from archive.actions.holdings import local_ingest
from archive.models import Job
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs
from tests.support import media_files as media
from tests.support import sample_transcript
from tests.support.accessibility import violations
from tests.support.audio_samples import as_float, sample
from tests.support.rights import rights_of_machine

PAGE = "/vi/interviews/LK-1"
pytestmark = pytest.mark.usefixtures("worker")
PATIENCE_MS = 240_000  # transcription is slow on a busy machine


@pytest.fixture(autouse=True)
def recording(toolbox: Toolbox, tmp_path: Path) -> None:
    """Add an interview whose recording is the beginning of a sample."""
    pcm = sample("interview_pha_rao").pcm[: 20 * 16_000]
    path = media.sound(tmp_path / "a.wav", as_float(pcm)[np.newaxis])
    with toolbox.database.writing() as db:
        sample_transcript.add_interview(db, recorded=False)
    local_ingest.ingest_file(toolbox, rights_of_machine("test"), "LK-1", path=path)


def start_transcription(page: Page, model: str) -> None:
    page.goto(f"{PAGE}/transcript/new")
    page.locator(f"input[value='{model}']").check()
    page.get_by_role("button", name="Bắt đầu gỡ băng").click()
    page.wait_for_url("**/interviews/LK-1#work")


def test_job_panel_follows_the_job_to_its_end_without_a_reload(open_as: OpenAs) -> None:
    page = open_as("cleo")
    start_transcription(page, "whisper:demo")
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


def test_job_panel_with_missing_model_waits_and_can_be_cancelled(
    open_as: OpenAs, toolbox: Toolbox
) -> None:
    page = open_as("cleo")
    page.goto(f"{PAGE}/transcript/new")
    expect(page.locator("input[name=model]:checked")).to_have_value("whisper:small")
    expect(page.locator(".choice", has_text="small")).to_contain_text(
        str(toolbox.settings.models_dir)
    )
    start_transcription(page, "whisper:small")
    panel = page.locator("section.job", has_text="small.pt")
    expect(panel).to_contain_text(str(toolbox.settings.models_dir), timeout=PATIENCE_MS)
    expect(panel.get_by_role("button", name="Thử lại")).to_be_visible()
    panel.get_by_role("button", name="Dừng việc này").click()
    page.wait_for_url("**/interviews/LK-1")
    expect(page.locator("section.job")).to_have_count(0)
    with toolbox.database.reading() as db:
        assert [j.state for j in db.query(Job).filter_by(kind="transcribe")] == ["cancelled"]
