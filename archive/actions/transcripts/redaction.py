"""Redaction: words heard in a hidden span of a recording are replaced by HIDDEN_MARK.

Readers get text through `rendition`, and the editor's page for those who may not correct
through `redactor`, which use it. Edits that would show hidden words are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.transcripts.words import StoredSegment
from archive.models import Annotation, Recording, Segment, SegmentRevision

HIDDEN_MARK = "[…]"
END_OF_TIME_MS = 2**31 - 1

# Times of these words are spread over their text, so that a word may be heard elsewhere in it.
ESTIMATED_SOURCES = ("import", "interp")

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
        Times may be reversed.
        """
        start_ms, end_ms = min(start_ms, end_ms), max(start_ms, end_ms)
        if start_ms >= end_ms or self.start_ms == self.end_ms:
            return start_ms <= self.end_ms and end_ms >= self.start_ms
        return start_ms < self.end_ms and end_ms > self.start_ms


@dataclass(frozen=True)
class VisibleText:
    """What is left of a segment; `words` are packed as segments store them.

    `is_closed`: nothing is, because a rule closes it to the reader.
    """

    text: str
    words: PackedWords
    is_redacted: bool
    is_closed: bool = False


def hidden_spans(db: Session, interview_ids: Collection[str]) -> dict[str, list[HiddenSpan]]:
    """Return the hidden spans of each of these interviews, by the interview's id."""
    found: dict[str, list[HiddenSpan]] = {interview_id: [] for interview_id in interview_ids}
    columns = (Annotation.recording_id, Annotation.start_ms, Annotation.end_ms)
    rows = db.execute(
        select(Annotation.interview_id, Recording.interview_id, *columns)
        .outerjoin(Recording, Recording.id == Annotation.recording_id)
        .where(Annotation.interview_id.in_(sorted(found)), Annotation.kind == "redaction")
        .order_by(Annotation.start_ms, Annotation.id)
    )
    for interview_id, owner_id, recording_id, start_ms, end_ms in rows:
        # A damaged row must open nothing: without an end everything that follows is hidden, of
        # reversed times all that lies between them, and with the recording of another interview
        # the span of every recording.
        ends = (start_ms, END_OF_TIME_MS if end_ms is None else end_ms)
        of_interview = recording_id if owner_id == interview_id else None
        found[interview_id].append(HiddenSpan(of_interview, min(ends), max(ends)))
    return found


def closed_text(row: Segment | SegmentRevision | StoredSegment) -> VisibleText:
    """Return what is left of a row that a rule closes: a mark of its length."""
    words = [_mark(row.start_ms, row.end_ms)]
    return VisibleText(HIDDEN_MARK, words, is_redacted=True, is_closed=True)


def hidden_text(row: Segment | SegmentRevision | StoredSegment) -> VisibleText:
    """Return what is left of a row whose words are hidden: a mark of its length."""
    return VisibleText(HIDDEN_MARK, [_mark(row.start_ms, row.end_ms)], is_redacted=True)


def visible_text(
    row: Segment | SegmentRevision | StoredSegment,
    recording_id: str | None,
    hidden: Iterable[HiddenSpan],
) -> VisibleText:
    """Return the text and words of a row without what is heard in a hidden span.

    Each run of hidden words becomes one HIDDEN_MARK. Neighbouring words with estimated times are
    hidden together, and a text that does not consist of its timed words is hidden whole, because
    the place of the span in it is not known. A text or span without a recording matches every
    recording.
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
        return hidden_text(row)
    kept: list[Sequence[Any]] = []
    was_hidden = is_redacted = False
    for word, extent in zip(row.words, _heard_within(row), strict=True):
        is_hidden = any(span.covers(*extent) for span in near)
        if not is_hidden:
            kept.append(word)
        elif was_hidden:
            kept[-1] = _mark(kept[-1][0], word[1])
        else:
            kept.append(_mark(word[0], word[1]))
        was_hidden, is_redacted = is_hidden, is_redacted or is_hidden
    return VisibleText(" ".join(word[2] for word in kept), kept, is_redacted)


def _heard_within(
    row: Segment | SegmentRevision | StoredSegment,
) -> list[tuple[int, int]]:
    """Return for each word the times between which it is heard.

    Of a run of words with estimated times, those from the word before it to the word after it.
    """
    start_ms, end_ms = _extent(row)
    found: list[tuple[int, int]] = []
    for is_estimated, run in groupby(row.words, key=lambda word: word[4] in ESTIMATED_SOURCES):
        words = list(run)
        if not is_estimated:
            found += [(word[0], word[1]) for word in words]
            continue
        at = len(found)
        after = at + len(words)
        first = row.words[at - 1][1] if at else start_ms
        last = row.words[after][0] if after < len(row.words) else end_ms
        earliest = min(first, *(word[0] for word in words))
        latest = max(last, *(word[1] for word in words))
        found += [(earliest, latest)] * len(words)
    return found


def _extent(row: Segment | SegmentRevision | StoredSegment) -> tuple[int, int]:
    """Return the times of a row and of its words, which may lie outside of it."""
    if not row.words:
        return row.start_ms, row.end_ms
    starts, ends = [word[0] for word in row.words], [word[1] for word in row.words]
    return min(row.start_ms, *starts), max(row.end_ms, *ends)


def _mark(start_ms: int, end_ms: int) -> list[Any]:
    return [start_ms, end_ms, HIDDEN_MARK, None, "interp"]
