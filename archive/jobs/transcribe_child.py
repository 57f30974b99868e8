"""Child process of a transcription job: find speech, plan chunks, transcribe each chunk.

Runs under `media.sandbox` beside the worker, so that a hung decoder or model can be killed
and the child ends when the worker dies. It has no database: finished chunks come as
arguments, results go to the worker as events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media import sound
from transcription.chunk_transcription import transcribe_chunk
from transcription.chunks import Chunk, plan_chunks
from transcription.engines.base import LoadedModel
from transcription.engines.registry import ENGINES
from transcription.turns import to_segments
from transcription.voice_activity import speech_spans

SAMPLES_PER_MS = 16
ReportProgress = Callable[[float, dict[str, Any]], None]
EmitEvent = Callable[[dict[str, Any]], None]


def transcribe_recording(args: dict[str, Any], progress: ReportProgress) -> dict[str, Any]:
    """Transcribe one recording; `archive.jobs.transcribe` describes the emitted events."""

    def emit(event: dict[str, Any]) -> None:
        progress(0.0, event)

    path = Path(args["path"])
    emit({"event": "stage", "stage": "loading_model"})
    model = ENGINES[args["engine"]].load(
        args["model"], models_dir=Path(args["models_dir"]), device=args["device"]
    )
    chunks = [Chunk(*row) for row in args["plan"]]
    if not chunks:
        chunks = _plan_chunks(path, model, args, emit)
    done = set(args["done"])
    pending = [c for c in chunks if c.kind == "speech" and c.index not in done]
    spans = [(c.start_ms, c.end_ms) for c in pending]
    for chunk, pcm in zip(pending, sound.pcm_spans(path, spans), strict=True):
        emit(_transcribe(model, chunk, pcm, args))
    return {"heard": len(pending)}


def _plan_chunks(
    path: Path, model: LoadedModel, args: dict[str, Any], emit: EmitEvent
) -> list[Chunk]:
    emit({"event": "stage", "stage": "finding_speech"})
    scanned_ms = 0

    def blocks() -> Iterator[NDArray[np.int16]]:
        nonlocal scanned_ms
        for block in sound.pcm_blocks(path):
            yield block
            scanned_ms += len(block) // SAMPLES_PER_MS
            emit({"event": "scanned", "scanned_ms": scanned_ms})

    spans = list(speech_spans(blocks()))
    chunks = list(plan_chunks(spans, total_ms=scanned_ms, longest_ms=model.info.longest_chunk_ms))
    emit({"event": "plan", "chunks": [[c.index, c.start_ms, c.end_ms, c.kind] for c in chunks]})
    return chunks


def _transcribe(
    model: LoadedModel, chunk: Chunk, pcm: NDArray[np.float32], args: dict[str, Any]
) -> dict[str, Any]:
    started = time.monotonic()
    transcribed = transcribe_chunk(model, pcm, language=args["language"], prompt=args["prompt"])
    segments = to_segments(transcribed.segments, offset_ms=chunk.start_ms)
    return {
        "event": "chunk",
        "number": chunk.index,
        "attempts": transcribed.attempts,
        "took_ms": int((time.monotonic() - started) * 1000),
        "segments": [
            {
                "start_ms": s.start_ms,
                "end_ms": s.end_ms,
                "text": s.text,
                "words": [[w.start_ms, w.end_ms, w.text, w.confidence] for w in s.words],
                "flags": sorted({*s.flags, *transcribed.flags}),
            }
            for s in segments
        ],
    }
