"""The page that starts a transcription or imports a transcript."""

from __future__ import annotations

import html
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.actions.transcripts.imports import NO_SUCH_PART
from archive.db import Database
from archive.messages.import_remarks import REMARK_LABELS
from archive.models import Interview, Job
from archive.models.transcript import TranscriptVersion
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support import media_factory, sample_transcript
from transcription.formats.base import PROBLEMS

ClientOf = Callable[[str | None], FlaskClient]
PAGE = "/en/interviews/LK-1/transcript"
VTT = b"WEBVTT\n\n00:01.000 --> 00:03.000\n<v B\xc3\xa0 Sen>H\xe1\xbb\x93i \xc4\x91\xc3\xb3.\n"


@pytest.fixture
def cleo(database: Database, client_of: ClientOf) -> FlaskClient:
    client = client_of("cleo")
    with database.writing() as db:
        sample_transcript.add_interview(db)
    return client


def send(client: FlaskClient, content: bytes, name: str, **fields: str) -> TestResponse:
    """A form with a file, written by hand: the test client leaves large ones open on the disk."""
    parts = [f'name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    quoted = name.replace('"', "%22").replace("\n", "%0A")
    parts.append(f'name="file"; filename="{quoted}"\r\n\r\n'.encode() + content)
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + p + b"\r\n" for p in parts)
    return client.post(
        f"{PAGE}/import",
        input_stream=io.BytesIO(body + b"--x--\r\n"),
        content_length=len(body) + 7,
        content_type="multipart/form-data; boundary=x",
    )


def words_of(answer: TestResponse) -> str:
    return html.unescape(answer.get_data(as_text=True))


def versions(database: Database) -> list[TranscriptVersion]:
    with database.reading() as db:
        return db.query(TranscriptVersion).order_by(TranscriptVersion.number).all()


def transcribe(toolbox: Toolbox, client_of: ClientOf, tmp_path: Path) -> FlaskClient:
    """An interview with a recording."""
    media_factory.add_interview(toolbox.database, "LK-1")
    client = client_of("ben")
    data = {"files": (io.BytesIO(media_factory.write_wav(tmp_path).read_bytes()), "a.wav")}
    client.post("/en/interviews/LK-1/upload", data=data)
    return client_of("cleo")


