"""Voice activity detection: the Silero network over a stream, in constant memory.

The package's own loop calls the network for each 32 ms; here the same weights process half
a minute at once, and only the recurrent layer runs step by step. The probabilities are
the same (a test compares them) and cost a sixth. Thresholds are low, for old and soft
voices: a missed answer is worse than noise taken for speech.
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

from transcription.chunks import SpeechSpan

FRAME_MS = 32
FRAME = 512  # samples that get one probability
SPEECH_ABOVE = 0.30
SILENCE_BELOW = 0.15
MIN_SILENCE_MS = 600  # ends a span
PAD_MS = 300  # half of it, so that widened spans never overlap
MIN_SPEECH_MS = 96  # three frames: a short "Dạ" counts
MIN_PAUSE_MS = 64
QUIET_RMS = 10.0  # of 32,768, that is -70 dB: counts as silence

_CONTEXT = 64
_BATCH = 900  # frames: 28.8 s
_State = tuple[torch.Tensor, torch.Tensor]


def speech_spans(blocks: Iterable[NDArray[np.int16]]) -> Iterator[SpeechSpan]:
    """Yield the spans of speech in 16 kHz mono blocks; block lengths make no difference."""
    builder = _SpanBuilder()
    reached_ms = 0
    for probabilities, length_ms in _probabilities(blocks):
        yield from builder.add(probabilities)
        reached_ms += length_ms
    yield from builder.finish(reached_ms)


def speech_probabilities(blocks: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.float32]]:
    """Yield the probabilities of speech per 32 ms, half a minute at a time."""
    for probabilities, _ in _probabilities(blocks):
        yield probabilities


def _probabilities(
    blocks: Iterable[NDArray[np.int16]],
) -> Iterator[tuple[NDArray[np.float32], int]]:
    model = _SileroModel()
    for batch in _rebatch(blocks, _BATCH * FRAME):
        frames = np.zeros(-(-len(batch) // FRAME) * FRAME, np.int16)
        frames[: len(batch)] = batch
        yield model.probabilities(frames.reshape(-1, FRAME)), len(batch) // (FRAME // FRAME_MS)


def _rebatch(blocks: Iterable[NDArray[np.int16]], size: int) -> Iterator[NDArray[np.int16]]:
    pending: list[NDArray[np.int16]] = []
    length = 0
    for block in blocks:
        while length + len(block) >= size:
            taken = size - length
            yield np.concatenate([*pending, block[:taken]])
            pending, length, block = [], 0, block[taken:]
        if len(block):
            pending.append(block)
            length += len(block)
    if pending:
        yield np.concatenate(pending)


class _SileroModel:
    """Silero 6 for 16 kHz; keeps the recurrent state between batches."""

    def __init__(self) -> None:
        self._weights = _load_weights()
        self._recurrent = _load_lstm()
        self._reset()

    def _reset(self) -> None:
        self._state: _State | None = None
        self._tail = np.zeros(_CONTEXT, np.float32)

    def probabilities(self, frames: NDArray[np.int16]) -> NDArray[np.float32]:
        """Return a probability for each row, 0 for silence; a silent batch resets the state."""
        sound = frames.astype(np.float32)
        quiet = np.sqrt(np.mean(sound**2, axis=1)) < QUIET_RMS
        if quiet.all():
            self._reset()
            return np.zeros(len(frames), np.float32)
        sound /= 32768
        before = np.vstack([self._tail, sound[:-1, -_CONTEXT:]])
        self._tail = sound[-1, -_CONTEXT:].copy()
        with torch.inference_mode():
            probabilities = self._network(torch.from_numpy(np.hstack([before, sound]))).numpy()
        return np.where(quiet, np.float32(0), probabilities)

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
        x, self._state = self._recurrent(x[:, :, 0], self._state)
        x = functional.relu(x) @ weights["decoder.decoder.2.weight"][0]
        return torch.sigmoid(x + weights["decoder.decoder.2.bias"])[:, 0]


class _SpanBuilder:
    """Builds spans from probabilities with two thresholds; yields a span once it has ended."""

    def __init__(self) -> None:
        self._frame = 0
        self._start: int | None = None  # of the span we are in
        self._quiet: int | None = None  # since when it may have ended
        self._pauses: list[tuple[int, int]] = []

    def add(self, probabilities: NDArray[np.float32]) -> Iterator[SpeechSpan]:
        for probability in probabilities.tolist():
            now = self._frame * FRAME_MS
            self._frame += 1
            if probability >= SPEECH_ABOVE:
                self._speech(now)
            elif self._start is not None and probability < SILENCE_BELOW and self._quiet is None:
                self._quiet = now
            if self._quiet is not None and now + FRAME_MS - self._quiet >= MIN_SILENCE_MS:
                yield from self._close(self._quiet, self._quiet + PAD_MS)

    def finish(self, total_ms: int) -> Iterator[SpeechSpan]:
        """Yield the last span if it is still open at the end."""
        end = total_ms if self._quiet is None else self._quiet
        yield from self._close(end, min(end + PAD_MS, total_ms))

    def _speech(self, now: int) -> None:
        if self._start is None:
            self._start = now
        elif self._quiet is not None and now - self._quiet >= MIN_PAUSE_MS:
            self._pauses.append((self._quiet, now))
        self._quiet = None

    def _close(self, end: int, padded_end: int) -> Iterator[SpeechSpan]:
        if self._start is not None and end - self._start >= MIN_SPEECH_MS:
            yield SpeechSpan(max(0, self._start - PAD_MS), padded_end, tuple(self._pauses))
        self._start = self._quiet = None
        self._pauses = []


@lru_cache(maxsize=1)
def _load_weights() -> dict[str, torch.Tensor]:
    """Load from the file of silero-vad; importing the package would limit torch to one thread."""
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
def _load_lstm() -> torch.nn.LSTM:
    recurrent = torch.nn.LSTM(128, 128)
    with torch.no_grad():
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(recurrent, f"{part}_l0").copy_(_load_weights()[f"decoder.rnn.{part}"])
    return recurrent
