"""Start and end of every edit of segments: rights and locks, then the history.

An edit calls `lock_and_check`, changes the rows, and calls `commit_revision` and
`record_event`. The lock on the version row serialises the edits of a version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.actions.editing.rules import SegmentRefused
from archive.actions.transcripts.versions import add_revision
from archive.models import Interview, Segment, TranscriptVersion
from archive.models.base import utc_now


class SegmentReplaced(Refused):
    """Raised if the segment was merged or dropped; `by` are the ids that replace it."""

    code = "segment_replaced"

    def __init__(self, segment: Segment) -> None:
        super().__init__(by=list(segment.replaced_by))
        self.by = list(segment.replaced_by)
        self.segment_id = segment.id


class StaleSegment(Refused):
    """Raised if the edit is based on an earlier revision of the segment."""

    code = "stale"

    def __init__(self, segment: Segment) -> None:
        super().__init__(revision=segment.revision)
        self.segment_id = segment.id


def lock_and_check(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    segments: Sequence[Segment],
    *,
    allow_ended: bool = False,
) -> None:
    """Check permission, lock the version row, refresh the segments; raises SegmentReplaced."""
    access.require(rights, "correct", access.Scope(interview, version))
    db.refresh(version, with_for_update=True)
    access.require(rights, "correct", access.Scope(interview, version))
    for segment in segments:
        db.refresh(segment)
        if segment.version_id != version.id:
            raise SegmentRefused(field="ids", why="other_version")
        if segment.ended_at is not None and not allow_ended:
            raise SegmentReplaced(segment)


def require_revision(segment: Segment, based_on: int) -> None:
    """Raise StaleSegment if the segment was changed since `based_on`."""
    if segment.revision != based_on:
        raise StaleSegment(segment)


def commit_revision(
    db: Session,
    rights: Rights,
    version: TranscriptVersion,
    changed: Sequence[Segment],
    *,
    kind: str,
    operation: str,
    reason: str = "",
) -> None:
    """Append the segments to their histories as one revision of the version."""
    version.revision += 1
    version.updated_at = utc_now()
    if version.state in ("machine", "corrected"):
        version.state = "editing"
    for segment in changed:
        segment.revision += 1
        segment.changed_in = version.revision
        segment.updated_by_id, segment.updated_at = rights.actor.user_id or None, utc_now()
        add_revision(db, segment, kind=kind, operation=operation, reason=reason)
    db.flush()
    db.expire(version, ["segments"])


def record_event(
    db: Session,
    rights: Rights,
    interview: Interview,
    version: TranscriptVersion,
    how: str,
    changed: Sequence[Segment],
    **detail: Any,
) -> None:
    """Record `transcript.edited`, which also updates the index."""
    audit.record(
        db,
        rights.actor,
        "transcript.edited",
        version,
        interview=interview,
        how=how,
        segments=[segment.id for segment in changed],
        **detail,
    )
