"""What an editor does to a segment: save, split, merge, drop, name the speaker.

A save names the revision it started from. When somebody was faster, their change and
this one are merged token by token; where both touched the same token nothing is
overwritten: theirs stays, ours is kept as a draft, and both are shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import access, audit, positions
from archive.access import Actor, Refused
from archive.actions.segment_changes import (
    Change,
    Conflict,
    SegmentRefused,
    apply,
    check_neighbours,
    clean,
    differs,
    rebase,
    revision_of,
    spoken,
    voice_of,
)
from archive.actions.transcripts import keep_revision, pack
from archive.models import Interview, Segment, SegmentRevision, TranscriptVersion
from archive.models.base import utc_now
from transcription import edits
from transcription.document import Segment as SpokenSegment

__all__ = ["Change", "Conflict", "Replaced", "Saved", "SegmentRefused", "drop", "merge"]
__all__ += ["name_speaker", "restore", "save", "split"]

LONGEST_REASON = 500
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


class Replaced(Refused):
    """The segment was split, merged or dropped; `by` names what stands in its place."""

    code = "segment_replaced"

    def __init__(self, by: Sequence[str]) -> None:
        super().__init__(by=list(by))
        self.by = list(by)


@dataclass(frozen=True)
class Saved:
    """The segment as it is now; `merged_with` is the revision of somebody else, if any."""

    segment: Segment
    merged_with: int | None = None


def save(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, change: Change, *, based_on: int, operation: str = "",
) -> Saved:  # fmt: skip
    """Change a segment; raises Conflict, Replaced or SegmentRefused."""
    _begin(db, actor, interview, version, [segment])
    merged_with = None
    if based_on != segment.revision:
        change = rebase(db, actor, segment, change, based_on)
        merged_with = segment.revision
    if not differs(segment, change):
        return Saved(segment, merged_with)
    apply(db, interview, segment, change)
    _close(db, actor, version, [segment], kind="edit", operation=operation)
    _tell(db, actor, interview, version, "edited", [segment])
    return Saved(segment, merged_with)


def split(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, *, based_on: int, char: int, at_ms: int | None, new_id: str,
    operation: str = "",
) -> tuple[Segment, Segment]:  # fmt: skip
    """Cut a segment at a character; the second part takes `new_id`, which the browser made."""
    _begin(db, actor, interview, version, [segment])
    _must_be_current(segment, based_on)
    try:
        first, second = edits.split(spoken(segment), char=char, at_ms=at_ms, new_id=new_id)
    except edits.EditRefused as refused:
        raise SegmentRefused(field="char", why=refused.code) from refused
    if not _ULID.fullmatch(new_id) or db.get(Segment, new_id) is not None:
        raise SegmentRefused(field="new_id", why="not_a_new_ulid")
    following = _following(db, segment)
    tail = Segment(
        id=new_id, version_id=version.id, recording_id=segment.recording_id,
        position=positions.between(segment.position, following), revision=0,
        contribution_id=segment.contribution_id, speaker_label=segment.speaker_label,
        state=segment.state, flags=list(segment.flags),
    )  # fmt: skip
    _take(segment, first)
    _take(tail, second)
    db.add(tail)
    db.flush()  # its history points to it
    _close(db, actor, version, [segment, tail], kind="split", operation=operation)
    _tell(db, actor, interview, version, "split", [segment, tail])
    return segment, tail


def merge(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    first: Segment, second: Segment, *, based_on: tuple[int, int], operation: str = "",
) -> Segment:  # fmt: skip
    """Append a segment to the one before it; the second is ended and points to the first."""
    _begin(db, actor, interview, version, [first, second])
    _must_be_current(first, based_on[0])
    _must_be_current(second, based_on[1])
    if _following_id(db, first) != second.id or first.recording_id != second.recording_id:
        raise SegmentRefused(field="ids", why="not_neighbours")
    try:
        joined = edits.merge(spoken(first), spoken(second))
    except edits.EditRefused as refused:
        raise SegmentRefused(field="ids", why=refused.code) from refused
    _take(first, joined)
    first.flags = sorted({*first.flags, *second.flags})
    if second.state != first.state:
        first.state = "edited"
    second.ended_at, second.replaced_by = utc_now(), [first.id]
    _close(db, actor, version, [first, second], kind="merge", operation=operation)
    _tell(db, actor, interview, version, "merged", [first, second])
    return first


def drop(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, *, based_on: int, reason: str, operation: str = "",
) -> None:  # fmt: skip
    """Take out a segment that nobody said, with the reason; it stays in the history."""
    _begin(db, actor, interview, version, [segment])
    _must_be_current(segment, based_on)
    reason = clean(reason)[:LONGEST_REASON]
    segment.ended_at, segment.replaced_by = utc_now(), []
    _close(db, actor, version, [segment], kind="drop", operation=operation, reason=reason)
    _tell(db, actor, interview, version, "dropped", [segment], reason=reason)


def name_speaker(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    chosen: Sequence[Segment], *, speaker: str, operation: str = "",
) -> None:  # fmt: skip
    """Say who speaks in several segments at once."""
    chosen = list({segment.id: segment for segment in chosen}.values())
    _begin(db, actor, interview, version, chosen)
    voice = voice_of(interview, speaker)
    for segment in chosen:
        check_neighbours(db, segment, segment.start_ms, segment.end_ms, voice)
        segment.contribution_id, segment.speaker_label = voice
        db.flush()  # the next one's neighbour is this one, as it is now
    _close(db, actor, version, chosen, kind="speaker", operation=operation)
    _tell(db, actor, interview, version, "speaker_named", chosen)


def restore(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, *, revision: int, operation: str = "", reason: str = "",
) -> Saved:  # fmt: skip
    """Bring back an earlier state of a segment, word times and all, as a new revision.

    A segment that was dropped comes back to its place; one that was merged does not, for its
    words are in another now.
    """
    reason = clean(reason)[:LONGEST_REASON]
    _begin(db, actor, interview, version, [segment], even_dropped=True)
    old = revision_of(db, segment, revision)
    was_dropped, segment.ended_at = segment.ended_at is not None, None
    speaker = old.contribution_id or old.speaker_label
    change = Change(
        text=old.text, start_ms=old.start_ms, end_ms=old.end_ms, speaker=speaker, state=old.state,
        flags=tuple(old.flags),
    )  # fmt: skip
    if not was_dropped and not differs(segment, change) and segment.words == old.words:
        return Saved(segment)
    apply(db, interview, segment, change)
    segment.words = old.words
    _close(
        db, actor, version, [segment],
        kind="restore", operation=operation, reason=reason,
    )  # fmt: skip
    _tell(
        db, actor, interview, version, "restored", [segment],
        revision=revision, reason=reason,
    )  # fmt: skip
    return Saved(segment)


def revisions(db: Session, segment: Segment) -> list[SegmentRevision]:
    """Every state the segment has been in, the newest first."""
    return list(
        db.scalars(
            select(SegmentRevision)
            .where(SegmentRevision.segment_id == segment.id)
            .order_by(SegmentRevision.revision.desc())
        )
    )


def changed_since(db: Session, version: TranscriptVersion, revision: int) -> list[Segment]:
    """Segments that changed after a revision of the version, ended ones included."""
    return list(
        db.scalars(
            select(Segment)
            .where(Segment.version_id == version.id, Segment.changed_in > revision)
            .order_by(Segment.position)
        )
    )


def _begin(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    chosen: Sequence[Segment], *, even_dropped: bool = False,
) -> None:  # fmt: skip
    access.require(actor, "correct", version, interview=interview)
    db.refresh(version, with_for_update=True)
    access.require(actor, "correct", version, interview=interview)
    for segment in chosen:
        db.refresh(segment)
        if segment.version_id != version.id:
            raise SegmentRefused(field="ids", why="other_version")
        if segment.ended_at is not None and (segment.replaced_by or not even_dropped):
            raise Replaced(segment.replaced_by)


def _must_be_current(segment: Segment, based_on: int) -> None:
    if segment.revision != based_on:
        raise SegmentRefused(field="revision", why="stale", revision=segment.revision)


def _take(segment: Segment, spoken_segment: SpokenSegment) -> None:
    segment.text, segment.words = spoken_segment.text, pack(spoken_segment.words)
    segment.start_ms, segment.end_ms = spoken_segment.start_ms, spoken_segment.end_ms


def _close(
    db: Session, actor: Actor, version: TranscriptVersion, changed: Sequence[Segment], *,
    kind: str, operation: str, reason: str = "",
) -> None:  # fmt: skip
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


def _tell(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    how: str, changed: Sequence[Segment], **detail: Any,
) -> None:  # fmt: skip
    audit.record(
        db, actor, "transcript.edited", version, interview=interview,
        how=how, segments=[segment.id for segment in changed], **detail,
    )  # fmt: skip


def _following(db: Session, segment: Segment) -> str:
    return (
        db.scalar(
            select(Segment.position)
            .where(Segment.version_id == segment.version_id, Segment.position > segment.position)
            .order_by(Segment.position)
            .limit(1)
        )
        or ""
    )


def _following_id(db: Session, segment: Segment) -> str | None:
    return db.scalar(
        select(Segment.id)
        .where(
            Segment.version_id == segment.version_id,
            Segment.position > segment.position,
            Segment.ended_at.is_(None),
        )
        .order_by(Segment.position)
        .limit(1)
    )
