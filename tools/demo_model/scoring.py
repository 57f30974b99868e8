"""Score a transcript against its reference: words, sentences, times, confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tools.demo_model.speech_synthesis import RATE, Pcm, syllable

HEAD = """\
| test | exact texts | sentences found | word errors | sentence start error, s (median/p90) \
| sentence end error | word start error | word confidence |
|---|---|---|---|---|---|---|---|"""
HOP = 320  # samples: 20 ms

SegmentDicts = list[dict[str, Any]]


def align(
    reference: Sequence[str], transcribed: Sequence[str]
) -> tuple[int, list[tuple[int, int]]]:
    """Return the edit distance of two word lists, and the pairs of indexes where they agree."""
    n, m = len(reference), len(transcribed)
    cost = np.zeros((n + 1, m + 1), int)
    cost[:, 0], cost[0] = range(n + 1), range(m + 1)
    for i in range(n):
        for j in range(m):
            swapped = cost[i, j] + (reference[i] != transcribed[j])
            cost[i + 1, j + 1] = min(swapped, cost[i, j + 1] + 1, cost[i + 1, j] + 1)
    pairs: list[tuple[int, int]] = []
    i, j = n, m
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (reference[i - 1] != transcribed[j - 1]):
            i, j = i - 1, j - 1
            if reference[i] == transcribed[j]:
                pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return int(cost[n, m]), pairs[::-1]


def chunks(
    pcm: Pcm, longest: float = 12.0, silence: float = 0.35, pad: float = 0.15
) -> list[tuple[float, float]]:
    """Cut audio at silence; join neighbours up to `longest` seconds (0: never)."""
    level = np.sqrt((pcm[: len(pcm) // HOP * HOP].reshape(-1, HOP) ** 2).mean(1))
    step = HOP / RATE
    loud = np.nonzero(level > max(level.max() * 0.02, 1e-4))[0] * step
    spans: list[list[float]] = []
    for at in loud:
        if spans and at - spans[-1][1] < silence:
            spans[-1][1] = at + step
        else:
            spans.append([at, at + step])
    joined: list[list[float]] = []
    for start, end in spans:
        if joined and end - joined[-1][0] <= longest:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [(max(0.0, a - pad), min(len(pcm) / RATE, b + pad)) for a, b in joined]


class Score:
    """Sums over several transcripts, printed as one table row."""

    def __init__(self) -> None:
        self.errors = self.words = self.exact = self.total = self.found = self.sentences = 0
        self.onsets: list[float] = []
        self.starts: list[float] = []
        self.ends: list[float] = []
        self.confidence: list[float] = []
        self.wrong: list[tuple[str, str]] = []

    def add(self, reference: SegmentDicts, transcribed: SegmentDicts) -> None:
        """Add a transcript; both arguments are segments with words in the same clock."""
        reference = [word for segment in reference for word in segment["words"]]
        words = [word for segment in transcribed for word in segment.get("words", [])]
        errors, pairs = align(
            [syllable(word["word"]) for word in reference],
            [syllable(word["word"].strip()) for word in words],
        )
        self.errors, self.words, self.total = (
            self.errors + errors,
            self.words + len(reference),
            self.total + 1,
        )
        expected = " ".join(segment["text"] for segment in reference)
        actual = " ".join(segment["text"].strip() for segment in transcribed)
        self.exact += expected == actual
        if expected != actual:
            self.wrong.append((expected, actual))
        self.onsets += [abs(reference[i]["start"] - words[j]["start"]) for i, j in pairs]
        self.confidence += [word["probability"] for word in words]
        self._add_sentences(reference, transcribed)

    def _add_sentences(self, reference: SegmentDicts, transcribed: SegmentDicts) -> None:
        by_text: dict[str, SegmentDicts] = {}
        for segment in transcribed:
            by_text.setdefault(segment["text"].strip(), []).append(segment)
        for segment in reference:
            self.sentences += 1
            same = by_text.get(segment["text"], [])
            if same:
                start = segment["start"]
                nearest = min(abs(found["start"] - start) for found in same)
                found = next(f for f in same if abs(f["start"] - start) == nearest)
                self.found += 1
                self.starts.append(nearest)
                self.ends.append(abs(found["end"] - segment["end"]))

    def report(self, name: str) -> None:
        """Print the row and a few of the short texts transcribed wrong."""
        sure = self.confidence or [0.0]
        print(
            f"| {name} | {self.exact}/{self.total} | {self.found}/{self.sentences} "
            f"| {100 * self.errors / max(1, self.words):.1f} % of {self.words} "
            f"| {_spread(self.starts)} | {_spread(self.ends)} | {_spread(self.onsets)} "
            f"| {np.mean(sure):.2f} (p5 {np.percentile(sure, 5):.2f}) |",
            flush=True,
        )
        for expected, actual in self.wrong[:4]:
            if len(expected) < 400:
                print(f"    said  {expected}\n    heard {actual}")


def _spread(values: list[float]) -> str:
    return f"{np.median(values):.2f}/{np.percentile(values, 90):.2f}" if values else "-"
