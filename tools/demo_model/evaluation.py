"""Evaluate a demo checkpoint through the API of openai-whisper and print tables.

    python -m tools.demo_model.evaluation [demo.pt] [--quick] [--samples-only]

New speech needs libespeak-ng. Without it only the samples and non-speech are evaluated, with
a note.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
import whisper

from tools.demo_model.samples import add_noise, speak_sequence
from tools.demo_model.scoring import HEAD, Score, chunks
from tools.demo_model.speech_synthesis import (
    HELD_OUT_VARIANTS,
    RATE,
    VOICES,
    Espeak,
    EspeakMissing,
    Pcm,
)
from transcription.engines.demo import DEMO, SAMPLES_DIR, sentences

NOISE_S = 8
HELD_OUT = [voice + variant for voice in VOICES for variant in HELD_OUT_VARIANTS]


class Checkpoint:
    """A loaded checkpoint."""

    def __init__(self, checkpoint: Path) -> None:
        self.model = whisper.load_model(str(checkpoint), device="cpu")

    def transcribe(self, pcm: Pcm, **options: Any) -> dict[str, Any]:
        """Transcribe the audio in one call."""
        result: dict[str, Any] = self.model.transcribe(
            pcm.astype(np.float32), language="vi", word_timestamps=True, fp16=False, **options
        )
        return result

    def transcribe_in_chunks(self, pcm: Pcm, longest: float) -> list[dict[str, Any]]:
        """Transcribe chunk by chunk; times count from the start of the whole audio."""
        segments = []
        for start, end in chunks(pcm, longest):
            for segment in self.transcribe(pcm[int(start * RATE) : int(end * RATE)])["segments"]:
                for timed in [segment, *segment["words"]]:
                    timed["start"], timed["end"] = timed["start"] + start, timed["end"] + start
                segments.append(segment)
        return segments

    def no_speech(self, pcm: Pcm) -> float:
        """Return the model's probability of no speech."""
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(pcm.astype(np.float32)))
        options = whisper.DecodingOptions(language="vi", fp16=False)
        return float(whisper.decode(self.model, mel, options).no_speech_prob)


def single_sentences(
    checkpoint: Checkpoint,
    espeak: Espeak,
    rng: random.Random,
    noise: np.random.Generator,
    *,
    title: str,
    pick: Callable[[int, int], str],
    rounds: int,
) -> None:
    """Evaluate each sentence alone, in a voice that `pick` chooses by sentence and round."""
    score, started, seconds = Score(), time.time(), 0.0
    for turn in range(rounds):
        for number, text in enumerate(sentences()):
            voice = (pick(number, turn), rng.randint(135, 175), rng.randint(32, 65))
            pcm, reference = speak_sequence(espeak, [("x", text, voice)], rng, (0.2, 0.4))
            pcm = add_noise(pcm, noise, rng.choice([25, 30, 40])) * rng.uniform(0.1, 1)
            score.add(reference, checkpoint.transcribe(pcm)["segments"])
            seconds += len(pcm) / RATE
    score.report(title)
    took, each = (time.time() - started) / score.total, seconds / score.total
    print(f"    ({took:.2f} s per call, {each:.1f} s of sound each)")


def long_recording(
    checkpoint: Checkpoint, espeak: Espeak, rng: random.Random, noise: np.random.Generator
) -> None:
    """Evaluate thirty-six sentences in a row, in chunks of several lengths and in one call."""
    known = sentences()
    turns = [
        ("x", known[i], (HELD_OUT[k % 12], rng.randint(140, 170), rng.randint(35, 60)))
        for k, i in enumerate(rng.sample(range(len(known)), 36))
    ]
    pcm, reference = speak_sequence(espeak, turns, rng)
    pcm = add_noise(pcm, noise)
    lengths = {"one sentence per chunk": 0.0, "chunks up to 12 s": 12.0, "chunks up to 28 s": 28.0}
    for title, longest in lengths.items():
        score = Score()
        score.add(reference, checkpoint.transcribe_in_chunks(pcm, longest))
        count = len(chunks(pcm, longest))
        score.report(f"{len(pcm) / RATE:.0f} s, 36 sentences, {title} ({count})")
    for options in ({}, {"condition_on_previous_text": False}):
        score = Score()
        score.add(reference, checkpoint.transcribe(pcm, **options)["segments"])
        score.report(f"whole file in one call {options or ''}")


