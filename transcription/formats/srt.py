"""SubRip (.srt): what old players read. It has no standard; this reader takes what is about.

It has no comments either, and a first cue with the label would stand over the first words
of the film. So label, version and source stand, like the credits of a film, in one last
cue after the last words; each of its lines is set between three asterisks, by which the
reader knows it again and makes a note of it. The speaker stands before the text of a cue.
A second recording starts the numbers at 1 again, as its clock starts again.
"""

from __future__ import annotations

import re

from transcription.document import Transcript
from transcription.formats.base import Format, Problems, Reading, head_lines, printable
from transcription.formats.decoding import decode
from transcription.formats.repairing import Cue, sound
from transcription.formats.speaker_labels import apply_labels
from transcription.timecode import clock_ms, parse_timecode
from transcription.tokens import tidy

CREDITS_MS = 5_000

_TIMINGS = re.compile(r"\s*(-?[\d:.,]{4,24})\s*-{1,3}>\s*(-?[\d:.,]{4,24})(?:\s.*)?", re.ASCII)
_STRICT = re.compile(r"\d\d+:\d\d:\d\d,\d{3} --> \d\d+:\d\d:\d\d,\d{3}", re.ASCII)
_MARKUP = re.compile(r"</?(?:[ibu]|font(?: [^<>]*)?)>|\{\\[^{}]*\}", re.I)
_CREDIT = re.compile(r"\*{3} (.*) \*{3}")


def read(data: bytes) -> Reading:
    """Segments of the cues; numbers, commas, blank lines and hours may all be missing."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return Reading(problems=tuple(problems.found))
    cues, stray = _cues(text.split("\n"), problems)
    if not cues:
        problems.add(0, "no_cues")
    notes = [*stray, *_take_credits(cues)]
    for cue in cues:
        cue.text = _MARKUP.sub("", cue.text)
    apply_labels(cues, problems)
    return Reading(
        segments=sound(cues, problems), problems=tuple(problems.found), notes=tuple(notes)
    )


def write(transcript: Transcript) -> bytes:
    """UTF-8 without a mark, lines ended as Windows players want them."""
    blocks: list[str] = []
    number = end_ms = 0
    recording = 1
    for segment in transcript.segments:
        if segment.recording != recording:
            recording, number = segment.recording, 0
        said = tidy(printable(segment.text))
        if not said:
            continue
        number += 1
        speaker = tidy(printable(segment.speaker or ""))
        said = f"{speaker}: {said}" if speaker else said
        end_ms = segment.end_ms
        blocks.append(f"{number}\n{_times(segment.start_ms, end_ms)}\n{said}")
    credit = "\n".join(f"*** {line} ***" for line in head_lines(transcript))
    if credit:
        blocks.append(f"{number + 1}\n{_times(end_ms, end_ms + CREDITS_MS)}\n{credit}")
    return "".join(f"{block}\n\n" for block in blocks).replace("\n", "\r\n").encode()


def _times(start_ms: int, end_ms: int) -> str:
    return f"{clock_ms(start_ms)} --> {clock_ms(end_ms)}".replace(".", ",")


def _cues(lines: list[str], problems: Problems) -> tuple[list[Cue], list[str]]:
    """Cut at the lines of times; what stands between two of them is text and a number."""
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
    """The number above a line of times: after a blank line, at the top, or if it counts on."""
    above = lines[at - 1].strip() if at else ""
    if not above.isascii() or not above.isdecimal() or len(above) > 9:
        return None
    if at == 1 or not lines[at - 2].strip() or int(above) == number + 1:
        return int(above)
    return None


def _body(lines: list[str], begin: int, end: int, problems: Problems) -> str:
    gap = False
    said: list[str] = []
    for at in range(begin, end):
        line = lines[at].strip()
        if line and gap and said:
            problems.add(at + 1, "stray_text", line)
        if line:
            said.append(line)
        gap = not line
    return "\n".join(said)


def _take_credits(cues: list[Cue]) -> list[str]:
    """Take our own last cue out again."""
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
    keeps=frozenset({"text", "times", "speaker", "recording"}),
)
