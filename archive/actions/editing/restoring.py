"""Restoration of one segment from its history, as it was or with its times fitted."""

from __future__ import annotations

from sqlalchemy.orm import Session

from archive.actions.editing.draft import Draft
from archive.actions.editing.rules import (
    SegmentRefused,
    check_order,
    check_recording_length,
    length_limit,
    position_after,
    read_spans,
    timed_span,
)
from archive.actions.transcripts.words import assign, to_document
from archive.models import Segment, SegmentRevision
from transcription import edits
from transcription.time_order import fit_between


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


def restore_segment(draft: Draft, segment: Segment, old: SegmentRevision, *, fit: bool) -> bool:
    """Assign an earlier state and keep the time order; return whether the times were fitted.

    Raises SegmentRefused with `can_fit` where the times no longer fit and `fit` is false.
    """
    try:
        with draft.db.begin_nested():
            _restore_as_it_was(draft, segment, old)
    except SegmentRefused as refused:
        if not fit:
            raise SegmentRefused(**{**refused.facts, "can_fit": True}) from refused
        assign_revision(segment, old)
        draft.db.flush()
        _fit_times(draft.db, draft, segment)
        return True
    return False


def _restore_as_it_was(draft: Draft, segment: Segment, old: SegmentRevision) -> None:
    before = read_spans(draft.db, draft.version)
    was = (segment.start_ms, segment.end_ms)
    assign_revision(segment, old)
    draft.db.flush()
    if (segment.start_ms, segment.end_ms) != was:
        check_recording_length(draft.db, segment.recording_id, segment.end_ms)
    check_order(before, read_spans(draft.db, draft.version), by_count=True)


def _fit_times(db: Session, draft: Draft, segment: Segment) -> None:
    """Move a segment to the nearest times that keep the order."""
    own = timed_span(segment)
    beside = [s for s in read_spans(db, draft.version) if s.recording == own.recording]
    at = next(number for number, span in enumerate(beside) if span.id == own.id)
    above, below = beside[:at], beside[at + 1 :]
    fitted = fit_between(above, own, below, longest_ms=length_limit(db, segment.recording_id))
    assign(
        segment,
        edits.fit_times(to_document(segment), start_ms=fitted.start_ms, end_ms=fitted.end_ms),
    )
    if fitted.passed:
        passed = db.get_one(Segment, below[fitted.passed - 1].id)
        segment.position = position_after(db, passed)
    db.flush()
