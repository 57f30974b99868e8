"""The steps of a version in the browser, its history, and the files it is handed out as."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from archive.access import machine
from archive.actions import exporting, segment_series, segments
from archive.actions.segment_series import NewSegment
from archive.actions.segments import Change
from archive.db import Database
from archive.models import Segment, SegmentRevision
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests import spoken

ClientOf = Callable[[str | None], FlaskClient]


@dataclass(frozen=True)
class Made:
    """A version, and the segment whose text was changed once."""

    version: str
    segment: str

    @property
    def page(self) -> str:
        return f"/en/versions/{self.version}"


@pytest.fixture
def made(database: Database) -> Made:
    with database.writing() as db:
        of = spoken.interview(db)
        version = spoken.version(db, of)
        segment = version.segments[1]
        change = Change(text="Hồi đó hẻm tui có cái giếng chung.")
        segments.save(db, machine("test"), of, version, segment, change, based_on=1)
        return Made(version.id, segment.id)


def read(client: FlaskClient, address: str) -> str:
    return html.unescape(client.get(address).get_data(as_text=True))


def text_of(database: Database, made: Made) -> str:
    with database.reading() as db:
        return db.get_one(Segment, made.segment).text


def test_the_way_to_approval_and_on(made: Made, client_of: ClientOf, database: Database) -> None:
    cleo, rob = client_of("cleo"), client_of("rob")
    assert cleo.post(f"{made.page}/hand-in").status_code == 303
    assert "handed in for approval" in read(cleo, "/en/interviews/LK-1")
    assert cleo.post(f"{made.page}/approve").status_code == 403
    assert rob.post(f"{made.page}/approve").status_code == 303
    assert "no longer changes" in read(rob, "/en/interviews/LK-1")
    assert "Open a new version" in read(rob, "/en/interviews/LK-1")
    assert "Open a new version" not in read(cleo, "/en/interviews/LK-1")
    opened = rob.post(f"{made.page}/reopen", data={"reason": "sai tên hẻm"})
    with database.reading() as db:
        new = db.query(TranscriptVersion).filter_by(number=2).one()
        assert opened.location == f"/en/versions/{new.id}/edit"
        assert new.note == "sai tên hẻm"
    again = rob.post(f"{made.page}/reopen", data={"reason": "nữa"})
    assert again.status_code == 422
    assert "Version 2 is open for correction already." in html.unescape(
        again.get_data(as_text=True)
    )
    assert "opened by Rob: sai tên hẻm" in read(cleo, f"{made.page}/history").replace("\n", "")


def test_a_text_that_nobody_has_worked_on_is_not_handed_in(
    client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        version = spoken.version(db, spoken.interview(db)).id
    refused = client_of("cleo").post(f"/en/versions/{version}/hand-in")
    assert refused.status_code == 422
    assert "Nobody has worked on this version yet." in html.unescape(refused.get_data(as_text=True))
    with database.reading() as db:
        assert db.get_one(TranscriptVersion, version).state == "machine"


def test_the_history_shows_old_and_new_words_not_by_colour_alone(
    made: Made, client_of: ClientOf
) -> None:
    page = read(client_of("hoa"), f"{made.page}/history")
    assert '<del><span class="vh">taken out: </span>tôi</del>' in page
    assert '<ins><span class="vh">put in: </span>tui</ins>' in page
    assert "Bring back what was before" not in page, "Hoa may look, and not correct"
    assert "Bring back what was before" in read(client_of("cleo"), f"{made.page}/history")


def test_steps_of_many_segments_are_told_in_words(
    made: Made, client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        of, version = spoken.find(db), db.get_one(TranscriptVersion, made.version)
        who, (_first, left, right, *_rest, last) = machine("test"), version.segments
        new = NewSegment(id=new_id(), start_ms=40_000, end_ms=41_000, text="Ừ, hồi đó cực lắm.")
        segment_series.move_boundary(db, who, of, version, left, right, at_ms=12_500)
        segment_series.replace(db, who, of, version, [last], find="Phải", put="Dạ", expected=1)
        segment_series.shift(db, who, of, version, first=last, by_ms=500)
        segment_series.insert(db, who, of, version, new, after=last)
    page = read(client_of("hoa"), f"{made.page}/history")
    for words in ("boundary moved", "times moved", "passage added", "words replaced everywhere"):
        assert words in page
    assert "</span>Ừ, hồi đó cực lắm.</ins>" in page
    assert "<del>00:00:12.000–00:00:20.000</del>" in page


def test_an_earlier_state_comes_back_through_a_plain_form(
    made: Made, client_of: ClientOf, database: Database
) -> None:
    cleo = client_of("cleo")
    answer = cleo.post(
        f"{made.page}/restore",
        data={"segment": made.segment, "revision": "1", "reason": "nghe lại"},
    )
    assert answer.location == f"{made.page}/history#s-{made.segment}"
    assert text_of(database, made) == spoken.LINES[1][3]
    with database.reading() as db:
        newest = db.query(SegmentRevision).filter_by(segment_id=made.segment, revision=3).one()
        assert (newest.kind, newest.reason) == ("restore", "nghe lại")
    assert "Reason: nghe lại" in read(cleo, f"{made.page}/history")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 404), ({"segment": "S"}, 404), ({"segment": "S", "revision": "abc"}, 404),
        ({"segment": "S", "revision": "0"}, 404), ({"segment": "S", "revision": "99"}, 422),
        ({"segment": "S", "revision": "9" * 400}, 422), ({"segment": "\x00", "revision": "1"}, 404),
        ({"segment": "01JD0000000000000000000000", "revision": "1"}, 404),
    ],
)  # fmt: skip
def test_odd_forms_bring_nothing_back(
    made: Made, client_of: ClientOf, database: Database, fields: dict[str, str], status: int
) -> None:
    data = {k: made.segment if v == "S" else v for k, v in fields.items()}
    assert client_of("cleo").post(f"{made.page}/restore", data=data).status_code == status
    assert text_of(database, made) == "Hồi đó hẻm tui có cái giếng chung."


@pytest.mark.parametrize("name", exporting.writable())
def test_each_format_is_handed_out_with_its_label_and_only_to_readers(
    made: Made, client_of: ClientOf, database: Database, name: str
) -> None:
    address = f"{made.page}/export/{name}"
    public, sam = client_of(None), client_of("sam")
    refused = public.get(address)
    assert refused.status_code == 403
    assert "not been approved" in html.unescape(refused.get_data(as_text=True))
    answer = sam.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="LK-1-v1.')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if name != "docx":
        text = answer.get_data(as_text=True)
        assert "Transcript being corrected" in text
        assert "/en/interviews/LK-1" in text
    with database.writing() as db:
        db.get_one(TranscriptVersion, made.version).state = "approved"
    assert public.get(address).status_code == 200


def test_another_format_is_not_there(made: Made, client_of: ClientOf) -> None:
    answer = client_of("sam").get(f"{made.page}/export/pdf")
    assert answer.status_code == 404
    assert "The archive knows these: vtt" in html.unescape(answer.get_data(as_text=True))


def test_a_version_is_compared_with_the_text_as_it_came(made: Made, client_of: ClientOf) -> None:
    hoa = client_of("hoa")
    form = read(hoa, f"{made.page}/history")
    assert '<option value="1-first" selected>Version 1, as the machine wrote it</option>' in form
    assert '<option value="1" selected>Version 1, as it is now</option>' in form
    page = read(hoa, f"{made.page}/history?from=1-first&to=1")
    assert "1 passage differs" in page
    assert '<del><span class="vh">taken out: </span>tôi</del>' in page
    assert '<ins><span class="vh">put in: </span>tui</ins>' in page
    assert "3 passages unchanged" in page
    assert "t=4" in page, "the passage can be heard"
    turned = read(hoa, f"{made.page}/history?from=1&to=1-first")
    assert '<ins><span class="vh">put in: </span>tôi</ins>' in turned
    assert "The two texts are the same" in read(hoa, f"{made.page}/history?from=1&to=1")


def test_one_side_of_a_comparison_is_enough(made: Made, client_of: ClientOf) -> None:
    hoa = client_of("hoa")
    for query in ("from=1-first", "to=1"):
        assert "1 passage differs" in read(hoa, f"{made.page}/history?{query}")


@pytest.mark.parametrize(
    "query",
    [
        "from=&to=1", "from=2&to=1", "from=0&to=1", "from=-1", "to=1-last", "to=%00", "from=%FF",
        "from=" + "9" * 4_000, "to=1'--", "from=1-first-first", "from=%3Cscript%3E", "to=١",
    ],
)  # fmt: skip
def test_a_version_that_is_not_there_is_not_compared(
    made: Made, client_of: ClientOf, query: str
) -> None:
    answer = client_of("hoa").get(f"{made.page}/history?{query}")
    assert answer.status_code == 422
    page = html.unescape(answer.get_data(as_text=True))
    assert "This interview has no such version to compare." in page
    assert "1 change" in page, "the history is there all the same"
    assert "<script>" not in query or query not in page


def test_a_comparison_is_for_whoever_may_see_the_history(made: Made, client_of: ClientOf) -> None:
    address = f"{made.page}/history?from=1-first&to=1"
    assert client_of("sam").get(address).status_code == 403
    assert client_of(None).get(address).status_code == 303


def test_an_untouched_text_has_nothing_to_be_compared_with(
    client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        version = spoken.version(db, spoken.interview(db)).id
    page = read(client_of("hoa"), f"/en/versions/{version}/history")
    assert "Compare" not in page
