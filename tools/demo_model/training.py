"""Train the demo checkpoint on the lines of sentences.txt as espeak-ng speaks them.

    python -m tools.demo_model.training --out demo.pt --minutes 30

Needs libespeak-ng with Vietnamese voices. Deterministic for the same arguments and library
versions: `--minutes` sets the number of steps.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from tools.demo_model.examples import Examples
from tools.demo_model.model import TrainingModel
from tools.demo_model.speech_synthesis import EspeakMissing
from tools.demo_model.utterances import UtteranceSet
from transcription.engines.demo import sentences

BatchShape = tuple[int, int, int, float]  # batch, mel frames, most sentences, share of mixtures
# The highest learning rate of a cycle, and its stages: steps for each of --minutes, and shape.
CYCLES: tuple[tuple[float, tuple[tuple[int, BatchShape], ...]], ...] = (
    # Short windows: an encoder pass costs a fifth.
    (2e-3, ((123, (16, 600, 1, 0.3)), (42, (10, 1300, 3, 0.2)))),
    # The full 30 s windows of transcribe(), with a fresh learning rate.
    (7e-4, ((24, (6, 3000, 6, 0.1)),)),
    # All lengths, shuffled.
    (6e-4, ((13, (10, 1300, 4, 0.1)), (11, (6, 3000, 6, 0.1)), (10, (5, 3000, 9, 0.1)))),
)
MIXTURES_PER_UTTERANCE = 20


def plan_steps(minutes: float) -> list[tuple[float, BatchShape]]:
    """Return learning rate and shape of each step: a warm-up and half a cosine per cycle."""
    steps: list[tuple[float, BatchShape]] = []
    for top, stages in CYCLES:
        shapes = [shape for each, shape in stages for _ in range(int(minutes * each))]
        if top == CYCLES[-1][0]:
            shapes = random.sample(shapes, len(shapes))
        for number, shape in enumerate(shapes):
            warm = min(1.0, (number + 1) / 100)
            fall = 0.51 + 0.49 * math.cos(math.pi * number / len(shapes))
            steps.append((top * warm * fall, shape))
    return steps


def train(model: TrainingModel, examples: Examples, minutes: float, out: Path) -> None:
    """Train by the plan; write the checkpoint every 250 steps and at the end."""
    started, steps = time.time(), plan_steps(minutes)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0, weight_decay=0.01, betas=(0.9, 0.98))
    for step, (rate, shape) in enumerate(steps):
        optimizer.param_groups[0]["lr"] = rate
        token, now, before, align, accuracy = model.losses(*examples.batch(*shape))
        optimizer.zero_grad()
        (token + 0.5 * now + 0.3 * before + 0.3 * align).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        is_last = step + 1 == len(steps)
        if step % 50 == 0 or is_last:
            print(
                f"{step}/{len(steps)} {time.time() - started:.0f} s, {shape[1]} frames: "
                f"token {token:.3f}, now {now:.3f}, before {before:.3f}, align {align:.3f}, "
                f"right {accuracy:.3f}",
                flush=True,
            )
        if step % 250 == 249 or is_last:
            model.save(out)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("demo.pt"))
    parser.add_argument("--minutes", type=float, default=30, help="on two cores, about")
    parser.add_argument("--takes", type=int, default=40, help="recordings of each sentence")
    args = parser.parse_args()
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(2)
    try:
        utterances = UtteranceSet(sentences(), args.takes, MIXTURES_PER_UTTERANCE * args.takes)
    except EspeakMissing as error:
        raise SystemExit(str(error)) from error
    examples = Examples(utterances)
    model = TrainingModel(examples.used, utterances.classes)
    print(
        f"{len(utterances.sentence_utterances)} sentences, {len(utterances.mixtures)} mixtures, "
        f"{utterances.classes} classes"
    )
    train(model, examples, args.minutes, args.out)


if __name__ == "__main__":
    main()
