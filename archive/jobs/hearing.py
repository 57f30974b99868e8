"""The child process that listens: finds speech, plans chunks, hears them one by one.

Runs under `media.sandbox` beside the worker, so that a hung decoder or model can be
killed and a dead worker leaves nobody computing. It knows no database: it is told
what is done already, and tells event by event what it found.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media import sound
from transcription.chunks import Chunk, plan_chunks
from transcription.engines.base import LoadedModel
from transcription.engines.registry import ENGINES
from transcription.hearing import hear_chunk
from transcription.turns import to_segments
from transcription.voice_activity import speech_spans

SAMPLES_PER_MS = 16
Progress = Callable[[float, dict[str, Any]], None]
Tell = Callable[[dict[str, Any]], None]


def listen(args: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Hear one recording; see `archive.jobs.transcribe` for the events that are told."""

    def tell(event: dict[str, Any]) -> None:
        progress(0.0, event)

    path = Path(args["path"])
    tell({"event": "stage", "stage": "loading_model"})
    model = ENGINES[args["engine"]].load(
        args["model"], models_dir=Path(args["models_dir"]), device=args["device"]
    )
    chunks = [Chunk(*row) for row in args["plan"]]
    if not chunks:
        chunks = _plan(path, model, args, tell)
    done = set(args["done"])
    todo = [c for c in chunks if c.kind == "speech" and c.index not in done]
    spans = [(c.start_ms, c.end_ms) for c in todo]
    for chunk, pcm in zip(todo, sound.pcm_spans(path, spans), strict=True):
        tell(_hear(model, chunk, pcm, args))
    return {"heard": len(todo)}


def _plan(path: Path, model: LoadedModel, args: dict[str, Any], tell: Tell) -> list[Chunk]:
    tell({"event": "stage", "stage": "finding_speech"})
    heard_ms = 0

    def blocks() -> Iterator[NDArray[np.int16]]:
        nonlocal heard_ms
        for block in sound.pcm_blocks(path):
            yield block
            heard_ms += len(block) // SAMPLES_PER_MS
            tell({"event": "scanned", "scanned_ms": heard_ms})

    spans = list(speech_spans(blocks()))
    chunks = list(plan_chunks(spans, total_ms=heard_ms, longest_ms=model.info.longest_chunk_ms))
    tell({"event": "plan", "chunks": [[c.index, c.start_ms, c.end_ms, c.kind] for c in chunks]})
    return chunks


def _hear(
    model: LoadedModel, chunk: Chunk, pcm: NDArray[np.float32], args: dict[str, Any]
) -> dict[str, Any]:
    began = time.monotonic()
    heard = hear_chunk(model, pcm, language=args["language"], prompt=args["prompt"])
    segments = to_segments(heard.segments, offset_ms=chunk.start_ms)
    return {
        "event": "chunk",
        "number": chunk.index,
        "attempts": heard.attempts,
        "took_ms": int((time.monotonic() - began) * 1000),
        "segments": [
            {
                "start_ms": s.start_ms,
                "end_ms": s.end_ms,
                "text": s.text,
                "words": [[w.start_ms, w.end_ms, w.text, w.confidence] for w in s.words],
                "flags": sorted({*s.flags, *heard.flags}),
            }
            for s in segments
        ],
    }
