"""A checkpoint in memory and the one call of openai-whisper's own `transcribe`. Needs torch.

What was heard is not fed back (`condition_on_previous_text`): one wrong sentence would
carry itself on through the hour. The chunks are short for the same reason, and because
`transcribe` on three hours at once takes 6 GB before the model.
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
    AS_USUAL,
    SAMPLES_PER_MS,
    HeardSegment,
    HeardWord,
    HearOptions,
    ModelInfo,
    ModelUnreadable,
)
from transcription.engines.known_models import KNOWN

GPU_BEAM_SIZE = 5
_SEED = 1975  # of the sampling above temperature 0: the same sound gives the same text


def threads(count: int | None = None) -> int:
    """Let torch use `count` threads; by default one core less than there are, at least one.

    Twice the cores made training five times slower, and the pages need a core too.
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
    """openai-whisper with one checkpoint; made by `load`."""

    def __init__(self, model: whisper.Whisper, info: ModelInfo) -> None:
        self._model = model
        self._info = info
        self._on_gpu = model.device.type == "cuda"

    @classmethod
    def load(cls, path: Path, *, info: ModelInfo, device: str | None) -> WhisperModel:
        """Read the file, weights only. Raises ModelUnreadable.

        whisper sets the heads that time the words only for a name it downloads itself;
        for a file we do, else the whole upper half of the decoder is used, which is
        slower and less exact.
        """
        threads()
        chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            model = whisper.load_model(str(path), device=chosen)
        except Exception as error:  # junk makes the unpickler raise nearly anything
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

    def hear(
        self,
        pcm: NDArray[np.float32],
        *,
        language: str,
        prompt: str = "",
        options: HearOptions = AS_USUAL,
    ) -> list[HeardSegment]:
        """As `LoadedModel.hear`. Of the prompt the model can hold the end, 223 tokens."""
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
        return in_time(result["segments"], len(sound) // SAMPLES_PER_MS)

    def _prompt(self, prompt: str, language: str) -> str | None:
        """NFC, for a decomposed syllable costs more than twice the tokens, and only the end."""
        if not self._info.takes_prompt:
            return None
        tokenizer = get_tokenizer(
            self._model.is_multilingual,
            num_languages=self._model.num_languages,
            language=language,
            task="transcribe",
        )
        room = self._model.dims.n_text_ctx // 2 - 1
        kept: list[str] = []
        for syllable in reversed(unicodedata.normalize("NFC", prompt).split()):
            room -= len(tokenizer.encode(" " + syllable))
            if room < 0:
                break
            kept.append(syllable)
        return " ".join(reversed(kept)) or None


def in_time(raw: list[dict[str, Any]], length_ms: int) -> list[HeardSegment]:
    """Whisper's segments with whole milliseconds between 0 and `length_ms`, none running back."""
    heard = []
    free_from = 0
    for segment in raw:
        words = _words(segment, free_from, length_ms)
        text = _tidy(segment["text"])
        if not text:
            continue
        start = words[0].start_ms if words else _ms(segment["start"], free_from, length_ms)
        end = words[-1].end_ms if words else _ms(segment["end"], start, length_ms)
        free_from = end
        heard.append(
            HeardSegment(
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
    return heard


def _words(segment: dict[str, Any], free_from: int, length_ms: int) -> list[HeardWord]:
    """One word for each token between spaces: whisper tears off dashes and the like."""
    words: list[HeardWord] = []
    for raw in segment.get("words", []):
        start = _ms(raw["start"], free_from, length_ms)
        end = _ms(raw["end"], start, length_ms)
        text = _tidy(raw["word"])
        if not text:
            continue
        free_from = end
        confidence = float(raw["probability"])
        if words and not raw["word"][0].isspace():
            before = words.pop()
            start, text = before.start_ms, before.text + text
            confidence = min(confidence, before.confidence or 0.0)
        words.append(HeardWord(start_ms=start, end_ms=end, text=text, confidence=confidence))
    return words


def _ms(seconds: float, at_least: int, at_most: int) -> int:
    return min(max(round(float(seconds) * 1000), at_least), at_most)


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what whisper and torch are known to say, each for a reason; all else is heard."""
    with warnings.catch_warnings():
        # whisper reads its vocabulary from a file that it leaves to the garbage collector.
        warnings.filterwarnings("ignore", "unclosed file.*tiktoken", ResourceWarning)
        # Somebody chose the processor on purpose, while the GPU is busy or small.
        warnings.filterwarnings("ignore", "Performing inference on CPU when CUDA is available")
        # Without a CUDA toolkit the word times take a slower way to the same result.
        warnings.filterwarnings("ignore", "Failed to launch Triton kernels")
        yield
