"""Our transcription against a bare loop of `model.transcribe`, and its memory on long files.

Speed: the same chunks of the sample interviews, chunk by chunk in turn; what counts is
time of the processor, since whatever else the machine does weighs on the clock. Ours
decodes, retries, times, guards and cuts turns; the bare loop has its sound in memory
already. Both run once before they are timed. Memory: the child process that listens, on
files of several hours that repeat a sample interview. Run: ``python -m bench.transcription``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import av

from archive.jobs import hearing
from bench.figures import Figure, peak_mib, tell
from media import sound
from transcription.chunks import Chunk, plan_chunks
from transcription.engines.demo import DEMO
from transcription.engines.registry import ENGINES
from transcription.hearing import hear_chunk
from transcription.turns import to_segments
from transcription.voice_activity import speech_spans

SAMPLES = Path(DEMO.path).parent / "samples"
AS_OURS: dict[str, Any] = {
    "language": "vi", "fp16": False, "word_timestamps": True, "verbose": None,
    "condition_on_previous_text": False, "temperature": (0.0, 0.2, 0.4),
}  # fmt: skip
MOST_CHUNKS = 100_000
MOST_RATIO, MOST_MORE_MIB, MOST_GROWTH_MIB = 1.10, 400.0, 25.0


def speech(path: Path, longest_ms: int) -> list[Chunk]:
    """The chunks that a job would hear."""
    blocks = sound.pcm_blocks(path)
    spans = list(speech_spans(blocks))
    chunks = plan_chunks(spans, total_ms=blocks.heard_ms, longest_ms=longest_ms)
    return [chunk for chunk in chunks if chunk.kind == "speech"]


def compare(most: int) -> Figure:
    """Seconds of ours and of the bare loop over the same chunks, one after the other."""
    import whisper  # heavy, and not needed in the process that only measures memory

    model = ENGINES["whisper"].load(DEMO.info.name, models_dir=SAMPLES)
    bare_model = whisper.load_model(str(DEMO.path), device="cpu")
    ours = bare = ours_cpu = bare_cpu = 0.0
    count = tries = 0
    for path in sorted(p for p in SAMPLES.iterdir() if p.suffix in (".opus", ".m4a")):
        chunks = speech(path, model.info.longest_chunk_ms)[: max(1, most - count)]
        spans = [(chunk.start_ms, chunk.end_ms) for chunk in chunks]
        ready = [pcm.copy() for pcm in sound.pcm_spans(path, spans)]
        if not count:
            hear_chunk(model, ready[0], language="vi")
            bare_model.transcribe(ready[0], **AS_OURS)
        coming = iter(sound.pcm_spans(path, spans))
        for number, (chunk, pcm) in enumerate(zip(chunks, ready, strict=True)):
            for way in ("ours", "bare") if number % 2 else ("bare", "ours"):
                start, start_cpu = time.perf_counter(), time.process_time()
                if way == "ours":
                    heard = hear_chunk(model, next(coming), language="vi")
                    to_segments(heard.segments, offset_ms=chunk.start_ms)
                    ours += time.perf_counter() - start
                    ours_cpu += time.process_time() - start_cpu
                    tries += heard.attempts
                else:
                    bare_model.transcribe(pcm, **AS_OURS)
                    bare += time.perf_counter() - start
                    bare_cpu += time.process_time() - start_cpu
        count += len(chunks)
        if count >= most:
            break
    print(
        f"{count} chunks, {tries} tries: ours {ours:.1f} s, bare loop {bare:.1f} s; "
        f"of the processor {ours_cpu:.1f} s and {bare_cpu:.1f} s"
    )
    return Figure(
        name="transcription against a bare loop", measured=ours_cpu / bare_cpu, target=MOST_RATIO,
        unit="×", note=f"{count} chunks, demo model",
    )  # fmt: skip


def repeated(folder: Path, hours: float) -> Path:
    """A sample interview again and again, its packets copied, until it is that long."""
    source, target = SAMPLES / "interview_pha_rao.m4a", folder / f"{hours:g}h.m4a"
    wanted_s, shift = hours * 3600, 0
    with av.open(str(target), "w", format="ipod") as out:
        stream = None
        while True:
            with av.open(str(source)) as tape:
                sounding = tape.streams.audio[0]
                stream = stream or out.add_stream_from_template(sounding)
                end, first = shift, None
                for packet in tape.demux(sounding):
                    if packet.pts is None:
                        continue
                    first = packet.pts if first is None else first
                    packet.pts += shift - first
                    packet.dts = packet.pts
                    end = packet.pts + (packet.duration or 1024)
                    packet.stream = stream
                    out.mux(packet)
                base = sounding.time_base
                assert base is not None
                if float(end * base) >= wanted_s:
                    return target
                shift = end


def hear_all(path: str, engine: str, model: str, every: int, results: Any) -> None:
    """The child process of a job, as the worker runs it; tells its memory on the way.

    Of the chunks only each `every`-th is new to it, as after a resumed job: the whole file
    is read, but the model need not run for hours.
    """
    told: dict[str, Any] = {"chunks": 0}

    def progress(_fraction: float, event: dict[str, Any]) -> None:
        if event["event"] == "stage" and event["stage"] == "finding_speech":
            told["loaded_mib"] = peak_mib(os.getpid())
        if event["event"] == "plan":
            told["planned_mib"] = peak_mib(os.getpid())
            told["planned_s"] = time.monotonic() - start
        if event["event"] == "chunk":
            told["chunks"] += 1

    start = time.monotonic()
    hearing.listen(
        {"path": path, "engine": engine, "model": model, "models_dir": str(SAMPLES),
         "device": "cpu", "plan": [], "language": "vi", "prompt": "",
         "done": [number for number in range(MOST_CHUNKS) if number % every]},
        progress,
    )  # fmt: skip
    told["took_s"], told["peak_mib"] = time.monotonic() - start, peak_mib(os.getpid())
    results.put(told)


def memory(path: Path, engine: str, model: str, every: int) -> dict[str, Any]:
    """What a process of its own needed for a whole file."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    child = context.Process(target=hear_all, args=(str(path), engine, model, every, results))
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError(f"the process that listens ended with {child.exitcode}")
    told: dict[str, Any] = results.get(timeout=30)
    print(
        f"{path.stem}: {told['chunks']} chunks heard in {told['took_s']:.0f} s, of which finding "
        f"speech {told['planned_s']:.0f} s; model "
        f"{told['loaded_mib']:.0f} MiB, speech found {told.get('planned_mib', 0):.0f} MiB, "
        f"peak {told['peak_mib']:.0f} MiB"
    )
    return told


