"""Our transcription against a bare loop of `model.transcribe`, and its memory on long files.

Speed: the same chunks of the sample interviews, alternating chunk by chunk, in processor
time, which other load on the machine does not change. Ours decodes, retries, computes word
times, runs the guard and cuts segments; the bare loop has its audio in memory already. Both
run once before they are timed. Memory: the transcription child process, on files of several
hours that repeat a sample interview. Run: ``python -m bench.transcription``.
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

from archive.jobs import transcribe_child
from bench.figures import Figure, peak_mib, print_figures
from media import sound
from transcription.chunk_transcription import transcribe_chunk
from transcription.chunks import Chunk, plan_chunks
from transcription.engines.demo import DEMO
from transcription.engines.registry import ENGINES
from transcription.turns import to_segments
from transcription.voice_activity import speech_spans

SAMPLES = Path(DEMO.path).parent / "samples"
OUR_OPTIONS: dict[str, Any] = {
    "language": "vi",
    "fp16": False,
    "word_timestamps": True,
    "verbose": None,
    "condition_on_previous_text": False,
    "temperature": (0.0, 0.2, 0.4),
}
MAX_CHUNKS = 100_000
MAX_RATIO, MAX_EXTRA_MIB, MAX_GROWTH_MIB = 1.10, 400.0, 25.0


def speech_chunks(path: Path, longest_ms: int) -> list[Chunk]:
    """Return the chunks that a job would transcribe."""
    blocks = sound.pcm_blocks(path)
    spans = list(speech_spans(blocks))
    chunks = plan_chunks(spans, total_ms=blocks.decoded_ms, longest_ms=longest_ms)
    return [chunk for chunk in chunks if chunk.kind == "speech"]


def compare(max_chunks: int) -> Figure:
    """Measure the processor time of ours and of the bare loop over the same chunks."""
    import whisper  # heavy, and not needed in the process that only measures memory

    model = ENGINES["whisper"].load(DEMO.info.name, models_dir=SAMPLES)
    bare_model = whisper.load_model(str(DEMO.path), device="cpu")
    ours = bare = ours_cpu = bare_cpu = 0.0
    count = tries = 0
    for path in sorted(p for p in SAMPLES.iterdir() if p.suffix in (".opus", ".m4a")):
        chunks = speech_chunks(path, model.info.longest_chunk_ms)[: max(1, max_chunks - count)]
        spans = [(chunk.start_ms, chunk.end_ms) for chunk in chunks]
        decoded = [pcm.copy() for pcm in sound.pcm_spans(path, spans)]
        if not count:
            transcribe_chunk(model, decoded[0], language="vi")
            bare_model.transcribe(decoded[0], **OUR_OPTIONS)
        streamed = iter(sound.pcm_spans(path, spans))
        for number, (chunk, pcm) in enumerate(zip(chunks, decoded, strict=True)):
            for variant in ("ours", "bare") if number % 2 else ("bare", "ours"):
                start, start_cpu = time.perf_counter(), time.process_time()
                if variant == "ours":
                    transcribed = transcribe_chunk(model, next(streamed), language="vi")
                    to_segments(transcribed.segments, offset_ms=chunk.start_ms)
                    ours += time.perf_counter() - start
                    ours_cpu += time.process_time() - start_cpu
                    tries += transcribed.attempts
                else:
                    bare_model.transcribe(pcm, **OUR_OPTIONS)
                    bare += time.perf_counter() - start
                    bare_cpu += time.process_time() - start_cpu
        count += len(chunks)
        if count >= max_chunks:
            break
    print(
        f"{count} chunks, {tries} tries: ours {ours:.1f} s, bare loop {bare:.1f} s; "
        f"of the processor {ours_cpu:.1f} s and {bare_cpu:.1f} s"
    )
    return Figure(
        name="transcription against a bare loop",
        measured=ours_cpu / bare_cpu,
        target=MAX_RATIO,
        unit="×",
        note=f"{count} chunks, demo model",
    )


def write_repeated(folder: Path, hours: float) -> Path:
    """Write a file that repeats the packets of a sample interview for `hours`."""
    source, target = SAMPLES / "interview_pha_rao.m4a", folder / f"{hours:g}h.m4a"
    length_s, shift = hours * 3600, 0
    with av.open(str(target), "w", format="ipod") as output:
        stream = None
        while True:
            with av.open(str(source)) as container:
                audio = container.streams.audio[0]
                stream = stream or output.add_stream_from_template(audio)
                end, first = shift, None
                for packet in container.demux(audio):
                    if packet.pts is None:
                        continue
                    first = packet.pts if first is None else first
                    packet.pts += shift - first
                    packet.dts = packet.pts
                    end = packet.pts + (packet.duration or 1024)
                    packet.stream = stream
                    output.mux(packet)
                base = audio.time_base
                assert base is not None
                if float(end * base) >= length_s:
                    return target
                shift = end


def transcribe_in_child(path: str, engine: str, model: str, every: int, results: Any) -> None:
    """Run the child process of a job and report its memory at each stage.

    Only each `every`-th chunk is pending, as in a resumed job: the whole file is read, but
    the model need not run for hours.
    """
    measured: dict[str, Any] = {"chunks": 0}

    def progress(_fraction: float, event: dict[str, Any]) -> None:
        if event["event"] == "stage" and event["stage"] == "finding_speech":
            measured["loaded_mib"] = peak_mib(os.getpid())
        if event["event"] == "plan":
            measured["planned_mib"] = peak_mib(os.getpid())
            measured["planned_s"] = time.monotonic() - start
        if event["event"] == "chunk":
            measured["chunks"] += 1

    start = time.monotonic()
    transcribe_child.transcribe_recording(
        {
            "path": path,
            "engine": engine,
            "model": model,
            "models_dir": str(SAMPLES),
            "device": "cpu",
            "plan": [],
            "language": "vi",
            "prompt": "",
            "done": [number for number in range(MAX_CHUNKS) if number % every],
        },
        progress,
    )
    measured["took_s"], measured["peak_mib"] = time.monotonic() - start, peak_mib(os.getpid())
    results.put(measured)


def measure_memory(path: Path, engine: str, model: str, every: int) -> dict[str, Any]:
    """Transcribe a file in a child process and return its measurements."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    child = context.Process(
        target=transcribe_in_child, args=(str(path), engine, model, every, results)
    )
    child.start()
    child.join()
    if child.exitcode:
        raise RuntimeError(f"the process that listens ended with {child.exitcode}")
    measured: dict[str, Any] = results.get(timeout=30)
    print(
        f"{path.stem}: {measured['chunks']} chunks heard in {measured['took_s']:.0f} s, of which "
        f"finding speech {measured['planned_s']:.0f} s; model "
        f"{measured['loaded_mib']:.0f} MiB, speech found {measured.get('planned_mib', 0):.0f} MiB, "
        f"peak {measured['peak_mib']:.0f} MiB"
    )
    return measured


