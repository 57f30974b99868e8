"""Steps that a segment cannot take alone: put in, move a boundary, shift, replace, bring back.

Each is one revision of the version, whole or not at all. Together with those of
`segments` every step has a way back that is a step itself: what was split is merged and
brought back, what was put in is dropped, what was shifted is shifted the other way, and
`bring_back` undoes the rest from the history, word times and all.
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
    SegmentRefused,
    Span,
    apply,
    are_neighbours,
    check_length,
    check_together,
    clean,
    following_position,
    must_be_new,
    revision_of,
    span,
    spoken,
    voice_of,
    voice_then,
)
from archive.actions.segment_steps import Replaced, begin, close, must_be_current, take, tell
from archive.models import Interview, Recording, Segment, SegmentRevision, TranscriptVersion
from transcription import edits
from transcription.timecode import LONGEST_MS


@dataclass(frozen=True, kw_only=True)
class NewSegment:
    """What a person heard where nothing was written. `recording_id` None: that of `after`."""

    id: str
    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    recording_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class WayBack:
    """A segment, the revision that the browser knows, and the one to bring back."""

    segment: Segment
    based_on: int
    revision: int


def insert(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion, new: NewSegment, *,
    after: Segment | None, operation: str = "",
) -> Segment:  # fmt: skip
    """Put a segment behind another, or before all of them when `after` is None."""
    begin(db, actor, interview, version, [after] if after is not None else [])
    must_be_new(db, new.id)
    if not 0 <= new.start_ms < new.end_ms or new.end_ms > LONGEST_MS:
        raise SegmentRefused(field="start", why="times_reversed")
    if not clean(new.text):
        raise SegmentRefused(field="text", why="missing")
    recording_id = _recording_for(db, interview, version, new, after)
    check_length(db, recording_id, new.end_ms)
    before = after.position if after is not None else ""
    following = following_position(db, after) if after is not None else _first_position(db, version)
    voice = voice_of(interview, new.speaker)
    made = Segment(
        id=new.id, version_id=version.id, recording_id=recording_id, revision=0,
        position=positions.between(before, following), start_ms=new.start_ms, end_ms=new.end_ms,
        contribution_id=voice[0], speaker_label=voice[1], text="", words=[], flags=[],
    )  # fmt: skip
    db.add(made)
    check_together(db, [made], {made.id: None})
    apply(db, interview, made, Change(text=new.text, state="edited"))
    close(db, actor, version, [made], kind="insert", operation=operation)
    tell(db, actor, interview, version, "inserted", [made])
    return made


def move_boundary(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    left: Segment, right: Segment, *, at_ms: int, operation: str = "",
) -> None:  # fmt: skip
    """Say when one neighbour stops and the other begins; words stay with their segment."""
    begin(db, actor, interview, version, [left, right])
    if not are_neighbours(db, left, right):
        raise SegmentRefused(field="right", why="not_neighbours")
    was = _spans([left, right])
    try:
        moved = edits.move_boundary(spoken(left), spoken(right), at_ms=at_ms)
    except edits.EditRefused as refused:
        raise SegmentRefused(field="at_ms", why=refused.code) from refused
    take(left, moved[0])
    take(right, moved[1])
    check_together(db, [left, right], was)
    close(db, actor, version, [left, right], kind="boundary", operation=operation)
    tell(db, actor, interview, version, "boundary_moved", [left, right])


def shift(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion, *,
    first: Segment, by_ms: int, operation: str = "",
) -> list[Segment]:  # fmt: skip
    """Move a segment and all that follow it in its recording, words along with them."""
    begin(db, actor, interview, version, [first])
    moved = [
        segment
        for segment in version.segments
        if segment.recording_id == first.recording_id and segment.position >= first.position
    ]
    if not by_ms:
        return []
    was = _spans(moved)
    try:
        for segment in moved:
            take(segment, edits.shift(spoken(segment), by_ms=by_ms))
            if by_ms > 0:
                check_length(db, segment.recording_id, segment.end_ms)
    except edits.EditRefused as refused:
        raise SegmentRefused(field="delta_ms", why=refused.code) from refused
    check_together(db, moved[:1], was)
    close(db, actor, version, moved, kind="shift", operation=operation)
    tell(
        db, actor, interview, version, "shifted", [first], by_ms=by_ms, count=len(moved)
    )  # the others are the ones behind it: thousands of ids would say no more
    return moved


def first_from(version: TranscriptVersion, at_ms: int, recording_id: str | None) -> Segment:
    """The first segment that begins at a moment or after it, for `shift`.

    Without a recording the version must lie in one only, or the moment would be in several.
    """
    if recording_id is None and len({s.recording_id for s in version.segments}) > 1:
        raise SegmentRefused(field="recording", why="missing")
    for segment in version.segments:
        if recording_id in (None, segment.recording_id) and segment.start_ms >= at_ms:
            return segment
    raise SegmentRefused(field="from", why="nothing_there")


def replace(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    chosen: Sequence[Segment], *, find: str, put: str, expected: int, operation: str = "",
) -> list[Segment]:  # fmt: skip
    """Put other words for the same ones in many segments; gives those that changed.

    `expected` is how many places the person was shown: with any other number nothing is
    done, for then somebody has changed one of the segments meanwhile.
    """
    chosen = list({segment.id: segment for segment in chosen}.values())
    begin(db, actor, interview, version, chosen)
    for field, text in (("find", clean(find)), ("with", clean(put))):
        if not text:
            raise SegmentRefused(field=field, why="missing")
    texts = [edits.replace_words(segment.text, clean(find), clean(put)) for segment in chosen]
    places = sum(count for _text, count in texts)
    if places != expected:
        raise SegmentRefused(field="expected", why="other_count", found=places)
    changed = []
    for segment, (text, _count) in zip(chosen, texts, strict=True):
        if text != segment.text:
            apply(db, interview, segment, Change(text=text))
            changed.append(segment)
    if changed:
        close(db, actor, version, changed, kind="replace", operation=operation)
        tell(
            db, actor, interview, version, "replaced", changed,
            find=clean(find), put=clean(put), count=places,
        )  # fmt: skip
    return changed


def bring_back(
    db: Session, actor: Actor, interview: Interview, version: TranscriptVersion,
    ways: Sequence[WayBack], *, joined: Sequence[Segment] = (), operation: str = "",
) -> list[Segment]:  # fmt: skip
    """Give segments back the states they had, all together; a dropped one lives again.

    `joined` are segments that were merged into one of them after the revision that it goes
    back to: they stand on their own again, since their words are nowhere else any more.
    """
    segments = [way.segment for way in ways]
    begin(db, actor, interview, version, [*segments, *joined], even_ended=True)
    was = _spans([*segments, *joined])
    for way in ways:
        if way.segment.replaced_by:
            raise Replaced(way.segment)
        must_be_current(way.segment, way.based_on)
    for one in joined:
        if not any(_was_joined_since(db, one, way) for way in ways):
            raise SegmentRefused(field="joined", why="not_joined_here")
    for way in ways:
        _return(interview, way.segment, revision_of(db, way.segment, way.revision))
    for one in joined:
        one.ended_at, one.replaced_by = None, []
    changed = list({one.id: one for one in (*segments, *joined)}.values())
    check_together(db, changed, was)
    close(db, actor, version, changed, kind="restore", operation=operation)
    tell(db, actor, interview, version, "restored", changed)
    return changed


def _spans(segments: Sequence[Segment]) -> dict[str, Span | None]:
    return {segment.id: span(segment) for segment in segments}


def _return(interview: Interview, segment: Segment, old: SegmentRevision) -> None:
    segment.text, segment.words, segment.state = old.text, old.words, old.state
    segment.start_ms, segment.end_ms, segment.flags = old.start_ms, old.end_ms, old.flags
    segment.contribution_id, segment.speaker_label = voice_then(interview, old)
    segment.ended_at = None


def _was_joined_since(db: Session, one: Segment, way: WayBack) -> bool:
    if one.ended_at is None or one.replaced_by != [way.segment.id]:
        return False
    merged = select(SegmentRevision.id).where(
        SegmentRevision.segment_id == way.segment.id,
        SegmentRevision.kind == "merge",
        SegmentRevision.revision > way.revision,
    )
    return db.scalar(merged.limit(1)) is not None


def _first_position(db: Session, version: TranscriptVersion) -> str:
    all_of_it = select(Segment.position).where(Segment.version_id == version.id)
    return db.scalar(all_of_it.order_by(Segment.position).limit(1)) or ""


def _recording_for(
    db: Session, interview: Interview, version: TranscriptVersion, new: NewSegment,
    after: Segment | None,
) -> str | None:  # fmt: skip
    """The recording that the times count in; refused when it would break the order of parts."""
    parts = {
        recording.id: recording.part
        for recording in db.scalars(
            select(Recording).where(Recording.interview_id == interview.id).order_by(Recording.part)
        )
    }
    if after is not None:
        beside = after.recording_id
    else:
        beside = next((s.recording_id for s in version.segments), next(iter(parts), None))
    chosen = new.recording_id or beside
    if chosen is None:
        return None
    following = next(
        (s for s in version.segments if after is None or s.position > after.position), None
    )
    earliest = parts.get(after.recording_id or "", 0) if after is not None else 0
    latest = parts.get(following.recording_id or "", 0) if following is not None else 0
    if chosen not in parts or not earliest <= parts[chosen] <= (latest or parts[chosen]):
        raise SegmentRefused(field="recording", why="other_recording")
    return chosen
