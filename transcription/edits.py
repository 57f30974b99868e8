"""Edits of one or two segments: pure functions that return new segments.

Words keep their times where the edit allows it. An invalid edit raises EditRefused.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from transcription.document import TranscriptSegment, Word, clamp_words, words_from_text
from transcription.timecode import LONGEST_RECORDING_MS
from transcription.tokens import normalise, tokenise

LEAST_LEFT_MS = 40
"""When new times would leave less than this of a word, all words are scaled."""

REFUSALS = {
    "char_outside": "the caret is not inside the text",
    "nothing_to_split": "one of the two halves would have no words",
    "time_outside": "the cut is not inside the segment's time",
    "different_recordings": "the two segments belong to different recordings",
    "wrong_order": "the second segment begins before the first",
    "negative_time": "a time before the recording begins",
    "empty_time": "the end is not after the start",
    "absurd_time": "a time later than any recording lasts",
    "unknown_role": "a role that is not known",
}


class EditRefused(ValueError):
    """Raised for an invalid edit. `code` is a key of REFUSALS, `segment_id` the segment."""

    def __init__(self, code: str, *, segment_id: str) -> None:
        super().__init__(f"segment {segment_id}: {REFUSALS[code]}")
        self.code = code
        self.segment_id = segment_id


def split(
    segment: TranscriptSegment, *, char: int, new_id: str, at_ms: int | None = None
) -> tuple[TranscriptSegment, TranscriptSegment]:
    """Split at a caret, `char` code points into the text; the second half gets `new_id`.

    A word that contains the caret goes to the side with more of its letters, to the
    second when equal. Without `at_ms` the time is the middle of the silence between the
    words at the cut.
    """
    if not 0 <= char <= len(segment.text):
        raise EditRefused("char_outside", segment_id=segment.id)
    if at_ms is not None and not segment.start_ms <= at_ms <= segment.end_ms:
        raise EditRefused("time_outside", segment_id=segment.id)
    tokens = tokenise(segment.text)
    cut = _tokens_before(tokens, char)
    if not 0 < cut < len(tokens):
        raise EditRefused("nothing_to_split", segment_id=segment.id)
    words = segment.words or words_from_text(
        segment.text, start_ms=segment.start_ms, end_ms=segment.end_ms
    )
    if at_ms is None:
        at_ms = (words[cut - 1].end_ms + words[cut].start_ms) // 2
        at_ms = min(max(at_ms, segment.start_ms), segment.end_ms)
    if at_ms in (segment.start_ms, segment.end_ms):  # neither half may be without time
        least = min(LEAST_LEFT_MS, (segment.end_ms - segment.start_ms) // 2)
        at_ms = min(max(at_ms, segment.start_ms + least), segment.end_ms - least)
    own = segment.words
    first, second = (
        clamp_words(own[:cut], start_ms=segment.start_ms, end_ms=at_ms),
        clamp_words(own[cut:], start_ms=at_ms, end_ms=segment.end_ms),
    )
    return (
        replace(segment, end_ms=at_ms, text=" ".join(tokens[:cut]), words=first),
        replace(segment, id=new_id, start_ms=at_ms, text=" ".join(tokens[cut:]), words=second),
    )


def merge(first: TranscriptSegment, second: TranscriptSegment) -> TranscriptSegment:
    """Join two segments; the result has id, speaker and role of the first, flags of both."""
    if first.recording != second.recording:
        raise EditRefused("different_recordings", segment_id=second.id)
    if second.start_ms < first.start_ms:
        raise EditRefused("wrong_order", segment_id=second.id)
    end_ms = max(first.end_ms, second.end_ms)
    words: tuple[Word, ...] = ()
    if first.words or second.words:
        words = clamp_words(
            (*_words(first), *_words(second)), start_ms=first.start_ms, end_ms=end_ms
        )
    return replace(
        first,
        end_ms=end_ms,
        text=normalise(f"{first.text} {second.text}"),
        words=words,
        flags=tuple(dict.fromkeys((*first.flags, *second.flags))),
    )


def set_times(segment: TranscriptSegment, *, start_ms: int, end_ms: int) -> TranscriptSegment:
    """Set the start and end of a segment.

    If its length stays the same, its words move with it. Otherwise they keep their times,
    clamped to the segment; where that would remove a word, all are scaled.
    """
    for code, wrong in (
        ("negative_time", start_ms < 0),
        ("absurd_time", end_ms > LONGEST_RECORDING_MS),
        ("empty_time", end_ms <= start_ms),
    ):
        if wrong:
            raise EditRefused(code, segment_id=segment.id)
    return fit_times(segment, start_ms=start_ms, end_ms=end_ms)


def fit_times(segment: TranscriptSegment, *, start_ms: int, end_ms: int) -> TranscriptSegment:
    """Set the times of a segment like `set_times`; its time may be empty, its words are kept."""
    words = _words_between(segment, start_ms, end_ms)
    return replace(
        segment,
        start_ms=start_ms,
        end_ms=end_ms,
        words=clamp_words(words, start_ms=start_ms, end_ms=end_ms),
    )


def move_boundary(
    left: TranscriptSegment, right: TranscriptSegment, *, at_ms: int
) -> tuple[TranscriptSegment, TranscriptSegment]:
    """Set the end of one segment and the start of the next; words stay with their segment."""
    if left.recording != right.recording:
        raise EditRefused("different_recordings", segment_id=right.id)
    if not left.start_ms < at_ms < right.end_ms:
        raise EditRefused("time_outside", segment_id=left.id)
    return (
        set_times(left, start_ms=left.start_ms, end_ms=at_ms),
        set_times(right, start_ms=at_ms, end_ms=right.end_ms),
    )


def shift(segment: TranscriptSegment, *, by_ms: int) -> TranscriptSegment:
    """Move a segment and its words by `by_ms`; shifting by `-by_ms` is the exact inverse."""
    if segment.start_ms + by_ms < 0:
        raise EditRefused("negative_time", segment_id=segment.id)
    if segment.end_ms + by_ms > LONGEST_RECORDING_MS:
        raise EditRefused("absurd_time", segment_id=segment.id)
    words = tuple(
        replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms)
        for word in segment.words
    )
    return replace(
        segment, start_ms=segment.start_ms + by_ms, end_ms=segment.end_ms + by_ms, words=words
    )


def replace_words(text: str, find: str, replacement: str) -> tuple[str, int]:
    """Replace every occurrence of some words; return the new text and the number of them.

    Only whole syllables with the same letters and marks match; punctuation around them
    is kept.

    >>> replace_words("Chợ “Cầu Muối”, chợ Cầu.", "Cầu Muối", "Cầu Ông Lãnh")
    ('Chợ “Cầu Ông Lãnh”, chợ Cầu.', 1)
    """
    tokens, target = tokenise(text), tokenise(find)
    result: list[str] = []
    at = count = 0
    while at < len(tokens):
        surrounding = (
            _surrounding_punctuation(tokens[at : at + len(target)], target) if target else None
        )
        if surrounding is None:
            result.append(tokens[at])
            at += 1
            continue
        result.append(f"{surrounding[0]}{normalise(replacement)}{surrounding[1]}")
        at, count = at + len(target), count + 1
    return " ".join(result), count


def _surrounding_punctuation(run: Sequence[str], target: Sequence[str]) -> tuple[str, str] | None:
    """Return the punctuation around the target, or None if the run is not the target."""
    if len(run) != len(target):
        return None
    whole, core = " ".join(run), " ".join(target)
    at = whole.find(core)
    before, after = whole[:at], whole[at + len(core) :]
    if at < 0 or any(unicodedata.category(c)[0] in "LMNZ" for c in before + after):
        return None
    return before, after


def _words_between(segment: TranscriptSegment, start_ms: int, end_ms: int) -> Sequence[Word]:
    old, length = segment.end_ms - segment.start_ms, end_ms - start_ms
    if length == old:
        shift = start_ms - segment.start_ms
        return [
            replace(w, start_ms=w.start_ms + shift, end_ms=w.end_ms + shift) for w in segment.words
        ]
    if not old or all(_keeps_enough(word, start_ms, end_ms) for word in segment.words):
        return segment.words
    return [
        replace(
            word,
            start_ms=start_ms + (word.start_ms - segment.start_ms) * length // old,
            end_ms=start_ms + (word.end_ms - segment.start_ms) * length // old,
        )
        for word in segment.words
    ]


def _keeps_enough(word: Word, start_ms: int, end_ms: int) -> bool:
    left = min(word.end_ms, end_ms) - max(word.start_ms, start_ms)
    return left >= min(LEAST_LEFT_MS, word.end_ms - word.start_ms)


def _words(segment: TranscriptSegment) -> tuple[Word, ...]:
    return segment.words or words_from_text(
        segment.text, start_ms=segment.start_ms, end_ms=segment.end_ms
    )


def _tokens_before(tokens: Sequence[str], char: int) -> int:
    """Return the number of tokens before the caret; see `split` for a token that contains it."""
    begin = 0
    for count, token in enumerate(tokens):
        if 2 * char <= 2 * begin + len(token):
            return count
        begin += len(token) + 1
    return len(tokens)
