"""Restoration of segments from their history, as they were or with their times fitted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from archive.actions.editing.draft import Draft
from archive.actions.editing.rules import (
    SegmentRefused,
    check_order,
    check_recording_length,
    length_limit,
    position_after,
    position_before,
    read_spans,
)
from archive.actions.transcripts.words import assign, to_document
from archive.models import Segment, SegmentRevision
from transcription import edits
from transcription.time_order import LEAST_SHOWN_MS, TimedSpan, fit_in_order


def is_as_revision(segment: Segment, old: SegmentRevision) -> bool:
    """Return whether a segment is exactly as it was at a revision."""
    return all(
        getattr(segment, name) == getattr(old, name)
        for name in (
            "text",
            "words",
            "state",
            "start_ms",
            "end_ms",
            "flags",
            "contribution_id",
            "speaker_label",
        )
    )


def assign_revision(segment: Segment, old: SegmentRevision) -> None:
    """Copy an earlier state to a segment; an ended segment lives again."""
    segment.text, segment.words, segment.state = old.text, old.words, old.state
    segment.start_ms, segment.end_ms, segment.flags = old.start_ms, old.end_ms, old.flags
    segment.contribution_id, segment.speaker_label = old.contribution_id, old.speaker_label
    segment.ended_at = None


def restore_in_order(
    draft: Draft, segments: Sequence[Segment], assign_earlier: Callable[[], None], *, fit: bool
) -> bool:
    """Assign earlier states to segments and keep the time order; return whether times were fitted.

    Raises SegmentRefused where the times no longer fit: with `can_fit` if there are others and
    `fit` is false, with `no_time_left` if there are none. Nothing is changed then.
    """
    with draft.db.begin_nested():
        before = read_spans(draft.db, draft.version)
        times_before = [_times(segment) for segment in segments]
        assign_earlier()
        draft.db.flush()
        spans = read_spans(draft.db, draft.version)
        try:
            for segment, times in zip(segments, times_before, strict=True):
                if _times(segment) != times:
                    check_recording_length(draft.db, segment.recording_id, segment.end_ms)
            check_order(before, spans, by_count=True)
        except SegmentRefused as refused:
            fitted = _fit(draft.db, before, spans, {segment.id for segment in segments})
            if fitted is None:
                facts = {"field": "start", "why": "no_time_left", "can_fit": False}
                raise SegmentRefused(**facts) from refused
            if not fit:
                raise SegmentRefused(**{**refused.facts, "can_fit": True}) from refused
            earlier = [_times(segment) for segment in segments]
            _assign_order(draft.db, fitted, segments)
            return earlier != [_times(segment) for segment in segments]
    return False


def _times(segment: Segment) -> tuple[int, int]:
    return segment.start_ms, segment.end_ms


def _fit(
    db: Session, before: Sequence[TimedSpan], spans: Sequence[TimedSpan], restored: set[str]
) -> list[TimedSpan] | None:
    """Return the segments of the version with times that keep the order; None if there are none.

    Where an imported transcript is out of order, the times that the segments had until now are
    the second choice: they add no fault.
    """
    until_now = {span.id: span for span in before}
    order: list[TimedSpan] = []
    for recording, group in itertools.groupby(spans, key=lambda span: span.recording):
        beside = list(group)
        now = [
            replace(span, start_ms=known.start_ms, end_ms=known.end_ms)
            if span.id in restored and (known := until_now.get(span.id))
            else span
            for span in beside
        ]
        longest_ms = length_limit(db, recording or None)
        choices = (fit_in_order(beside, restored, longest_ms=longest_ms), now)
        was = [span for span in before if span.recording == recording]
        kept = next((one for one in choices if one and _is_sound(was, beside, one, restored)), None)
        if kept is None:
            return None
        order += kept
    return order


def _is_sound(
    before: Sequence[TimedSpan],
    earlier: Sequence[TimedSpan],
    after: Sequence[TimedSpan],
    restored: set[str],
) -> bool:
    """Return whether no fault was added, and every restored segment is long enough to be shown."""
    lengths = {span.id: span.end_ms - span.start_ms for span in earlier}
    try:
        check_order(before, after, by_count=True)
    except SegmentRefused:
        return False
    return all(
        span.end_ms - span.start_ms >= min(LEAST_SHOWN_MS, lengths[span.id] or LEAST_SHOWN_MS)
        for span in after
        if span.id in restored
    )


def _assign_order(db: Session, order: Sequence[TimedSpan], segments: Sequence[Segment]) -> None:
    """Assign fitted times, and positions where a segment goes past others."""
    fitted = {segment.id: segment for segment in segments}
    rows = [fitted.get(span.id) or db.get_one(Segment, span.id) for span in order]
    for segment, span in zip(rows, order, strict=True):
        if segment.id in fitted and _times(segment) != (span.start_ms, span.end_ms):
            document = to_document(segment)
            assign(segment, edits.fit_times(document, start_ms=span.start_ms, end_ms=span.end_ms))
    for at, segment in enumerate(rows):
        beside = [row.position for row in (*rows[:at][-1:], segment, *rows[at + 1 :][:1])]
        if segment.id in fitted and beside != sorted(beside):
            segment.position = (
                position_after(db, rows[at - 1]) if at else position_before(db, rows[at + 1])
            )
            db.flush()
    db.flush()
