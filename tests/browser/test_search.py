"""Search in the browser: hits, the mini player, filters, no scripts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from archive.actions.holdings import local_ingest
from archive.actions.transcripts import imports
from archive.jobs.worker import Worker
from archive.models import Contribution, Interview, Person, Segment
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.conftest import OpenAs, play_slowly
from tests.support.accessibility import violations
from tests.support.copied_home import building_home, copy_home
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment, Word
from transcription.engines.demo import SAMPLES_DIR

SAMPLE = SAMPLES_DIR / "interview_pha_rao.json"


@pytest.fixture(scope="module")
def searchable_home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """Build an archive with one invented interview, its recording, transcript and index."""
    with building_home(tmp_path_factory.mktemp("search"), empty_database) as toolbox:
        _add_interview(toolbox)
        Worker(toolbox).run_until_idle()
    return toolbox.settings.home


@pytest.fixture
def settings(searchable_home: Path, tmp_path: Path) -> Settings:
    """A copy of the archive for this test."""
    return copy_home(searchable_home, tmp_path / "home")


def _add_interview(toolbox: Toolbox) -> None:
    sample = json.loads(SAMPLE.read_text(encoding="utf-8"))
    with toolbox.database.writing() as db:
        interview = Interview(
            id=new_id(), accession="LK-1", title=sample["title"], audience="public"
        )
        db.add(interview)
        for role, full, given in (
            ("witness", "Đoàn Văn Tấn", "Tấn"),
            ("interviewer", "Lê Thu Hà", "Hà"),
        ):
            person = Person(id=new_id(), full_name=full, given_name=given, sort_key=given)
            db.add(person)
            db.flush()
            db.add(Contribution(interview_id=interview.id, person_id=person.id, role=role))
    local_ingest.ingest_file(
        toolbox, rights_of_machine("test"), "LK-1", path=SAMPLE.with_name(sample["audio"])
    )
    with toolbox.database.writing() as db:
        stored = db.get_one(Interview, interview.id)
        imports.import_transcript(
            db,
            rights_of_machine("test"),
            stored,
            language="vi",
            state="approved",
            source="sample",
            reason="in tests",
            segments=[(stored.recordings[0].id, turn) for turn in _turns(sample["segments"])],
        )
        for segment in db.query(Segment):
            segment.state = "heard"  # the front page quotes only what was heard


def _turns(sentences: list[dict[str, Any]]) -> Iterator[TranscriptSegment]:
    """Join consecutive sentences of one speaker into segments."""
    for role, turn in itertools.groupby(sentences, key=lambda sentence: str(sentence["speaker"])):
        group = list(turn)
        words = [word for sentence in group for word in sentence["words"]]
        yield TranscriptSegment(
            id="",
            start_ms=_ms(group[0]["start"]),
            end_ms=_ms(group[-1]["end"]),
            role=role,
            text=" ".join(sentence["text"] for sentence in group),
            words=tuple(
                Word(
                    start_ms=_ms(w["start"]),
                    end_ms=_ms(w["end"]),
                    text=w["word"].strip(),
                    confidence=1.0,
                    source="editor",
                )
                for w in words
            ),
        )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def time_of_words(words: str) -> float:
    """Return the start of a phrase in the sample, in seconds."""
    for segment in json.loads(SAMPLE.read_text(encoding="utf-8"))["segments"]:
        spoken = [str(w["word"]).strip(" .,?!").lower() for w in segment["words"]]
        phrase = words.split()
        for at in range(len(spoken)):
            if spoken[at : at + len(phrase)] == phrase:
                return float(segment["words"][at]["start"])
    raise AssertionError(f"the sample lacks {words!r}")


def search_for(page: Page, words: str) -> None:
    page.goto("/vi/")
    page.fill("#q", words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/vi/search?**")


def playhead_s(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-mini] audio').currentTime"))


def test_search_without_marks_plays_the_hit_at_its_time(open_as: OpenAs) -> None:
    page = open_as(None)
    play_slowly(page, 0.25)
    search_for(page, "cuu nha may")
    hit = page.locator(".hit").first
    expect(hit.locator("mark")).to_have_text("cứu nhà máy")
    hit.locator("[data-play]").click()
    spoken_at_s = time_of_words("cứu nhà máy")
    page.wait_for_function(
        "said => { const a = document.querySelector('[data-mini] audio');"
        " return !a.paused && a.currentTime >= said; }",
        arg=spoken_at_s,
    )
    assert playhead_s(page) < spoken_at_s + 5
    assert page.url.endswith("q=cuu+nha+may") or "q=cuu%20nha%20may" in page.url
    expect(page.locator("[data-mini]")).to_be_visible()
    expect(hit).to_have_class("hit hit--playing")
    expect(hit.locator("[data-play]")).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []


def test_mini_player_pauses_plays_the_next_hit_and_closes(open_as: OpenAs) -> None:
    page = open_as(None)
    search_for(page, "pha rao")
    first, second = page.locator(".hit [data-play]").nth(0), page.locator(".hit [data-play]").nth(1)
    first.focus()
    page.keyboard.press("Space")
    expect(first).to_have_attribute("aria-pressed", "true")
    page.locator("[data-next]").click()
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(second).to_have_attribute("aria-pressed", "true")
    page.locator("[data-toggle]").click()
    expect(second).to_have_attribute("aria-pressed", "false")
    page.locator("[data-close]").click()
    expect(page.locator("[data-mini]")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.play") is not None


@pytest.mark.parametrize("language", ["vi", "en"])
def test_mini_player_on_a_phone_shows_every_button(open_as: OpenAs, language: str) -> None:
    page = open_as(None, language=language, width=390, height=844)
    page.goto(f"/{language}/search?q=pha+rao")
    page.locator(".hit [data-play]").first.click()
    for name in ("data-toggle", "data-next", "data-open", "data-close"):
        expect(page.locator(f"[{name}]")).to_be_in_viewport(ratio=1)


def test_front_page_plays_the_passage_of_the_day(open_as: OpenAs) -> None:
    page = open_as(None, language="en", dark=True)
    page.goto("/en/")
    play = page.locator(".passage-card [data-play]")
    start = int(play.get_attribute("data-start") or "0") / 1000
    play.click()
    page.wait_for_function(
        "start => { const a = document.querySelector('[data-mini] audio');"
        " return !a.paused && a.currentTime > start; }",
        arg=start,
    )
    assert violations(page) == []


def test_hit_without_scripts_links_to_its_passage(open_as: OpenAs) -> None:
    page = open_as(None, scripts=False)
    search_for(page, "pha rao")
    page.locator(".hit [data-play]").first.click()
    page.wait_for_url("**/vi/interviews/LK-1?t=*")
    expect(page.locator(".turn--current, [aria-current]").first).to_be_visible()


def test_search_filters_on_a_phone_are_folded_and_work(open_as: OpenAs) -> None:
    page = open_as("sam", width=390)
    page.goto("/vi/search?q=pha+rao")
    expect(page.locator("input[name=role]").first).to_be_hidden()
    page.click("[data-filters] > summary")
    page.check("input[name=role][value=interviewer]")
    page.click("[data-filters] > button")
    page.wait_for_url("**role=interviewer**")
    expect(page.locator(".chip--active")).to_contain_text("Người phỏng vấn")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
