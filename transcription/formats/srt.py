"""SubRip (.srt), for old players. It has no standard; the reader accepts common variants.

SubRip has no comments, and a first cue with the label would cover the first words of the
film. So label, version and source are in one last cue after the last words; each of its
lines is enclosed in three asterisks, by which the reader recognises it and turns it into
a note. The speaker is written before the text of a cue. A second recording restarts the
numbers at 1.
"""

from __future__ import annotations

import re

from transcription.document import Transcript
from transcription.formats.base import (
    UNHEARD_MARK,
    Format,
    ParsedTranscript,
    Problems,
    has_marks,
    header_lines,
    marked_text,
    replace_unprintable,
)
from transcription.formats.decoding import decode
from transcription.formats.repairing import Cue, build_segments
from transcription.formats.speaker_labels import apply_labels
from transcription.timecode import format_clock_ms, parse_timecode
from transcription.tokens import normalise

CREDITS_MS = 5_000

_TIMINGS = re.compile(r"\s*(-?[\d:.,]{4,24})\s*-{1,3}>\s*(-?[\d:.,]{4,24})(?:\s.*)?", re.ASCII)
_STRICT = re.compile(r"\d\d+:\d\d:\d\d,\d{3} --> \d\d+:\d\d:\d\d,\d{3}", re.ASCII)
_MARKUP = re.compile(r"</?(?:[ibu]|font(?: [^<>]*)?)>|\{\\[^{}]*\}", re.I)
_CREDIT = re.compile(r"\*{3} (.*) \*{3}")


def read(data: bytes) -> ParsedTranscript:
    """Parse a file; numbers, commas, blank lines and hours may be missing."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return ParsedTranscript(problems=tuple(problems.found))
    cues, stray = _cues(text.split("\n"), problems)
    if not cues:
        problems.add(0, "no_cues")
    notes = [*stray, *_remove_credits(cues)]
    for cue in cues:
        cue.text = _MARKUP.sub("", cue.text)
        if has_marks(notes):
            cue.text = cue.text.removeprefix(UNHEARD_MARK).lstrip()
    apply_labels(cues, problems)
    return ParsedTranscript(
        segments=build_segments(cues, problems), problems=tuple(problems.found), notes=tuple(notes)
    )


def write(transcript: Transcript) -> bytes:
    """Return UTF-8 without a byte order mark, with CRLF for Windows players."""
    blocks: list[str] = []
    number = end_ms = 0
    recording = 1
    for segment in transcript.segments:
        if segment.recording != recording:
            recording, number = segment.recording, 0
        text = normalise(replace_unprintable(segment.text))
        if not text:
            continue
        number += 1
        speaker = normalise(replace_unprintable(segment.speaker or ""))
        text = f"{speaker}: {text}" if speaker else text
        end_ms = segment.end_ms
        blocks.append(f"{number}\n{_times(segment.start_ms, end_ms)}\n{marked_text(segment, text)}")
    credit = "\n".join(f"*** {line} ***" for line in header_lines(transcript))
    if credit:
        blocks.append(f"{number + 1}\n{_times(end_ms, end_ms + CREDITS_MS)}\n{credit}")
    return "".join(f"{block}\n\n" for block in blocks).replace("\n", "\r\n").encode()


def _times(start_ms: int, end_ms: int) -> str:
    return f"{format_clock_ms(start_ms)} --> {format_clock_ms(end_ms)}".replace(".", ",")


def _cues(lines: list[str], problems: Problems) -> tuple[list[Cue], list[str]]:
    """Split at the timing lines into cues; also return the text before the first cue."""
    timings = [(at, found) for at, line in enumerate(lines) if (found := _TIMINGS.fullmatch(line))]
    cues: list[Cue] = []
    number, recording = 0, 1
    begins: list[int] = []  # where the number or, without one, the times of each cue stand
    for at, found in timings:
        start_ms = parse_timecode(found[1])
        index = _index(lines, at, number)
        if index == 1 and cues and (start_ms or 0) < (cues[-1].start_ms or 0):
            recording += 1
        if index is None:
            problems.add(at + 1, "missing_index", once=True)
        if not _STRICT.fullmatch(lines[at].strip()):
            problems.add(at + 1, "odd_time", lines[at], once=True)
        number = number + 1 if index is None else index
        begins.append(at if index is None else at - 1)
        end_ms = parse_timecode(found[2])
        cues.append(
            Cue(line=at + 1, text="", start_ms=start_ms, end_ms=end_ms, recording=recording)
        )
    ends = [*begins, len(lines)]
    for cue, end in zip(cues, ends[1:], strict=True):
        cue.text = _body(lines, cue.line, end, problems)
    stray = [line.strip() for line in lines[: ends[0]] if line.strip()] if cues else []
    if stray:
        problems.add(1, "stray_text", stray[0])
    return cues, stray


def _index(lines: list[str], at: int, number: int) -> int | None:
    """Return the cue number above a timing line: first, after a blank line, or the next one."""
    above = lines[at - 1].strip() if at else ""
    if not above.isascii() or not above.isdecimal() or len(above) > 9:
        return None
    if at == 1 or not lines[at - 2].strip() or int(above) == number + 1:
        return int(above)
    return None


def _body(lines: list[str], begin: int, end: int, problems: Problems) -> str:
    gap = False
    text: list[str] = []
    for at in range(begin, end):
        line = lines[at].strip()
        if line and gap and text:
            problems.add(at + 1, "stray_text", line)
        if line:
            text.append(line)
        gap = not line
    return "\n".join(text)


def _remove_credits(cues: list[Cue]) -> list[str]:
    """Remove the last cue if `write` added it; return its lines."""
    lines = cues[-1].text.strip().split("\n") if cues else []
    found = [_CREDIT.fullmatch(line.strip()) for line in lines]
    if not found or not all(found):
        return []
    cues.pop()
    return [match[1] for match in found if match]


FORMAT = Format(
    name="srt",
    suffixes=(".srt",),
    media_type="application/x-subrip",
    read=read,
    write=write,
    preserved=frozenset({"text", "times", "speaker", "recording"}),
)
