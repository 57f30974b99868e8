"""Hear one chunk well: try again where the text is doubtful, and say so where it stays doubtful.

First as asked; then once at temperature 0 without the hint of names, which models read
back; then in halves. What no way brings is left as a stretch without text that is
flagged `needs_human`: time is never lost. Pure over an engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transcription import guard
from transcription.engines.base import (
    AS_USUAL,
    SAMPLES_PER_MS,
    HeardSegment,
    HearOptions,
    LoadedModel,
)
from transcription.loudness import loud_spans, quietest_ms

LEAST_TO_HALVE_MS = 2_000
STRAY_MS = 40  # a word that reaches so far beyond its sound is pulled back to it


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardChunk:
    """`flags` concern the chunk as a whole, those of the segments are in them; `attempts` ≥ 1."""

    segments: tuple[HeardSegment, ...]
    flags: tuple[str, ...] = ()
    attempts: int = 1


@dataclass(slots=True)
class _Listener:
    """One chunk's tries over a model, counted."""

    model: LoadedModel
    language: str
    attempts: int = 0

    def hear(
        self, pcm: NDArray[np.float32], prompt: str, options: HearOptions
    ) -> list[HeardSegment] | None:
        """Flagged segments, or None when the model failed."""
        self.attempts += 1
        try:
            heard = self.model.hear(pcm, language=self.language, prompt=prompt, options=options)
        except MemoryError:
            raise  # a smaller chunk later would hide that this machine is too small
        except Exception:  # the model's own code may raise anything; the next way may do
            return None
        sound = loud_spans(pcm)
        timed = [_on_its_sound(segment, sound) for segment in heard]
        codes = guard.flags(timed, prompt=prompt, sound=sound)
        return [replace(s, flags=c) for s, c in zip(timed, codes, strict=True)]


def hear_chunk(
    model: LoadedModel,
    pcm: NDArray[np.float32],
    *,
    language: str,
    prompt: str = "",
    options: HearOptions = AS_USUAL,
) -> HeardChunk:
    """Hear 16 kHz mono; times count from its start. Raises only MemoryError."""
    listener = _Listener(model, language)
    plain = replace(options, temperatures=(0.0,))
    tries = [listener.hear(pcm, prompt, options)]
    if _doubtful(tries[0]):
        tries.append(listener.hear(pcm, "", plain))
        if _doubtful(tries[1]) or not _says_something(tries[1]):
            tries.append(_halves(listener, pcm, plain))
    # Of equal doubt the earlier: it had the names. Doubtful text is better than none.
    best = min((t for t in tries if t is not None), key=_doubts, default=None)
    if best is None:
        best = [_unheard(0, len(pcm) // SAMPLES_PER_MS)]
    segments = tuple(_marked(s) for s in best) if _doubtful(best) else tuple(best)
    return HeardChunk(
        segments=segments,
        flags=(guard.NEEDS_HUMAN,) if all(t is None for t in tries) else (),
        attempts=listener.attempts,
    )


def _halves(
    listener: _Listener, pcm: NDArray[np.float32], options: HearOptions
) -> list[HeardSegment] | None:
    """Both halves, cut where it is quiet; None when it is too short or neither is heard."""
    length_ms = len(pcm) // SAMPLES_PER_MS
    if length_ms < LEAST_TO_HALVE_MS:
        return None
    cut_ms = quietest_ms(pcm, around_ms=length_ms // 2, within_ms=length_ms // 4)
    cut = cut_ms * SAMPLES_PER_MS
    first, second = (listener.hear(half, "", options) for half in (pcm[:cut], pcm[cut:]))
    if first is None and second is None:
        return None
    return [
        *([_unheard(0, cut_ms)] if first is None else first),
        *(
            [_unheard(cut_ms, length_ms)]
            if second is None
            else (s.moved(cut_ms) for s in second)
        ),
    ]  # fmt: skip


def _doubtful(heard: Sequence[HeardSegment] | None) -> bool:
    return heard is None or any(s.flags for s in heard)


def _says_something(heard: Sequence[HeardSegment] | None) -> bool:
    return heard is not None and any(s.text for s in heard)


def _doubts(heard: Sequence[HeardSegment]) -> tuple[bool, int]:
    """Silence counts most, then milliseconds of doubtful text, in however many segments."""
    doubtful_ms = sum(s.end_ms - s.start_ms + 1 for s in heard if s.flags)
    return not _says_something(heard), doubtful_ms


def _marked(segment: HeardSegment) -> HeardSegment:
    if not segment.flags:
        return segment
    return replace(segment, flags=tuple(sorted({*segment.flags, guard.NEEDS_HUMAN})))


def _unheard(start_ms: int, end_ms: int) -> HeardSegment:
    return HeardSegment(start_ms=start_ms, end_ms=end_ms, text="", flags=(guard.NEEDS_HUMAN,))


def _on_its_sound(segment: HeardSegment, sound: Sequence[tuple[int, int]]) -> HeardSegment:
    """Pull the edges of each word out of the silence around it.

    Whisper times the first word of a window from the window's edge, and stretches words
    over the pause beside them; a pause tells the editor that the speaker may have changed.
    """
    words = []
    for word in segment.words:
        inside = [(a, b) for a, b in sound if b > word.start_ms and a < word.end_ms]
        if inside:
            onset, offset = inside[0][0], inside[-1][1]
            word = replace(
                word,
                start_ms=onset if onset > word.start_ms + STRAY_MS else word.start_ms,
                end_ms=offset if offset < word.end_ms - STRAY_MS else word.end_ms,
            )
        words.append(word)
    if not words:
        return segment
    return replace(segment, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=tuple(words))
