"""Conversion of segments and words between the database and the toolbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from archive.models import Segment, TranscriptVersion
from archive.models.vocabulary import SegmentState
from transcription.document import TranscriptSegment, Word

PackedWord = Sequence[Any]


class StoredWords(Sequence[PackedWord]):
    """The packed words of a segment, decoded from JSON when they are first read."""

    def __init__(self, stored: str) -> None:
        self._stored = stored

    @cached_property
    def _decoded(self) -> list[PackedWord]:
        decoded: list[PackedWord] = json.loads(self._stored)
        return decoded

    @overload
    def __getitem__(self, at: int) -> PackedWord: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[PackedWord]: ...
    def __getitem__(self, at: int | slice) -> PackedWord | Sequence[PackedWord]:
        return self._decoded[at]

    def __iter__(self) -> Iterator[PackedWord]:
        return iter(self._decoded)

    def __len__(self) -> int:
        return len(self._decoded)

    def __eq__(self, other: object) -> bool:
        return self._decoded == (other._decoded if isinstance(other, StoredWords) else other)


class StoredSegment(NamedTuple):
    """The columns of a segment that readers' text is made of."""

    id: str
    recording_id: str | None
    contribution_id: str | None
    speaker_label: str
    start_ms: int
    end_ms: int
    text: str
    state: SegmentState
    flags: list[str]
    words: StoredWords


def stored_segments(db: Session, version: TranscriptVersion) -> Iterator[StoredSegment]:
    """Yield the segments of a version in order; their words are not decoded yet.

    A page shows the text, and decoding the words of three hours would take a third of its time.
    """
    rows = db.execute(
        select(
            Segment.id,
            Segment.recording_id,
            Segment.contribution_id,
            Segment.speaker_label,
            Segment.start_ms,
            Segment.end_ms,
            Segment.text,
            Segment.state,
            Segment.flags,
            cast(Segment.words, Text),
        )
        .where(Segment.version_id == version.id, Segment.ended_at.is_(None))
        .order_by(Segment.position, Segment.id)
    )
    for *values, words in rows:
        yield StoredSegment._make([*values, StoredWords(words)])


def pack(words: Iterable[Word]) -> list[list[Any]]:
    """Return words as stored: [start_ms, end_ms, text, confidence, source]."""
    return [[w.start_ms, w.end_ms, w.text, w.confidence, w.source] for w in words]


def unpack(packed: Iterable[Sequence[Any]]) -> tuple[Word, ...]:
    """Return stored words as `Word` objects: the inverse of `pack`."""
    return tuple(
        Word(start_ms=p[0], end_ms=p[1], text=p[2], confidence=p[3], source=p[4]) for p in packed
    )


def to_document(segment: Segment) -> TranscriptSegment:
    """Return a segment row as a toolbox segment."""
    return TranscriptSegment(
        id=segment.id,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        text=segment.text,
        words=unpack(segment.words),
        speaker=segment.speaker_label or None,
        flags=tuple(segment.flags),
    )


def assign(segment: Segment, document: TranscriptSegment) -> None:
    """Copy text, words and times of a toolbox segment to the row."""
    segment.text, segment.words = document.text, pack(document.words)
    segment.start_ms, segment.end_ms = document.start_ms, document.end_ms
