"""Plain text: what a person reads and what most old transcripts are.

Written, each segment is one line, `[00:41:39] Bà Lan: …`, with a mark if it is unheard, under
a head that a line of equals signs closes; `== Part 2 – length 00:42:10 ==` or `== 2 ==` begins
a second recording, whose times count from zero. Read, such times and labels are found where they
are, a line without either goes on with the passage above it, and a text without any times is
taken all the same, with its times at zero. The milliseconds and the ends of segments are not in
such a file: ends are guessed from the times that follow.
"""

from __future__ import annotations

import re

from transcription.document import Transcript
from transcription.formats.base import (
    UNHEARD_MARK,
    Format,
    ParsedTranscript,
    Problems,
    first_recording,
    has_marks,
    header_lines,
    marked_text,
    part_heading,
    replace_unprintable,
)
from transcription.formats.decoding import decode
from transcription.formats.repairing import Cue, build_segments, distribute_times
from transcription.formats.speaker_labels import apply_labels
from transcription.timecode import format_clock, parse_timecode
from transcription.tokens import normalise

RULE = "=" * 40
LONGEST_HEAD = 20  # lines

_RULE = re.compile(r"={5,}")
_PART = re.compile(r"==+ (?:[^\W\d_]+ )?([1-9][0-9]{0,2})(?: [–—-] .*)? ==+")
_CLOCK = r"\d{1,4}(?::\d{1,3}){1,2}(?:[.,]\d{1,3})?|\d{1,3}['′’](?:\d{1,2}[\"″”]?)?"
_TIME = re.compile(
    rf"\s*(?:[\[(]\s*({_CLOCK})(?:\s*[-–>]+\s*({_CLOCK}))?\s*[\])]"
    r"|(\d{1,3}:\d\d:\d\d(?:[.,]\d{1,3})?)(?=\s)):?\s*(.*)",
    re.ASCII | re.DOTALL,
)


def read(data: bytes) -> ParsedTranscript:
    """Parse a file: a segment for each line with a time or label, else for each paragraph."""
    problems = Problems()
    text = decode(data, problems)
    if text is None:
        return ParsedTranscript(problems=tuple(problems.found))
    lines = text.split("\n")
    notes: list[str] = []
    begin = 0
    for at, line in enumerate(lines[:LONGEST_HEAD]):
        if _RULE.fullmatch(line.strip()):
            notes = [above.strip() for above in lines[:at] if above.strip()]
            begin = at + 1
            break
    cues = _parse_lines(lines, begin)
    if has_marks(notes):
        for cue in cues:
            cue.text = cue.text.removeprefix(UNHEARD_MARK).lstrip()
    if not cues:
        problems.add(0, "no_text")
    apply_labels(cues, problems)
    cues = _join_continuations(cues)
    for recording in sorted({cue.recording for cue in cues}):
        distribute_times([cue for cue in cues if cue.recording == recording], problems)
    return ParsedTranscript(
        segments=build_segments(cues, problems), problems=tuple(problems.found), notes=tuple(notes)
    )


def write(transcript: Transcript) -> bytes:
    """Return UTF-8 with a byte order mark, which old Windows editors need."""
    lines = [*header_lines(transcript), RULE]
    recording = first_recording(transcript)
    for segment in transcript.segments:
        if segment.recording != recording:
            recording = segment.recording
            lines.append(f"== {part_heading(transcript, recording)} ==")
        text = normalise(replace_unprintable(segment.text))
        if text:
            speaker = normalise(replace_unprintable(segment.speaker or ""))
            text = f"{speaker}: {text}" if speaker else text
            lines.append(f"[{format_clock(segment.start_ms)}] {marked_text(segment, text)}")
    return ("\n".join(lines) + "\n").encode("utf-8-sig")


def _parse_lines(lines: list[str], begin: int) -> list[Cue]:
    """Return a cue per line; its `id` is "" for a new paragraph, "+" for a continuation."""
    cues: list[Cue] = []
    recording = 1
    gap = True
    for number, line in enumerate(lines[begin:], start=begin + 1):
        part = _PART.fullmatch(line.strip())
        if part:
            recording, gap = int(part[1]), True
            continue
        if not line.strip():
            gap = True
            continue
        timed = _TIME.fullmatch(line)
        start_ms = parse_timecode(timed[1] or timed[3]) if timed else None
        if timed is None or start_ms is None:
            cues.append(
                Cue(line=number, text=normalise(line), recording=recording, id="" if gap else "+")
            )
        else:
            end_ms = parse_timecode(timed[2]) if timed[2] else None
            cue = Cue(line=number, text=normalise(timed[4]), recording=recording)
            cue.start_ms, cue.end_ms = start_ms, end_ms
            cues.append(cue)
        gap = False
    return cues


def _join_continuations(cues: list[Cue]) -> list[Cue]:
    """Join continuation lines to the cue above; a text without times and labels keeps lines.

    A paragraph without a label has the speaker of the one before.
    """
    is_bare = all(cue.start_ms is None and cue.speaker is None for cue in cues)
    joins = not is_bare or any(not cue.id for cue in cues[1:])
    groups: list[list[Cue]] = []
    for cue in cues:
        goes_on = cue.id == "+" and cue.speaker is None and bool(groups)
        cue.id = ""
        if goes_on and joins:
            groups[-1].append(cue)
            continue
        if cue.speaker is None and cue.start_ms is None and groups:
            cue.speaker, cue.role = groups[-1][0].speaker, groups[-1][0].role
        groups.append([cue])
    for first, *rest in groups:
        if rest:
            first.text = " ".join([first.text, *(cue.text for cue in rest)])
    return [group[0] for group in groups]


FORMAT = Format(
    name="txt",
    suffixes=(".txt",),
    media_type="text/plain",
    read=read,
    write=write,
    preserved=frozenset({"text", "seconds", "speaker", "recording"}),
)
