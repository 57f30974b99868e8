"""From the cues of a file, as odd as they may be, to sound segments; each repair is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from transcription.document import Segment
from transcription.formats.base import Problems, printable
from transcription.timecode import LONGEST_MS
from transcription.tokens import tidy

GUESSED_TOKEN_MS = 300
"""How long a syllable lasts in calm speech, where nothing says when the last words end."""


@dataclass(slots=True, kw_only=True)
class Cue:
    """A passage as a file has it. None for a time that the file does not give."""

    line: int
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    id: str = ""
    speaker: str | None = None
    role: str | None = None
    recording: int = 1


def sound(cues: Sequence[Cue], problems: Problems) -> tuple[Segment, ...]:
    """Segments in the order of the file, tidy, with times that can be played."""
    segments: list[Segment] = []
    taken: dict[str, int] = {}
    for number, cue in enumerate(cues, start=1):
        text = tidy(printable(cue.text))
        if not text:
            problems.add(cue.line, "empty_cue")
            continue
        before = segments[-1] if segments else None
        if before and before.recording != cue.recording:
            before = None
        start_ms, end_ms = sound_times(cue, before.end_ms if before else 0, problems)
        segment = Segment(
            id=free_id(cue, number, taken, problems), start_ms=start_ms, end_ms=end_ms,
            text=text, speaker=tidy(cue.speaker or "") or None, role=cue.role,
            recording=cue.recording,
        )  # fmt: skip
        if before:
            segments[-1] = _beside(before, segment, cue, problems)
        segments.append(segment)
    return tuple(segments)


def share_times(cues: Sequence[Cue], problems: Problems) -> None:
    """Give times to cues without them: shared between those that have some, by tokens."""
    if not any(cue.start_ms is not None for cue in cues):
        if cues:
            problems.add(0, "no_times", once=True)
        for cue in cues:
            cue.start_ms = cue.end_ms = 0
        return
    at = 0
    known_ms = 0
    while at < len(cues):
        upto = at + 1
        while upto < len(cues) and cues[upto].start_ms is None:
            upto += 1
        known_ms = cues[at].start_ms or known_ms
        following = cues[upto].start_ms if upto < len(cues) else None
        known_ms = _share(cues[at:upto], known_ms, following, problems)
        at = upto


def _share(cues: Sequence[Cue], start_ms: int, following_ms: int | None, problems: Problems) -> int:
    """Fill the times of cues of which only the first may have a start; returns the end."""
    weights = [max(1, len(cue.text.split())) for cue in cues]
    if cues[0].end_ms is not None and len(cues) == 1:
        return cues[0].end_ms
    if following_ms is None or following_ms < start_ms:
        following_ms = start_ms + GUESSED_TOKEN_MS * sum(weights)
        problems.add(cues[-1].line, "times_guessed", once=True)
    elif len(cues) > 1 or cues[0].start_ms is None:
        problems.add(cues[0].line, "times_guessed", once=True)
    said = 0
    length, total = following_ms - start_ms, sum(weights)
    for cue, weight in zip(cues, weights, strict=True):
        cue.start_ms = start_ms + length * said // total
        said += weight
        cue.end_ms = start_ms + length * said // total
    return following_ms


def sound_times(cue: Cue, free_from_ms: int, problems: Problems) -> tuple[int, int]:
    """Start and end that can be played; `free_from_ms` where the file gives none that can."""
    start_ms, end_ms = cue.start_ms, cue.end_ms
    if start_ms is None:
        problems.add(cue.line, "bad_time", cue.text)
        return free_from_ms, free_from_ms
    if not 0 <= start_ms <= LONGEST_MS:
        problems.add(cue.line, "absurd_time", cue.text)
        return free_from_ms, free_from_ms
    if end_ms is None or end_ms > LONGEST_MS:
        problems.add(cue.line, "bad_time" if end_ms is None else "absurd_time", cue.text)
        end_ms = start_ms
    elif end_ms < start_ms:
        problems.add(cue.line, "end_before_start", cue.text)
        end_ms = start_ms
    return start_ms, end_ms


def _beside(before: Segment, segment: Segment, cue: Cue, problems: Problems) -> Segment:
    """The segment above, cut short where the same speaker would speak twice at once."""
    if segment.start_ms < before.start_ms:
        problems.add(cue.line, "clock_goes_back", cue.text)
    elif segment.start_ms < before.end_ms and segment.speaker == before.speaker:
        problems.add(cue.line, "overlap", cue.text)
        return replace(before, end_ms=segment.start_ms)
    return before


def free_id(cue: Cue, number: int, taken: dict[str, int], problems: Problems) -> str:
    """The cue's own id or its number, made unlike those in `taken`, and put there."""
    wanted = tidy(printable(cue.id))[:64] or f"{number}"
    free = wanted
    while free in taken:
        taken[wanted] += 1
        free = f"{wanted}-{taken[wanted]}"
    if free != wanted and cue.id:
        problems.add(cue.line, "repeated_id", wanted)
    taken[free] = 1
    return free
