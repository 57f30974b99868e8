"""Build valid segments from the cues of a file; each repair is reported as a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from transcription.document import TranscriptSegment
from transcription.formats.base import Problems, replace_unprintable
from transcription.timecode import LONGEST_RECORDING_MS
from transcription.tokens import normalise

GUESSED_TOKEN_MS = 300
"""Duration of a syllable in calm speech, used where the end of the text is unknown."""


@dataclass(slots=True, kw_only=True)
class Cue:
    """A timed text as written in a file; a missing time is None."""

    line: int
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    id: str = ""
    speaker: str | None = None
    role: str | None = None
    recording: int = 1


def build_segments(cues: Sequence[Cue], problems: Problems) -> tuple[TranscriptSegment, ...]:
    """Return valid segments in the order of the file."""
    segments: list[TranscriptSegment] = []
    taken: dict[str, int] = {}
    for number, cue in enumerate(cues, start=1):
        text = normalise(replace_unprintable(cue.text))
        if not text:
            problems.add(cue.line, "empty_cue")
            continue
        before = segments[-1] if segments else None
        if before and before.recording != cue.recording:
            before = None
        start_ms, end_ms = valid_times(cue, before.end_ms if before else 0, problems)
        segment = TranscriptSegment(
            id=unique_id(cue, number, taken, problems),
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            speaker=normalise(cue.speaker or "") or None,
            role=cue.role,
            recording=cue.recording,
        )
        if before:
            segments[-1] = _cut_overlap(before, segment, cue, problems)
        segments.append(segment)
    return tuple(segments)


def distribute_times(cues: Sequence[Cue], problems: Problems) -> None:
    """Set missing times: the time between known ones is distributed by number of tokens."""
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
        known_ms = _distribute(cues[at:upto], known_ms, following, problems)
        at = upto


def _distribute(
    cues: Sequence[Cue], start_ms: int, following_ms: int | None, problems: Problems
) -> int:
    """Set the times of cues of which only the first may have a start; return the end."""
    weights = [max(1, len(cue.text.split())) for cue in cues]
    if cues[0].end_ms is not None and len(cues) == 1:
        return cues[0].end_ms
    if following_ms is None or following_ms < start_ms:
        following_ms = start_ms + GUESSED_TOKEN_MS * sum(weights)
        problems.add(cues[-1].line, "times_guessed", once=True)
    elif len(cues) > 1 or cues[0].start_ms is None:
        problems.add(cues[0].line, "times_guessed", once=True)
    passed = 0
    length, total = following_ms - start_ms, sum(weights)
    for cue, weight in zip(cues, weights, strict=True):
        cue.start_ms = start_ms + length * passed // total
        passed += weight
        cue.end_ms = start_ms + length * passed // total
    return following_ms


def valid_times(cue: Cue, free_from_ms: int, problems: Problems) -> tuple[int, int]:
    """Return valid start and end; `free_from_ms` replaces a missing or absurd start."""
    start_ms, end_ms = cue.start_ms, cue.end_ms
    if start_ms is None:
        problems.add(cue.line, "bad_time", cue.text)
        return free_from_ms, free_from_ms
    if not 0 <= start_ms <= LONGEST_RECORDING_MS:
        problems.add(cue.line, "absurd_time", cue.text)
        return free_from_ms, free_from_ms
    if end_ms is None or end_ms > LONGEST_RECORDING_MS:
        problems.add(cue.line, "bad_time" if end_ms is None else "absurd_time", cue.text)
        end_ms = start_ms
    elif end_ms < start_ms:
        problems.add(cue.line, "end_before_start", cue.text)
        end_ms = start_ms
    return start_ms, end_ms


def _cut_overlap(
    before: TranscriptSegment, segment: TranscriptSegment, cue: Cue, problems: Problems
) -> TranscriptSegment:
    """Return the previous segment, shortened where it overlaps one of the same speaker."""
    if segment.start_ms < before.start_ms:
        problems.add(cue.line, "clock_goes_back", cue.text)
    elif segment.start_ms < before.end_ms and segment.speaker == before.speaker:
        problems.add(cue.line, "overlap", cue.text)
        return replace(before, end_ms=segment.start_ms)
    return before


def unique_id(cue: Cue, number: int, taken: dict[str, int], problems: Problems) -> str:
    """Return the id of the cue or its number, made unique and added to `taken`."""
    preferred = normalise(replace_unprintable(cue.id))[:64] or f"{number}"
    unique = preferred
    while unique in taken:
        taken[preferred] += 1
        unique = f"{preferred}-{taken[preferred]}"
    if unique != preferred and cue.id:
        problems.add(cue.line, "repeated_id", preferred)
    taken[unique] = 1
    return unique
