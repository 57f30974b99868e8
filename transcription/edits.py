"""What an editor can do to one or two segments. Pure: values in, values out.

Words keep the times at which they were heard as far as the act allows.
What cannot be done raises `EditRefused` and changes nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from transcription.alignment import retime
from transcription.document import ROLES, Segment, Word, in_order, words_from_text
from transcription.timecode import LONGEST_MS
from transcription.tokens import tidy, tokenise

LEAST_LEFT_MS = 40
"""A word of which less than this would stay inside new times makes the whole segment scale."""

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
    """The edit makes no sense here. `code` is one of `REFUSALS`, `segment_id` where it was."""

    def __init__(self, code: str, *, segment_id: str) -> None:
        super().__init__(f"segment {segment_id}: {REFUSALS[code]}")
        self.code = code
        self.segment_id = segment_id


def split(
    segment: Segment, *, char: int, new_id: str, at_ms: int | None = None
) -> tuple[Segment, Segment]:
    """Cut at a caret, `char` code points into the text; the second half is `new_id`.

    A word is never cut: one that contains the caret goes to the side where most of it
    stands, to the second when it is even. Without `at_ms` the halves meet in the middle
    of the silence between their words.
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
    own = segment.words
    first, second = (
        in_order(own[:cut], start_ms=segment.start_ms, end_ms=at_ms),
        in_order(own[cut:], start_ms=at_ms, end_ms=segment.end_ms),
    )
    return (
        replace(segment, end_ms=at_ms, text=" ".join(tokens[:cut]), words=first),
        replace(segment, id=new_id, start_ms=at_ms, text=" ".join(tokens[cut:]), words=second),
    )


def merge(first: Segment, second: Segment) -> Segment:
    """Join two into one that keeps the first one's id, speaker and role, and both ones' flags."""
    if first.recording != second.recording:
        raise EditRefused("different_recordings", segment_id=second.id)
    if second.start_ms < first.start_ms:
        raise EditRefused("wrong_order", segment_id=second.id)
    end_ms = max(first.end_ms, second.end_ms)
    words: tuple[Word, ...] = ()
    if first.words or second.words:
        words = in_order((*_words(first), *_words(second)), start_ms=first.start_ms, end_ms=end_ms)
    return replace(
        first,
        end_ms=end_ms,
        text=tidy(f"{first.text} {second.text}"),
        words=words,
        flags=tuple(dict.fromkeys((*first.flags, *second.flags))),
    )


def replace_text(segment: Segment, text: str) -> Segment:
    """Say it with these words; those that stay keep their times."""
    words = retime(_words(segment), text, start_ms=segment.start_ms, end_ms=segment.end_ms)
    return replace(segment, text=tidy(text), words=words)


def set_speaker(segment: Segment, speaker: str | None, *, role: str | None = None) -> Segment:
    """Say who speaks; None where it is not known."""
    if role is not None and role not in ROLES:
        raise EditRefused("unknown_role", segment_id=segment.id)
    return replace(segment, speaker=speaker, role=role)


def set_times(segment: Segment, *, start_ms: int, end_ms: int) -> Segment:
    """Move one edge or both.

    A segment moved as a whole takes its words along. Otherwise words stay where they
    were heard, cut at the new edges; where that would swallow a word, all are scaled.
    """
    for code, wrong in (
        ("negative_time", start_ms < 0),
        ("absurd_time", end_ms > LONGEST_MS),
        ("empty_time", end_ms <= start_ms),
    ):
        if wrong:
            raise EditRefused(code, segment_id=segment.id)
    words = _words_between(segment, start_ms, end_ms)
    return replace(
        segment,
        start_ms=start_ms,
        end_ms=end_ms,
        words=in_order(words, start_ms=start_ms, end_ms=end_ms),
    )


def move_boundary(left: Segment, right: Segment, *, at_ms: int) -> tuple[Segment, Segment]:
    """Let one end and the next begin at the same moment; words stay with their segment."""
    if left.recording != right.recording:
        raise EditRefused("different_recordings", segment_id=right.id)
    if not left.start_ms < at_ms < right.end_ms:
        raise EditRefused("time_outside", segment_id=left.id)
    return (
        set_times(left, start_ms=left.start_ms, end_ms=at_ms),
        set_times(right, start_ms=at_ms, end_ms=right.end_ms),
    )


def shift(segment: Segment, *, by_ms: int) -> Segment:
    """Move segment and words along the recording; exactly undone by the same way back."""
    if segment.start_ms + by_ms < 0:
        raise EditRefused("negative_time", segment_id=segment.id)
    if segment.end_ms + by_ms > LONGEST_MS:
        raise EditRefused("absurd_time", segment_id=segment.id)
    words = tuple(
        replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms)
        for word in segment.words
    )
    return replace(
        segment, start_ms=segment.start_ms + by_ms, end_ms=segment.end_ms + by_ms, words=words
    )


def replace_words(text: str, find: str, put: str) -> tuple[str, int]:
    """Put other words for every place where exactly these stand, and count the places.

    Whole syllables only, letter for letter; punctuation around the place stays.

    >>> replace_words("Chợ “Cầu Muối”, chợ Cầu.", "Cầu Muối", "Cầu Ông Lãnh")
    ('Chợ “Cầu Ông Lãnh”, chợ Cầu.', 1)
    """
    tokens, wanted = tokenise(text), tokenise(find)
    made: list[str] = []
    at = places = 0
    while at < len(tokens):
        around = _around(tokens[at : at + len(wanted)], wanted) if wanted else None
        if around is None:
            made.append(tokens[at])
            at += 1
            continue
        made.append(f"{around[0]}{tidy(put)}{around[1]}")
        at, places = at + len(wanted), places + 1
    return " ".join(made), places


def _around(run: Sequence[str], wanted: Sequence[str]) -> tuple[str, str] | None:
    """The punctuation before and after, when the run is the wanted one but for that."""
    if len(run) != len(wanted):
        return None
    whole, core = " ".join(run), " ".join(wanted)
    at = whole.find(core)
    before, after = whole[:at], whole[at + len(core) :]
    if at < 0 or any(unicodedata.category(c)[0] in "LMNZ" for c in before + after):
        return None
    return before, after


def _words_between(segment: Segment, start_ms: int, end_ms: int) -> Sequence[Word]:
    old, length = segment.end_ms - segment.start_ms, end_ms - start_ms
    if length == old:
        shift = start_ms - segment.start_ms
        return [
            replace(w, start_ms=w.start_ms + shift, end_ms=w.end_ms + shift) for w in segment.words
        ]
    if not old or all(_survives(word, start_ms, end_ms) for word in segment.words):
        return segment.words
    return [
        replace(
            word,
            start_ms=start_ms + (word.start_ms - segment.start_ms) * length // old,
            end_ms=start_ms + (word.end_ms - segment.start_ms) * length // old,
        )
        for word in segment.words
    ]


def _survives(word: Word, start_ms: int, end_ms: int) -> bool:
    left = min(word.end_ms, end_ms) - max(word.start_ms, start_ms)
    return left >= min(LEAST_LEFT_MS, word.end_ms - word.start_ms)


def _words(segment: Segment) -> tuple[Word, ...]:
    return segment.words or words_from_text(
        segment.text, start_ms=segment.start_ms, end_ms=segment.end_ms
    )


def _tokens_before(tokens: Sequence[str], char: int) -> int:
    """How many tokens stand before the caret, the one that contains it counted to its side."""
    begin = 0
    for count, token in enumerate(tokens):
        if 2 * char <= 2 * begin + len(token):
            return count
        begin += len(token) + 1
    return len(tokens)
