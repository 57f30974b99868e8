"""Edits of a segment: save, split, merge, drop, name the speaker, restore.

A save names its base revision. Later changes of colleagues are merged token by token. On
conflict the stored text is unchanged and the submitted one is saved as SegmentDraft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.editing.draft import Draft
from archive.actions.editing.rebase import EditConflict, load_revision, rebase
from archive.actions.editing.restoring import assign_revision, is_as_revision, restore_in_order
from archive.actions.editing.revision import (
    SegmentReplaced,
    StaleSegment,
    commit_revision,
    lock_and_check,
    record_event,
    require_revision,
)
from archive.actions.editing.rules import (
    LONGEST_TEXT,
    SegmentChange,
    SegmentRefused,
    apply_change,
    are_neighbours,
    check_order,
    clean_text,
    has_effect,
    parse_speaker,
    position_in_time,
    read_spans,
    require_new_id,
    timed_span,
)
from archive.actions.transcripts.words import assign, to_document
from archive.models import Segment, SegmentRevision, TranscriptVersion
from archive.models.base import utc_now
from transcription import edits
from transcription.document import TranscriptSegment

__all__ = [
    "EditConflict",
    "SaveResult",
    "SegmentChange",
    "SegmentRefused",
    "SegmentReplaced",
    "StaleSegment",
    "drop",
    "merge",
]
__all__ += ["locate_text", "name_speaker", "restore", "save", "split"]

LONGEST_REASON = 500


@dataclass(frozen=True)
class TextLocation:
    """Location of an ended segment's text: code point `at`, or None if it was changed."""

    segment: Segment
    at: int | None
    length: int


@dataclass(frozen=True)
class SaveResult:
    """The saved segment; `merged_with` is the colleague's revision, if one was merged.

    `is_fitted`: a restored segment has other times than its earlier revision had.
    """

    segment: Segment
    merged_with: SegmentRevision | None = None
    is_fitted: bool = False


def save(
    draft: Draft,
    segment: Segment,
    change: SegmentChange,
    *,
    based_on: int,
    operation: str = "",
) -> SaveResult:
    """Change a segment; raises EditConflict, SegmentReplaced or SegmentRefused."""
    lock_and_check(draft, [segment])
    merged_with = None
    if based_on != segment.revision:
        change = rebase(draft.db, draft.rights, segment, change, based_on)
        merged_with = load_revision(draft.db, segment, segment.revision)
    if not has_effect(segment, change):
        return SaveResult(segment, merged_with)
    apply_change(draft.db, draft.interview, segment, change)
    commit_revision(draft, [segment], kind="edit", operation=operation)
    record_event(draft, "edited", [segment])
    return SaveResult(segment, merged_with)


def split(
    draft: Draft,
    segment: Segment,
    *,
    based_on: int,
    char: int,
    at_ms: int | None,
    new_id: str,
    operation: str = "",
) -> tuple[Segment, Segment]:
    """Split a segment at a character; the second part gets `new_id` from the browser.

    Where others spoke meanwhile, the second part goes behind their segments: reading order is
    time order.
    """
    lock_and_check(draft, [segment])
    require_revision(segment, based_on)
    try:
        first, second = edits.split(to_document(segment), char=char, at_ms=at_ms, new_id=new_id)
    except edits.EditRefused as refused:
        raise SegmentRefused(field="char", why=refused.code) from refused
    require_new_id(draft.db, new_id)
    tail = Segment(
        id=new_id,
        version_id=draft.version.id,
        recording_id=segment.recording_id,
        position=position_in_time(draft.db, draft.version, segment, second.start_ms),
        revision=0,
        contribution_id=segment.contribution_id,
        speaker_label=segment.speaker_label,
        state=segment.state,
        flags=list(segment.flags),
    )
    assign(segment, first)
    assign(tail, second)
    draft.db.add(tail)
    draft.db.flush()  # its revision references it
    commit_revision(draft, [segment, tail], kind="split", operation=operation)
    record_event(draft, "split", [segment, tail])
    return segment, tail


def merge(
    draft: Draft,
    first: Segment,
    second: Segment,
    *,
    based_on: tuple[int, int],
    operation: str = "",
) -> Segment:
    """Append a segment to the one before it; the second is ended and points to the first.

    The whole ends where the next segment of that speaker begins, at the latest.
    """
    lock_and_check(draft, [first, second])
    require_revision(first, based_on[0])
    require_revision(second, based_on[1])
    if not are_neighbours(draft.db, first, second):
        raise SegmentRefused(field="ids", why="not_neighbours")
    try:
        joined = edits.merge(to_document(first), to_document(second))
    except edits.EditRefused as refused:
        raise SegmentRefused(field="ids", why=refused.code) from refused
    if len(joined.text) > LONGEST_TEXT:
        raise SegmentRefused(field="ids", why="too_long", longest=LONGEST_TEXT)
    assign(first, _before_next_words(draft, joined, first, second))
    first.flags = sorted({*first.flags, *second.flags})
    if second.state != first.state:
        first.state = "edited"
    second.ended_at, second.replaced_by = utc_now(), [first.id]
    commit_revision(draft, [first, second], kind="merge", operation=operation)
    record_event(draft, "merged", [first, second])
    return first


