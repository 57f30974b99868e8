"""The witness is replaced in the form; pages, files and the editor name the speaker as before."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.transcripts import versions
from archive.db import Database
from archive.models import Event, Interview
from archive.toolbox import Toolbox
from tests.support import named_speakers as named
from tests.support.html_pages import hidden_field
from tests.support.named_speakers import INTERVIEWER, NEIGHBOUR, NEW_WITNESS, SPOKEN_NAME, WITNESS
from tests.support.searchable_interviews import index_all

ClientOf = Callable[[str | None], FlaskClient]
PAGE = f"/en/interviews/{named.ACCESSION}"
SPEAKERS = [INTERVIEWER, SPOKEN_NAME, SPOKEN_NAME, NEIGHBOUR]


@pytest.fixture
def approved_versions(database: Database) -> str:
    """Add the interview; return the id of its approved version."""
    with database.writing() as db:
        interview = named.add_interview_with_named_texts(db)
        return named.shown_version(db, interview).id


def read(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return html.unescape(answer.get_data(as_text=True))


def send_form(client: FlaskClient, *, voice: str = "", **people: list[str]) -> int:
    """Open the description's form and send it back with other people; return the status.

    Of a replaced speaker the answer is `voice`: the name of the new person, or empty for
    another person.
    """
    page = client.get(f"{PAGE}/edit").get_data(as_text=True)
    carried = {
        name: html.unescape(value)
        for name in ("revision", "was")
        for value in re.findall(rf'name="{name}" value="([^"]*)"', page)
    }
    form = {
        "title": named.TITLE,
        "audience": "public",
        "languages": ["vi"],
        "accession": named.ACCESSION,
        "witness": [WITNESS],
        "interviewer": [INTERVIEWER],
    }
    sent = form | carried | people
    first = client.post(f"{PAGE}/edit", data=sent)
    fields = set(re.findall(r'name="(voice_\w+)"', first.get_data(as_text=True)))
    if not fields:
        return first.status_code
    assert first.status_code == 422
    return client.post(f"{PAGE}/edit", data=sent | dict.fromkeys(fields, voice)).status_code


def displayed_speakers(page: str) -> list[str]:
    """Return the name at the head of each turn of the reading page."""
    return re.findall(r'<h3 class="turn__speaker[^"]*"[^>]*>([^<]*)</h3>', page)


def docx_text(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read("word/document.xml").decode()


def test_witness_replaced_by_form_stays_speaker_on_reading_page(
    client_of: ClientOf, approved_versions: str
) -> None:
    hoa, public = client_of("hoa"), client_of(None)
    before = read(public, PAGE)
    assert displayed_speakers(before) == SPEAKERS
    assert send_form(hoa, witness=[NEW_WITNESS]) == 303
    after = read(public, PAGE)
    assert displayed_speakers(after) == SPEAKERS
    # The class of a turn is its role: both are printed, in both languages.
    assert re.findall(r'<div class="turn( turn--interviewer)?"', after) == re.findall(
        r'<div class="turn( turn--interviewer)?"', before
    )
    assert f"{NEW_WITNESS}, {WITNESS}" in after, "the citation names who is listed and who speaks"
    head = after.partition('class="turn')[0]
    assert NEW_WITNESS in head
    assert displayed_speakers(read(public, PAGE.replace("/en/", "/vi/"))) == SPEAKERS


@pytest.mark.parametrize(
    "people",
    [
        {"witness": [""]},
        {"witness": [INTERVIEWER], "interviewer": [WITNESS]},
        {"witness": [NEW_WITNESS, WITNESS]},
        {"witness": [WITNESS], "interviewer": [WITNESS, INTERVIEWER]},
        {"witness": [""], "interviewer": [""]},
    ],
)
def test_people_changed_by_form_keep_speakers(
    client_of: ClientOf, approved_versions: str, people: dict[str, list[str]]
) -> None:
    before = editor_segments(client_of("cleo"), approved_versions)
    # An editor is shown short names: title and given name.
    assert [(s["speaker_name"], s["role"]) for s in before] == [
        ("Khải", "interviewer"),
        ("Bà Sương", "witness"),
        ("Bà Sương", "witness"),
        (NEIGHBOUR, ""),
    ]
    assert send_form(client_of("hoa"), **people) == 303  # type: ignore[arg-type]
    assert editor_segments(client_of("cleo"), approved_versions) == before


def named_interview(db: Session) -> Interview:
    return db.scalars(select(Interview)).one()


def editor_segments(client: FlaskClient, version: str) -> list[dict[str, object]]:
    """Return the segments of a version as the editor's programs are given them."""
    answer: dict[str, list[dict[str, object]]] = json.loads(
        client.get(f"/api/v1/transcripts/{version}").data
    )
    return answer["segments"]


@pytest.mark.parametrize("format_name", ["txt", "vtt", "srt", "json", "docx"])
def test_export_after_witness_was_replaced_names_speakers(
    client_of: ClientOf, approved_versions: str, format_name: str
) -> None:
    def downloaded_text() -> str:
        answer = client_of(None).get(f"/en/versions/{approved_versions}/export/{format_name}")
        assert answer.status_code == 200
        if format_name == "docx":
            return docx_text(answer.data)
        return str(answer.data, "utf-8-sig")

    before = downloaded_text()
    assert send_form(client_of("hoa"), witness=[NEW_WITNESS]) == 303
    after = downloaded_text()
    for name in (SPOKEN_NAME, INTERVIEWER, NEIGHBOUR):
        assert after.count(name) == before.count(name) > 0


