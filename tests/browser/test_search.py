"""Three words without marks, one press, and the very second is heard."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from archive.access import machine
from archive.actions import ingest, transcripts
from archive.jobs.worker import Worker
from archive.models import Contribution, Interview, Person
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.live import Line, ServerProcess
from transcription.document import Segment, Word
from transcription.engines.demo import SAMPLES_DIR

SAMPLE = SAMPLES_DIR / "interview_pha_rao.json"


@pytest.fixture
def site(toolbox: Toolbox, settings: Settings) -> Iterator[Line]:
    """A server on an archive that holds an invented interview with its sound and its words."""
    told = json.loads(SAMPLE.read_text(encoding="utf-8"))
    with toolbox.database.writing() as db:
        interview = Interview(id=new_id(), accession="LK-1", title=told["title"], audience="public")
        db.add(interview)
        for role, full, given in (
            ("witness", "Đoàn Văn Tấn", "Tấn"), ("interviewer", "Lê Thu Hà", "Hà"),
        ):  # fmt: skip
            person = Person(id=new_id(), full_name=full, given_name=given, sort_key=given)
            db.add(person)
            db.flush()
            db.add(Contribution(interview_id=interview.id, person_id=person.id, role=role))
    ingest.ingest_file(toolbox, machine("test"), "LK-1", path=SAMPLE.with_name(told["audio"]))
    with toolbox.database.writing() as db:
        held = db.get_one(Interview, interview.id)
        transcripts.bring_in(
            db, machine("test"), held, language="vi", state="approved", source="sample",
            spoken=[(held.recordings[0].id, turn) for turn in _turns(told["segments"])],
        )  # fmt: skip
    Worker(toolbox).run_until_idle()
    toolbox.database.dispose()
    server = ServerProcess(settings)
    yield server.start()
    server.stop()


def _turns(sentences: list[dict[str, Any]]) -> Iterator[Segment]:
    """Everything that one of the two says until the other speaks."""
    for role, turn in itertools.groupby(sentences, key=lambda sentence: str(sentence["speaker"])):
        said = list(turn)
        words = [word for sentence in said for word in sentence["words"]]
        yield Segment(
            id="", start_ms=_ms(said[0]["start"]), end_ms=_ms(said[-1]["end"]), role=role,
            text=" ".join(sentence["text"] for sentence in said),
            words=tuple(
                Word(start_ms=_ms(w["start"]), end_ms=_ms(w["end"]), text=w["word"].strip(),
                     confidence=1.0, source="editor")
                for w in words
            ),
        )  # fmt: skip


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def second_of(words: str) -> float:
    """When the sample says the first of these words, by its own exact times."""
    for piece in json.loads(SAMPLE.read_text(encoding="utf-8"))["segments"]:
        spoken = [str(w["word"]).strip(" .,?!").lower() for w in piece["words"]]
        wanted = words.split()
        for at in range(len(spoken)):
            if spoken[at : at + len(wanted)] == wanted:
                return float(piece["words"][at]["start"])
    raise AssertionError(f"nobody says {words!r}")


def look_for(page: Page, words: str) -> None:
    page.goto("/vi/")
    page.fill("#q", words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/vi/search?**")


def position(page: Page) -> float:
    return float(page.evaluate("document.querySelector('[data-mini] audio').currentTime"))


def test_three_words_without_marks_are_heard_where_they_are_said(open_as: Open) -> None:
    page = open_as(None)
    look_for(page, "cuu nha may")
    hit = page.locator(".hit").first
    expect(hit.locator("mark")).to_have_text("cứu nhà máy")
    hit.locator("[data-play]").click()
    said = second_of("cứu nhà máy")
    page.wait_for_function(
        "said => { const a = document.querySelector('[data-mini] audio');"
        " return !a.paused && a.currentTime >= said; }",
        arg=said,
    )
    assert position(page) < said + 5
    assert page.url.endswith("q=cuu+nha+may") or "q=cuu%20nha%20may" in page.url
    expect(page.locator("[data-mini]")).to_be_visible()
    expect(hit).to_have_class("hit on")
    expect(hit.locator("[data-play]")).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []


def test_the_player_pauses_goes_on_to_the_next_and_closes(open_as: Open) -> None:
    page = open_as(None)
    look_for(page, "pha rao")
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
def test_every_button_of_the_player_is_within_reach_on_a_phone(
    open_as: Open, language: str
) -> None:
    page = open_as(None, language=language, width=390, height=844)
    page.goto(f"/{language}/search?q=pha+rao")
    page.locator(".hit [data-play]").first.click()
    for name in ("data-toggle", "data-next", "data-open", "data-close"):
        expect(page.locator(f"[{name}]")).to_be_in_viewport(ratio=1)


def test_the_passage_of_the_day_is_heard_on_the_front_page(open_as: Open) -> None:
    page = open_as(None, language="en", dark=True)
    page.goto("/en/")
    play = page.locator(".card-ix [data-play]")
    start = int(play.get_attribute("data-start") or "0") / 1000
    play.click()
    page.wait_for_function(
        "start => { const a = document.querySelector('[data-mini] audio');"
        " return !a.paused && a.currentTime > start; }",
        arg=start,
    )
    assert violations(page) == []


def test_without_a_script_a_hit_leads_to_its_passage(open_as: Open) -> None:
    page = open_as(None, scripts=False)
    look_for(page, "pha rao")
    page.locator(".hit [data-play]").first.click()
    page.wait_for_url("**/vi/interviews/LK-1?t=*")
    expect(page.locator(".turn.on, .turn.at, [aria-current]").first).to_be_visible()


def test_filters_are_folded_on_a_phone_and_work(open_as: Open) -> None:
    page = open_as("sam", width=390)
    page.goto("/vi/search?q=pha+rao")
    expect(page.locator("input[name=role]").first).to_be_hidden()
    page.click("[data-filters] > summary")
    page.check("input[name=role][value=interviewer]")
    page.click("[data-filters] > button")
    page.wait_for_url("**role=interviewer**")
    expect(page.locator(".chip.on")).to_contain_text("Người phỏng vấn")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
