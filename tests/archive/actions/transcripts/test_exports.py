"""Exports contain label, version and source in every format."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, NotVisible, Rights
from archive.actions.transcripts import exports, labels
from archive.actions.transcripts.exports import UnknownFormat
from archive.models import Interview, Recording
from archive.models.transcript import TranscriptVersion
from tests.support import sample_transcript
from tests.support.rights import ClosedUntil, rights_of_machine, rights_of_role
from transcription.formats.registry import FORMATS

RightsOf = Callable[[str | None], Rights]
TEST = rights_of_machine("test")
ADDRESS = "https://archive.test/vi/interviews/LK-1"


def export(
    db: Session,
    rights: Rights,
    of: Interview,
    version: TranscriptVersion,
    name: str,
    language: str = "vi",
) -> exports.ExportedFile:
    words = labels.export_labels(db, TEST, of, version, language, address=ADDRESS)
    return exports.export(db, rights, of, version, name, words)


def text_of(made: exports.ExportedFile) -> str:
    if made.filename.endswith("docx"):
        with zipfile.ZipFile(io.BytesIO(made.content)) as packed:
            return "".join(packed.read(n).decode("utf-8", "ignore") for n in packed.namelist())
    return made.content.decode("utf-8-sig")


def test_writable_formats_are_five() -> None:
    assert sorted(exports.writable_formats()) == ["docx", "json", "srt", "txt", "vtt"]


@pytest.mark.parametrize("name", exports.writable_formats())
def test_export_contains_label_and_source_in_every_format(db: Session, name: str) -> None:
    of = sample_transcript.add_interview(db)
    version = sample_transcript.add_version(db, of)
    made = export(db, TEST, of, version, name)
    text = text_of(made)
    assert made.filename == f"LK-1-v1{FORMATS[name].suffixes[0]}"
    assert made.media_type == FORMATS[name].media_type
    for expected in ("Bản gỡ băng tự động – chưa hiệu đính", "LK-1", ADDRESS, "giếng chung"):
        assert expected in text, expected
    assert "Machine draft – not yet corrected" in text_of(export(db, TEST, of, version, name, "en"))


def test_export_of_sample_model_has_its_note(db: Session) -> None:
    of = sample_transcript.add_interview(db)
    version = sample_transcript.add_version(db, of)
    version.options = {"knows_only": "demo_sentences"}
    assert "chỉ biết năm mươi câu của chính nó" in text_of(export(db, TEST, of, version, "txt"))


def test_export_requires_read_right(db: Session, rights_of: RightsOf) -> None:
    of = sample_transcript.add_interview(db)
    version = sample_transcript.add_version(db, of)
    public, sam = rights_of(None), rights_of("sam")
    with pytest.raises(NotAllowed) as refused:
        export(db, public, of, version, "txt")
    assert refused.value.decision.reason == "not_yet_approved"
    assert export(db, sam, of, version, "txt").content
    sample_transcript.approve(db, of, version)
    assert "Bản đã duyệt" in text_of(export(db, public, of, version, "txt"))
    of.audience = "staff"
    for reader in (public, sam):
        with pytest.raises(NotVisible):
            export(db, reader, of, version, "txt")


@pytest.mark.parametrize("name", ["pdf", "", "VTT", "../vtt", "x" * 500])
def test_export_unknown_format_raises(db: Session, name: str) -> None:
    of = sample_transcript.add_interview(db)
    with pytest.raises(UnknownFormat) as refused:
        export(db, TEST, of, sample_transcript.add_version(db, of), name)
    assert refused.value.facts["known"] == exports.writable_formats()


def test_export_json_reads_back_equal(db: Session) -> None:
    of = sample_transcript.add_interview(db)
    version = sample_transcript.add_approved_version(db, of)
    words = labels.export_labels(db, TEST, of, version, "vi")
    whole = exports.build_document(db, TEST, of, version, words)
    read = FORMATS["json"].read
    assert read is not None
    assert read(export(db, TEST, of, version, "json").content).segments == whole.segments


def add_interview_of_two_parts(db: Session) -> tuple[Interview, TranscriptVersion]:
    """The last of five segments is in the second recording, whose clock begins again."""
    of = sample_transcript.add_interview(db)
    db.add(Recording(interview_id=of.id, part=2, duration_ms=2_530_000))
    db.flush()
    db.expire(of)
    version = sample_transcript.add_version(db, of)
    first, second = (recording.id for recording in of.recordings)
    for segment in version.segments:
        segment.recording_id = first
    last = version.segments[-1]
    last.recording_id, last.start_ms, last.end_ms = second, 2_000, 9_000
    db.flush()
    return of, version


@pytest.mark.parametrize(
    ("language", "headings"),
    [
        ("vi", ("Phần 1 – thời lượng 00:01:00", "Phần 2 – thời lượng 00:42:10")),
        ("en", ("Part 1 – length 00:01:00", "Part 2 – length 00:42:10")),
    ],
)
@pytest.mark.parametrize("name", ["txt", "docx"])
def test_export_of_two_recordings_gives_each_its_heading(
    db: Session, name: str, language: str, headings: tuple[str, str]
) -> None:
    of, version = add_interview_of_two_parts(db)
    text = text_of(export(db, TEST, of, version, name, language))
    places = [text.index(one) for one in (headings[0], "00:00:00", headings[1], "00:00:02")]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["txt", "docx"])
def test_export_of_one_recording_has_no_heading(db: Session, name: str) -> None:
    of = sample_transcript.add_interview(db)
    version = sample_transcript.add_version(db, of)
    assert "Phần 1" not in text_of(export(db, TEST, of, version, name))


def test_export_names_no_recording_of_which_the_reader_may_not_know(db: Session) -> None:
    of, version = add_interview_of_two_parts(db)
    rule = ClosedUntil(
        about=of.recordings[1].id,
        admits="staff",
        actions=frozenset({"know", "read", "download"}),
        opens=TEST.on.replace(year=2099),
    )
    sam = rights_of_role("researcher", rules=(rule,))
    words = labels.export_labels(db, sam, of, version, "vi", address=ADDRESS)
    assert words.part_headings == {}
