"""Redaction: words heard in a hidden span of a recording are replaced by HIDDEN_MARK.

Only `rendition` and the history use it; everything else gets text that has passed through it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.transcripts.words import StoredSegment
from archive.models import Annotation, Segment, SegmentRevision

HIDDEN_MARK = "[…]"
END_OF_TIME_MS = 2**31 - 1

PackedWords = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class HiddenSpan:
    """A hidden span in milliseconds from the start of its recording.

    Without a `recording_id` it is hidden in every recording of the interview.
    """

    recording_id: str | None
    start_ms: int
    end_ms: int

    def covers(self, start_ms: int, end_ms: int) -> bool:
        """Return whether a word or segment with these times overlaps the span.

        A word or span of no length counts where it begins: rather one word too many is hidden.
        """
        if start_ms >= end_ms or self.start_ms == self.end_ms:
            return start_ms <= self.end_ms and max(start_ms, end_ms) >= self.start_ms
        return start_ms < self.end_ms and end_ms > self.start_ms


@dataclass(frozen=True)
class VisibleText:
    """What is left of a segment; `words` are packed as segments store them."""

    text: str
    words: PackedWords
    is_redacted: bool


def hidden_spans(db: Session, interview_ids: Collection[str]) -> dict[str, list[HiddenSpan]]:
    """Return the hidden spans of each of these interviews, by the interview's id."""
    found: dict[str, list[HiddenSpan]] = {interview_id: [] for interview_id in interview_ids}
    columns = (Annotation.recording_id, Annotation.start_ms, Annotation.end_ms)
    rows = db.execute(
        select(Annotation.interview_id, *columns)
        .where(Annotation.interview_id.in_(sorted(found)), Annotation.kind == "redaction")
        .order_by(Annotation.start_ms, Annotation.id)
    )
    for interview_id, recording_id, start_ms, end_ms in rows:
        # A damaged row must open nothing: without an end everything that follows is hidden, and
        # of reversed times all that lies between them.
        ends = (start_ms, END_OF_TIME_MS if end_ms is None else end_ms)
        found[interview_id].append(HiddenSpan(recording_id, min(ends), max(ends)))
    return found


def visible_text(
    row: Segment | SegmentRevision | StoredSegment,
    recording_id: str | None,
    hidden: Iterable[HiddenSpan],
) -> VisibleText:
    """Return the text and words of a row without what is heard in a hidden span.

    Each run of hidden words becomes one HIDDEN_MARK. A text that does not consist of its timed
    words is hidden whole, because the place of the span in it is not known. A text or span
    without a recording matches every recording.
    """
    near = [
        span
        for span in hidden
        if (None in (recording_id, span.recording_id) or span.recording_id == recording_id)
        and span.covers(*_extent(row))
    ]
    if not near:
        return VisibleText(row.text, row.words, is_redacted=False)
    if " ".join(word[2] for word in row.words) != row.text:
        return VisibleText(HIDDEN_MARK, [_mark(row.start_ms, row.end_ms)], is_redacted=True)
    kept: list[Sequence[Any]] = []
    was_hidden = is_redacted = False
    for word in row.words:
        is_hidden = any(span.covers(word[0], word[1]) for span in near)
        if not is_hidden:
            kept.append(word)
        elif was_hidden:
            kept[-1] = _mark(kept[-1][0], word[1])
        else:
            kept.append(_mark(word[0], word[1]))
        was_hidden, is_redacted = is_hidden, is_redacted or is_hidden
    return VisibleText(" ".join(word[2] for word in kept), kept, is_redacted)


def _extent(row: Segment | SegmentRevision | StoredSegment) -> tuple[int, int]:
    """Return the times of a row and of its words, which may lie outside of it."""
    if not row.words:
        return row.start_ms, row.end_ms
    starts, ends = [word[0] for word in row.words], [word[1] for word in row.words]
    return min(row.start_ms, *starts), max(row.end_ms, *ends)


def _mark(start_ms: int, end_ms: int) -> list[Any]:
    return [start_ms, end_ms, HIDDEN_MARK, None, "interp"]
