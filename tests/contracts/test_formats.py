"""The rules of `transcription/formats/base.py`, for every format in the registry."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.strategies import transcripts
from transcription.document import Transcript, TranscriptSegment, validate
from transcription.formats.base import MAX_BYTES, MOST_PROBLEMS, PROBLEMS, Format, ParsedTranscript
from transcription.formats.registry import FORMATS, format_for
from transcription.tokens import normalise

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "transcripts").iterdir())
READERS = [f for f in FORMATS.values() if f.read is not None]
WRITERS = [f for f in FORMATS.values() if f.write is not None]
BOTH = [f for f in READERS if f.write is not None]
NEVER_IN_A_FIXTURE = {"too_large", "too_many_problems"}


def by_name(formats: list[Format]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", formats, ids=lambda kind: kind.name)


def read(kind: Format, data: bytes) -> ParsedTranscript:
    """Read and check the rules for every result."""
    assert kind.read is not None
    reading = kind.read(data)
    for segment in reading.segments:
        assert validate(segment) == ()
    assert len({s.id for s in reading.segments}) == len(reading.segments)
    assert {p.code for p in reading.problems} <= PROBLEMS.keys()
    assert len(reading.problems) <= MOST_PROBLEMS + 1
    assert all(str(problem) for problem in reading.problems)
    "".join([*reading.notes, *(s.text for s in reading.segments)]).encode()
    return reading


def test_formats_have_unique_names_suffixes_and_media_types() -> None:
    assert [f.name for f in FORMATS.values()] == list(FORMATS)
    for values in (
        [f.media_type for f in FORMATS.values()],
        [s for f in FORMATS.values() for s in f.suffixes],
    ):
        assert len(set(values)) == len(values)


def test_format_for_finds_readers_by_suffix() -> None:
    for kind in READERS:
        assert format_for(f"băng 1.{kind.suffixes[0][1:].upper()}") is kind
    assert format_for("bìa.docx") is format_for("không_đuôi") is None


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.name)
def test_read_of_fixture_gives_the_problems_in_its_name(file: Path) -> None:
    kind = format_for(file.name)
    assert kind is not None
    reading = read(kind, file.read_bytes())
    verdict, _, code = file.stem.partition("-")
    codes = {problem.code for problem in reading.problems}
    if verdict == "good":
        assert codes <= {"times_guessed"}
        assert reading.segments
    else:
        assert code in codes
        assert bool(reading.segments) == (verdict == "odd")


def test_every_problem_code_has_a_fixture() -> None:
    shown = {file.stem.partition("-")[2] for file in FIXTURES}
    assert shown >= PROBLEMS.keys() - NEVER_IN_A_FIXTURE


@by_name(WRITERS)
@given(transcript=transcripts())
@settings(max_examples=10)
def test_write_includes_label_version_and_source(kind: Format, transcript: Transcript) -> None:
    assert kind.write is not None
    text = visible_text(kind.write(replace(transcript, version=12)))
    for line in (transcript.label, transcript.source_line, transcript.accession, "12"):
        assert line in text


def visible_text(data: bytes) -> str:
    """The text of a file, of all parts of a zip file."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if "xml" in name)


@by_name(BOTH)
@given(transcript=transcripts())
@settings(max_examples=60)
def test_written_file_is_read_back(kind: Format, transcript: Transcript) -> None:
    assert kind.write is not None
    reading = read(kind, kind.write(transcript))
    if "all" in kind.preserved:
        assert reading.segments == transcript.segments
        assert reading.problems == ()
        return
    assert [preserved_fields(s, kind.preserved) for s in reading.segments] == [
        preserved_fields(s, kind.preserved) for s in transcript.segments
    ]
    assert {p.code for p in reading.problems} <= {"role_inferred", "times_guessed"}


def preserved_fields(segment: TranscriptSegment, preserved: frozenset[str]) -> dict[str, object]:
    return {
        "text": segment.text if "text" in preserved else None,
        "times": (segment.start_ms, segment.end_ms) if "times" in preserved else None,
        "seconds": segment.start_ms // 1000 if "seconds" in preserved else None,
        **{
            name: getattr(segment, name)
            for name in ("id", "speaker", "role", "recording")
            if name in preserved
        },
    }


