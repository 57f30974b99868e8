"""Measures a demo checkpoint through the real API of openai-whisper, and prints tables.

    python -m transcription.engines.demo.making.measuring [demo.pt] [--quick] [--samples-only]

Fresh speech needs libespeak-ng. Without it only the samples and what is no speech are
heard, and that is said.
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

from transcription.engines.demo import DEMO, SAMPLES_DIR, sentences
from transcription.engines.demo.making.samples import add_room, speak_sequence
from transcription.engines.demo.making.scoring import HEAD, Score, chunks
from transcription.engines.demo.making.speaking import (
    HELD_OUT_VARIANTS,
    RATE,
    VOICES,
    Espeak,
    NoSpeaker,
    Pcm,
)

NOISE_S = 8
HELD_OUT = [voice + variant for voice in VOICES for variant in HELD_OUT_VARIANTS]


class Listener:
    """A loaded checkpoint."""

    def __init__(self, checkpoint: Path) -> None:
        self.model = whisper.load_model(str(checkpoint), device="cpu")

    def hear(self, pcm: Pcm, **options: Any) -> dict[str, Any]:
        """One call for all of it."""
        result: dict[str, Any] = self.model.transcribe(
            pcm.astype(np.float32), language="vi", word_timestamps=True, fp16=False, **options
        )
        return result

    def cut_and_hear(self, pcm: Pcm, longest: float) -> list[dict[str, Any]]:
        """Chunk by chunk, with times in the clock of the whole."""
        found = []
        for start, end in chunks(pcm, longest):
            for segment in self.hear(pcm[int(start * RATE) : int(end * RATE)])["segments"]:
                for timed in [segment, *segment["words"]]:
                    timed["start"], timed["end"] = timed["start"] + start, timed["end"] + start
                found.append(segment)
        return found

    def no_speech(self, pcm: Pcm) -> float:
        """How sure the model is that nobody speaks."""
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(pcm.astype(np.float32)))
        options = whisper.DecodingOptions(language="vi", fp16=False)
        return float(whisper.decode(self.model, mel, options).no_speech_prob)


def single_sentences(
    listener: Listener, espeak: Espeak, rng: random.Random, noise: np.random.Generator, *,
    title: str, pick: Callable[[int, int], str], rounds: int,
) -> None:  # fmt: skip
    """Each sentence alone, by a voice that `pick` chooses from sentence and round."""
    score, began, seconds = Score(), time.time(), 0.0
    for turn in range(rounds):
        for number, text in enumerate(sentences()):
            voice = (pick(number, turn), rng.randint(135, 175), rng.randint(32, 65))
            pcm, said = speak_sequence(espeak, [("x", text, voice)], rng, (0.2, 0.4))
            pcm = add_room(pcm, noise, rng.choice([25, 30, 40])) * rng.uniform(0.1, 1)
            score.add(said, listener.hear(pcm)["segments"])
            seconds += len(pcm) / RATE
    score.report(title)
    took, each = (time.time() - began) / score.total, seconds / score.total
    print(f"    ({took:.2f} s per call, {each:.1f} s of sound each)")


def long_recording(
    listener: Listener, espeak: Espeak, rng: random.Random, noise: np.random.Generator
) -> None:
    """Thirty-six sentences in a row, cut into chunks of several lengths, and not cut at all."""
    known = sentences()
    turns = [
        ("x", known[i], (HELD_OUT[k % 12], rng.randint(140, 170), rng.randint(35, 60)))
        for k, i in enumerate(rng.sample(range(len(known)), 36))
    ]
    pcm, said = speak_sequence(espeak, turns, rng)
    pcm = add_room(pcm, noise)
    lengths = {"one sentence per chunk": 0.0, "chunks up to 12 s": 12.0, "chunks up to 28 s": 28.0}
    for title, longest in lengths.items():
        score = Score()
        score.add(said, listener.cut_and_hear(pcm, longest))
        count = len(chunks(pcm, longest))
        score.report(f"{len(pcm) / RATE:.0f} s, 36 sentences, {title} ({count})")
    for options in ({}, {"condition_on_previous_text": False}):
        score = Score()
        score.add(said, listener.hear(pcm, **options)["segments"])
        score.report(f"whole file in one call {options or ''}")


def samples(listener: Listener, folder: Path) -> None:
    """The three interviews that come with the program."""
    for path in sorted(folder.glob("*.json")):
        reference = json.loads(path.read_text("utf-8"))
        pcm = np.concatenate(list(_decoded(path.with_name(reference["audio"]))))
        score = Score()
        score.add(reference["segments"], listener.cut_and_hear(pcm, 12.0))
        score.report(f"sample {reference['audio']}, chunks up to 12 s")


def no_speech(listener: Listener, noise: np.random.Generator) -> None:
    """What is written where nobody speaks."""
    n = RATE * NOISE_S
    hum = 0.1 * np.sin(2 * np.pi * 50 * np.arange(n) / RATE)
    quiet = {
        "digital silence 8 s": np.zeros(n),
        "white noise 8 s, rms 0.1": noise.standard_normal(n) * 0.1,
        "white noise 8 s, rms 0.003": noise.standard_normal(n) * 0.003,
        "pink-like noise 8 s": np.cumsum(noise.standard_normal(n)) * 1e-3,
        "50 Hz hum and noise": hum + 0.001 * noise.standard_normal(n),
        "440 Hz tone": 0.1 * np.sin(2 * np.pi * 440 * np.arange(n) / RATE),
        "silence 30 s": np.zeros(RATE * 30),
    }
    print("\n| no speech | text | no_speech_prob |\n|---|---|---|")
    for name, sound in quiet.items():
        pcm = sound.astype(np.float32)
        text = listener.hear(pcm)["text"].strip() or "(empty)"
        print(f"| {name} | {text} | {listener.no_speech(pcm):.2f} |", flush=True)


def _decoded(path: Path) -> Iterator[Pcm]:
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            yield from (f.to_ndarray()[0] for f in resampler.resample(frame))
    yield from (f.to_ndarray()[0] for f in resampler.resample(None))


def _fresh(listener: Listener, noise: np.random.Generator, *, quick: bool) -> None:
    try:
        espeak = Espeak()
    except NoSpeaker as error:
        print(f"(fresh speech was left out: {error})")
        return
    rng = random.Random(7)
    rounds = 1 if quick else 2
    single_sentences(
        listener, espeak, rng, noise, rounds=rounds, pick=lambda i, k: HELD_OUT[(i + 5 * k) % 12],
        title="single sentences, voice variants not in training",
    )  # fmt: skip
    if not quick:
        single_sentences(
            listener, espeak, rng, noise, rounds=rounds, pick=lambda i, k: VOICES[(i + k) % 3],
            title="single sentences, plain voices, new speeds",
        )  # fmt: skip
    long_recording(listener, espeak, rng, noise)


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
    listener, noise = Listener(args.checkpoint), np.random.default_rng(7)
    print(HEAD)
    if not args.samples_only:
        _fresh(listener, noise, quick=args.quick)
    samples(listener, args.samples)
    if not args.samples_only:
        no_speech(listener, noise)


if __name__ == "__main__":
    main()