def _before_next_words(
    draft: Draft, joined: TranscriptSegment, first: Segment, second: Segment
) -> TranscriptSegment:
    """Return the joined segment without the time in which its speaker has the next segment."""
    own, both = timed_span(first), (first.id, second.id)
    spans = read_spans(draft.db, draft.version)
    begun = {span.id: number for number, span in enumerate(spans)}[first.id]
    next_start = next(
        (
            span.start_ms
            for span in spans[begun:]
            if span.id not in both
            and (span.recording, span.speaker) == (own.recording, own.speaker)
        ),
        joined.end_ms,
    )
    if next_start >= joined.end_ms or next_start < own.end_ms:
        return joined  # in the second case they overlapped before
    return edits.fit_times(joined, start_ms=joined.start_ms, end_ms=next_start)


def drop(
    draft: Draft,
    segment: Segment,
    *,
    based_on: int,
    reason: str,
    operation: str = "",
) -> None:
    """Drop a segment that was not spoken, with the reason; its history is kept."""
    lock_and_check(draft, [segment])
    require_revision(segment, based_on)
    reason = clean_text(reason)[:LONGEST_REASON]
    segment.ended_at, segment.replaced_by = utc_now(), []
    commit_revision(draft, [segment], kind="drop", operation=operation, reason=reason)
    record_event(draft, "dropped", [segment], reason=reason)


def name_speaker(
    draft: Draft,
    chosen: Sequence[Segment],
    *,
    speaker: str,
    operation: str = "",
) -> None:
    """Set the speaker of several segments."""
    chosen = list({segment.id: segment for segment in chosen}.values())
    lock_and_check(draft, chosen)
    voice = parse_speaker(draft.interview, speaker)
    before = read_spans(draft.db, draft.version)
    for segment in chosen:
        segment.contribution_id, segment.speaker_label = voice
    draft.db.flush()
    check_order(before, read_spans(draft.db, draft.version))
    commit_revision(draft, chosen, kind="speaker", operation=operation)
    record_event(draft, "speaker_named", chosen)


def restore(
    draft: Draft,
    segment: Segment,
    *,
    revision: int,
    fit: bool = False,
    operation: str = "",
    reason: str = "",
) -> SaveResult:
    """Restore an earlier revision of a segment, with word times, as a new revision.

    A dropped segment returns to its position; a merged one is refused, since its words are
    part of another segment. Times that no longer keep the order are refused, or fitted with
    `fit`: the words return, at the nearest times that are free.
    """
    reason = clean_text(reason)[:LONGEST_REASON]
    lock_and_check(draft, [segment], allow_ended=True)
    if segment.replaced_by:
        raise SegmentReplaced(segment)
    old = load_revision(draft.db, segment, revision)
    if segment.ended_at is None and is_as_revision(segment, old):
        return SaveResult(segment)
    is_fitted = restore_in_order(draft, [segment], lambda: assign_revision(segment, old), fit=fit)
    commit_revision(draft, [segment], kind="restore", operation=operation, reason=reason)
    record_event(
        draft, "restored", [segment], revision=revision, reason=reason, times_fitted=is_fitted
    )
    return SaveResult(segment, is_fitted=is_fitted)


def revisions(db: Session, segment: Segment) -> list[SegmentRevision]:
    """Return all revisions of a segment, the newest first."""
    return list(
        db.scalars(
            select(SegmentRevision)
            .where(SegmentRevision.segment_id == segment.id)
            .order_by(SegmentRevision.revision.desc())
        )
    )


def changed_since(db: Session, version: TranscriptVersion, revision: int) -> list[Segment]:
    """Return segments changed after a revision of the version, ended ones included."""
    return list(
        db.scalars(
            select(Segment)
            .where(Segment.version_id == version.id, Segment.changed_in > revision)
            .order_by(Segment.position)
        )
    )


def locate_text(db: Session, ended: Segment) -> list[TextLocation]:
    """Return where the text of a merged segment is now, following repeated merges."""
    living: list[Segment] = []
    queue, seen = list(ended.replaced_by), {ended.id}
    while queue:
        segment = db.get(Segment, queue.pop(0))
        if segment is None or segment.id in seen:
            continue
        seen.add(segment.id)
        if segment.ended_at is None:
            living.append(segment)
        else:
            queue += segment.replaced_by
    return [_locate(segment, ended.text) for segment in living]


def _locate(segment: Segment, words: str) -> TextLocation:
    """Return the location of whole words; `at` is None unless they occur exactly once."""
    text, needle = f" {segment.text} ", f" {words} "
    is_clear = bool(words) and text.count(needle) == 1
    return TextLocation(segment, text.find(needle) if is_clear else None, len(words))