def test_default_model_is_selected_and_names_its_folder(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    cleo = transcribe(toolbox, client_of, tmp_path)
    page = words_of(cleo.get(f"{PAGE}/new"))
    assert 'value="whisper:small" checked' in page
    assert "small.pt" in page
    assert str(toolbox.settings.models_dir) in page
    assert 'value="whisper:demo">' in page, "offered, never chosen for a real recording"
    assert "Knows only its own fifty sentences" in page


def test_sample_interview_selects_the_sample_model(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    cleo = transcribe(toolbox, client_of, tmp_path)
    with toolbox.database.writing() as db:
        db.query(Interview).one().is_sample = True
    assert 'value="whisper:demo" checked' in words_of(cleo.get(f"{PAGE}/new"))


@pytest.mark.parametrize(
    "model",
    ["whisper:/etc/passwd.pt", "scripted:tally", "nobody:small", "whisper:", ":", "x" * 999],
)
def test_start_with_unlisted_model_is_refused(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path, model: str
) -> None:
    cleo = transcribe(toolbox, client_of, tmp_path)
    answer = cleo.post(f"{PAGE}/start", data={"model": model})
    assert answer.status_code == 422
    assert "The archive does not have this model" in words_of(answer)
    assert cleo.post(f"{PAGE}/start", data={"language": "../vi"}).status_code == 422
    with toolbox.database.reading() as db:
        assert db.query(Job).filter_by(kind="transcribe").count() == 0


def test_start_is_accepted_once_and_shown(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    cleo = transcribe(toolbox, client_of, tmp_path)
    answer = cleo.post(f"{PAGE}/start", data={"model": "whisper:demo", "language": "vi"})
    assert (answer.status_code, answer.location) == (303, "/en/interviews/LK-1#work")
    again = cleo.post(f"{PAGE}/start", data={})
    assert again.status_code == 422
    assert "already being transcribed" in words_of(again)
    assert "This interview is already being transcribed" in words_of(cleo.get(f"{PAGE}/new"))


def test_import_of_valid_file_adds_a_version(cleo: FlaskClient, database: Database) -> None:
    answer = send(cleo, VTT, "băng 1.vtt", state="corrected")
    assert (answer.status_code, answer.location) == (303, "/en/interviews/LK-1?version=1")
    with database.reading() as db:
        made = db.query(TranscriptVersion).one()
        assert (made.state, made.note, made.segments[0].text) == (
            "corrected",
            "băng 1.vtt",
            "Hồi đó.",
        )
    assert "Version 1 was imported." in words_of(cleo.get(answer.location))


def test_import_shows_remarks_by_line(cleo: FlaskClient, database: Database) -> None:
    answer = send(cleo, VTT + b"\n00:09.000 --> 00:05.000\nSau.\n", "a.vtt", state="machine")
    made = versions(database)[0]
    assert answer.location == f"/en/versions/{made.id}/history"
    page = words_of(cleo.get(answer.location))
    assert "Line 6:" in page
    assert "The end comes before the beginning" in page
    assert "Dòng 6:" in words_of(cleo.get(answer.location.replace("/en/", "/vi/")))


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.vtt", "This file is empty."),
        (b" \n\n", "a.txt", "This file is empty."),
        (b"WEBVTT\n\n", "a.vtt", "No segment with a time was found."),
        (b"PK\x03\x04" + bytes(999), "a.docx", "The content is not text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "a.srt", "The content is not text"),
        (bytes(range(256)) * 40, "a.txt", "The content is not text"),
        (b'{"segments": [', "a.json", "This is not JSON"),
        (b'{"a": 1}', "a.json", "This JSON is not a transcript of this program."),
        (b"a" * (33 * 1024 * 1024), "a.txt", "larger than any transcript"),
    ],
    ids=lambda value: str(value[:12]),
)
def test_import_of_file_without_text_is_refused_with_reason(
    cleo: FlaskClient, database: Database, content: bytes, name: str, sentence: str
) -> None:
    answer = send(cleo, content, name)
    assert answer.status_code == 422
    page = words_of(answer)
    assert f"Nothing of {name} was imported." in page
    assert "Nothing in the archive was changed." in page
    assert sentence in page
    assert versions(database) == []


def test_import_of_hundred_megabytes_is_refused(cleo: FlaskClient) -> None:
    answer = cleo.post(
        f"{PAGE}/import",
        input_stream=io.BytesIO(bytes(100 * 1024 * 1024)),
        content_length=100 * 1024 * 1024,
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "more than the archive accepts in one request" in words_of(answer)


def test_import_without_file_is_refused(cleo: FlaskClient) -> None:
    for data in ({}, {"file": (io.BytesIO(b"x"), "")}):
        answer = cleo.post(f"{PAGE}/import", data=data)
        assert answer.status_code == 422
        assert "Choose the file first." in words_of(answer)


def test_import_of_legacy_encoding_adds_a_remark(cleo: FlaskClient, database: Database) -> None:
    text = "Hồi đó hẻm tôi có giếng."
    send(cleo, VTT.decode().replace("Hồi đó.", text).encode("utf-16"), "a.vtt", state="machine")
    with database.reading() as db:
        assert db.query(TranscriptVersion).one().segments[0].text == text


def test_import_as_approved_requires_approval_right(
    cleo: FlaskClient, database: Database, client_of: ClientOf
) -> None:
    assert 'value="approved"' not in words_of(cleo.get(f"{PAGE}/new"))
    assert send(cleo, VTT, "a.vtt", state="approved").status_code == 403
    assert send(cleo, VTT, "a.vtt", state="editing").status_code == 422
    assert versions(database) == []
    ben = client_of("ben")
    assert 'value="approved"' in words_of(ben.get(f"{PAGE}/new"))
    answer = send(ben, VTT, "a.vtt", state="approved")
    made = versions(database)[0]
    assert (answer.location, made.state) == (f"/en/versions/{made.id}/approve", "corrected")


def test_import_escapes_hostile_file_name(cleo: FlaskClient, database: Database) -> None:
    send(cleo, VTT, '<script>alert(1)</script>"\n.vtt' + "x" * 900, state="machine")
    page = cleo.get(f"/en/versions/{versions(database)[0].id}/history").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_every_format_problem_has_a_remark(settings: Settings) -> None:
    assert REMARK_LABELS.keys() == PROBLEMS.keys() | {NO_SUCH_PART}
