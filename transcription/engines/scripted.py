"""Deterministic engine for tests that returns the text of a script.

The model `tally` always exists: it returns one short numbered sentence per five seconds,
whatever the sound. Any other model is a JSON file in the models folder: a list with one
entry per call, an entry being a list of `[start_ms, end_ms, text]`, or the message of an
exception to raise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transcription.engines.base import (
    DEFAULT_OPTIONS,
    SAMPLES_PER_MS,
    Availability,
    ModelInfo,
    ModelMissing,
    ModelUnreadable,
    RecognisedSegment,
    RecognisedWord,
    TranscribeOptions,
)

TALLY = "tally"
SUFFIX = ".script.json"
LONGEST_CHUNK_MS = 28_000
_COUNTED_MS = 5_000

ScriptLine = tuple[int, int, str]
ScriptEntry = Sequence[ScriptLine] | str


class ScriptedFailure(RuntimeError):
    """Raised for an entry of a script that is a string."""


class ScriptedModel:
    """Returns one entry of `script` per call, then nothing; without a script, the tally."""

    def __init__(self, info: ModelInfo, script: Sequence[ScriptEntry] | None = None) -> None:
        self._info = info
        self._script = script
        self.calls: list[tuple[int, str, TranscribeOptions]] = []
        """Arguments of every call so far: length in ms, prompt, options."""

    @property
    def info(self) -> ModelInfo:
        """Return the description of the script."""
        return self._info

    def transcribe(
        self,
        pcm: NDArray[np.float32],
        *,
        language: str,
        prompt: str = "",
        options: TranscribeOptions = DEFAULT_OPTIONS,
    ) -> list[RecognisedSegment]:
        """As `LoadedModel.transcribe`; the language changes nothing."""
        length_ms = len(pcm) // SAMPLES_PER_MS
        call = len(self.calls)
        self.calls.append((length_ms, prompt, options))
        if self._script is None:
            entry: ScriptEntry = _tally(length_ms)
        else:
            entry = self._script[call] if call < len(self._script) else ()
        if isinstance(entry, str):
            raise ScriptedFailure(entry)
        return [
            evenly_timed_segment(
                min(start, length_ms), min(end, length_ms), text, options.word_times
            )
            for start, end, text in entry
        ]


class ScriptedEngine:
    """The engine that loads a ScriptedModel."""

    name = "scripted"
    for_tests = True
    languages: frozenset[str] = frozenset()

    def available(self) -> Availability:
        """Return ok: no package is needed."""
        return Availability(ok=True)

    def models(self, models_dir: Path) -> list[ModelInfo]:
        """Return the tally, then scripts by name."""
        found = sorted(models_dir.glob(f"*{SUFFIX}")) if models_dir.is_dir() else []
        return [self._info(TALLY, TALLY.encode())] + [
            self._info(path.name.removesuffix(SUFFIX), path.read_bytes()) for path in found
        ]

    def model_info(self, model: str, *, models_dir: Path) -> ModelInfo:
        """As `Engine.describe`."""
        return self.load(model, models_dir=models_dir).info

    def load(self, model: str, *, models_dir: Path, device: str | None = None) -> ScriptedModel:
        """As `Engine.load`; runs on any device."""
        if model == TALLY:
            return ScriptedModel(self._info(TALLY, TALLY.encode()))
        path = models_dir / f"{model}{SUFFIX}"
        if not path.is_file():
            raise ModelMissing(model, folder=models_dir, file=path.name)
        raw = path.read_bytes()
        return ScriptedModel(self._info(model, raw), _read(raw, path))

    def _info(self, name: str, raw: bytes) -> ModelInfo:
        return ModelInfo(
            engine=self.name,
            name=name,
            sha256=hashlib.sha256(raw).hexdigest(),
            longest_chunk_ms=LONGEST_CHUNK_MS,
            limited_to="script",
        )


def evenly_timed_segment(
    start_ms: int, end_ms: int, text: str, word_times: bool = True
) -> RecognisedSegment:
    """Build a segment whose words have equal parts of its time.

    >>> [(w.text, w.start_ms) for w in evenly_timed_segment(0, 1000, "Dạ có").words]
    [('Dạ', 0), ('có', 500)]
    """
    tokens = text.split()
    edges = [start_ms + (end_ms - start_ms) * n // max(1, len(tokens)) for n in range(len(tokens))]
    words = tuple(
        RecognisedWord(start_ms=start, end_ms=end, text=token, confidence=1.0)
        for token, start, end in zip(tokens, edges, [*edges[1:], end_ms], strict=True)
    )
    return RecognisedSegment(
        start_ms=start_ms, end_ms=end_ms, text=" ".join(tokens), words=words if word_times else ()
    )


def _tally(length_ms: int) -> list[ScriptLine]:
    starts = range(0, length_ms, _COUNTED_MS)
    return [
        (start, min(start + _COUNTED_MS, length_ms) - 1, f"Đây là câu {number}.")
        for number, start in enumerate(starts, 1)
    ]


def _read(raw: bytes, path: Path) -> list[ScriptEntry]:
    try:
        entries: Any = json.loads(raw)
        return [
            entry if isinstance(entry, str) else [(int(s), int(e), str(t)) for s, e, t in entry]
            for entry in entries
        ]
    except (ValueError, TypeError) as error:
        raise ModelUnreadable(path, str(error)) from error
