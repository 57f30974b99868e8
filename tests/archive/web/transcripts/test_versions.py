"""Pages of versions: approval workflow, history, comparison, export."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from archive.actions.editing import segments, structure
from archive.actions.editing.draft import Draft
from archive.actions.editing.segments import SegmentChange
from archive.actions.editing.structure import NewSegment
from archive.actions.transcripts import exports
from archive.db import Database
from archive.models import Annotation, Segment, SegmentRevision
from archive.models.base import new_id
from archive.models.transcript import TranscriptVersion
from tests.support import approval_form, sample_transcript
from tests.support.rights import rights_of_machine

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
def transcribed(database: Database) -> Made:
    with database.writing() as db:
        of = sample_transcript.add_interview(db)
        version = sample_transcript.add_version(db, of)
        segment = version.segments[1]
        change = SegmentChange(text="Hồi đó hẻm tui có cái giếng chung.")
        segments.save(
            Draft(db, rights_of_machine("test"), of, version), segment, change, based_on=1
        )
        return Made(version.id, segment.id)


def read(client: FlaskClient, address: str) -> str:
    return html.unescape(client.get(address).get_data(as_text=True))


def text_of(database: Database, transcribed: Made) -> str:
    with database.reading() as db:
        return db.get_one(Segment, transcribed.segment).text


def test_version_is_submitted_withdrawn_approved_and_reopened(
    transcribed: Made, client_of: ClientOf, database: Database
) -> None:
    cleo, rob = client_of("cleo"), client_of("rob")
    assert cleo.post(f"{transcribed.page}/hand-in").status_code == 303
    assert "submitted for approval" in read(cleo, "/en/interviews/LK-1")
    assert cleo.post(f"{transcribed.page}/approve").status_code == 403
    assert approval_form.approve(rob, transcribed.version).status_code == 303
    assert "no longer changes" in read(rob, "/en/interviews/LK-1")
    assert "Open a new version" in read(rob, "/en/interviews/LK-1")
    assert "Open a new version" not in read(cleo, "/en/interviews/LK-1")
    opened = rob.post(f"{transcribed.page}/reopen", data={"reason": "sai tên hẻm"})
    with database.reading() as db:
        new = db.query(TranscriptVersion).filter_by(number=2).one()
        assert opened.location == f"/en/versions/{new.id}/edit"
        assert new.note == "sai tên hẻm"
    again = rob.post(f"{transcribed.page}/reopen", data={"reason": "nữa"})
    assert again.status_code == 422
    assert "Version 2 is open for correction already." in html.unescape(
        again.get_data(as_text=True)
    )
    assert "opened by Rob: sai tên hẻm" in read(cleo, f"{transcribed.page}/history").replace(
        "\n", ""
    )


def test_submit_of_untouched_version_is_refused(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        version = sample_transcript.add_version(db, sample_transcript.add_interview(db)).id
    refused = client_of("cleo").post(f"/en/versions/{version}/hand-in")
    assert refused.status_code == 422
    assert "This version has not been checked or corrected yet." in html.unescape(
        refused.get_data(as_text=True)
    )
    with database.reading() as db:
        assert db.get_one(TranscriptVersion, version).state == "machine"


def test_history_marks_old_and_new_words_without_colour(
    transcribed: Made, client_of: ClientOf
) -> None:
    page = read(client_of("hoa"), f"{transcribed.page}/history")
    assert '<del><span class="visually-hidden">removed: </span>tôi</del>' in page
    assert '<ins><span class="visually-hidden">added: </span>tui</ins>' in page
    assert "Restore the text before this change" not in page, "Hoa may look, and not correct"
    assert "Restore the text before this change" in read(
        client_of("cleo"), f"{transcribed.page}/history"
    )


def test_history_quotes_no_line_of_the_imported_file_beside_hidden_words(
    transcribed: Made, client_of: ClientOf, database: Database
) -> None:
    """The lines that remarks quote have no times, so a hidden span cannot be found in them."""
    with database.writing() as db:
        version = db.get_one(TranscriptVersion, transcribed.version)
        version.options = {**version.options, "noticed": [[7, "stray_text", "lạc lõng"]]}
    address = f"/vi/versions/{transcribed.version}/history"
    assert "lạc lõng" in client_of("cleo").get(address).get_data(as_text=True)
    with database.writing() as db:
        version = db.get_one(TranscriptVersion, transcribed.version)
        db.add(
            Annotation(
                interview_id=version.interview_id,
                kind="redaction",
                start_ms=0,
                end_ms=1,
                title="",
            )
        )
    page = client_of("cleo").get(address).get_data(as_text=True)
    assert "lạc lõng" not in page
    assert "import-remarks" in page


def test_history_describes_operations_on_several_segments(
    transcribed: Made, client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        of, version = (
            sample_transcript.find_interview(db),
            db.get_one(TranscriptVersion, transcribed.version),
        )
        who, (_first, left, right, *_rest, last) = rights_of_machine("test"), version.segments
        new = NewSegment(id=new_id(), start_ms=40_000, end_ms=41_000, text="Ừ, hồi đó cực lắm.")
        structure.move_boundary(Draft(db, who, of, version), left, right, at_ms=12_500)
        structure.replace(
            Draft(db, who, of, version), [last], find="Phải", replacement="Dạ", expected=1
        )
        structure.shift(Draft(db, who, of, version), first=last, by_ms=500)
        structure.insert(Draft(db, who, of, version), new, after=last)
    page = read(client_of("hoa"), f"{transcribed.page}/history")
    for words in ("boundary moved", "times moved", "segment added", "words replaced everywhere"):
        assert words in page
    assert "</span>Ừ, hồi đó cực lắm.</ins>" in page
    assert "<del>00:00:12.000–00:00:20.000</del>" in page


def test_restore_by_form_restores_an_earlier_revision(
    transcribed: Made, client_of: ClientOf, database: Database
) -> None:
    cleo = client_of("cleo")
    answer = cleo.post(
        f"{transcribed.page}/restore",
        data={"segment": transcribed.segment, "revision": "1", "reason": "nghe lại"},
    )
    assert answer.location == f"{transcribed.page}/history#s-{transcribed.segment}"
    assert text_of(database, transcribed) == sample_transcript.LINES[1][3]
    with database.reading() as db:
        newest = (
            db.query(SegmentRevision).filter_by(segment_id=transcribed.segment, revision=3).one()
        )
        assert (newest.kind, newest.reason) == ("restore", "nghe lại")
    assert "Reason: nghe lại" in read(cleo, f"{transcribed.page}/history")


def test_restore_that_no_longer_fits_is_offered_with_times_fitted(
    transcribed: Made, client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        segment = db.get_one(Segment, transcribed.segment)
        version = db.get_one(TranscriptVersion, transcribed.version)
        of = sample_transcript.find_interview(db)
        draft = Draft(db, rights_of_machine("test"), of, version)
        structure.move_boundary(draft, segment, version.segments[2], at_ms=11_000)
    for language, button, done in (
        ("en", "Restore the words, with times fitted", "at the nearest times between"),
        ("vi", "Khôi phục lời kể, chỉnh thời gian cho khớp", "khoảng thời gian gần nhất"),
    ):
        cleo, address = client_of("cleo"), f"/{language}/versions/{transcribed.version}"
        data = {"segment": transcribed.segment, "revision": "1", "reason": "nghe lại"}
        offer = cleo.post(f"{address}/restore", data=data)
        page = html.unescape(offer.get_data(as_text=True))
        assert (offer.status_code, button in page) == (422, True)
        assert 'name="reason" value="nghe lại"' in page
        assert text_of(database, transcribed) != sample_transcript.LINES[1][3]
        assert cleo.post(f"{address}/restore", data={**data, "fit": "yes"}).status_code == 303
        assert done in read(cleo, f"{address}/history")
        with database.writing() as db:
            segment = db.get_one(Segment, transcribed.segment)
            assert (segment.text, segment.end_ms) == (sample_transcript.LINES[1][3], 11_000)
            version = db.get_one(TranscriptVersion, transcribed.version)
            draft = Draft(
                db, rights_of_machine("test"), sample_transcript.find_interview(db), version
            )
            change = SegmentChange(text="Lại khác.")
            segments.save(draft, segment, change, based_on=segment.revision)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 404),
        ({"segment": "S"}, 404),
        ({"segment": "S", "revision": "abc"}, 404),
        ({"segment": "S", "revision": "0"}, 404),
        ({"segment": "S", "revision": "99"}, 422),
        ({"segment": "S", "revision": "9" * 400}, 422),
        ({"segment": "\x00", "revision": "1"}, 404),
        ({"segment": "01JD0000000000000000000000", "revision": "1"}, 404),
    ],
)
def test_restore_with_invalid_form_changes_nothing(
    transcribed: Made, client_of: ClientOf, database: Database, fields: dict[str, str], status: int
) -> None:
    data = {k: transcribed.segment if v == "S" else v for k, v in fields.items()}
    assert client_of("cleo").post(f"{transcribed.page}/restore", data=data).status_code == status
    assert text_of(database, transcribed) == "Hồi đó hẻm tui có cái giếng chung."


@pytest.mark.parametrize("name", exports.writable_formats())
def test_export_has_label_and_requires_reading_right(
    transcribed: Made, client_of: ClientOf, database: Database, name: str
) -> None:
    address = f"{transcribed.page}/export/{name}"
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
        db.get_one(TranscriptVersion, transcribed.version).state = "approved"
    assert public.get(address).status_code == 200


def test_export_in_unknown_format_is_404(transcribed: Made, client_of: ClientOf) -> None:
    answer = client_of("sam").get(f"{transcribed.page}/export/pdf")
    assert answer.status_code == 404
    assert "The formats are: vtt" in html.unescape(answer.get_data(as_text=True))


def test_comparison_with_the_original_text(transcribed: Made, client_of: ClientOf) -> None:
    hoa = client_of("hoa")
    form = read(hoa, f"{transcribed.page}/history")
    assert '<option value="1-first" selected>Version 1, machine draft</option>' in form
    assert '<option value="1" selected>Version 1, current text</option>' in form
    page = read(hoa, f"{transcribed.page}/history?from=1-first&to=1")
    assert "1 passage differs" in page
    assert '<del><span class="visually-hidden">removed: </span>tôi</del>' in page
    assert '<ins><span class="visually-hidden">added: </span>tui</ins>' in page
    assert "3 passages unchanged" in page
    assert "t=4" in page, "the passage can be heard"
    turned = read(hoa, f"{transcribed.page}/history?from=1&to=1-first")
    assert '<ins><span class="visually-hidden">added: </span>tôi</ins>' in turned
    assert "The two texts are the same" in read(hoa, f"{transcribed.page}/history?from=1&to=1")


def test_comparison_with_one_state_uses_the_default(transcribed: Made, client_of: ClientOf) -> None:
    hoa = client_of("hoa")
    for query in ("from=1-first", "to=1"):
        assert "1 passage differs" in read(hoa, f"{transcribed.page}/history?{query}")


@pytest.mark.parametrize(
    "query",
    [
        "from=&to=1",
        "from=2&to=1",
        "from=0&to=1",
        "from=-1",
        "to=1-last",
        "to=%00",
        "from=%FF",
        "from=" + "9" * 4_000,
        "to=1'--",
        "from=1-first-first",
        "from=%3Cscript%3E",
        "to=١",
    ],
)
def test_comparison_with_unknown_state_is_422(
    transcribed: Made, client_of: ClientOf, query: str
) -> None:
    answer = client_of("hoa").get(f"{transcribed.page}/history?{query}")
    assert answer.status_code == 422
    page = html.unescape(answer.get_data(as_text=True))
    assert "This interview has no such version to compare." in page
    assert "1 change" in page, "the history is there all the same"
    assert "<script>" not in query or query not in page


def test_comparison_requires_history_right(transcribed: Made, client_of: ClientOf) -> None:
    address = f"{transcribed.page}/history?from=1-first&to=1"
    assert client_of("sam").get(address).status_code == 403
    assert client_of(None).get(address).status_code == 303


def test_comparison_of_untouched_version_is_not_offered(
    client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        version = sample_transcript.add_version(db, sample_transcript.add_interview(db)).id
    page = read(client_of("hoa"), f"/en/versions/{version}/history")
    assert "Compare" not in page
