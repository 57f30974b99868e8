"""Interface of transcript formats, and the codes of problems in a file.

A reader never raises: what it cannot parse becomes a `Problem` with a line number, and as
much text as possible becomes segments. A writer prints label, version and source line of
the transcript in every file, because unchecked machine text must be marked everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from transcription.document import Transcript, TranscriptSegment
from transcription.tokens import normalise

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

MAX_BYTES = 32 * 1024 * 1024
"""Twice the size of a day of speech with word times."""

MOST_PROBLEMS = 500

UNHEARD_MARK = "[*]"
"""Stands before the words of an unheard segment; the header explains it."""

PROBLEMS = {
    "too_large": "the file is larger than any transcript; nothing was read",
    "empty_file": "there is nothing in the file",
    "not_text": "this is no text file, whatever its name says",
    "no_cues": "no passage with a time was found",
    "no_text": "no text was found",
    "not_json": "this is not JSON",
    "not_a_transcript": "this JSON is not a transcript of ours",
    "no_signature": "the first line is not WEBVTT; read all the same",
    "bad_bytes": "some bytes are not text; they became \ufffd",
    "legacy_encoding": "not Unicode: read as Windows Vietnamese (1258); compare with the original",
    "bad_time": "a time that cannot be read; the passage was put after the one before it",
    "odd_time": "a time in another form than the format asks for",
    "absurd_time": "a time later than any recording; put after the passage before it",
    "end_before_start": "the end comes before the start; the end became the start",
    "clock_goes_back": "this passage begins before the one above it",
    "overlap": "one speaker twice at the same time; the earlier passage was cut short",
    "no_times": "the text has no times",
    "times_guessed": "some times were missing and were shared out by length",
    "missing_index": "a cue without its number",
    "stray_text": "text outside any cue; added to the cue above it",
    "empty_cue": "a cue without words was left out",
    "shared_cue": "two voices in one cue; its time was shared out by length",
    "repeated_id": "an id used twice; the later one was changed",
    "role_inferred": "who asks and who answers was taken from this label",
    "unknown_role": "a role that is not known was left out",
    "bad_segment": "a segment without text or times was left out",
    "bad_value": "a value of the wrong kind was left out",
    "words_differ": "the words are not the words of the text; their times were left out",
    "words_unordered": "word times outside the segment or out of order; they were moved inside",
    "too_many_problems": "more problems than are listed here",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in a file; line 0 means the whole file.

    `text` is an excerpt of the place; `code` is a key of PROBLEMS.
    """

    line: int
    code: str
    text: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{PROBLEMS[self.code]}" + (f" [{self.text}]" if self.text else "")


@dataclass(slots=True)
class Problems:
    """Collects the problems of one file, at most MOST_PROBLEMS."""

    found: list[Problem] = field(default_factory=list)

    def add(self, line: int, code: str, text: str = "", *, once: bool = False) -> None:
        """Note one; `once` keeps only the first of its code."""
        assert code in PROBLEMS, code
        if once and any(problem.code == code for problem in self.found):
            return
        if len(self.found) < MOST_PROBLEMS:
            self.found.append(Problem(line, code, " ".join(text.split())[:120]))
        elif len(self.found) == MOST_PROBLEMS:
            self.found.append(Problem(line, "too_many_problems"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedTranscript:
    """The content of a file. `notes` is text that is not speech: headings, comments, labels.

    Segments have words only where the file has word times; `document.words_from_text`
    can add them. `language` is None unless the file names it.
    """

    segments: tuple[TranscriptSegment, ...] = ()
    problems: tuple[Problem, ...] = ()
    language: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format. `preserved` names what survives writing and reading again:

    `text`, `times` (to the millisecond), `seconds` (the start, cut to the second),
    `speaker`, `role`, `recording`, and `all` for every field of every segment.
    """

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    read: Callable[[bytes], ParsedTranscript] | None
    write: Callable[[Transcript], bytes] | None
    preserved: frozenset[str] = frozenset()


def header_lines(transcript: Transcript) -> list[str]:
    """Return the header of an export: title, people, number, label, version, source."""
    people = [f"{name} ({part})" if part else name for name, part in transcript.people]
    lines = [
        transcript.title,
        ", ".join(people),
        transcript.accession,
        version_line(transcript),
        transcript.source_line,
    ]
    if any(segment.is_unheard and segment.text for segment in transcript.segments):
        lines.append(f"{UNHEARD_MARK} {transcript.unheard_label}")
    return [normalise(replace_unprintable(line)) for line in lines if line.strip()]


def first_recording(transcript: Transcript) -> int:
    """Return the recording that a reader takes for granted: none where the first has a heading."""
    return 0 if transcript.part_headings else 1


def part_heading(transcript: Transcript, recording: int) -> str:
    """Return the heading of a recording, or its number."""
    heading = dict(transcript.part_headings).get(recording, "")
    return normalise(replace_unprintable(heading)) or str(recording)


def version_line(transcript: Transcript) -> str:
    """Return label and version: "bản gỡ băng tự động – chưa hiệu đính · v3"."""
    version = "" if transcript.version is None else f"v{transcript.version}"
    return " · ".join(part for part in (transcript.label.strip(), version) if part)


def marked_text(segment: TranscriptSegment, text: str | None = None) -> str:
    """Return the text of a segment, or `text` made of it, with the mark if it is unheard."""
    words = normalise(replace_unprintable(segment.text)) if text is None else text
    return f"{UNHEARD_MARK} {words}" if segment.is_unheard and words else words


def has_marks(notes: Iterable[str]) -> bool:
    """Return whether a file of ours explains the mark, so that a reader takes it off."""
    return any(note.startswith(UNHEARD_MARK) for note in notes)


def replace_unprintable(text: str) -> str:
    """Replace characters invalid in XML or a database (controls, surrogates) by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)
