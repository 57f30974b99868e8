"""What a transcript is: words in segments, each with its time. Values; nothing here changes.

A segment is one speaker's breath of 5 to 25 seconds, our unit of editing. Its times count
from the start of its recording, whose part number it carries. Where a segment has words,
its text is exactly those words joined by single spaces; `faults` says when that is not so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from transcription.tokens import tidy, tokenise

SOURCES = ("asr", "edit", "interp", "import")
"""Where a word's time comes from: heard by a machine; heard, then spelt by a person; shared
out between its neighbours; shared out over an imported segment."""

ROLES = ("witness", "interviewer", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One token; `confidence` is the machine's from 0 to 1, 1 for a person, None for not known."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one speaker said in one stretch. `flags` are codes such as those of the guard."""

    id: str
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    role: str | None = None
    flags: tuple[str, ...] = ()
    recording: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A version of the text of one interview, with what every export must print.

    `label` says what kind of text it is ("bản gỡ băng tự động – chưa hiệu đính") and
    `source_line` how to cite it; both arrive in the reader's language. `people` are
    pairs of a name and the part that person took, in that language too.
    """

    accession: str
    language: str
    version: int | None
    state: str
    segments: tuple[Segment, ...]
    title: str = ""
    label: str = ""
    source_line: str = ""
    people: tuple[tuple[str, str], ...] = ()


def words_from_text(text: str, *, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """Words for a text whose word times nobody knows: equal shares of the segment's time."""
    tokens = tokenise(text)
    return tuple(
        Word(start_ms=start, end_ms=end, text=token, confidence=None, source="import")
        for token, (start, end) in zip(
            tokens, shares(len(tokens), start_ms=start_ms, end_ms=end_ms), strict=True
        )
    )


def shares(count: int, *, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Cut a stretch of time into equal parts without a gap, in whole milliseconds."""
    length = max(0, end_ms - start_ms)
    edges = [start_ms + length * n // count for n in range(count + 1)] if count else [start_ms]
    return list(itertools.pairwise(edges))


def in_order(words: Iterable[Word], *, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The same words pressed between start and end, none beginning before the last one ended."""
    kept = []
    free_from = start_ms
    for word in words:
        start = min(max(word.start_ms, free_from), max(start_ms, end_ms))
        end = min(max(word.end_ms, start), max(start_ms, end_ms))
        if (start, end) != (word.start_ms, word.end_ms):
            word = Word(
                start_ms=start, end_ms=end, text=word.text,
                confidence=word.confidence, source=word.source,
            )  # fmt: skip
        kept.append(word)
        free_from = end
    return tuple(kept)


def faults(segment: Segment) -> tuple[str, ...]:
    """Which promises the segment breaks, as codes; empty when it is sound."""
    words = segment.words
    checks: Sequence[tuple[str, bool]] = (
        ("text_untidy", segment.text != tidy(segment.text)),
        ("words_differ", bool(words) and segment.text != " ".join(w.text for w in words)),
        ("times_reversed", not 0 <= segment.start_ms <= segment.end_ms),
        (
            "words_unordered",
            in_order(words, start_ms=segment.start_ms, end_ms=segment.end_ms) != words,
        ),
        ("role_unknown", segment.role is not None and segment.role not in ROLES),
        ("source_unknown", any(w.source not in SOURCES for w in words)),
    )
    return tuple(code for code, broken in checks if broken)
