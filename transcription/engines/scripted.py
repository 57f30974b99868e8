"""An engine that says what a script tells it. Deterministic; for tests, never offered on a page.

The model `tally` always exists: whatever the sound, it counts one short sentence for each
begun five seconds, so that its answer depends on nothing but the length of the chunk. Any
other model is a JSON file in the models folder: a list with one entry for each call, an
entry being a list of `[start_ms, end_ms, text]`, or a string to be raised as an error.
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
    AS_USUAL,
    SAMPLES_PER_MS,
    Availability,
    HeardSegment,
    HeardWord,
    HearOptions,
    ModelInfo,
    ModelMissing,
    ModelUnreadable,
)

TALLY = "tally"
SUFFIX = ".script.json"
LONGEST_CHUNK_MS = 28_000
_COUNTED_MS = 5_000

Line = tuple[int, int, str]
Entry = Sequence[Line] | str


class ScriptedFailure(RuntimeError):
    """What a script raises where it says so."""


class ScriptedModel:
    """Follows `script` call by call, and hears nothing after its end; without one, it counts."""

    def __init__(self, info: ModelInfo, script: Sequence[Entry] | None = None) -> None:
        self._info = info
        self._script = script
        self.calls: list[tuple[int, str, HearOptions]] = []
        """What was asked so far: length in ms, prompt, options."""

    @property
    def info(self) -> ModelInfo:
        """Which script this is."""
        return self._info

    def hear(
        self,
        pcm: NDArray[np.float32],
        *,
        language: str,
        prompt: str = "",
        options: HearOptions = AS_USUAL,
    ) -> list[HeardSegment]:
        """As `LoadedModel.hear`; the language changes nothing."""
        length_ms = len(pcm) // SAMPLES_PER_MS
        call = len(self.calls)
        self.calls.append((length_ms, prompt, options))
        if self._script is None:
            entry: Entry = _tally(length_ms)
        else:
            entry = self._script[call] if call < len(self._script) else ()
        if isinstance(entry, str):
            raise ScriptedFailure(entry)
        return [
            segment(min(start, length_ms), min(end, length_ms), text, options.word_times)
            for start, end, text in entry
        ]


class Scripted:
    """The engine behind `ScriptedModel`."""

    name = "scripted"
    for_tests = True
    languages: frozenset[str] = frozenset()

    def available(self) -> Availability:
        """Nothing is needed."""
        return Availability(ok=True)

    def models(self, models_dir: Path) -> list[ModelInfo]:
        """The tally, then scripts by name."""
        found = sorted(models_dir.glob(f"*{SUFFIX}")) if models_dir.is_dir() else []
        return [self._info(TALLY, TALLY.encode())] + [
            self._info(path.name.removesuffix(SUFFIX), path.read_bytes()) for path in found
        ]

    def describe(self, model: str, *, models_dir: Path) -> ModelInfo:
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
            knows_only="script",
        )


def segment(start_ms: int, end_ms: int, text: str, word_times: bool = True) -> HeardSegment:
    """A segment whose words share its time evenly.

    >>> [(w.text, w.start_ms) for w in segment(0, 1000, "Dạ có").words]
    [('Dạ', 0), ('có', 500)]
    """
    tokens = text.split()
    edges = [start_ms + (end_ms - start_ms) * n // max(1, len(tokens)) for n in range(len(tokens))]
    words = tuple(
        HeardWord(start_ms=start, end_ms=end, text=token, confidence=1.0)
        for token, start, end in zip(tokens, edges, [*edges[1:], end_ms], strict=True)
    )
    return HeardSegment(
        start_ms=start_ms, end_ms=end_ms, text=" ".join(tokens), words=words if word_times else ()
    )


def _tally(length_ms: int) -> list[Line]:
    starts = range(0, length_ms, _COUNTED_MS)
    return [
        (start, min(start + _COUNTED_MS, length_ms) - 1, f"Đây là câu {number}.")
        for number, start in enumerate(starts, 1)
    ]


def _read(raw: bytes, path: Path) -> list[Entry]:
    try:
        entries: Any = json.loads(raw)
        return [
            entry if isinstance(entry, str) else [(int(s), int(e), str(t)) for s, e, t in entry]
            for entry in entries
        ]
    except (ValueError, TypeError) as error:
        raise ModelUnreadable(path, str(error)) from error
