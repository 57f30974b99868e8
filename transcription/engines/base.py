"""What an engine is, what it hears, and what can go wrong before it hears anything.

    EngineProblem
    ├── ModelMissing      the file is not there: `file`, `folder`, `sha256`, `url` say what to fetch
    │   └── ModelAltered  a file is there, but not the published bytes: mostly a broken copy
    └── ModelUnreadable   the file is no checkpoint of this engine

Describing an engine or a model costs no heavy import: pages and the worker may do it.
`Engine.load` is for the process that listens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
SAMPLES_PER_MS = SAMPLE_RATE // 1000


class EngineProblem(Exception):
    """An engine or its model cannot be used."""

    code = "engine_problem"


class ModelMissing(EngineProblem):
    """The model is not on this machine; `file` belongs into `folder`."""

    code = "model_missing"

    def __init__(
        self, name: str, *, folder: Path, file: str, sha256: str | None = None, url: str = ""
    ) -> None:
        self.name = name
        self.folder = folder
        self.file = file
        self.sha256 = sha256
        self.url = url
        super().__init__(f"model {name!r} is not here: put {file} into {folder}")


class ModelAltered(ModelMissing):
    """The file of a published model has other bytes than were published."""

    code = "model_altered"

    def __init__(
        self, name: str, *, folder: Path, file: str, sha256: str, found: str, url: str = ""
    ) -> None:
        super().__init__(name, folder=folder, file=file, sha256=sha256, url=url)
        self.found = found
        self.args = (f"{folder / file} has SHA-256 {found}, not {sha256}: copy it again",)


class ModelUnreadable(EngineProblem):
    """The file at `path` holds no model that this engine can load."""

    code = "model_unreadable"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} is not a model: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether the engine could run here. `code` is `ready` or a reason that pages translate."""

    ok: bool
    code: str = "ready"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model as it is written into the provenance of a version.

    `sha256` is empty in lists: only `describe` reads the file. `knows_only` is a code
    for a model that hears nothing but a small fixed text; every page must say so. A model
    without `takes_prompt` is never shown the hint of names.
    """

    engine: str
    name: str
    sha256: str
    longest_chunk_ms: int
    knows_only: str | None = None
    takes_prompt: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HearOptions:
    """How to listen. Each temperature is tried only when the text of the one before looks wrong.

    `beam_size` None leaves the search to the engine: greedy on a processor, 5 on a GPU.
    Without `word_times` the segments come without words, in about half the time.
    """

    temperatures: tuple[float, ...] = (0.0, 0.2, 0.4)
    beam_size: int | None = None
    word_times: bool = True


AS_USUAL = HearOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWord:
    """A token of the text; `confidence` from 0 to 1 is the model's own, and it is vain."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSegment:
    """What the engine takes for one utterance; times count from the start of the sound it got.

    `flags` are codes of `transcription.guard`. An engine that does not know one of the
    four figures leaves it None.
    """

    start_ms: int
    end_ms: int
    text: str
    words: tuple[HeardWord, ...] = ()
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    temperature: float | None = None
    flags: tuple[str, ...] = ()

    def moved(self, by_ms: int) -> HeardSegment:
        """The same, later by `by_ms`."""
        return replace(
            self,
            start_ms=self.start_ms + by_ms,
            end_ms=self.end_ms + by_ms,
            words=tuple(
                replace(w, start_ms=w.start_ms + by_ms, end_ms=w.end_ms + by_ms) for w in self.words
            ),
        )


class LoadedModel(Protocol):
    """A model in memory, for one thread at a time."""

    @property
    def info(self) -> ModelInfo:
        """Which model this is."""
        ...

    def hear(
        self,
        pcm: NDArray[np.float32],
        *,
        language: str,
        prompt: str = "",
        options: HearOptions = AS_USUAL,
    ) -> list[HeardSegment]:
        """Hear 16 kHz mono in -1…1 of at most `info.longest_chunk_ms`.

        Times are clamped to the sound and never run backwards; the same call gives the
        same answer. Whatever the model's own code raises goes through.
        """
        ...


class Engine(Protocol):
    """A way to hear; one file and one line in the registry."""

    @property
    def name(self) -> str:
        """The key in the registry and in stored provenance; never renamed."""
        ...

    @property
    def for_tests(self) -> bool:
        """Whether pages must not offer this engine."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages that it was taught; empty when it takes any."""
        ...

    def available(self) -> Availability:
        """Whether its program parts are installed; says nothing about models."""
        ...

    def models(self, models_dir: Path) -> Sequence[ModelInfo]:
        """Models that could be loaded now, those that came with the engine first."""
        ...

    def describe(self, model: str, *, models_dir: Path) -> ModelInfo:
        """Read the file's SHA-256 without loading it; raises as `load` does."""
        ...

    def load(self, model: str, *, models_dir: Path, device: str | None = None) -> LoadedModel:
        """Load by name or by the path of a file, never from the network.

        `device` None takes a GPU when there is one. Raises ModelMissing, ModelAltered,
        ModelUnreadable.
        """
        ...
