"""Flag segments whose text a speech engine probably invented, for review by a person.

Nothing is deleted. Word confidence does not help, because loops and phantom phrases have
a high one; the rules use the text and its times only.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from transcription.tokens import fold, tokenise

PHANTOM_PHRASE = "phantom_phrase"
LOOP = "loop"
IMPOSSIBLE_SPEED = "impossible_speed"
TEXT_OVER_SILENCE = "text_over_silence"
PROMPT_ECHO = "prompt_echo"
NEEDS_HUMAN = "needs_human"

CODES = {
    PHANTOM_PHRASE: "A phrase that the model is known to invent over silence and music.",
    LOOP: "The same words again and again.",
    IMPOSSIBLE_SPEED: "More syllables a second than anyone speaks.",
    TEXT_OVER_SILENCE: "Text where there is hardly any sound.",
    PROMPT_ECHO: "The list of names that was given as a hint, read back.",
    NEEDS_HUMAN: "The machine tried three ways and is not to be trusted here.",
}
"""Every flag of a segment from an engine, with its meaning."""

FASTEST_SYLLABLES_PER_S = 8.0
MOST_COMPRESSED = 2.4  # whisper's own threshold for text that repeats itself
LEAST_SOUND = 0.25  # share of the segment's time
LEAST_ECHO = 5  # syllables; a full Vietnamese name has up to four
ECHO_SHARE = 0.8

_REPEATS = {1: 6, 2: 4}  # "dạ dạ dạ" is speech; so many of one or two syllables is not
_REPEATS_OF_LONGER = 3
_LONGEST_UNIT = 12
_LEAST_SYLLABLES_FOR_SPEED = 4
_LEAST_IDENTICAL = 4  # syllables from which one repetition of a whole segment is odd
_NOT_WORD = re.compile(r"\W+")


class TimedText(Protocol):
    """A segment to check: of an engine or of a document."""

    @property
    def start_ms(self) -> int: ...  # noqa: D102
    @property
    def end_ms(self) -> int: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def flags(self) -> tuple[str, ...]: ...  # noqa: D102


def flag_segments(
    segments: Sequence[TimedText],
    *,
    prompt: str = "",
    sound: Sequence[tuple[int, int]] | None = None,
) -> list[tuple[str, ...]]:
    """Return the flags of each segment, existing ones included, in alphabetical order.

    `sound` are the spans in ms that are not silent, on the time line of the segments;
    None skips the rule that needs them.
    """
    folded = [_folded(s.text) for s in segments]
    hint = _folded(prompt)
    found = []
    for number, (segment, syllables) in enumerate(zip(segments, folded, strict=True)):
        checks = (
            (PHANTOM_PHRASE, _is_phantom(syllables)),
            (LOOP, _is_loop(segment.text, syllables) or _is_repetition(folded, number)),
            (IMPOSSIBLE_SPEED, _is_too_fast(segment, syllables)),
            (TEXT_OVER_SILENCE, sound is not None and _is_over_silence(segment, sound)),
            (PROMPT_ECHO, _is_prompt_echo(syllables, hint)),
        )
        found.append(tuple(sorted({*segment.flags, *(code for code, is_so in checks if is_so)})))
    return found


def _folded(text: str) -> list[str]:
    """Return the syllables without case, marks and punctuation."""
    return [s for token in tokenise(text) for s in _NOT_WORD.split(fold(token)) if s]


@lru_cache(maxsize=1)
def _phantoms() -> tuple[tuple[str, ...], ...]:
    lines = (Path(__file__).parent / "phantom_phrases.txt").read_text("utf-8").splitlines()
    return tuple(tuple(_folded(line)) for line in lines if line and not line.startswith("#"))


def _is_phantom(syllables: list[str]) -> bool:
    spoken_text = f" {' '.join(syllables)} "
    return any(f" {' '.join(phrase)} " in spoken_text for phrase in _phantoms())


def _is_loop(text: str, syllables: list[str]) -> bool:
    raw = text.encode()
    if len(raw) / len(zlib.compress(raw)) > MOST_COMPRESSED:
        return True
    for unit in range(1, min(_LONGEST_UNIT, len(syllables) // 2) + 1):
        needed = unit * (_REPEATS.get(unit, _REPEATS_OF_LONGER) - 1)
        run = 0
        for a, b in zip(syllables, syllables[unit:], strict=False):
            run = run + 1 if a == b else 0
            if run >= needed:
                return True
    return False


def _is_repetition(folded: list[list[str]], number: int) -> bool:
    """Return whether the previous segment has the same text; for short ones, the two previous."""
    syllables = folded[number]
    needed = 1 if len(syllables) >= _LEAST_IDENTICAL else 2
    before = folded[max(0, number - needed) : number]
    return bool(syllables) and len(before) == needed and all(b == syllables for b in before)


def _is_too_fast(segment: TimedText, syllables: list[str]) -> bool:
    if len(syllables) < _LEAST_SYLLABLES_FOR_SPEED:
        return False
    return len(syllables) * 1000 > FASTEST_SYLLABLES_PER_S * (segment.end_ms - segment.start_ms)


def _is_over_silence(segment: TimedText, sound: Sequence[tuple[int, int]]) -> bool:
    if not segment.text:
        return False
    loud = sum(
        max(0, min(end, segment.end_ms) - max(start, segment.start_ms)) for start, end in sound
    )
    return loud < LEAST_SOUND * max(1, segment.end_ms - segment.start_ms)


def _is_prompt_echo(syllables: list[str], hint: list[str]) -> bool:
    """Return whether the segment consists of a run of the prompt (quadratic; prompts are short)."""
    needed = max(LEAST_ECHO, round(ECHO_SHARE * len(syllables)))
    if len(syllables) < needed or len(hint) < needed:
        return False
    hint_text = f" {' '.join(hint)} "
    return any(
        f" {' '.join(syllables[at : at + needed])} " in hint_text
        for at in range(len(syllables) - needed + 1)
    )
