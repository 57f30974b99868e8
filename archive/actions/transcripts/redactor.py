"""Leaves hidden words out of every state of a text, also where they have other times.

A hidden span is a time, read at the times of the newest text. Versions and revisions from before
a correction of times have the same words elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.transcripts.redaction import (
    HiddenSpan,
    VisibleText,
    hidden_spans,
    hidden_text,
    visible_text,
)
from archive.actions.transcripts.words import StoredSegment, stored_segments
from archive.models import Interview, Segment, SegmentRevision, TranscriptVersion

Row = Segment | SegmentRevision | StoredSegment
_SIGNS = re.compile(r"[\W_]+")


class Redactor:
    """Reads rows of one interview without its hidden words. `version`: all rows are its own.

    A row with a hidden word at another time than in the newest text is hidden whole, because
    its times are not those of the span.
    """

    def __init__(
        self,
        db: Session,
        interview: Interview,
        spans: Sequence[HiddenSpan],
        version: TranscriptVersion | None = None,
    ) -> None:
        self.spans = spans
        self._db = db
        self._interview = interview
        self._version = version

    def __call__(self, row: Row, recording_id: str | None) -> VisibleText:
        """Return the text and words of a row that are not hidden."""
        visible = visible_text(row, recording_id, self.spans)
        if self._newest is not None and self._newest.hides(
            _place_words(visible, recording_id, row.start_ms)
        ):
            return hidden_text(row)
        return visible

    @cached_property
    def _newest(self) -> _NewestText | None:
        """What the newest text hides; None if nothing is hidden or the rows are its own."""
        if not self.spans:
            return None
        newest = self._db.scalar(
            select(TranscriptVersion)
            .where(TranscriptVersion.interview_id == self._interview.id)
            .order_by(TranscriptVersion.kind == "machine", TranscriptVersion.number.desc())
            .limit(1)
        )
        if newest is None or (self._version is not None and newest.id == self._version.id):
            return None
        return _read_newest(self._db, newest, self.spans)


def redactor_of(db: Session, interview: Interview) -> Redactor:
    """Return the redactor for all states of the text of an interview."""
    return Redactor(db, interview, hidden_spans(db, [interview.id])[interview.id])


class _PlacedWord(NamedTuple):
    """A word without signs, with its start: that of its row where words have no times."""

    form: str
    recording_id: str | None
    start_ms: int


@dataclass(frozen=True)
class _NewestText:
    """`hidden`: the forms of the words that it hides; `shown`: the other words."""

    hidden: frozenset[str]
    shown: frozenset[_PlacedWord]

    def hides(self, words: Iterable[_PlacedWord]) -> bool:
        """Return whether a hidden word is among these where the newest text does not show it."""
        return any(word.form in self.hidden and word not in self.shown for word in words)


def _read_newest(
    db: Session, version: TranscriptVersion, spans: Sequence[HiddenSpan]
) -> _NewestText:
    hidden: set[str] = set()
    shown: set[_PlacedWord] = set()
    for row in stored_segments(db, version):
        visible = visible_text(row, row.recording_id, spans)
        kept = set(_place_words(visible, row.recording_id, row.start_ms))
        shown |= kept
        if visible.is_redacted:
            stored = VisibleText(row.text, row.words, is_redacted=False)
            words = _place_words(stored, row.recording_id, row.start_ms)
            hidden |= {word.form for word in words if word not in kept}
    return _NewestText(frozenset(hidden), frozenset(shown))


def _place_words(
    visible: VisibleText, recording_id: str | None, start_ms: int
) -> Iterator[_PlacedWord]:
    is_timed = " ".join(word[2] for word in visible.words) == visible.text
    words = (
        ((word[2], word[0]) for word in visible.words)
        if is_timed
        else ((word, start_ms) for word in visible.text.split())
    )
    for word, at_ms in words:
        if form := _SIGNS.sub("", word).casefold():
            yield _PlacedWord(form, recording_id, at_ms)
