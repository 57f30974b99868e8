"""What every transcript format must keep; a new one in the registry is asked the same, unasked."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transcription.strategies import transcripts
from transcription.document import Segment, Transcript, faults
from transcription.formats.base import MAX_BYTES, MOST_PROBLEMS, PROBLEMS, Format, Reading
from transcription.formats.registry import FORMATS, format_for
from transcription.tokens import tidy

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "transcripts").iterdir())
READERS = [f for f in FORMATS.values() if f.read is not None]
WRITERS = [f for f in FORMATS.values() if f.write is not None]
BOTH = [f for f in READERS if f.write is not None]
NEVER_IN_A_FIXTURE = {"too_large", "too_many_problems"}


def named(formats: list[Format]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", formats, ids=lambda kind: kind.name)


def read(kind: Format, data: bytes) -> Reading:
    """Read, and hold the reading to what is promised of every reading."""
    assert kind.read is not None
    reading = kind.read(data)
    for segment in reading.segments:
        assert faults(segment) == ()
    assert len({s.id for s in reading.segments}) == len(reading.segments)
    assert {p.code for p in reading.problems} <= PROBLEMS.keys()
    assert len(reading.problems) <= MOST_PROBLEMS + 1
    assert all(str(problem) for problem in reading.problems)
    "".join([*reading.notes, *(s.text for s in reading.segments)]).encode()
    return reading


def test_names_suffixes_and_media_types_are_unlike() -> None:
    assert [f.name for f in FORMATS.values()] == list(FORMATS)
    for values in ([f.media_type for f in FORMATS.values()],
                   [s for f in FORMATS.values() for s in f.suffixes]):  # fmt: skip
        assert len(set(values)) == len(values)


def test_a_reader_is_found_by_the_name_of_a_file() -> None:
    for kind in READERS:
        assert format_for(f"băng 1.{kind.suffixes[0][1:].upper()}") is kind
    assert format_for("bìa.docx") is format_for("không_đuôi") is None


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.name)
def test_each_file_gives_what_its_name_says(file: Path) -> None:
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


def test_every_problem_has_a_file_that_shows_it() -> None:
    shown = {file.stem.partition("-")[2] for file in FIXTURES}
    assert shown >= PROBLEMS.keys() - NEVER_IN_A_FIXTURE


@named(WRITERS)
@given(transcript=transcripts())
@settings(max_examples=10, deadline=None)
def test_every_file_says_what_kind_of_text_it_is(kind: Format, transcript: Transcript) -> None:
    assert kind.write is not None
    text = _visible(kind.write(replace(transcript, version=12)))
    for line in (transcript.label, transcript.source_line, transcript.accession, "12"):
        assert line in text


def _visible(data: bytes) -> str:
    """The text of a file, of all parts of a zip file."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if "xml" in name)


@named(BOTH)
@given(transcript=transcripts())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(kind: Format, transcript: Transcript) -> None:
    assert kind.write is not None
    reading = read(kind, kind.write(transcript))
    if "all" in kind.keeps:
        assert reading.segments == transcript.segments
        assert reading.problems == ()
        return
    assert [_kept(s, kind.keeps) for s in reading.segments] == [
        _kept(s, kind.keeps) for s in transcript.segments
    ]
    assert {p.code for p in reading.problems} <= {"role_inferred", "times_guessed"}


def _kept(segment: Segment, keeps: frozenset[str]) -> dict[str, object]:
    return {
        "text": segment.text if "text" in keeps else None,
        "times": (segment.start_ms, segment.end_ms) if "times" in keeps else None,
        "seconds": segment.start_ms // 1000 if "seconds" in keeps else None,
        **{name: getattr(segment, name)
           for name in ("id", "speaker", "role", "recording") if name in keeps},
    }  # fmt: skip


