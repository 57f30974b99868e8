"""A Whisper checkpoint in memory; calls `transcribe` of openai-whisper. Imports torch.

Earlier text is not fed back (`condition_on_previous_text`), because one wrong sentence
would affect the rest. Chunks are short for the same reason, and because `transcribe` on
three hours at once takes 6 GB besides the model.
"""

from __future__ import annotations

import os
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import whisper
from numpy.typing import NDArray
from whisper.tokenizer import get_tokenizer

from transcription.engines.base import (
    DEFAULT_OPTIONS,
    SAMPLES_PER_MS,
    ModelInfo,
    ModelUnreadable,
    RecognisedSegment,
    RecognisedWord,
    TranscribeOptions,
)
from transcription.engines.known_models import KNOWN

GPU_BEAM_SIZE = 5
_SEED = 1975  # of the sampling above temperature 0: the same sound gives the same text


def set_threads(count: int | None = None) -> int:
    """Set the number of torch's threads and return it; by default all cores but one.

    Two threads per core made training five times slower, and the web process needs a core.
    """
    chosen = count or max(1, _physical_cores() - 1)
    torch.set_num_threads(chosen)
    return chosen


def _physical_cores() -> int:
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    siblings = set()
    for cpu in allowed:
        listed = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        if listed.is_file():
            siblings.add(listed.read_text(encoding="ascii"))
    return len(siblings) or os.cpu_count() or 1


class WhisperModel:
    """A loaded checkpoint of openai-whisper; created by `load`."""

    def __init__(self, model: whisper.Whisper, info: ModelInfo) -> None:
        self._model = model
        self._info = info
        self._on_gpu = model.device.type == "cuda"

    @classmethod
    def load(cls, path: Path, *, info: ModelInfo, device: str | None) -> WhisperModel:
        """Load the file, weights only. Raises ModelUnreadable.

        whisper sets the alignment heads for word times only when given a model name; for
        a file they are set here. Otherwise the upper half of the decoder is used, which
        is slower and less exact.
        """
        set_threads()
        chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            model = whisper.load_model(str(path), device=chosen)
        except Exception as error:  # the unpickler may raise any exception on bad data
            raise ModelUnreadable(path, f"{type(error).__name__}: {error}") from error
        heads = next(
            (whisper._ALIGNMENT_HEADS[n] for n, k in KNOWN.items() if k.sha256 == info.sha256),
            None,
        )
        if heads is not None:
            model.set_alignment_heads(heads)
        with _quiet():
            get_tokenizer(model.is_multilingual, num_languages=model.num_languages)
        return cls(model, info)

    @property
    def info(self) -> ModelInfo:
        """Which model this is."""
        return self._info

    def transcribe(
        self,
        pcm: NDArray[np.float32],
        *,
        language: str,
        prompt: str = "",
        options: TranscribeOptions = DEFAULT_OPTIONS,
    ) -> list[RecognisedSegment]:
        """As `LoadedModel.transcribe`; only the last 223 tokens of the prompt are used."""
        sound = np.ascontiguousarray(pcm, dtype=np.float32)
        devices = [self._model.device] if self._on_gpu else []
        with torch.random.fork_rng(devices), _quiet():
            torch.manual_seed(_SEED)
            result = self._model.transcribe(
                sound,
                language=language,
                task="transcribe",
                fp16=self._on_gpu,
                temperature=options.temperatures,
                beam_size=options.beam_size or (GPU_BEAM_SIZE if self._on_gpu else None),
                condition_on_previous_text=False,
                initial_prompt=self._prompt(prompt, language),
                carry_initial_prompt=True,
                word_timestamps=options.word_times,
                compression_ratio_threshold=2.4,
                logprob_threshold=-1.0,
                no_speech_threshold=0.6,
                hallucination_silence_threshold=2.0,
                verbose=None,
            )
        return convert_segments(result["segments"], len(sound) // SAMPLES_PER_MS)

    def _prompt(self, prompt: str, language: str) -> str | None:
        """Return the end of the prompt that fits, in NFC: NFD takes twice the tokens."""
        if not self._info.takes_prompt:
            return None
        tokenizer = get_tokenizer(
            self._model.is_multilingual,
            num_languages=self._model.num_languages,
            language=language,
            task="transcribe",
        )
        free_tokens = self._model.dims.n_text_ctx // 2 - 1
        kept: list[str] = []
        for syllable in reversed(unicodedata.normalize("NFC", prompt).split()):
            free_tokens -= len(tokenizer.encode(" " + syllable))
            if free_tokens < 0:
                break
            kept.append(syllable)
        return " ".join(reversed(kept)) or None


def convert_segments(raw: list[dict[str, Any]], length_ms: int) -> list[RecognisedSegment]:
    """Convert Whisper's segments; times are ascending milliseconds between 0 and `length_ms`."""
    segments = []
    free_from = 0
    for segment in raw:
        words = _words(segment, free_from, length_ms)
        text = _normalise(segment["text"])
        if not text:
            continue
        start = words[0].start_ms if words else _ms(segment["start"], free_from, length_ms)
        end = words[-1].end_ms if words else _ms(segment["end"], start, length_ms)
        free_from = end
        segments.append(
            RecognisedSegment(
                start_ms=start,
                end_ms=end,
                text=" ".join(w.text for w in words) if words else text,
                words=tuple(words),
                avg_logprob=float(segment["avg_logprob"]),
                compression_ratio=float(segment["compression_ratio"]),
                no_speech_prob=float(segment["no_speech_prob"]),
                temperature=float(segment["temperature"]),
            )
        )
    return segments


def _words(segment: dict[str, Any], free_from: int, length_ms: int) -> list[RecognisedWord]:
    """Return one word per token between spaces; Whisper splits dashes off their word."""
    words: list[RecognisedWord] = []
    for raw in segment.get("words", []):
        start = _ms(raw["start"], free_from, length_ms)
        end = _ms(raw["end"], start, length_ms)
        text = _normalise(raw["word"])
        if not text:
            continue
        free_from = end
        confidence = float(raw["probability"])
        if words and not raw["word"][0].isspace():
            before = words.pop()
            start, text = before.start_ms, before.text + text
            confidence = min(confidence, before.confidence or 0.0)
        words.append(RecognisedWord(start_ms=start, end_ms=end, text=text, confidence=confidence))
    return words


def _ms(seconds: float, at_least: int, at_most: int) -> int:
    return min(max(round(float(seconds) * 1000), at_least), at_most)


def _normalise(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@contextmanager
def _quiet() -> Iterator[None]:
    """Ignore known warnings of whisper and torch; others are errors."""
    with warnings.catch_warnings():
        # whisper reads its vocabulary from a file that it leaves to the garbage collector.
        warnings.filterwarnings("ignore", "unclosed file.*tiktoken", ResourceWarning)
        # The CPU was chosen on purpose, because the GPU is busy or too small.
        warnings.filterwarnings("ignore", "Performing inference on CPU when CUDA is available")
        # Without a CUDA toolkit the word times are computed more slowly.
        warnings.filterwarnings("ignore", "Failed to launch Triton kernels")
        yield
