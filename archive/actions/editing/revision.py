"""Start and end of every edit of segments: rights and locks, then the history.

An edit calls `lock_and_check`, changes the rows, and calls `commit_revision` and
`record_event`. The lock on the version row serialises the edits of a version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused
from archive.actions.editing.draft import Draft
from archive.actions.editing.hidden_words import require_still_hidden
from archive.actions.editing.rules import SegmentRefused
from archive.actions.transcripts.versions import add_revision
from archive.models import Segment, SegmentRevision
from archive.models.base import utc_now
from archive.models.vocabulary import RevisionKind


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
    draft: Draft,
    segments: Sequence[Segment],
    *,
    allow_ended: bool = False,
) -> None:
    """Check permission, lock the version row, refresh the segments; raises SegmentReplaced."""
    access.require(draft.rights, "correct", draft.scope)
    draft.db.refresh(draft.version, with_for_update=True)
    access.require(draft.rights, "correct", draft.scope)
    for segment in segments:
        draft.db.refresh(segment)
        if segment.version_id != draft.version.id:
            raise SegmentRefused(field="ids", why="other_version")
        if segment.ended_at is not None and not allow_ended:
            raise SegmentReplaced(segment)


def require_revision(segment: Segment, based_on: int) -> None:
    """Raise StaleSegment if the segment was changed since `based_on`."""
    if segment.revision != based_on:
        raise StaleSegment(segment)


def commit_revision(
    draft: Draft,
    changed: Sequence[Segment],
    *,
    kind: RevisionKind,
    operation: str,
    reason: str = "",
) -> None:
    """Append the segments to their histories as one revision of the version.

    Raises SegmentRefused if readers would get words that were hidden before.
    """
    require_still_hidden(draft, changed, kind=kind)
    draft.version.revision += 1
    draft.version.updated_at = utc_now()
    if draft.version.state == "corrected" or (
        draft.version.state == "machine" and _checks_words(draft.db, changed, kind)
    ):
        draft.version.state = "editing"
    for segment in changed:
        segment.revision += 1
        segment.changed_in = draft.version.revision
        segment.updated_by_id, segment.updated_at = draft.rights.actor.user_id or None, utc_now()
        add_revision(draft.db, segment, kind=kind, operation=operation, reason=reason)
    draft.db.flush()
    draft.db.expire(draft.version, ["segments"])


def _checks_words(db: Session, changed: Sequence[Segment], kind: RevisionKind) -> bool:
    """Return whether a person changed a word, or marked one as heard.

    A text in which only speakers, times, boundaries or flags were set is machine text still.
    """
    if kind in ("insert", "drop"):
        return True
    if kind not in ("edit", "replace", "restore"):
        return False
    before = {
        segment_id: (text, state)
        for segment_id, text, state in db.execute(
            select(SegmentRevision.segment_id, SegmentRevision.text, SegmentRevision.state)
            .join(Segment, Segment.id == SegmentRevision.segment_id)
            .where(
                Segment.id.in_([segment.id for segment in changed]),
                SegmentRevision.revision == Segment.revision,
            )
        )
    }
    return any(
        text != segment.text or (segment.state == "heard" and state != "heard")
        for segment in changed
        for text, state in [before[segment.id]]
    )


def record_event(
    draft: Draft,
    how: str,
    changed: Sequence[Segment],
    **detail: Any,
) -> None:
    """Record `transcript.edited`, which also updates the index."""
    audit.record(
        draft.db,
        draft.rights.actor,
        "transcript.edited",
        draft.version,
        interview=draft.interview,
        how=how,
        segments=[segment.id for segment in changed],
        **detail,
    )
