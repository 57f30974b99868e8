"""Windows of sound at random level, colour and noise, with what the model shall say to them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from transcription.engines.demo.making.bank import TOKENIZER, Bank, Take, power_mel
from transcription.engines.demo.making.speaking import RATE

FIRST_STAMP, STAMPS = TOKENIZER.timestamp_begin, 1501
WHOLE_WINDOW = 3000  # mel frames: the 30 s that transcribe() hands over
NO_LOSS = -100

Stretch = tuple[float, float] | None
Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


@dataclass
class Scene:
    """What sounds in a window: takes with their starts in s, the last perhaps cut off."""

    power: Tensor
    placed: list[tuple[float, Take]] = field(default_factory=list)
    cut: tuple[float, Take] | None = None
    timed: bool = True
    silent: bool = False


class Examples:
    """Draws examples for ever; the order of its draws is fixed by the seed."""

    def __init__(self, bank: Bank) -> None:
        self.known, self.mixtures = bank.known, bank.mixtures
        self.noise = power_mel(np.random.randn(RATE * 120).astype(np.float32))
        takes = self.known + self.mixtures
        special = [
            TOKENIZER.eot, *TOKENIZER.sot_sequence, TOKENIZER.no_speech,
            TOKENIZER.no_timestamps, TOKENIZER.sot_prev,
        ]  # fmt: skip
        self.text = sorted({t for take in takes for word in take.words for t in word.tokens})
        self.used = sorted(self.text + special) + list(range(FIRST_STAMP, FIRST_STAMP + STAMPS))
        self.index = {token: number for number, token in enumerate(self.used)}

    def batch(self, size: int, frames: int, most: int, mix_share: float) -> Batch:
        """`size` windows: sound, decoder input, targets, where to look, syllable labels."""
        drawn = [self._draw(frames, most, mix_share) for _ in range(size)]
        mel, inputs, targets, look, labels = zip(*drawn, strict=True)
        pad = nn.utils.rnn.pad_sequence
        return (
            torch.stack(mel), pad(inputs, True), pad(targets, True, NO_LOSS),
            pad(look, True), torch.stack(labels, 1),
        )  # fmt: skip

    def _draw(self, frames: int, most: int, mix_share: float) -> Batch:
        scene = self._scene(frames, most, mix_share)
        window = self._window(scene, frames)
        inputs, targets, stretches = self._tokens(scene)
        # Where the decoder should look: evenly over the sound of its target.
        look = torch.zeros(len(stretches), frames // 2)
        for row, stretch in zip(look, stretches, strict=True):
            if stretch and (first := max(0, int(stretch[0] * 50))) < len(row):
                last = min(len(row), max(first + 1, math.ceil(stretch[1] * 50)))
                row[first:last] = 1 / (last - first)
        return window, torch.tensor(inputs), torch.tensor(targets), look, _labels(scene, frames)

    def _scene(self, frames: int, most: int, mix_share: float) -> Scene:
        scene = Scene(torch.zeros(80, frames))
        scene.timed, scene.silent = random.random() < 0.6, random.random() < 0.07
        at = random.uniform(0, 0.5) if random.random() < 0.8 else random.uniform(0, 1.2)
        colour = _colour()
        for _ in range(0 if scene.silent else random.randint(1, most)):
            take = random.choice(self.mixtures if random.random() < mix_share else self.known)
            start, size = round(at * 100), take.power.shape[1]
            if not scene.placed:  # the first sentence always fits
                start = max(0, min(start, frames - size))
                at = start / 100
            room = min(size, frames - start)
            may_cut = scene.timed and frames == WHOLE_WINDOW
            if scene.placed and (room < 30 or (room < size and not may_cut)):
                break
            level = 10 ** random.uniform(-0.5, 0.5)
            scene.power[:, start : start + room] += take.power[:, :room] * colour[:, None] * level
            if room < size:
                scene.cut = (at, take)
                break
            scene.placed.append((at, take))
            short = random.random() < 0.7
            pause = random.uniform(0.12, 0.7) if short else random.uniform(0.5, 2.0)
            at += take.length_s + pause
        scene.power *= 10 ** random.uniform(-2.5, 0.5)
        self._add_noise(scene, frames)
        return scene

    def _add_noise(self, scene: Scene, frames: int) -> None:
        if random.random() >= (0.8 if scene.silent else 0.6):
            return
        at = random.randrange(self.noise.shape[1] - frames)
        lowest = -8 if scene.silent else -3
        tilt = 10 ** torch.linspace(0, random.uniform(lowest, 0.5) * (random.random() < 0.7), 80)
        # Without speech also a hum and a whistle.
        tilt[random.sample(range(80), 2)] *= 10 ** random.uniform(0, 9 * scene.silent)
        level = 10 ** (random.uniform(-6, 0) if scene.silent else random.uniform(-8, -2.8))
        level *= float(scene.power.max()) if scene.placed else 1
        noise = self.noise[:, at : at + frames] / self.noise.mean()
        scene.power += level * noise * tilt[:, None]

    def _window(self, scene: Scene, frames: int) -> Tensor:
        if scene.placed:
            last_at, last = scene.placed[-1]
            end = last_at + last.length_s
        else:
            end = random.uniform(0.3, frames / 100)
        if scene.cut or random.random() < 0.2:
            stop = frames
        else:
            stop = min(frames, int((end + random.uniform(0.02, 1.0)) * 100))
        logmel = scene.power[:, :stop].clamp(min=1e-10).log10()
        # transcribe() fills the rest of its window with 0.0, not with silence.
        window = torch.zeros(80, frames)
        window[:, :stop] = (torch.maximum(logmel, logmel.max() - 8) + 4) / 4
        return window

    def _tokens(self, scene: Scene) -> tuple[list[int], list[int], list[Stretch]]:
        """Decoder input, targets, and the stretch of sound that each target should look at."""
        sequence = _sequence(scene)
        inputs = [token for token, _ in sequence[:-1]]
        targets = [self.index[token] for token, _ in sequence[1:]]
        stretches = [stretch for _, stretch in sequence[1:]]
        if not scene.timed:
            targets[2] = NO_LOSS
        if not scene.placed and not scene.cut:
            targets[:2] = [self.index[TOKENIZER.no_speech], NO_LOSS]
        # Wrong words in the past: the decoder must listen.
        drop = random.choice([0, 0, 0.2, 0.5])
        inputs = [
            random.choice(self.text) if token < TOKENIZER.eot and random.random() < drop else token
            for token in inputs
        ]
        if scene.placed and random.random() < 0.08 and scene.timed:
            # A prompt, as transcribe() gives one from the second window on.
            words = random.choice(self.known).words
            prompt = [TOKENIZER.sot_prev] + [t for word in words for t in word.tokens]
            inputs = prompt + inputs
            targets = [NO_LOSS] * len(prompt) + targets
            stretches = [None] * len(prompt) + stretches
        return [self.index[token] for token in inputs], targets, stretches


def _colour() -> Tensor:
    """How a microphone and a room colour a voice; one in seven is a narrow band."""
    tilt, ripple = torch.linspace(0, random.uniform(-1, 0.6), 80), random.gauss(0, 0.15)
    colour: Tensor = 10 ** (tilt + ripple * torch.sin(torch.linspace(0, random.uniform(2, 9), 80)))
    if random.random() < 0.15:
        colour[random.randint(60, 76) :] *= 1e-3
    return colour


def _sequence(scene: Scene) -> list[tuple[int, Stretch]]:
    """Whisper's tokens for a scene, each with the stretch of sound that it stands for."""
    sequence: list[tuple[int, Stretch]] = [(t, None) for t in TOKENIZER.sot_sequence]
    if not scene.timed:
        sequence.append((TOKENIZER.no_timestamps, None))
    end = 0.0
    for number, (start, take) in enumerate(scene.placed):
        end = start + take.length_s
        if scene.timed:
            told = start if number else min(start, 1.0)
            sequence.append((_stamp(told), (start, start + 0.1)))
        sequence += [
            (token, (start + word.start_s, start + word.end_s))
            for word in take.words
            for token in word.tokens
        ]
        if scene.timed:
            sequence.append((_stamp(end), (end - 0.1, end)))
    if scene.cut:
        if scene.timed:  # Whisper's sign for "a sentence goes on after this window"
            at = scene.cut[0]
            sequence.append((_stamp(at), (at, at + 0.1)))
    elif not scene.placed and scene.timed:
        sequence.append((FIRST_STAMP, None))
    whole = bool(scene.placed) and scene.cut is None
    sequence.append((TOKENIZER.eot, (end, end + 0.3) if whole else None))
    return sequence


def _stamp(at_s: float) -> int:
    return FIRST_STAMP + min(STAMPS - 1, round(at_s / 0.02))


def _labels(scene: Scene, frames: int) -> Tensor:
    """For each frame of the encoder: the syllable that sounds now, and the one before it."""
    labels = torch.zeros(2, frames // 2, dtype=torch.long)
    for start, take in [*scene.placed, *([scene.cut] if scene.cut else [])]:
        before = 0
        for word in take.words:
            first, last = int((start + word.start_s) * 50), int((start + word.end_s) * 50)
            labels[:, first:last] = torch.tensor([[word.syllable], [before]])
            before = word.syllable
    return labels
