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
from archive.models import Interview
from archive.models.transcript import TranscriptVersion
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine
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
