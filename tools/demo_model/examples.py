"""Training windows at random level, colour and noise, with their target tokens."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from tools.demo_model.speech_synthesis import RATE
from tools.demo_model.utterances import TOKENIZER, Utterance, UtteranceSet, power_mel

FIRST_STAMP, STAMPS = TOKENIZER.timestamp_begin, 1501
WINDOW_FRAMES = 3000  # mel frames: the 30 s that transcribe() hands over
NO_LOSS = -100

TimeSpan = tuple[float, float] | None
Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


@dataclass
class Scene:
    """The sound of a window: utterances with their starts in s, the last one may be cut off."""

    power: Tensor
    placed: list[tuple[float, Utterance]] = field(default_factory=list)
    cut: tuple[float, Utterance] | None = None
    timed: bool = True
    silent: bool = False


class Examples:
    """Draw random examples; the seed fixes their order."""

    def __init__(self, utterances: UtteranceSet) -> None:
        self.sentence_utterances, self.mixtures = (
            utterances.sentence_utterances,
            utterances.mixtures,
        )
        self.noise = power_mel(np.random.randn(RATE * 120).astype(np.float32))
        utterances = self.sentence_utterances + self.mixtures
        special = [
            TOKENIZER.eot,
            *TOKENIZER.sot_sequence,
            TOKENIZER.no_speech,
            TOKENIZER.no_timestamps,
            TOKENIZER.sot_prev,
        ]
        self.text = sorted(
            {t for utterance in utterances for word in utterance.words for t in word.tokens}
        )
        self.used = sorted(self.text + special) + list(range(FIRST_STAMP, FIRST_STAMP + STAMPS))
        self.index = {token: number for number, token in enumerate(self.used)}

    def batch(self, size: int, frames: int, max_sentences: int, mixture_share: float) -> Batch:
        """Return `size` windows: mel, decoder input, targets, attention, syllable labels."""
        drawn = [self._draw(frames, max_sentences, mixture_share) for _ in range(size)]
        mel, inputs, targets, attention, labels = zip(*drawn, strict=True)
        pad = nn.utils.rnn.pad_sequence
        return (
            torch.stack(mel),
            pad(inputs, True),
            pad(targets, True, NO_LOSS),
            pad(attention, True),
            torch.stack(labels, 1),
        )

    def _draw(self, frames: int, max_sentences: int, mixture_share: float) -> Batch:
        scene = self._scene(frames, max_sentences, mixture_share)
        window = self._window(scene, frames)
        inputs, targets, spans = self._tokens(scene)
        # Attention target: evenly over the sound of the target token.
        attention = torch.zeros(len(spans), frames // 2)
        for row, span in zip(attention, spans, strict=True):
            if span and (first := max(0, int(span[0] * 50))) < len(row):
                last = min(len(row), max(first + 1, math.ceil(span[1] * 50)))
                row[first:last] = 1 / (last - first)
        return (
            window,
            torch.tensor(inputs),
            torch.tensor(targets),
            attention,
            _labels(scene, frames),
        )

    def _scene(self, frames: int, max_sentences: int, mixture_share: float) -> Scene:
        scene = Scene(torch.zeros(80, frames))
        scene.timed, scene.silent = random.random() < 0.6, random.random() < 0.07
        at = random.uniform(0, 0.5) if random.random() < 0.8 else random.uniform(0, 1.2)
        colour = _random_colour()
        for _ in range(0 if scene.silent else random.randint(1, max_sentences)):
            utterance = random.choice(
                self.mixtures if random.random() < mixture_share else self.sentence_utterances
            )
            start, size = round(at * 100), utterance.power.shape[1]
            if not scene.placed:  # the first sentence always fits
                start = max(0, min(start, frames - size))
                at = start / 100
            remaining = min(size, frames - start)
            may_cut = scene.timed and frames == WINDOW_FRAMES
            if scene.placed and (remaining < 30 or (remaining < size and not may_cut)):
                break
            level = 10 ** random.uniform(-0.5, 0.5)
            scene.power[:, start : start + remaining] += (
                utterance.power[:, :remaining] * colour[:, None] * level
            )
            if remaining < size:
                scene.cut = (at, utterance)
                break
            scene.placed.append((at, utterance))
            short = random.random() < 0.7
            pause = random.uniform(0.12, 0.7) if short else random.uniform(0.5, 2.0)
            at += utterance.length_s + pause
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

    def _tokens(self, scene: Scene) -> tuple[list[int], list[int], list[TimeSpan]]:
        """Return decoder input, targets, and the time span of the sound of each target."""
        sequence = _sequence(scene)
        inputs = [token for token, _ in sequence[:-1]]
        targets = [self.index[token] for token, _ in sequence[1:]]
        spans = [span for _, span in sequence[1:]]
        if not scene.timed:
            targets[2] = NO_LOSS
        if not scene.placed and not scene.cut:
            targets[:2] = [self.index[TOKENIZER.no_speech], NO_LOSS]
        # Replace past words at random: the decoder must use the audio.
        drop = random.choice([0, 0, 0.2, 0.5])
        inputs = [
            random.choice(self.text) if token < TOKENIZER.eot and random.random() < drop else token
            for token in inputs
        ]
        if scene.placed and random.random() < 0.08 and scene.timed:
            # A prompt, as transcribe() gives one from the second window on.
            words = random.choice(self.sentence_utterances).words
            prompt = [TOKENIZER.sot_prev] + [t for word in words for t in word.tokens]
            inputs = prompt + inputs
            targets = [NO_LOSS] * len(prompt) + targets
            spans = [None] * len(prompt) + spans
        return [self.index[token] for token in inputs], targets, spans


def _random_colour() -> Tensor:
    """Return a random frequency response of a microphone; one in seven is narrow-band."""
    tilt, ripple = torch.linspace(0, random.uniform(-1, 0.6), 80), random.gauss(0, 0.15)
    colour: Tensor = 10 ** (tilt + ripple * torch.sin(torch.linspace(0, random.uniform(2, 9), 80)))
    if random.random() < 0.15:
        colour[random.randint(60, 76) :] *= 1e-3
    return colour


def _sequence(scene: Scene) -> list[tuple[int, TimeSpan]]:
    """Return Whisper's tokens for a scene, each with its time span."""
    sequence: list[tuple[int, TimeSpan]] = [(t, None) for t in TOKENIZER.sot_sequence]
    if not scene.timed:
        sequence.append((TOKENIZER.no_timestamps, None))
    end = 0.0
    for number, (start, utterance) in enumerate(scene.placed):
        end = start + utterance.length_s
        if scene.timed:
            start_stamp = start if number else min(start, 1.0)
            sequence.append((_stamp(start_stamp), (start, start + 0.1)))
        sequence += [
            (token, (start + word.start_s, start + word.end_s))
            for word in utterance.words
            for token in word.tokens
        ]
        if scene.timed:
            sequence.append((_stamp(end), (end - 0.1, end)))
    if scene.cut:
        if scene.timed:  # Whisper's mark of a sentence that continues after this window
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
    """Return for each encoder frame its syllable and the one before it."""
    labels = torch.zeros(2, frames // 2, dtype=torch.long)
    for start, utterance in [*scene.placed, *([scene.cut] if scene.cut else [])]:
        before = 0
        for word in utterance.words:
            first, last = int((start + word.start_s) * 50), int((start + word.end_s) * 50)
            labels[:, first:last] = torch.tensor([[word.syllable], [before]])
            before = word.syllable
    return labels