def main() -> None:
    """Measure the speed, then the memory of the shorter and of the longer file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=60)
    parser.add_argument("--hours", type=float, default=3.0, help="and twice as many")
    parser.add_argument("--engine", default="whisper", choices=sorted(ENGINES))
    parser.add_argument("--model", default=DEMO.info.name)
    parser.add_argument("--every", type=int, default=60, help="hear one chunk in so many")
    options = parser.parse_args()
    print_figures(compare(options.chunks))
    with tempfile.TemporaryDirectory(prefix="loike-bench-") as name:
        short, long = (
            measure_memory(
                write_repeated(Path(name), hours), options.engine, options.model, options.every
            )
            for hours in (options.hours, 2 * options.hours)
        )
    more = short["peak_mib"] - short["loaded_mib"]
    growth = long["peak_mib"] - short["peak_mib"]
    note = f"{options.hours:g} h, {options.engine} {options.model}, 1 chunk in {options.every}"
    print_figures(
        Figure(
            name="memory beyond the model",
            measured=more,
            target=MAX_EXTRA_MIB,
            unit="MiB",
            note=note,
        ),
        Figure(
            name="more for twice the length",
            measured=max(0.0, growth),
            target=MAX_GROWTH_MIB,
            unit="MiB",
            note=note,
        ),
    )


if __name__ == "__main__":
    main()
