"""What leaves the house carries its label, its version and its source, in every format."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, NotVisible, machine
from archive.actions import exporting, wording
from archive.actions.exporting import UnknownFormat
from archive.models import Interview
from archive.models.transcript import TranscriptVersion
from tests import spoken
from transcription.formats.registry import FORMATS

ActorOf = Callable[[str | None], Actor]
TEST = machine("test")
ADDRESS = "https://archive.test/vi/interviews/LK-1"


def export(
    db: Session, actor: Actor, of: Interview, version: TranscriptVersion, name: str,
    language: str = "vi",
) -> exporting.Export:  # fmt: skip
    words = wording.wording(db, of, version, language, address=ADDRESS)
    return exporting.export(db, actor, of, version, name, words)


def text_of(made: exporting.Export) -> str:
    if made.filename.endswith("docx"):
        with zipfile.ZipFile(io.BytesIO(made.content)) as packed:
            return "".join(packed.read(n).decode("utf-8", "ignore") for n in packed.namelist())
    return made.content.decode("utf-8-sig")


def test_five_formats_can_be_had() -> None:
    assert sorted(exporting.writable()) == ["docx", "json", "srt", "txt", "vtt"]


@pytest.mark.parametrize("name", exporting.writable())
def test_each_says_what_it_is_and_where_it_comes_from(db: Session, name: str) -> None:
    of = spoken.interview(db)
    version = spoken.version(db, of)
    made = export(db, TEST, of, version, name)
    text = text_of(made)
    assert made.filename == f"LK-1-v1{FORMATS[name].suffixes[0]}"
    assert made.media_type == FORMATS[name].media_type
    for said in ("Bản gỡ băng tự động – chưa hiệu đính", "LK-1", ADDRESS, "giếng chung"):
        assert said in text, said
    assert "Machine draft – not yet corrected" in text_of(export(db, TEST, of, version, name, "en"))


def test_the_demo_model_says_that_it_knows_only_its_sentences(db: Session) -> None:
    of = spoken.interview(db)
    version = spoken.version(db, of)
    version.options = {"knows_only": "demo_sentences"}
    assert "chỉ biết năm mươi câu của chính nó" in text_of(export(db, TEST, of, version, "txt"))


def test_the_reader_gets_what_the_reader_may_read(db: Session, actor_of: ActorOf) -> None:
    of = spoken.interview(db)
    version = spoken.version(db, of)
    public, sam = actor_of(None), actor_of("sam")
    with pytest.raises(NotAllowed) as refused:
        export(db, public, of, version, "txt")
    assert refused.value.decision.reason == "not_yet_approved"
    assert export(db, sam, of, version, "txt").content
    spoken.approve(db, of, version)
    assert "Bản đã duyệt" in text_of(export(db, public, of, version, "txt"))
    of.audience = "staff"
    for reader in (public, sam):
        with pytest.raises(NotVisible):
            export(db, reader, of, version, "txt")


@pytest.mark.parametrize("name", ["pdf", "", "VTT", "../vtt", "x" * 500])
def test_there_are_no_other_formats(db: Session, name: str) -> None:
    of = spoken.interview(db)
    with pytest.raises(UnknownFormat) as refused:
        export(db, TEST, of, spoken.version(db, of), name)
    assert refused.value.facts["known"] == exporting.writable()


def test_what_is_exported_as_json_comes_back_equal(db: Session) -> None:
    of = spoken.interview(db)
    version = spoken.approved(db, of)
    words = wording.wording(db, of, version, "vi")
    whole = exporting.document(db, TEST, of, version, words)
    read = FORMATS["json"].read
    assert read is not None
    assert read(export(db, TEST, of, version, "json").content).segments == whole.segments
