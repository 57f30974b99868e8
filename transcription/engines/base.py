"""Interface, result classes and errors of speech engines.

    EngineError
    ├── ModelMissing      the file is not there: `file`, `folder`, `sha256`, `url` say what to fetch
    │   └── ModelAltered  a file is there, but not the published bytes: mostly a broken copy
    └── ModelUnreadable   the file is no checkpoint of this engine

Only `Engine.load` imports torch; the other methods are safe to call in the web process
and in the worker.
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


class EngineError(Exception):
    """An engine or its model cannot be used."""

    code = "engine_problem"


class ModelMissing(EngineError):
    """The model file is missing; `file` must be put into `folder`."""

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
    """The file of a published model does not have the published SHA-256."""

    code = "model_altered"

    def __init__(
        self, name: str, *, folder: Path, file: str, sha256: str, found: str, url: str = ""
    ) -> None:
        super().__init__(name, folder=folder, file=file, sha256=sha256, url=url)
        self.found = found
        self.args = (f"{folder / file} has SHA-256 {found}, not {sha256}: copy it again",)


class ModelUnreadable(EngineError):
    """The file at `path` is no model that this engine can load."""

    code = "model_unreadable"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} is not a model: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an engine can run here. `code` is `ready` or a reason that pages translate."""

    ok: bool
    code: str = "ready"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model as recorded in the provenance of a version.

    `sha256` is empty in lists: only `model_info` reads the file. `limited_to` is a code
    for a model that recognises only a small fixed text; pages must state it. A model
    without `takes_prompt` never gets a prompt.
    """

    engine: str
    name: str
    sha256: str
    longest_chunk_ms: int
    limited_to: str | None = None
    takes_prompt: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscribeOptions:
    """Options of a transcription; a further temperature is tried when a result looks wrong.

    `beam_size` None leaves the search to the engine: greedy on a processor, 5 on a GPU.
    Without `word_times` the segments come without words, in about half the time.
    """

    temperatures: tuple[float, ...] = (0.0, 0.2, 0.4)
    beam_size: int | None = None
    word_times: bool = True


DEFAULT_OPTIONS = TranscribeOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedWord:
    """A token with times; `confidence` (0..1) is the model's and often too high."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognisedSegment:
    """One utterance recognised by an engine; times count from the start of the sound.

    `flags` are codes of `transcription.guard`. The four statistics are None where the
    engine does not compute them.
    """

    start_ms: int
    end_ms: int
    text: str
    words: tuple[RecognisedWord, ...] = ()
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    temperature: float | None = None
    flags: tuple[str, ...] = ()

    def moved(self, by_ms: int) -> RecognisedSegment:
        """Return a copy with all its times shifted by `by_ms`."""
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
        """Return the description of the model."""
        ...

    def transcribe(
        self,
        pcm: NDArray[np.float32],
        *,
        language: str,
        prompt: str = "",
        options: TranscribeOptions = DEFAULT_OPTIONS,
    ) -> list[RecognisedSegment]:
        """Transcribe 16 kHz mono in -1…1 of at most `info.longest_chunk_ms`.

        Times are clamped to the sound and ascending; the same call gives the same result.
        Exceptions of the model's code propagate.
        """
        ...


class Engine(Protocol):
    """A speech engine; one module and one line in the registry."""

    @property
    def name(self) -> str:
        """Return the key in the registry and in stored provenance; never renamed."""
        ...

    @property
    def for_tests(self) -> bool:
        """Return whether the engine is for tests only and must not be offered on pages."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """Return the codes of the languages it supports; empty when it takes any."""
        ...

    def available(self) -> Availability:
        """Check whether its packages are installed; models are not checked."""
        ...

    def models(self, models_dir: Path) -> Sequence[ModelInfo]:
        """Return the models that can be loaded now, built-in ones first."""
        ...

    def model_info(self, model: str, *, models_dir: Path) -> ModelInfo:
        """Return the model with its SHA-256, without loading it; raises as `load` does."""
        ...

    def load(self, model: str, *, models_dir: Path, device: str | None = None) -> LoadedModel:
        """Load by name or by the path of a file, never from the network.

        `device` None uses a GPU when there is one. Raises ModelMissing, ModelAltered,
        ModelUnreadable.
        """
        ...
