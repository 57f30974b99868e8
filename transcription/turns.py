"""From what an engine heard to segments that people edit: a sentence or a few, up to 25 s.

Who speaks is not known here. A pause after a finished sentence may be a change of
speaker, so it ends the segment; sentences that follow without one stay together until
the segment is long enough to be worth hearing again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transcription.document import Segment, Word
from transcription.engines.base import HeardSegment

LONGEST_MS = 25_000
ENOUGH_MS = 8_000  # a finished sentence ends a segment of this length
TURN_PAUSE_MS = 350  # after a finished sentence
BREATH_MS = 1_200  # ends a segment even within a sentence, once it has some length
SHORT_MS = 5_000

_ENDS = (".", "?", "!", "…")
_CLOSING = "\"'”’»)]"


def to_segments(heard: Iterable[HeardSegment], *, offset_ms: int = 0) -> tuple[Segment, ...]:
    """Group the words anew, on the clock of a recording in which the chunk began at `offset_ms`.

    Ids are ordinal numbers within this call. Each segment keeps the flags of whatever
    went into it; heard segments without words are kept as they are.
    """
    made: list[Segment] = []
    pending: list[tuple[Word, tuple[str, ...]]] = []

    def close() -> None:
        if pending:
            made.extend(_segments(pending, first_id=len(made) + 1))
            pending.clear()

    for segment in heard:
        moved = segment.moved(offset_ms)
        if not moved.words:
            close()
            made.append(
                Segment(
                    id=str(len(made) + 1), start_ms=moved.start_ms, end_ms=moved.end_ms,
                    text=moved.text, flags=moved.flags,
                )
            )  # fmt: skip
            continue
        pending += [
            (
                Word(
                    start_ms=w.start_ms, end_ms=w.end_ms, text=w.text,
                    confidence=w.confidence, source="asr",
                ),
                moved.flags,
            )
            for w in moved.words
        ]  # fmt: skip
    close()
    return tuple(made)


def _segments(words: Sequence[tuple[Word, tuple[str, ...]]], *, first_id: int) -> Iterable[Segment]:
    start = 0
    number = first_id
    while start < len(words):
        end = _end([word for word, _ in words], start)
        part = words[start:end]
        yield Segment(
            id=str(number),
            start_ms=part[0][0].start_ms,
            end_ms=part[-1][0].end_ms,
            text=" ".join(word.text for word, _ in part),
            words=tuple(word for word, _ in part),
            flags=tuple(sorted({code for _, codes in part for code in codes})),
        )
        start, number = end, number + 1


def _end(words: Sequence[Word], start: int) -> int:
    """Where the segment that begins at `start` ends: the number of the word after it."""
    for at in range(start + 1, len(words)):
        length = words[at - 1].end_ms - words[start].start_ms
        if words[at].end_ms - words[start].start_ms > LONGEST_MS:
            return _widest_gap(words, start, at)
        pause = words[at].start_ms - words[at - 1].end_ms
        finished = words[at - 1].text.rstrip(_CLOSING).endswith(_ENDS)
        if finished and (pause >= TURN_PAUSE_MS or length >= ENOUGH_MS):
            return at
        if pause >= BREATH_MS and length >= SHORT_MS:
            return at
    return len(words)


def _widest_gap(words: Sequence[Word], start: int, end: int) -> int:
    """The longest pause in the second half, the later of equals; there is always one word left."""
    half = words[start].start_ms + LONGEST_MS // 2
    places = [at for at in range(start + 1, end + 1) if words[at].start_ms >= half] or [end]
    return max(places, key=lambda at: (words[at].start_ms - words[at - 1].end_ms, at))