@by_name(WRITERS)
def test_write_escapes_text_that_looks_like_markup(kind: Format) -> None:
    """Writes line ends, arrows, tags, controls and surrogates into every text field."""
    evil = "a --> b\n\n<v X>\r\n00:00:01.000 --> 00:00:02.000\x00\x0b\ud800 & ]]>"
    segment = TranscriptSegment(
        id=evil, start_ms=0, end_ms=9, text=evil, speaker=evil, role="witness"
    )
    transcript = Transcript(
        accession=evil,
        language=evil,
        version=1,
        state=evil,
        segments=(segment,),
        title=evil,
        label=evil,
        source_line=evil,
        people=((evil, evil),),
    )
    assert kind.write is not None
    data = kind.write(transcript)
    if kind.read is not None:
        segments = read(kind, data).segments
        assert len(segments) == 1
        assert normalise("]]>") in segments[0].text


@by_name(WRITERS)
def test_write_of_empty_transcript_succeeds(kind: Format) -> None:
    assert kind.write is not None
    empty = Transcript(accession="", language="", version=None, state="", segments=())
    data = kind.write(empty)
    if kind.read is not None:
        assert read(kind, data).segments == ()


@by_name(BOTH)
def test_two_recordings_are_read_back_separately(kind: Format) -> None:
    assert kind.write is not None
    parts = tuple(
        TranscriptSegment(
            id=f"s{n}", start_ms=start, end_ms=start + 2_000, text="ừ", recording=part
        )
        for n, (part, start) in enumerate([(1, 1_000), (1, 5_000), (2, 0), (2, 4_000)])
    )
    transcript = Transcript(
        accession="LK-1", language="vi", version=1, state="approved", segments=parts, label="x"
    )
    reading = read(kind, kind.write(transcript))
    assert [(s.recording, s.start_ms) for s in reading.segments] == [
        (1, 1_000),
        (1, 5_000),
        (2, 0),
        (2, 4_000),
    ]
    assert {p.code for p in reading.problems} <= {"times_guessed"}


@by_name(READERS)
@given(data=st.binary(max_size=400))
@settings(max_examples=100)
def test_read_of_random_bytes_never_raises(kind: Format, data: bytes) -> None:
    read(kind, data)


@by_name(READERS)
@given(data=st.data())
@settings(max_examples=150)
def test_read_of_damaged_files_never_raises(kind: Format, data: st.DataObject) -> None:
    """Reads valid files truncated and with foreign bytes inserted."""
    files = [file.read_bytes() for file in FIXTURES if file.suffix in kind.suffixes]
    whole = data.draw(st.sampled_from(files))
    at, upto = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    foreign = data.draw(
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from(
                [
                    b"-->",
                    b"\n\n",
                    b"<v ",
                    b"00:00:01.000 --> ",
                    b"[",
                    b"{",
                    b"1e999",
                    b"NOTE\n",
                    b"&#xD800;",
                    b"\xff\xfe",
                    b'"\\ud800"',
                    b"null",
                    b": ",
                ]
            ),
            st.sampled_from(files),
        )
    )
    read(kind, whole[:at] + foreign + whole[upto:])


@by_name(READERS)
@pytest.mark.parametrize(
    "piece",
    [
        b"<",
        b"[",
        b"{",
        b"-->",
        b"-->\n",
        b" ",
        b"1:",
        b"&",
        b"{\\",
        b'{"segments":[',
        b"a:\n",
        b"\n\n1\n",
        b"00:00:01,000 --> 00:00:02,000\n",
        b"=====\n",
        b"\xff",
    ],
)
def test_read_of_two_thousand_cues_succeeds(kind: Format, piece: bytes) -> None:
    """The time must not grow with the square of the file size."""
    read(kind, piece * 2_000)
    read(kind, b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + piece * 2_000)


@by_name(READERS)
def test_read_of_too_large_file_is_refused(kind: Format) -> None:
    reading = read(kind, bytes(MAX_BYTES + 1))
    assert [problem.code for problem in reading.problems] == ["too_large"]


def test_document_json_has_the_documented_keys() -> None:
    write = FORMATS["json"].write
    assert write is not None
    segment = TranscriptSegment(id="s1", start_ms=0, end_ms=9, text="ừ")
    data = json.loads(
        write(
            Transcript(
                accession="LK-1", language="vi", version=3, state="machine", segments=(segment,)
            )
        )
    )
    assert data.keys() >= {"accession", "language", "version", "state", "segments"}
    assert data["segments"][0].keys() >= {
        "id",
        "speaker",
        "role",
        "start_ms",
        "end_ms",
        "text",
        "flags",
        "words",
    }
