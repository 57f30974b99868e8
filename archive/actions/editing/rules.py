"""Validation and application of changes to segments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Refused
from archive.actions.transcripts.words import pack, to_document, unpack
from archive.models import Interview, Recording, Segment, SegmentRevision
from archive.models.vocabulary import SEGMENT_STATES
from transcription import edits
from transcription.alignment import retime
from transcription.document import Word
from transcription.tokens import normalise

LONGEST_TEXT = 20_000


LONGEST_SPEAKER = 120


CLOCK_TOLERANCE_MS = 1_000


# Not storable in every database: control characters, lone surrogates, non-characters.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


SpokenSpan = tuple[int, int, str]


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
    check_neighbours(db, segment, start, end, voice)
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
    """
    if speaker in {c.id for c in interview.contributions}:
        return speaker, ""
    return None, clean_text(speaker)[:LONGEST_SPEAKER]


def check_neighbours(
    db: Session, segment: Segment, start: int, end: int, voice: tuple[str | None, str]
) -> None:
    """Refuse overlaps of the same speaker and changes of the order of segments.

    Faults that existed before the change are accepted, so that imported texts with faults
    can be corrected.
    """
    was = spoken_span(segment)
    now = (start, end, voice[0] or voice[1])
    if was == now:
        return
    before, after = _neighbours(db, segment)
    for neighbour in filter(None, (before, after)):
        if _overlap(now, spoken_span(neighbour)) and not _overlap(was, spoken_span(neighbour)):
            raise SegmentRefused(field="start", why="times_overlap")
    if before is not None and start < before.start_ms <= segment.start_ms:
        raise SegmentRefused(field="start", why="out_of_order")
    if after is not None and start > after.start_ms >= segment.start_ms:
        raise SegmentRefused(field="start", why="out_of_order")


def check_moved(
    db: Session, moved: Iterable[Segment], was: Mapping[str, SpokenSpan | None]
) -> None:
    """Check neighbours like `check_neighbours`, for several segments that were moved together.

    `was` has the earlier span of each, None for a new one.
    """
    db.flush()
    for segment in moved:
        before, after = _neighbours(db, segment)
        for first, second in ((before, segment), (segment, after)):
            if first is None or second is None:
                continue
            then = was.get(first.id, spoken_span(first)), was.get(second.id, spoken_span(second))
            for why, wrong in (("times_overlap", _overlap), ("out_of_order", _reversed)):
                was_so = then[0] is not None and then[1] is not None and wrong(then[0], then[1])
                if wrong(spoken_span(first), spoken_span(second)) and not was_so:
                    raise SegmentRefused(field="start", why=why)


def check_recording_length(db: Session, recording_id: str | None, end_ms: int) -> None:
    """Refuse times after the end of the recording, if its length is known."""
    recording = db.get(Recording, recording_id) if recording_id else None
    length_ms = recording.duration_ms if recording is not None else None
    if length_ms is not None and end_ms > length_ms + CLOCK_TOLERANCE_MS:
        raise SegmentRefused(field="end", why="after_the_end")


def require_new_id(db: Session, new_id: str) -> None:
    """Refuse a client-made id unless it is a new ULID."""
    if not _ULID.fullmatch(new_id) or db.get(Segment, new_id) is not None:
        raise SegmentRefused(field="new_id", why="not_a_new_ulid")


def are_neighbours(db: Session, first: Segment, second: Segment) -> bool:
    """Return whether the second segment directly follows the first in its recording."""
    following = db.scalar(
        select(Segment)
        .where(
            Segment.version_id == first.version_id,
            Segment.position > first.position,
            Segment.ended_at.is_(None),
        )
        .order_by(Segment.position)
        .limit(1)
    )
    return following is second and first.recording_id == second.recording_id


def next_position(db: Session, segment: Segment) -> str:
    """Return the position of the next segment, ended ones included; empty for the last."""
    after = (
        select(Segment.position)
        .where(Segment.version_id == segment.version_id, Segment.position > segment.position)
        .order_by(Segment.position)
    )
    return db.scalar(after.limit(1)) or ""


def speaker_of_revision(old: SegmentRevision) -> tuple[str | None, str]:
    """Return contribution id and label of an earlier state; the contribution still exists."""
    return old.contribution_id, old.speaker_label


def spoken_span(segment: Segment) -> SpokenSpan:
    """Return start, end and speaker of a segment."""
    return segment.start_ms, segment.end_ms, segment.contribution_id or segment.speaker_label


def _retimed_words(db: Session, segment: Segment, start: int, end: int) -> tuple[Word, ...]:
    """Return the words fitted to new times; raises SegmentRefused for invalid times."""
    if not 0 <= start < end:
        raise SegmentRefused(field="start", why="times_reversed")
    check_recording_length(db, segment.recording_id, end)
    try:
        return edits.set_times(to_document(segment), start_ms=start, end_ms=end).words
    except edits.EditRefused as refused:
        raise SegmentRefused(field="end", why=refused.code) from refused


def _overlap(one: SpokenSpan, other: SpokenSpan) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] == other[2]


def _reversed(first: SpokenSpan, second: SpokenSpan) -> bool:
    return first[0] > second[0]


def _neighbours(db: Session, segment: Segment) -> tuple[Segment | None, Segment | None]:
    living = select(Segment).where(
        Segment.version_id == segment.version_id,
        Segment.recording_id == segment.recording_id,
        Segment.ended_at.is_(None),
    )
    before = living.where(Segment.position < segment.position).order_by(Segment.position.desc())
    after = living.where(Segment.position > segment.position).order_by(Segment.position)
    return db.scalar(before.limit(1)), db.scalar(after.limit(1))