def main() -> None:
    """Speed first, then the memory of the shorter and of the longer file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=60)
    parser.add_argument("--hours", type=float, default=3.0, help="and twice as many")
    parser.add_argument("--engine", default="whisper", choices=sorted(ENGINES))
    parser.add_argument("--model", default=DEMO.info.name)
    parser.add_argument("--every", type=int, default=60, help="hear one chunk in so many")
    chosen = parser.parse_args()
    tell(compare(chosen.chunks))
    with tempfile.TemporaryDirectory(prefix="loike-bench-") as name:
        short, long = (
            memory(repeated(Path(name), hours), chosen.engine, chosen.model, chosen.every)
            for hours in (chosen.hours, 2 * chosen.hours)
        )
    more = short["peak_mib"] - short["loaded_mib"]
    growth = long["peak_mib"] - short["peak_mib"]
    note = f"{chosen.hours:g} h, {chosen.engine} {chosen.model}, 1 chunk in {chosen.every}"
    tell(
        Figure(name="memory beyond the model", measured=more, target=MOST_MORE_MIB, unit="MiB",
               note=note),
        Figure(name="more for twice the length", measured=max(0.0, growth),
               target=MOST_GROWTH_MIB, unit="MiB", note=note),
    )  # fmt: skip


if __name__ == "__main__":
    main()
