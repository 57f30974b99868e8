"""Validation and application of changes to segments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.actions.transcripts.words import pack, to_document, unpack
from archive.models import Interview, Recording, Segment, TranscriptVersion
from archive.models.base import is_id
from archive.models.vocabulary import SEGMENT_STATES
from archive.text import fractional_index
from transcription import edits
from transcription.alignment import retime
from transcription.document import Word
from transcription.time_order import TimedSpan, order_faults, passed_by
from transcription.tokens import normalise

LONGEST_TEXT = 20_000


LONGEST_SPEAKER = 120


CLOCK_TOLERANCE_MS = 1_000


# Not storable in every database: control characters, lone surrogates, non-characters.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


class SegmentRefused(Refused):
    """Raised for invalid changes; `field` is the invalid field, `why` the reason."""

    code = "segment_refused"


@dataclass(frozen=True, kw_only=True)
class SegmentChange:
    """A change of a segment; None leaves a field as it is.

    `speaker` is a contribution id, or a label for an unlinked speaker; an empty string
    removes the speaker.
    """

    text: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    speaker: str | None = None
    state: str | None = None
    flags: tuple[str, ...] | None = None


def has_effect(segment: Segment, change: SegmentChange) -> bool:
    """Return whether the change would alter the segment."""
    speaker = segment.contribution_id or segment.speaker_label
    return (
        (change.text is not None and clean_text(change.text) != segment.text)
        or change.start_ms not in (None, segment.start_ms)
        or change.end_ms not in (None, segment.end_ms)
        or change.speaker not in (None, speaker)
        or change.state not in (None, segment.state)
        or (change.flags is not None and clean_flags(change.flags) != segment.flags)
    )


def apply_change(
    db: Session, interview: Interview, segment: Segment, change: SegmentChange
) -> None:
    """Apply the change and keep the times of words; raises SegmentRefused before any change."""
    text = segment.text if change.text is None else clean_text(change.text)
    if len(text) > LONGEST_TEXT:
        raise SegmentRefused(field="text", why="too_long", longest=LONGEST_TEXT)
    if change.state is not None and change.state not in SEGMENT_STATES:
        raise SegmentRefused(field="state", why="unknown")
    start = segment.start_ms if change.start_ms is None else change.start_ms
    end = segment.end_ms if change.end_ms is None else change.end_ms
    voice = (segment.contribution_id, segment.speaker_label)
    if change.speaker is not None:
        voice = parse_speaker(interview, change.speaker)
    words = unpack(segment.words)
    if (start, end) != (segment.start_ms, segment.end_ms):
        words = _retimed_words(db, segment, start, end)
    check_times(db, segment, start, end, voice)
    if text != segment.text or not segment.words:
        words = retime(words, text, start_ms=start, end_ms=end)
    if change.state is not None:
        segment.state = change.state
    elif text != segment.text:
        segment.state = "edited"
    if change.flags is not None:
        segment.flags = clean_flags(change.flags)
    segment.contribution_id, segment.speaker_label = voice
    segment.text, segment.start_ms, segment.end_ms = text, start, end
    segment.words = pack(words)


def clean_text(text: str) -> str:
    """Normalise text and remove control characters, surrogates and non-characters."""
    return normalise(_UNPRINTABLE.sub("", text))


def clean_flags(flags: Sequence[str]) -> list[str]:
    """Return at most 20 flags of at most 40 characters."""
    return [clean_text(flag)[:40] for flag in flags][:20]


def parse_speaker(interview: Interview, speaker: str) -> tuple[str | None, str]:
    """Return contribution id and label for a speaker given as id or name.

    Removed contributions are accepted: an editor page opened earlier still offers their ids.
    Raises SegmentRefused for the id of another interview, which would be shown as a name.
    """
    if speaker in {c.id for c in interview.contributions}:
        return speaker, ""
    if is_id(speaker):
        raise SegmentRefused(field="speaker", why="other_interview")
    return None, clean_text(speaker)[:LONGEST_SPEAKER]


def read_spans(db: Session, version: TranscriptVersion) -> list[TimedSpan]:
    """Return the times of all segments of a version, in reading order."""
    rows = db.execute(
        select(
            Segment.id,
            Segment.recording_id,
            Segment.start_ms,
            Segment.end_ms,
            Segment.contribution_id,
            Segment.speaker_label,
        )
        .where(Segment.version_id == version.id, Segment.ended_at.is_(None))
        .order_by(Segment.position, Segment.id)
    )
    return [
        TimedSpan(
            id=row.id,
            recording=row.recording_id or "",
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            speaker=row.contribution_id or row.speaker_label,
        )
        for row in rows
    ]


def check_order(
    before: Sequence[TimedSpan], after: Sequence[TimedSpan], *, by_count: bool = False
) -> None:
    """Refuse an edit that adds a fault of the time order; raises SegmentRefused.

    Faults that existed before are accepted, so that imported texts with faults can be
    corrected. `by_count`: a segment came between two others, whose fault is then its own.
    """
    was, now = order_faults(before), order_faults(after)
    if now - was and not (by_count and len(now) <= len(was)):
        raise SegmentRefused(field="start", why=min(fault.rule for fault in now - was))


def check_times(
    db: Session, segment: Segment, start: int, end: int, voice: tuple[str | None, str]
) -> None:
    """Refuse times or a speaker of one segment that would break the order of its recording."""
    own = timed_span(segment)
    changed = replace(own, start_ms=start, end_ms=end, speaker=voice[0] or voice[1])
    if changed == own:
        return
    before = read_spans(db, db.get_one(TranscriptVersion, segment.version_id))
    check_order(before, [changed if span.id == own.id else span for span in before])


def check_recording_length(db: Session, recording_id: str | None, end_ms: int) -> None:
    """Refuse times after the end of the recording, if its length is known."""
    longest_ms = length_limit(db, recording_id)
    if longest_ms is not None and end_ms > longest_ms:
        raise SegmentRefused(field="end", why="after_the_end")


def length_limit(db: Session, recording_id: str | None) -> int | None:
    """Return the latest end of a segment, a tolerance after the recording; None if unknown."""
    recording = db.get(Recording, recording_id) if recording_id else None
    length_ms = recording.duration_ms if recording is not None else None
    return None if length_ms is None else length_ms + CLOCK_TOLERANCE_MS


def require_new_id(db: Session, new_id: str) -> None:
    """Refuse a client-made id unless it is a new ULID."""
    if not _ULID.fullmatch(new_id) or db.get(Segment, new_id) is not None:
        raise SegmentRefused(field="new_id", why="not_a_new_ulid")


def are_neighbours(db: Session, first: Segment, second: Segment) -> bool:
    """Return whether the second segment follows the first in its recording.

    The halves of a split are neighbours also where others spoke meanwhile: their segments stand
    between the halves.
    """
    if first.recording_id != second.recording_id or second.position <= first.position:
        return False
    between = db.scalars(
        select(Segment).where(
            Segment.version_id == first.version_id,
            Segment.position > first.position,
            Segment.position < second.position,
            Segment.ended_at.is_(None),
        )
    ).all()
    start, until = timed_span(first), timed_span(second).start_ms
    is_split = start.end_ms == until and start.speaker == timed_span(second).speaker
    return not between or (
        is_split
        and all(
            one.recording_id == first.recording_id
            and timed_span(one).speaker != start.speaker
            and start.start_ms <= one.start_ms <= until
            for one in between
        )
    )


def next_position(db: Session, segment: Segment) -> str:
    """Return the position of the next segment, ended ones included; empty for the last."""
    after = (
        select(Segment.position)
        .where(Segment.version_id == segment.version_id, Segment.position > segment.position)
        .order_by(Segment.position)
    )
    return db.scalar(after.limit(1)) or ""


def position_in_time(db: Session, version: TranscriptVersion, segment: Segment, start: int) -> str:
    """Return a new position after `segment` for one that starts at `start` in its recording."""
    spans = read_spans(db, version)
    at = next(number for number, span in enumerate(spans) if span.id == segment.id)
    below = takewhile(lambda span: span.recording == spans[at].recording, spans[at + 1 :])
    above = spans[at + passed_by(start, below)].id
    return position_after(db, db.get_one(Segment, above))


def position_after(db: Session, segment: Segment) -> str:
    """Return a new position directly after a segment."""
    return fractional_index.position_between(segment.position, next_position(db, segment))


def position_before(db: Session, segment: Segment) -> str:
    """Return a new position directly before a segment."""
    before = (
        select(Segment.position)
        .where(Segment.version_id == segment.version_id, Segment.position < segment.position)
        .order_by(Segment.position.desc())
    )
    return fractional_index.position_between(db.scalar(before.limit(1)) or "", segment.position)


def timed_span(segment: Segment) -> TimedSpan:
    """Return the times and the speaker of a segment, to compare with others."""
    return TimedSpan(
        id=segment.id,
        recording=segment.recording_id or "",
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        speaker=segment.contribution_id or segment.speaker_label,
    )


def _retimed_words(db: Session, segment: Segment, start: int, end: int) -> tuple[Word, ...]:
    """Return the words fitted to new times; raises SegmentRefused for invalid times."""
    if not 0 <= start < end:
        raise SegmentRefused(field="start", why="times_reversed")
    check_recording_length(db, segment.recording_id, end)
    try:
        return edits.set_times(to_document(segment), start_ms=start, end_ms=end).words
    except edits.EditRefused as refused:
        raise SegmentRefused(field="end", why=refused.code) from refused