def test_editor_history_and_search_name_removed_speaker(
    client_of: ClientOf, approved_versions: str, toolbox: Toolbox
) -> None:
    cleo = client_of("cleo")
    history = read(cleo, f"/en/versions/{approved_versions}/history")
    assert send_form(client_of("hoa"), witness=[""], interviewer=[""]) == 303
    index_all(toolbox)
    assert (
        read(cleo, f"/en/versions/{approved_versions}/history").count(SPOKEN_NAME)
        == history.count(SPOKEN_NAME)
        > 0
    )
    found = client_of(None).get("/en/search", query_string={"q": "lò bánh mì", "role": "witness"})
    assert f'<p class="hit__speaker">{SPOKEN_NAME}</p>' in html.unescape(
        found.get_data(as_text=True)
    )
    with toolbox.database.reading() as db:
        opened = versions.list_versions(db, named_interview(db))[1].id
    assert f'data-role="witness" data-full="{SPOKEN_NAME}"' in read(
        cleo, f"/en/versions/{opened}/edit"
    )


def test_merged_save_keeps_speakers_and_reports_changes(
    client_of: ClientOf, approved_versions: str, database: Database
) -> None:
    """One replaces the witness; another, whose form is older, changes only the title."""
    hoa, ben = client_of("hoa"), client_of("ben")
    older = ben.get(f"{PAGE}/edit").get_data(as_text=True)
    assert send_form(hoa, witness=[NEW_WITNESS]) == 303
    carried = {
        name: html.unescape(re.findall(rf'name="{name}" value="([^"]*)"', older)[0])
        for name in ("revision", "was")
    }
    sent = ben.post(
        f"{PAGE}/edit",
        data={
            "title": "Lò bánh mì",
            "audience": "public",
            "languages": ["vi"],
            "accession": named.ACCESSION,
            "witness": [WITNESS],
            "interviewer": [INTERVIEWER],
            **carried,
        },
    )
    assert sent.status_code == 303
    assert displayed_speakers(read(client_of(None), PAGE)) == SPEAKERS
    with database.reading() as db:
        assert [p.full_name for p in named_interview(db).people("witness")] == [NEW_WITNESS]
        events = db.scalars(
            select(Event).where(Event.kind == "interview.described").order_by(Event.number)
        ).all()
        assert [event.detail["changed"] for event in events] == [["witnesses"], ["title"]]


def test_same_voice_moves_open_passages_and_keeps_approved_names(
    client_of: ClientOf, approved_versions: str, toolbox: Toolbox
) -> None:
    hoa, public = client_of("hoa"), client_of(None)
    sent = {"title": named.TITLE, "audience": "public", "languages": ["vi"]}
    page = hoa.get(f"{PAGE}/edit").get_data(as_text=True)
    carried = {name: html.unescape(hidden_field(page, name)) for name in ("revision", "was")}
    people = {"witness": [NEW_WITNESS], "interviewer": [INTERVIEWER]}
    question = hoa.post(
        f"{PAGE}/edit", data=sent | carried | people | {"accession": named.ACCESSION}
    )
    assert question.status_code == 422
    words = html.unescape(question.get_data(as_text=True))
    assert f"{SPOKEN_NAME} speaks in the transcript and is replaced." in words
    assert f"Of {NEW_WITNESS}: it is the same voice" in words
    assert f"Still of {SPOKEN_NAME}: it is another person" in words
    assert len(re.findall(r'name="voice_\w+" value="[^"]*" checked', words)) == 0
    assert NEW_WITNESS not in read(public, PAGE), "nothing is saved before the answer"
    assert send_form(hoa, voice=NEW_WITNESS, witness=[NEW_WITNESS]) == 303
    index_all(toolbox)
    page = read(public, PAGE)
    both = f'{NEW_WITNESS} <small class="approved-name">(approved as {SPOKEN_NAME})</small>'
    assert page.count(both) == 2
    with toolbox.database.reading() as db:
        [imported, opened, _approved] = versions.list_versions(db, named_interview(db))
    for version in (imported, opened):
        seen = {(s["speaker_name"], s["role"]) for s in editor_segments(hoa, version.id)}
        assert ("Lộc", "witness") in seen
        assert ("Bà Sương", "witness") not in seen
    exported = public.get(f"/en/versions/{approved_versions}/export/txt").get_data(as_text=True)
    assert SPOKEN_NAME in exported
    assert NEW_WITNESS not in exported
    history = read(hoa, f"{PAGE}/history")
    assert "the passages of the replaced person belong to the new one" in history


def test_forged_answer_about_a_voice_is_no_answer(
    client_of: ClientOf, approved_versions: str
) -> None:
    before = editor_segments(client_of("cleo"), approved_versions)
    assert send_form(client_of("hoa"), voice="Ngô Bảy", witness=[NEW_WITNESS]) == 422
    assert editor_segments(client_of("cleo"), approved_versions) == before
