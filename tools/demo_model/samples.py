"""Make the three invented interviews: audio files and exact reference transcripts.

    python -m tools.demo_model.samples --out FOLDER

Interviewer and witness are voices of espeak-ng; no real person speaks or is described.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from tools.demo_model.speech_synthesis import (
    HELD_OUT_VARIANTS,
    RATE,
    Espeak,
    EspeakMissing,
    Pcm,
    Voice,
)
from transcription.engines.demo import SAMPLES_DIR, sentences

LEAD_S = 0.4
QUESTIONS = 14  # the first sentences are the interviewer's

ScriptedTurn = tuple[str, str, Voice]
SegmentDict = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """One interview: its two voices, and its sentences by number from 1."""

    file: str
    title: str
    interviewer: Voice
    witness: Voice
    lines: tuple[int, ...]


PLANS = (
    Plan(
        "interview_hem_binh_thanh.opus",
        "Con hẻm nhỏ ở Bình Thạnh (hư cấu)",
        ("vi+f2", 150, 62),
        ("vi-vn-x-south", 145, 38),
        (1, 16, 2, 17, 3, 18, 19, 20, 22, 4, 15, 23, 24, 5, 25, 26, 37, 36, 12, 42, 47, 48, 50, 14),
    ),
    Plan(
        "interview_pha_rao.m4a",
        "Chuyện phá rào ở nhà máy (hư cấu)",
        ("vi-vn-x-central+f3", 155, 60),
        ("vi+m2", 150, 42),
        (1, 6, 15, 27, 28, 29, 8, 30, 31, 32, 9, 33, 10, 21, 34, 45, 46, 11, 41, 43, 13, 49, 14),
    ),
    Plan(
        "interview_doi_moi.opus",
        "Từ bao cấp đến Đổi mới (hư cấu)",
        ("vi+m4", 160, 35),
        ("vi-vn-x-south+f1", 140, 58),
        (
            2,
            17,
            3,
            19,
            7,
            27,
            35,
            5,
            25,
            38,
            39,
            40,
            11,
            41,
            42,
            44,
            43,
            12,
            45,
            13,
            50,
            49,
            14,
            16,
        ),
    ),
)


def speak_sequence(
    espeak: Espeak,
    turns: list[ScriptedTurn],
    rng: random.Random,
    gap: tuple[float, float] = (0.45, 1.1),
) -> tuple[Pcm, list[SegmentDict]]:
    """Synthesise turns with pauses; return audio and segments with exact word times."""
    parts: list[Pcm] = [np.zeros(int(LEAD_S * RATE), np.float32)]
    segments: list[SegmentDict] = []
    at = LEAD_S
    for speaker, text, voice in turns:
        speech = espeak.synthesise(text, *voice)
        if speech is None:
            raise ValueError(f"no word onsets for {text!r} by {voice[0]}")
        pcm, onsets = speech
        times = [*onsets, len(pcm) / RATE]
        words = [
            {"word": word, "start": round(at + times[i], 3), "end": round(at + times[i + 1], 3)}
            for i, word in enumerate(text.split())
        ]
        segments.append(
            {
                "speaker": speaker,
                "start": round(at, 3),
                "end": round(at + times[-1], 3),
                "text": text,
                "words": words,
            }
        )
        pause = np.zeros(int(rng.uniform(*gap) * RATE), np.float32)
        parts += [pcm, pause]
        at += (len(pcm) + len(pause)) / RATE
    return np.concatenate(parts), segments


def add_noise(pcm: Pcm, rng: np.random.Generator, snr_db: float = 38) -> Pcm:
    """Add faint brownish noise, so that pauses are not digital zero."""
    noise = np.convolve(rng.standard_normal(len(pcm)), np.ones(6) / 6, "same").astype(np.float32)
    level = pcm[pcm != 0].std() * 10 ** (-snr_db / 20)
    return (pcm * 0.8 + noise / noise.std() * level).astype(np.float32)


def encode(path: Path, pcm: Pcm, bit_rate: int = 28_000) -> None:
    """Write mono Opus (48 kHz) or AAC (32 kHz), by the suffix of the name."""
    is_opus = path.suffix == ".opus"
    codec, rate = ("libopus", 48_000) if is_opus else ("aac", 32_000)
    with av.open(str(path), "w", format="ogg" if is_opus else "ipod") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = bit_rate
        whole = (np.clip(pcm, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(whole, "s16", "mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(stream.format.name, "mono", rate)
        fifo = av.AudioFifo()
        for resampled in resampler.resample(frame) + resampler.resample(None):
            resampled.pts = None
            fifo.write(resampled)
        at, size = 0, stream.codec_context.frame_size or 960
        while chunk := fifo.read(size, partial=True):
            chunk.pts, at = at, at + chunk.samples
            container.mux(stream.encode(chunk))
        container.mux(stream.encode(None))


def make_interview(plan: Plan, number: int, espeak: Espeak, out: Path) -> None:
    """Write the audio of one interview and its reference transcript."""
    texts = sentences()
    turns: list[ScriptedTurn] = [
        ("interviewer", texts[n - 1], plan.interviewer)
        if n <= QUESTIONS
        else ("witness", texts[n - 1], plan.witness)
        for n in plan.lines
    ]
    pcm, segments = speak_sequence(espeak, turns, random.Random(number))
    encode(out / plan.file, add_noise(pcm, np.random.default_rng(number)))
    reference = {
        "title": plan.title,
        "audio": plan.file,
        "language": "vi",
        "duration": round(len(pcm) / RATE, 3),
        "fictional": True,
        "voices": {
            "interviewer": _voice_record(plan.interviewer),
            "witness": _voice_record(plan.witness),
        },
        "segments": segments,
    }
    text = json.dumps(reference, ensure_ascii=False, indent=1) + "\n"
    (out / plan.file).with_suffix(".json").write_text(text, "utf-8")
    print(plan.file, reference["duration"], (out / plan.file).stat().st_size)


def _voice_record(voice: Voice) -> dict[str, Any]:
    name, speed, pitch = voice
    return {
        "espeak_voice": name,
        "speed": speed,
        "pitch": pitch,
        "variant_in_training": not name.endswith(HELD_OUT_VARIANTS),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SAMPLES_DIR)
    args = parser.parse_args()
    try:
        espeak = Espeak()
    except EspeakMissing as error:
        raise SystemExit(str(error)) from error
    args.out.mkdir(parents=True, exist_ok=True)
    for number, plan in enumerate(PLANS):
        make_interview(plan, number, espeak, args.out)


if __name__ == "__main__":
    main()
