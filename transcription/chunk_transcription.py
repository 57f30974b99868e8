"""Transcribe one chunk, with retries where the text is flagged by the guard.

First with the given options; then at temperature 0 without the prompt, which models may
repeat; then in halves. Time that no attempt could transcribe becomes a segment without
text, flagged `needs_human`. The module has no state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transcription import guard
from transcription.engines.base import (
    DEFAULT_OPTIONS,
    SAMPLES_PER_MS,
    LoadedModel,
    RecognisedSegment,
    TranscribeOptions,
)
from transcription.loudness import loud_spans, quietest_ms

LEAST_TO_HALVE_MS = 2_000
EDGE_TOLERANCE_MS = 40  # a word that exceeds its sound by more than this is clamped to it


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribedChunk:
    """The result for one chunk. `flags` are those of the whole chunk; `attempts` ≥ 1."""

    segments: tuple[RecognisedSegment, ...]
    flags: tuple[str, ...] = ()
    attempts: int = 1


@dataclass(slots=True)
class _CountedModel:
    """A model that counts its calls, flags its segments and catches its errors."""

    model: LoadedModel
    language: str
    attempts: int = 0

    def transcribe(
        self, pcm: NDArray[np.float32], prompt: str, options: TranscribeOptions
    ) -> list[RecognisedSegment] | None:
        """Return segments with flags, or None when the model failed."""
        self.attempts += 1
        try:
            segments = self.model.transcribe(
                pcm, language=self.language, prompt=prompt, options=options
            )
        except MemoryError:
            raise  # a smaller chunk later would hide that this machine is too small
        except Exception:  # the model's code may raise anything; the next attempt may succeed
            return None
        sound = loud_spans(pcm)
        timed = [_clamp_to_sound(segment, sound) for segment in segments]
        codes = guard.flag_segments(timed, prompt=prompt, sound=sound)
        return [replace(s, flags=c) for s, c in zip(timed, codes, strict=True)]


def transcribe_chunk(
    model: LoadedModel,
    pcm: NDArray[np.float32],
    *,
    language: str,
    prompt: str = "",
    options: TranscribeOptions = DEFAULT_OPTIONS,
) -> TranscribedChunk:
    """Transcribe 16 kHz mono; times count from its start. Raises only MemoryError."""
    counted = _CountedModel(model, language)
    plain = replace(options, temperatures=(0.0,))
    attempts_made = [counted.transcribe(pcm, prompt, options)]
    if _is_doubtful(attempts_made[0]):
        attempts_made.append(counted.transcribe(pcm, "", plain))
        if _is_doubtful(attempts_made[1]) or not _has_text(attempts_made[1]):
            attempts_made.append(_transcribe_halves(counted, pcm, plain))
    # Of equally doubtful results the earliest, which had the names as a prompt.
    best = min((t for t in attempts_made if t is not None), key=_doubt_rank, default=None)
    if best is None:
        best = [_empty_segment(0, len(pcm) // SAMPLES_PER_MS)]
    segments = tuple(_with_needs_human(s) for s in best) if _is_doubtful(best) else tuple(best)
    return TranscribedChunk(
        segments=segments,
        flags=(guard.NEEDS_HUMAN,) if all(t is None for t in attempts_made) else (),
        attempts=counted.attempts,
    )


def _transcribe_halves(
    counted: _CountedModel, pcm: NDArray[np.float32], options: TranscribeOptions
) -> list[RecognisedSegment] | None:
    """Transcribe two halves cut in silence; None when too short or when both fail."""
    length_ms = len(pcm) // SAMPLES_PER_MS
    if length_ms < LEAST_TO_HALVE_MS:
        return None
    cut_ms = quietest_ms(pcm, around_ms=length_ms // 2, within_ms=length_ms // 4)
    cut = cut_ms * SAMPLES_PER_MS
    first, second = (counted.transcribe(half, "", options) for half in (pcm[:cut], pcm[cut:]))
    if first is None and second is None:
        return None
    return [
        *([_empty_segment(0, cut_ms)] if first is None else first),
        *(
            [_empty_segment(cut_ms, length_ms)]
            if second is None
            else (s.moved(cut_ms) for s in second)
        ),
    ]


def _is_doubtful(segments: Sequence[RecognisedSegment] | None) -> bool:
    return segments is None or any(s.flags for s in segments)


def _has_text(segments: Sequence[RecognisedSegment] | None) -> bool:
    return segments is not None and any(s.text for s in segments)


def _doubt_rank(segments: Sequence[RecognisedSegment]) -> tuple[bool, int]:
    """Return a sort key: no text at all is worst, then the duration of flagged segments."""
    doubtful_ms = sum(s.end_ms - s.start_ms + 1 for s in segments if s.flags)
    return not _has_text(segments), doubtful_ms


def _with_needs_human(segment: RecognisedSegment) -> RecognisedSegment:
    if not segment.flags:
        return segment
    return replace(segment, flags=tuple(sorted({*segment.flags, guard.NEEDS_HUMAN})))


def _empty_segment(start_ms: int, end_ms: int) -> RecognisedSegment:
    return RecognisedSegment(start_ms=start_ms, end_ms=end_ms, text="", flags=(guard.NEEDS_HUMAN,))


def _clamp_to_sound(
    segment: RecognisedSegment, sound: Sequence[tuple[int, int]]
) -> RecognisedSegment:
    """Clamp the times of each word to the sound inside it.

    Whisper starts the first word at the start of its window and extends words over the
    pauses beside them; editors need pauses to see a change of speaker.
    """
    words = []
    for word in segment.words:
        inside = [(a, b) for a, b in sound if b > word.start_ms and a < word.end_ms]
        if inside:
            onset, offset = inside[0][0], inside[-1][1]
            word = replace(
                word,
                start_ms=onset if onset > word.start_ms + EDGE_TOLERANCE_MS else word.start_ms,
                end_ms=offset if offset < word.end_ms - EDGE_TOLERANCE_MS else word.end_ms,
            )
        words.append(word)
    if not words:
        return segment
    return replace(segment, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=tuple(words))
