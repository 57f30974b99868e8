"""Edits of several segments: insert, move a boundary, shift, replace, restore.

Each is one revision of the version. Every edit has an inverse: a split is undone by merge
and restore, an insertion by drop, a shift by the opposite shift, and everything else by
`restore_many` from the history, with word times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.editing.draft import Draft
from archive.actions.editing.rebase import load_revision
from archive.actions.editing.restoring import assign_revision, restore_in_order
from archive.actions.editing.revision import (
    SegmentReplaced,
    commit_revision,
    lock_and_check,
    record_event,
    require_revision,
)
from archive.actions.editing.rules import (
    SegmentChange,
    SegmentRefused,
    apply_change,
    are_neighbours,
    check_order,
    check_recording_length,
    clean_text,
    parse_speaker,
    position_after,
    read_spans,
    require_new_id,
)
from archive.actions.transcripts.words import assign, to_document
from archive.models import Recording, Segment, SegmentRevision, TranscriptVersion
from archive.text import fractional_index
from transcription import edits
from transcription.timecode import LONGEST_RECORDING_MS


@dataclass(frozen=True, kw_only=True)
class NewSegment:
    """A segment to insert. `recording_id` None: the recording of `after`."""

    id: str
    start_ms: int
    end_ms: int
    text: str
    speaker: str = ""
    recording_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Restoration:
    """A segment, the revision it must have now, and the revision to restore."""

    segment: Segment
    based_on: int
    revision: int


class RestoredSegments(NamedTuple):
    """Segments that were restored; `is_fitted`: at other times than they had."""

    segments: list[Segment]
    is_fitted: bool


def insert(
    draft: Draft,
    new: NewSegment,
    *,
    after: Segment | None,
    operation: str = "",
) -> Segment:
    """Insert a segment after another, or before all of them if `after` is None."""
    lock_and_check(draft, [after] if after is not None else [])
    require_new_id(draft.db, new.id)
    if not 0 <= new.start_ms < new.end_ms or new.end_ms > LONGEST_RECORDING_MS:
        raise SegmentRefused(field="start", why="times_reversed")
    if not clean_text(new.text):
        raise SegmentRefused(field="text", why="missing")
    recording_id = _recording_for(draft, new, after)
    check_recording_length(draft.db, recording_id, new.end_ms)
    before = read_spans(draft.db, draft.version)
    voice = parse_speaker(draft.interview, new.speaker)
    made = Segment(
        id=new.id,
        version_id=draft.version.id,
        recording_id=recording_id,
        revision=0,
        position=(
            position_after(draft.db, after)
            if after is not None
            else fractional_index.position_between("", _first_position(draft.db, draft.version))
        ),
        start_ms=new.start_ms,
        end_ms=new.end_ms,
        contribution_id=voice[0],
        speaker_label=voice[1],
        text="",
        words=[],
        flags=[],
    )
    draft.db.add(made)
    check_order(before, read_spans(draft.db, draft.version), by_count=True)
    apply_change(draft.db, draft.interview, made, SegmentChange(text=new.text, state="edited"))
    commit_revision(draft, [made], kind="insert", operation=operation)
    record_event(draft, "inserted", [made])
    return made


def move_boundary(
    draft: Draft,
    left: Segment,
    right: Segment,
    *,
    at_ms: int,
    operation: str = "",
) -> None:
    """Move the boundary of two neighbours; words stay in their segments."""
    lock_and_check(draft, [left, right])
    if not are_neighbours(draft.db, left, right):
        raise SegmentRefused(field="right", why="not_neighbours")
    before = read_spans(draft.db, draft.version)
    try:
        moved = edits.move_boundary(to_document(left), to_document(right), at_ms=at_ms)
    except edits.EditRefused as refused:
        raise SegmentRefused(field="at_ms", why=refused.code) from refused
    assign(left, moved[0])
    assign(right, moved[1])
    check_order(before, read_spans(draft.db, draft.version))
    commit_revision(draft, [left, right], kind="boundary", operation=operation)
    record_event(draft, "boundary_moved", [left, right])


def shift(
    draft: Draft,
    *,
    first: Segment,
    by_ms: int,
    operation: str = "",
) -> list[Segment]:
    """Shift the times of a segment and of all that follow it in its recording."""
    lock_and_check(draft, [first])
    moved = [
        segment
        for segment in draft.version.segments
        if segment.recording_id == first.recording_id and segment.position >= first.position
    ]
    if not by_ms:
        return []
    before = read_spans(draft.db, draft.version)
    try:
        for segment in moved:
            assign(segment, edits.shift(to_document(segment), by_ms=by_ms))
            if by_ms > 0:
                check_recording_length(draft.db, segment.recording_id, segment.end_ms)
    except edits.EditRefused as refused:
        raise SegmentRefused(field="delta_ms", why=refused.code) from refused
    check_order(before, read_spans(draft.db, draft.version))
    commit_revision(draft, moved, kind="shift", operation=operation)
    record_event(
        draft, "shifted", [first], by_ms=by_ms, count=len(moved)
    )  # the first id is enough, there can be thousands
    return moved


def first_starting_from(
    version: TranscriptVersion, at_ms: int, recording_id: str | None
) -> Segment:
    """Return the first segment that starts at or after a time, for `shift`.

    The recording may be None only if the version has one recording.
    """
    if recording_id is None and len({s.recording_id for s in version.segments}) > 1:
        raise SegmentRefused(field="recording", why="missing")
    for segment in version.segments:
        if recording_id in (None, segment.recording_id) and segment.start_ms >= at_ms:
            return segment
    raise SegmentRefused(field="from", why="nothing_there")


def replace(
    draft: Draft,
    chosen: Sequence[Segment],
    *,
    find: str,
    replacement: str,
    expected: int,
    operation: str = "",
) -> list[Segment]:
    """Replace words in several segments; return the changed ones.

    `expected` is the number of places that the user was shown. Any other number is refused:
    a segment was changed meanwhile.
    """
    chosen = list({segment.id: segment for segment in chosen}.values())
    lock_and_check(draft, chosen)
    for field, text in (("find", clean_text(find)), ("with", clean_text(replacement))):
        if not text:
            raise SegmentRefused(field=field, why="missing")
    texts = [
        edits.replace_words(segment.text, clean_text(find), clean_text(replacement))
        for segment in chosen
    ]
    places = sum(count for _text, count in texts)
    if places != expected:
        raise SegmentRefused(field="expected", why="other_count", found=places)
    changed = []
    for segment, (text, _count) in zip(chosen, texts, strict=True):
        if text != segment.text:
            apply_change(draft.db, draft.interview, segment, SegmentChange(text=text))
            changed.append(segment)
    if changed:
        commit_revision(draft, changed, kind="replace", operation=operation)
        record_event(
            draft,
            "replaced",
            changed,
            find=clean_text(find),
            put=clean_text(replacement),
            count=places,
        )
    return changed


def restore_many(
    draft: Draft,
    restorations: Sequence[Restoration],
    *,
    joined: Sequence[Segment] = (),
    fit: bool = False,
    operation: str = "",
) -> RestoredSegments:
    """Restore earlier revisions of several segments in one edit, dropped ones included.

    `joined` are segments that were merged into one of them after the restored revision;
    they become segments of their own again. Times that no longer keep the order are refused, or
    fitted with `fit`, as for one segment.
    """
    segments = [restoration.segment for restoration in restorations]
    lock_and_check(draft, [*segments, *joined], allow_ended=True)
    for restoration in restorations:
        if restoration.segment.replaced_by:
            raise SegmentReplaced(restoration.segment)
        require_revision(restoration.segment, restoration.based_on)
    for one in joined:
        if not any(_was_merged_since(draft.db, one, restoration) for restoration in restorations):
            raise SegmentRefused(field="joined", why="not_joined_here")
    earlier = [load_revision(draft.db, one.segment, one.revision) for one in restorations]

    def assign_earlier() -> None:
        for segment, revision in zip(segments, earlier, strict=True):
            assign_revision(segment, revision)
        for one in joined:
            one.ended_at, one.replaced_by = None, []

    changed = list({one.id: one for one in (*segments, *joined)}.values())
    is_fitted = restore_in_order(draft, changed, assign_earlier, fit=fit)
    commit_revision(draft, changed, kind="restore", operation=operation)
    record_event(draft, "restored", changed, times_fitted=is_fitted)
    return RestoredSegments(changed, is_fitted)


def _was_merged_since(db: Session, segment: Segment, restoration: Restoration) -> bool:
    if segment.ended_at is None or segment.replaced_by != [restoration.segment.id]:
        return False
    merged = select(SegmentRevision.id).where(
        SegmentRevision.segment_id == restoration.segment.id,
        SegmentRevision.kind == "merge",
        SegmentRevision.revision > restoration.revision,
    )
    return db.scalar(merged.limit(1)) is not None


def _first_position(db: Session, version: TranscriptVersion) -> str:
    all_of_it = select(Segment.position).where(Segment.version_id == version.id)
    return db.scalar(all_of_it.order_by(Segment.position).limit(1)) or ""


def _recording_for(
    draft: Draft,
    new: NewSegment,
    after: Segment | None,
) -> str | None:
    """Return the recording of a new segment; refused if it breaks the order of parts."""
    parts = {
        recording.id: recording.part
        for recording in draft.db.scalars(
            select(Recording)
            .where(Recording.interview_id == draft.interview.id)
            .order_by(Recording.part)
        )
    }
    if after is not None:
        beside = after.recording_id
    else:
        beside = next((s.recording_id for s in draft.version.segments), next(iter(parts), None))
    chosen = new.recording_id or beside
    if chosen is None:
        return None
    following = next(
        (s for s in draft.version.segments if after is None or s.position > after.position), None
    )
    earliest = parts.get(after.recording_id or "", 0) if after is not None else 0
    latest = parts.get(following.recording_id or "", 0) if following is not None else 0
    if chosen not in parts or not earliest <= parts[chosen] <= (latest or parts[chosen]):
        raise SegmentRefused(field="recording", why="other_recording")
    return chosen