@named(WRITERS)
def test_words_that_would_break_the_form_do_not(kind: Format) -> None:
    """Line ends, arrows, tags, controls and half letters in every place that takes text."""
    evil = "a --> b\n\n<v X>\r\n00:00:01.000 --> 00:00:02.000\x00\x0b\ud800 & ]]>"
    segment = Segment(id=evil, start_ms=0, end_ms=9, text=evil, speaker=evil, role="witness")
    transcript = Transcript(
        accession=evil, language=evil, version=1, state=evil, segments=(segment,),
        title=evil, label=evil, source_line=evil, people=((evil, evil),),
    )  # fmt: skip
    assert kind.write is not None
    data = kind.write(transcript)
    if kind.read is not None:
        said = read(kind, data).segments
        assert len(said) == 1
        assert tidy("]]>") in said[0].text


@named(WRITERS)
def test_a_transcript_without_anything_can_be_written(kind: Format) -> None:
    assert kind.write is not None
    empty = Transcript(accession="", language="", version=None, state="", segments=())
    data = kind.write(empty)
    if kind.read is not None:
        assert read(kind, data).segments == ()


@named(BOTH)
def test_two_recordings_stay_apart(kind: Format) -> None:
    assert kind.write is not None
    parts = tuple(
        Segment(id=f"s{n}", start_ms=start, end_ms=start + 2_000, text="ừ", recording=part)
        for n, (part, start) in enumerate([(1, 1_000), (1, 5_000), (2, 0), (2, 4_000)])
    )
    transcript = Transcript(
        accession="LK-1", language="vi", version=1, state="approved", segments=parts, label="x"
    )
    reading = read(kind, kind.write(transcript))
    assert [(s.recording, s.start_ms) for s in reading.segments] == [
        (1, 1_000), (1, 5_000), (2, 0), (2, 4_000),
    ]  # fmt: skip
    assert {p.code for p in reading.problems} <= {"times_guessed"}


@named(READERS)
@given(data=st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_random_bytes_never_raise(kind: Format, data: bytes) -> None:
    read(kind, data)


@named(READERS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_files_never_raise(kind: Format, data: st.DataObject) -> None:
    """A true file, cut and with something foreign put into it."""
    files = [file.read_bytes() for file in FIXTURES if file.suffix in kind.suffixes]
    whole = data.draw(st.sampled_from(files))
    at, upto = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    foreign = data.draw(
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from([b"-->", b"\n\n", b"<v ", b"00:00:01.000 --> ", b"[", b"{", b"1e999",
                             b"NOTE\n", b"&#xD800;", b"\xff\xfe", b'"\\ud800"', b"null", b": "]),
            st.sampled_from(files),
        )
    )  # fmt: skip
    read(kind, whole[:at] + foreign + whole[upto:])


@named(READERS)
@pytest.mark.parametrize(
    "piece",
    [b"<", b"[", b"{", b"-->", b"-->\n", b" ", b"1:", b"&", b"{\\", b'{"segments":[', b"a:\n",
     b"\n\n1\n", b"00:00:01,000 --> 00:00:02,000\n", b"=====\n", b"\xff"],
)  # fmt: skip
def test_two_thousand_of_anything_are_read(kind: Format, piece: bytes) -> None:
    """Nothing here may take time that grows with the square of the file."""
    read(kind, piece * 2_000)
    read(kind, b"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n" + piece * 2_000)


@named(READERS)
def test_a_file_too_large_is_refused_unread(kind: Format) -> None:
    reading = read(kind, bytes(MAX_BYTES + 1))
    assert [problem.code for problem in reading.problems] == ["too_large"]


def test_our_json_is_the_shape_that_other_programs_read() -> None:
    write = FORMATS["json"].write
    assert write is not None
    segment = Segment(id="s1", start_ms=0, end_ms=9, text="ừ")
    data = json.loads(
        write(
            Transcript(
                accession="LK-1", language="vi", version=3, state="machine", segments=(segment,)
            )
        )
    )
    assert data.keys() >= {"accession", "language", "version", "state", "segments"}
    assert data["segments"][0].keys() >= {
        "id", "speaker", "role", "start_ms", "end_ms", "text", "flags", "words",
    }  # fmt: skip
