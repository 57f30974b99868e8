"""Of an approved text with one heard segment of 24, every channel shows that 23 are unheard.

A channel is what gives a reader words of a text. Formats are those of the registry, so that a
format which loses the label or the marks fails here.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from archive.actions.transcripts import exports
from archive.models import TranscriptVersion
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.cli_runner import CliRunner
from tests.support.searchable_interviews import index_all
from transcription.formats.base import UNHEARD_MARK

LABEL = "23 of 24 segments not checked"
WHOLE_LABEL = f"{LABEL} against the audio"
HEARD = 7
PAGE = "/en/interviews/LK-1"


def sentence(number: int) -> str:
    """Return the words of a segment, long enough for the front page."""
    return f"Câu thứ {number:02d}: sáng nào mấy bà cũng ra giếng gánh nước, tới khi có nước máy."


@pytest.fixture
def version_id(toolbox: Toolbox) -> str:
    lines = tuple(
        ("witness", number * 2_000, number * 2_000 + 2_000, sentence(number))
        for number in range(24)
    )
    with toolbox.database.writing() as db:
        interview = sample_transcript.add_interview(db)
        version = sample_transcript.add_version(db, interview, lines=lines)
        version.state = "approved"
        version.segments[HEARD].state = "heard"
        found = version.id
    index_all(toolbox)
    return found


@pytest.fixture
def reader(client_of: Callable[[str | None], FlaskClient], version_id: str) -> FlaskClient:
    return client_of(None)


def written_text(data: bytes) -> str:
    """Return the text of a file, of all parts of a zip file."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if "xml" in name)


@pytest.mark.parametrize("name", exports.writable_formats())
def test_exported_file_shows_and_marks_the_unheard(
    reader: FlaskClient, version_id: str, name: str
) -> None:
    text = written_text(reader.get(f"/en/versions/{version_id}/export/{name}").data)
    assert WHOLE_LABEL in text
    if name == "json":
        assert WHOLE_LABEL in json.loads(text)["label"]
        segments = json.loads(text)["segments"]
        assert [s["unheard"] for s in segments].count(True) == 23
        assert segments[HEARD]["vouched_by"] == "heard"
        return
    marked = text.replace(f"{UNHEARD_MARK} not checked against the audio", "", 1)
    assert len(marked) < len(text), "the mark is explained"
    assert marked.count(UNHEARD_MARK) == 23
    before_heard = marked.split(f"{HEARD - 1:02d}:")[1].split(f"{HEARD:02d}:")[0]
    assert UNHEARD_MARK not in before_heard


def test_page_and_its_print_show_and_mark_the_unheard(reader: FlaskClient) -> None:
    page = html.unescape(reader.get(PAGE).text)
    assert page.count('class="turn__unheard"') == 23
    assert page.count('data-vouched="heard"') == 1
    printed = page.split('class="print-only print-citation"')[1].split("</article>")[0]
    assert WHOLE_LABEL in printed
    assert "23/24 đoạn chưa nghe đối chiếu" in html.unescape(reader.get("/vi/interviews/LK-1").text)


def test_words_show_and_mark_the_unheard(reader: FlaskClient) -> None:
    words = reader.get(f"{PAGE}/words").get_json()
    assert WHOLE_LABEL in words["label"]
    marks = [(turn["unheard"], turn["vouched_by"]) for turn in words["segments"].values()]
    assert marks.count((True, "machine")) == 23
    assert marks[HEARD] == (False, "heard")


@pytest.mark.parametrize("style", ["vietnamese", "chicago", "bibtex", "ris"])
def test_citation_shows_the_unheard(reader: FlaskClient, style: str) -> None:
    count, passage = WHOLE_LABEL, "this passage not checked against the audio"
    if style == "vietnamese":
        count, passage = "23/24 đoạn chưa nghe đối chiếu", "đoạn trích này chưa nghe đối chiếu"
    assert count in reader.get(f"{PAGE}/cite").get_json()[style]
    for number in range(24):
        span = f"t={number * 2}-{number * 2 + 2}"
        citation = reader.get(f"{PAGE}/cite?{span}").get_json()[style]
        assert count in citation
        assert (passage in citation) == (number != HEARD), number


def test_search_page_shows_and_marks_the_unheard(reader: FlaskClient) -> None:
    page = reader.get("/en/search?q=gi%E1%BA%BFng").text
    hits = page.count('class="hit__text"')
    assert hits > 0
    assert LABEL in page
    marked = page.count("data-unheard")
    assert marked == hits - (f"{HEARD:02d}:" in re.sub("<[^>]*>", "", page))


def test_search_json_shows_and_marks_the_unheard(app: Flask, version_id: str) -> None:
    hits = CliRunner(app).json("search", "giếng", "--as", "public", "--limit", "50")["hits"]
    assert hits
    for hit in hits:
        is_heard = hit["text"] == sentence(HEARD)
        assert (hit["unheard"], hit["vouched_by"]) == (
            (False, "heard") if is_heard else (True, "machine")
        )
        assert "23/24 đoạn chưa nghe đối chiếu" in hit["label"]


def test_front_page_quotes_the_heard_segment_and_counts_the_others(reader: FlaskClient) -> None:
    page = html.unescape(reader.get("/en/").text)
    assert sentence(HEARD) in page
    assert not [n for n in range(24) if n != HEARD and sentence(n) in page]
    assert LABEL in page.split('class="passage-card"')[1].split("</article>")[0]


def test_front_page_never_quotes_an_unheard_text(
    toolbox: Toolbox, reader: FlaskClient, version_id: str
) -> None:
    with toolbox.database.writing() as db:
        db.get_one(TranscriptVersion, version_id).segments[HEARD].state = "edited"
    assert "<blockquote" not in reader.get("/en/").text


@pytest.mark.parametrize("address", ["/en/interviews", "/en/"])
def test_lists_show_the_unheard(reader: FlaskClient, address: str) -> None:
    rows = reader.get(address).text.split('class="interview-row')
    assert LABEL in rows[-1] or LABEL in rows[-2]