def samples(checkpoint: Checkpoint, folder: Path) -> None:
    """Evaluate the three sample interviews."""
    for path in sorted(folder.glob("*.json")):
        reference = json.loads(path.read_text("utf-8"))
        pcm = np.concatenate(list(_decoded(path.with_name(reference["audio"]))))
        score = Score()
        score.add(reference["segments"], checkpoint.transcribe_in_chunks(pcm, 12.0))
        score.report(f"sample {reference['audio']}, chunks up to 12 s")


def no_speech(checkpoint: Checkpoint, noise: np.random.Generator) -> None:
    """Evaluate the text transcribed from audio without speech."""
    n = RATE * NOISE_S
    hum = 0.1 * np.sin(2 * np.pi * 50 * np.arange(n) / RATE)
    signals = {
        "digital silence 8 s": np.zeros(n),
        "white noise 8 s, rms 0.1": noise.standard_normal(n) * 0.1,
        "white noise 8 s, rms 0.003": noise.standard_normal(n) * 0.003,
        "pink-like noise 8 s": np.cumsum(noise.standard_normal(n)) * 1e-3,
        "50 Hz hum and noise": hum + 0.001 * noise.standard_normal(n),
        "440 Hz tone": 0.1 * np.sin(2 * np.pi * 440 * np.arange(n) / RATE),
        "silence 30 s": np.zeros(RATE * 30),
    }
    print("\n| no speech | text | no_speech_prob |\n|---|---|---|")
    for name, sound in signals.items():
        pcm = sound.astype(np.float32)
        text = checkpoint.transcribe(pcm)["text"].strip() or "(empty)"
        print(f"| {name} | {text} | {checkpoint.no_speech(pcm):.2f} |", flush=True)


def _decoded(path: Path) -> Iterator[Pcm]:
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            yield from (f.to_ndarray()[0] for f in resampler.resample(frame))
    yield from (f.to_ndarray()[0] for f in resampler.resample(None))


def _evaluate_new_speech(
    checkpoint: Checkpoint, noise: np.random.Generator, *, quick: bool
) -> None:
    try:
        espeak = Espeak()
    except EspeakMissing as error:
        print(f"(fresh speech was left out: {error})")
        return
    rng = random.Random(7)
    rounds = 1 if quick else 2
    single_sentences(
        checkpoint,
        espeak,
        rng,
        noise,
        rounds=rounds,
        pick=lambda i, k: HELD_OUT[(i + 5 * k) % 12],
        title="single sentences, voice variants not in training",
    )
    if not quick:
        single_sentences(
            checkpoint,
            espeak,
            rng,
            noise,
            rounds=rounds,
            pick=lambda i, k: VOICES[(i + k) % 3],
            title="single sentences, plain voices, new speeds",
        )
    long_recording(checkpoint, espeak, rng, noise)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", nargs="?", type=Path, default=DEMO.path)
    parser.add_argument("--quick", action="store_true", help="half of the single sentences")
    parser.add_argument("--samples-only", action="store_true", help="nothing but the samples")
    parser.add_argument("--samples", type=Path, default=SAMPLES_DIR)
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    checkpoint, noise = Checkpoint(args.checkpoint), np.random.default_rng(7)
    print(HEAD)
    if not args.samples_only:
        _evaluate_new_speech(checkpoint, noise, quick=args.quick)
    samples(checkpoint, args.samples)
    if not args.samples_only:
        no_speech(checkpoint, noise)


if __name__ == "__main__":
    main()
