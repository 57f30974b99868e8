"""What every step at segments begins and ends with: rights and locks, then the history.

A step calls `begin`, changes the rows, and calls `close` and `tell`. Whoever holds the
version's row alone changes its segments, so steps of two people never interleave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Actor, Refused
from archive.actions.segment_changes import SegmentRefused
from archive.actions.transcripts import keep_revision, pack
from archive.models import Interview, Segment, TranscriptVersion
from archive.models.base import utc_now
from transcription.document import Segment as SpokenSegment


class Replaced(Refused):
    """The segment was merged or dropped; `by` names what stands in its place."""

    code = "segment_replaced"

    def __init__(self, segment: Segment) -> None:
        super().__init__(by=list(segment.replaced_by))
        self.by = list(segment.replaced_by)
        self.segment_id = segment.id


class Stale(Refused):
    """The step was thought out on an earlier state of the segment `segment_id`."""

    code = "stale"

    def __init__(self, segment: Segment) -> None:
        super().__init__(revision=segment.revision)
        self.segment_id = segment.id


def begin(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    chosen: Sequence[Segment], *, even_ended: bool = False,
) -> None:  # fmt: skip
    """Ask for the right, take the version's row, read the segments anew; raises Replaced."""
    access.require(actor, "correct", version, interview=interview)
    db.refresh(version, with_for_update=True)
    access.require(actor, "correct", version, interview=interview)
    for segment in chosen:
        db.refresh(segment)
        if segment.version_id != version.id:
            raise SegmentRefused(field="ids", why="other_version")
        if segment.ended_at is not None and not even_ended:
            raise Replaced(segment)


def must_be_current(segment: Segment, based_on: int) -> None:
    """Raise Stale unless nobody changed the segment since."""
    if segment.revision != based_on:
        raise Stale(segment)


def take(segment: Segment, heard: SpokenSegment) -> None:
    """Give the row the text, words and times that an edit of the toolbox came to."""
    segment.text, segment.words = heard.text, pack(heard.words)
    segment.start_ms, segment.end_ms = heard.start_ms, heard.end_ms


def close(
    db: Session, actor: Actor, version: TranscriptVersion, changed: Sequence[Segment], *,
    kind: str, operation: str, reason: str = "",
) -> None:  # fmt: skip
    """Write the segments into their histories as one revision of the version."""
    version.revision += 1
    version.updated_at = utc_now()
    if version.state in ("machine", "corrected"):
        version.state = "editing"
    for segment in changed:
        segment.revision += 1
        segment.changed_in = version.revision
        segment.updated_by_id, segment.updated_at = actor.user_id or None, utc_now()
        keep_revision(db, segment, kind=kind, operation=operation, reason=reason)
    db.flush()
    db.expire(version, ["segments"])


def tell(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    how: str, changed: Sequence[Segment], **detail: Any,
) -> None:  # fmt: skip
    """Record the event, from which the index follows."""
    audit.record(
        db, actor, "transcript.edited", version, interview=interview,
        how=how, segments=[segment.id for segment in changed], **detail,
    )  # fmt: skip
