"""Immutable classes of a transcript: words and segments with times.

A segment has one speaker and lasts 5 to 25 seconds; it is the unit of editing. Its times
count from the start of its recording, whose number it carries. Where a segment has words,
its text is those words joined by single spaces; `validate` checks this.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transcription.tokens import normalise, tokenise

SOURCES = ("asr", "edit", "interp", "import")
"""Source of the time of a word: speech recognition; recognition, with text changed by a
person; interpolated between its neighbours; distributed over an imported segment."""

ROLES = ("witness", "interviewer", "other")

VOUCHERS = ("machine", "imported", "edited", "heard")
"""Who vouches for the words of a segment: the machine alone; a file; a person who changed
them; a person who heard them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One token; `confidence` is 0..1 from the engine, 1 from a person, None if unknown."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptSegment:
    """Consecutive words of one speaker. `flags` are codes such as `guard.CODES`.

    `vouched_by` is one of VOUCHERS or empty; `is_unheard`: a person should hear the words and
    did not, so every format marks them.
    """

    id: str
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    role: str | None = None
    flags: tuple[str, ...] = ()
    recording: int = 1
    vouched_by: str = ""
    is_unheard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """One version of the transcript of an interview, with the header of every export.

    `label` is the state of the text ("bản gỡ băng tự động – chưa hiệu đính") and
    `source_line` the citation, both in the reader's language; so is `unheard_label`, which
    explains the mark of unheard segments. `people` are pairs of a name and a role, and
    `part_headings` of the number of a recording and its heading, where there are several.
    """

    accession: str
    language: str
    version: int | None
    state: str
    segments: tuple[TranscriptSegment, ...]
    title: str = ""
    label: str = ""
    unheard_label: str = ""
    source_line: str = ""
    people: tuple[tuple[str, str], ...] = ()
    part_headings: tuple[tuple[int, str], ...] = ()


def words_from_text(text: str, *, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """Return words with equal parts of the segment's time, for a text without word times."""
    tokens = tokenise(text)
    return tuple(
        Word(start_ms=start, end_ms=end, text=token, confidence=None, source="import")
        for token, (start, end) in zip(
            tokens, equal_parts(len(tokens), start_ms=start_ms, end_ms=end_ms), strict=True
        )
    )


def equal_parts(count: int, *, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Split a span of time into equal parts without gaps, in whole milliseconds."""
    length = max(0, end_ms - start_ms)
    edges = [start_ms + length * n // count for n in range(count + 1)] if count else [start_ms]
    return list(itertools.pairwise(edges))


def clamp_words(words: Iterable[Word], *, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """Return the words clamped to the span, none starting before the previous one ends."""
    kept = []
    free_from = start_ms
    for word in words:
        start = min(max(word.start_ms, free_from), max(start_ms, end_ms))
        end = min(max(word.end_ms, start), max(start_ms, end_ms))
        if (start, end) != (word.start_ms, word.end_ms):
            word = Word(
                start_ms=start,
                end_ms=end,
                text=word.text,
                confidence=word.confidence,
                source=word.source,
            )
        kept.append(word)
        free_from = end
    return tuple(kept)


def validate(segment: TranscriptSegment) -> tuple[str, ...]:
    """Return a code for each broken invariant; empty for a valid segment."""
    words = segment.words
    checks: Sequence[tuple[str, bool]] = (
        ("text_untidy", segment.text != normalise(segment.text)),
        ("words_differ", bool(words) and segment.text != " ".join(w.text for w in words)),
        ("times_reversed", not 0 <= segment.start_ms <= segment.end_ms),
        (
            "words_unordered",
            clamp_words(words, start_ms=segment.start_ms, end_ms=segment.end_ms) != words,
        ),
        ("role_unknown", segment.role is not None and segment.role not in ROLES),
        ("voucher_unknown", segment.vouched_by not in ("", *VOUCHERS)),
        ("source_unknown", any(w.source not in SOURCES for w in words)),
    )
    return tuple(code for code, broken in checks if broken)
