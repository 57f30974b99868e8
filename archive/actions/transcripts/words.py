"""Conversion of segments and words between the database and the toolbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archive.models import (
    Segment,
)
from transcription.document import TranscriptSegment, Word


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
