"""Where somebody speaks: Silero's network over a stream of sound, in constant memory.

The package's own loop calls the network for each 32 ms; here the same weights see half a
minute at once, and only the recurrent layer goes step by step. The probabilities are the
same (a test compares them) and cost a sixth. Thresholds are low, for old and soft voices:
a missed answer is worse than a heard chair.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from transcription.chunks import Span as Span

FRAME_MS = 32
FRAME = 512  # samples that get one probability
SPEECH_ABOVE = 0.30
SILENCE_BELOW = 0.15
MIN_SILENCE_MS = 600  # ends a span
PAD_MS = 300  # half of it, so that widened spans never overlap
MIN_SPEECH_MS = 96  # three frames: a short "Dạ" counts
MIN_PAUSE_MS = 64
QUIET_RMS = 10.0  # of 32,768, that is -70 dB: no network is asked about that

_CONTEXT = 64
_BATCH = 900  # frames: 28.8 s
_Memory = tuple[torch.Tensor, torch.Tensor]


def speech_spans(blocks: Iterable[NDArray[np.int16]]) -> Iterator[Span]:
    """Spans in order from 16 kHz mono blocks of any length; they do not depend on the cutting."""
    finder = _SpanFinder()
    reached_ms = 0
    for probabilities, length_ms in _probabilities(blocks):
        yield from finder.take(probabilities)
        reached_ms += length_ms
    yield from finder.finish(reached_ms)


def speech_probabilities(blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.float32]]:
    """The probability of speech for each begun 32 ms, half a minute at a time."""
    for probabilities, _ in _probabilities(blocks):
        yield probabilities


def _probabilities(
    blocks: Iterable[NDArray[np.int16]],
) -> Iterator[tuple[NDArray[np.float32], int]]:
    listener = _Listener()
    for batch in _rebatched(blocks, _BATCH * FRAME):
        frames = np.zeros(-(-len(batch) // FRAME) * FRAME, np.int16)
        frames[: len(batch)] = batch
        yield listener.listen(frames.reshape(-1, FRAME)), len(batch) // (FRAME // FRAME_MS)


def _rebatched(blocks: Iterable[NDArray[np.int16]], size: int) -> Iterator[NDArray[np.int16]]:
    waiting: list[NDArray[np.int16]] = []
    length = 0
    for block in blocks:
        while length + len(block) >= size:
            taken = size - length
            yield np.concatenate([*waiting, block[:taken]])
            waiting, length, block = [], 0, block[taken:]
        if len(block):
            waiting.append(block)
            length += len(block)
    if waiting:
        yield np.concatenate(waiting)


class _Listener:
    """Silero 6 for 16 kHz; remembers what it heard from one batch to the next."""

    def __init__(self) -> None:
        self._weights = _weights()
        self._recurrent = _recurrent()
        self._forget()

    def _forget(self) -> None:
        self._memory: _Memory | None = None
        self._tail = np.zeros(_CONTEXT, np.float32)

    def listen(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        """A probability for each row; near-silence is none, and ends what is remembered."""
        sound = frames.astype(np.float32)
        quiet = np.sqrt(np.mean(sound**2, axis=1)) < QUIET_RMS
        if quiet.all():
            self._forget()
            return np.zeros(len(frames), np.float32)
        sound /= 32768
        before = np.vstack([self._tail, sound[:-1, -_CONTEXT:]])
        self._tail = sound[-1, -_CONTEXT:].copy()
        with torch.inference_mode():
            heard = self._network(torch.from_numpy(np.hstack([before, sound]))).numpy()
        return np.where(quiet, np.float32(0), heard)

    def _network(self, frames: torch.Tensor) -> torch.Tensor:
        weights = self._weights
        x = functional.pad(frames[:, None], (0, _CONTEXT), mode="reflect")
        x = functional.conv1d(x, weights["stft.forward_basis_buffer"], stride=128)
        half = x.shape[1] // 2
        x = torch.sqrt(x[:, :half] ** 2 + x[:, half:] ** 2)
        for layer, stride in enumerate((1, 2, 2, 1)):
            name = f"encoder.{layer}.reparam_conv"
            x = functional.relu(
                functional.conv1d(
                    x, weights[f"{name}.weight"], weights[f"{name}.bias"], stride=stride, padding=1
                )
            )
        x, self._memory = self._recurrent(x[:, :, 0], self._memory)
        x = functional.relu(x) @ weights["decoder.decoder.2.weight"][0]
        return torch.sigmoid(x + weights["decoder.decoder.2.bias"])[:, 0]


class _SpanFinder:
    """Two thresholds make spans of probabilities; a span is given out once its end is certain."""

    def __init__(self) -> None:
        self._frame = 0
        self._start: int | None = None  # of the span we are in
        self._quiet: int | None = None  # since when it may have ended
        self._pauses: list[tuple[int, int]] = []

    def take(self, probabilities: NDArray[np.float32]) -> Iterator[Span]:
        for probability in probabilities.tolist():
            now = self._frame * FRAME_MS
            self._frame += 1
            if probability >= SPEECH_ABOVE:
                self._speech(now)
            elif self._start is not None and probability < SILENCE_BELOW and self._quiet is None:
                self._quiet = now
            if self._quiet is not None and now + FRAME_MS - self._quiet >= MIN_SILENCE_MS:
                yield from self._close(self._quiet, self._quiet + PAD_MS)

    def finish(self, total_ms: int) -> Iterator[Span]:
        """The last span, which silence did not end."""
        end = total_ms if self._quiet is None else self._quiet
        yield from self._close(end, min(end + PAD_MS, total_ms))

    def _speech(self, now: int) -> None:
        if self._start is None:
            self._start = now
        elif self._quiet is not None and now - self._quiet >= MIN_PAUSE_MS:
            self._pauses.append((self._quiet, now))
        self._quiet = None

    def _close(self, end: int, padded_end: int) -> Iterator[Span]:
        if self._start is not None and end - self._start >= MIN_SPEECH_MS:
            yield Span(max(0, self._start - PAD_MS), padded_end, tuple(self._pauses))
        self._start = self._quiet = None
        self._pauses = []


@lru_cache(maxsize=1)
def _weights() -> dict[str, torch.Tensor]:
    """From the file of the silero-vad package, whose import would set torch's threads to one."""
    package = importlib.util.find_spec("silero_vad")
    assert package is not None
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0]) / "data" / "silero_vad.jit"
    with warnings.catch_warnings():
        # The weights are published only in this form (the package's other files differ).
        warnings.filterwarnings("ignore", "`torch.jit.load` is deprecated", DeprecationWarning)
        model = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
    state: dict[str, torch.Tensor] = model._model.state_dict()
    return state


@lru_cache(maxsize=1)
def _recurrent() -> torch.nn.LSTM:
    recurrent = torch.nn.LSTM(128, 128)
    with torch.no_grad():
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(recurrent, f"{part}_l0").copy_(_weights()[f"decoder.rnn.{part}"])
    return recurrent
