"""Group the words of an engine into segments for editing, of one or more sentences.

The speaker is unknown here. A pause after a sentence may be a change of speaker, so it
ends the segment; sentences without a pause stay together until the segment has
LONG_ENOUGH_MS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transcription.document import TranscriptSegment, Word
from transcription.engines.base import RecognisedSegment

LONGEST_SEGMENT_MS = 25_000
LONG_ENOUGH_MS = 8_000  # a finished sentence ends a segment of this length
SENTENCE_PAUSE_MS = 350  # after a finished sentence
LONG_PAUSE_MS = 1_200  # ends a segment even within a sentence, once it has some length
SHORT_MS = 5_000

_ENDS = (".", "?", "!", "…")
_CLOSING = "\"'”’»)]"


def to_segments(
    segments: Iterable[RecognisedSegment], *, offset_ms: int = 0
) -> tuple[TranscriptSegment, ...]:
    """Group the words of a chunk that starts at `offset_ms` of its recording.

    Ids are ordinal numbers within this call. Each segment has the flags of the segments
    its words come from; segments without words are kept unchanged.
    """
    grouped: list[TranscriptSegment] = []
    pending: list[tuple[Word, tuple[str, ...]]] = []

    def close() -> None:
        if pending:
            grouped.extend(_segments(pending, first_id=len(grouped) + 1))
            pending.clear()

    for segment in segments:
        moved = segment.moved(offset_ms)
        if not moved.words:
            close()
            grouped.append(
                TranscriptSegment(
                    id=str(len(grouped) + 1),
                    start_ms=moved.start_ms,
                    end_ms=moved.end_ms,
                    text=moved.text,
                    flags=moved.flags,
                )
            )
            continue
        pending += [
            (
                Word(
                    start_ms=w.start_ms,
                    end_ms=w.end_ms,
                    text=w.text,
                    confidence=w.confidence,
                    source="asr",
                ),
                moved.flags,
            )
            for w in moved.words
        ]
    close()
    return tuple(grouped)


def _segments(
    words: Sequence[tuple[Word, tuple[str, ...]]], *, first_id: int
) -> Iterable[TranscriptSegment]:
    start = 0
    number = first_id
    while start < len(words):
        end = _end([word for word, _ in words], start)
        part = words[start:end]
        yield TranscriptSegment(
            id=str(number),
            start_ms=part[0][0].start_ms,
            end_ms=part[-1][0].end_ms,
            text=" ".join(word.text for word, _ in part),
            words=tuple(word for word, _ in part),
            flags=tuple(sorted({code for _, codes in part for code in codes})),
        )
        start, number = end, number + 1


def _end(words: Sequence[Word], start: int) -> int:
    """Return the index after the last word of the segment that begins at `start`."""
    for at in range(start + 1, len(words)):
        length = words[at - 1].end_ms - words[start].start_ms
        if words[at].end_ms - words[start].start_ms > LONGEST_SEGMENT_MS:
            return _longest_pause(words, start, at)
        pause = words[at].start_ms - words[at - 1].end_ms
        finished = words[at - 1].text.rstrip(_CLOSING).endswith(_ENDS)
        if finished and (pause >= SENTENCE_PAUSE_MS or length >= LONG_ENOUGH_MS):
            return at
        if pause >= LONG_PAUSE_MS and length >= SHORT_MS:
            return at
    return len(words)


def _longest_pause(words: Sequence[Word], start: int, end: int) -> int:
    """Return the word after the longest pause in the second half, the later of equal ones."""
    half = words[start].start_ms + LONGEST_SEGMENT_MS // 2
    candidates = [at for at in range(start + 1, end + 1) if words[at].start_ms >= half] or [end]
    return max(candidates, key=lambda at: (words[at].start_ms - words[at - 1].end_ms, at))
