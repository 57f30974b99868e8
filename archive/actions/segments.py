"""What an editor does to a segment: save, split, merge, drop, name the speaker.

A save names the revision it started from. When somebody was faster, their change and
this one are merged token by token; where both touched the same token nothing is
overwritten: theirs stays, ours is kept as a draft, and both are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import positions
from archive.access import Actor
from archive.actions.segment_changes import (
    Change,
    Conflict,
    SegmentRefused,
    apply,
    are_neighbours,
    check_neighbours,
    clean,
    differs,
    following_position,
    must_be_new,
    rebase,
    revision_of,
    spoken,
    voice_of,
    voice_then,
)
from archive.actions.segment_steps import (
    Replaced,
    Stale,
    begin,
    close,
    must_be_current,
    take,
    tell,
)
from archive.models import Interview, Segment, SegmentRevision, TranscriptVersion
from archive.models.base import utc_now
from transcription import edits

__all__ = ["Change", "Conflict", "Replaced", "Saved", "SegmentRefused", "Stale", "drop", "merge"]
__all__ += ["name_speaker", "restore", "save", "split", "where_now"]

LONGEST_REASON = 500


@dataclass(frozen=True)
class Place:
    """Where the words of an ended segment are now: from code point `at`, or None when changed."""

    segment: Segment
    at: int | None
    length: int


@dataclass(frozen=True)
class Saved:
    """The segment as it is now; `merged_with` is the revision of somebody else, if any."""

    segment: Segment
    merged_with: SegmentRevision | None = None


def save(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, change: Change, *, based_on: int, operation: str = "",
) -> Saved:  # fmt: skip
    """Change a segment; raises Conflict, Replaced or SegmentRefused."""
    begin(db, actor, interview, version, [segment])
    merged_with = None
    if based_on != segment.revision:
        change = rebase(db, actor, segment, change, based_on)
        merged_with = revision_of(db, segment, segment.revision)
    if not differs(segment, change):
        return Saved(segment, merged_with)
    apply(db, interview, segment, change)
    close(db, actor, version, [segment], kind="edit", operation=operation)
    tell(db, actor, interview, version, "edited", [segment])
    return Saved(segment, merged_with)


def split(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, *, based_on: int, char: int, at_ms: int | None, new_id: str,
    operation: str = "",
) -> tuple[Segment, Segment]:  # fmt: skip
    """Cut a segment at a character; the second part takes `new_id`, which the browser made."""
    begin(db, actor, interview, version, [segment])
    must_be_current(segment, based_on)
    try:
        first, second = edits.split(spoken(segment), char=char, at_ms=at_ms, new_id=new_id)
    except edits.EditRefused as refused:
        raise SegmentRefused(field="char", why=refused.code) from refused
    must_be_new(db, new_id)
    following = following_position(db, segment)
    tail = Segment(
        id=new_id, version_id=version.id, recording_id=segment.recording_id,
        position=positions.between(segment.position, following), revision=0,
        contribution_id=segment.contribution_id, speaker_label=segment.speaker_label,
        state=segment.state, flags=list(segment.flags),
    )  # fmt: skip
    take(segment, first)
    take(tail, second)
    db.add(tail)
    db.flush()  # its history points to it
    close(db, actor, version, [segment, tail], kind="split", operation=operation)
    tell(db, actor, interview, version, "split", [segment, tail])
    return segment, tail


def merge(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    first: Segment, second: Segment, *, based_on: tuple[int, int], operation: str = "",
) -> Segment:  # fmt: skip
    """Append a segment to the one before it; the second is ended and points to the first."""
    begin(db, actor, interview, version, [first, second])
    must_be_current(first, based_on[0])
    must_be_current(second, based_on[1])
    if not are_neighbours(db, first, second):
        raise SegmentRefused(field="ids", why="not_neighbours")
    try:
        joined = edits.merge(spoken(first), spoken(second))
    except edits.EditRefused as refused:
        raise SegmentRefused(field="ids", why=refused.code) from refused
    take(first, joined)
    first.flags = sorted({*first.flags, *second.flags})
    if second.state != first.state:
        first.state = "edited"
    second.ended_at, second.replaced_by = utc_now(), [first.id]
    close(db, actor, version, [first, second], kind="merge", operation=operation)
    tell(db, actor, interview, version, "merged", [first, second])
    return first


def drop(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, *, based_on: int, reason: str, operation: str = "",
) -> None:  # fmt: skip
    """Take out a segment that nobody said, with the reason; it stays in the history."""
    begin(db, actor, interview, version, [segment])
    must_be_current(segment, based_on)
    reason = clean(reason)[:LONGEST_REASON]
    segment.ended_at, segment.replaced_by = utc_now(), []
    close(db, actor, version, [segment], kind="drop", operation=operation, reason=reason)
    tell(db, actor, interview, version, "dropped", [segment], reason=reason)


def name_speaker(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    chosen: Sequence[Segment], *, speaker: str, operation: str = "",
) -> None:  # fmt: skip
    """Say who speaks in several segments at once."""
    chosen = list({segment.id: segment for segment in chosen}.values())
    begin(db, actor, interview, version, chosen)
    voice = voice_of(interview, speaker)
    for segment in chosen:
        check_neighbours(db, segment, segment.start_ms, segment.end_ms, voice)
        segment.contribution_id, segment.speaker_label = voice
        db.flush()  # the next one's neighbour is this one, as it is now
    close(db, actor, version, chosen, kind="speaker", operation=operation)
    tell(db, actor, interview, version, "speaker_named", chosen)


def restore(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    segment: Segment, *, revision: int, operation: str = "", reason: str = "",
) -> Saved:  # fmt: skip
    """Bring back an earlier state of a segment, word times and all, as a new revision.

    A segment that was dropped comes back to its place; one that was merged does not, for its
    words are in another now.
    """
    reason = clean(reason)[:LONGEST_REASON]
    begin(db, actor, interview, version, [segment], even_ended=True)
    if segment.replaced_by:
        raise Replaced(segment)
    old = revision_of(db, segment, revision)
    was_dropped, segment.ended_at = segment.ended_at is not None, None
    speaker = next(filter(None, voice_then(interview, old)), "")
    change = Change(
        text=old.text, start_ms=old.start_ms, end_ms=old.end_ms, speaker=speaker, state=old.state,
        flags=tuple(old.flags),
    )  # fmt: skip
    if not was_dropped and not differs(segment, change) and segment.words == old.words:
        return Saved(segment)
    apply(db, interview, segment, change)
    segment.words = old.words
    close(
        db, actor, version, [segment],
        kind="restore", operation=operation, reason=reason,
    )  # fmt: skip
    tell(
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


def where_now(db: Session, ended: Segment) -> list[Place]:
    """What became of a segment that was joined to another, however often that was joined on."""
    living: list[Segment] = []
    asked, seen = list(ended.replaced_by), {ended.id}
    while asked:
        one = db.get(Segment, asked.pop(0))
        if one is None or one.id in seen:
            continue
        seen.add(one.id)
        if one.ended_at is None:
            living.append(one)
        else:
            asked += one.replaced_by
    return [_place(one, ended.text) for one in living]


def _place(living: Segment, words: str) -> Place:
    """Only whole words count, and only where they stand once: a guess would misplace a text."""
    text, wanted = f" {living.text} ", f" {words} "
    is_clear = bool(words) and text.count(wanted) == 1
    return Place(living, text.find(wanted) if is_clear else None, len(words))
