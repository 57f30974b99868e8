"""How far what was heard is from what was said: words, sentences, times, confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from transcription.engines.demo.making.speaking import RATE, Pcm, syllable

HEAD = """\
| test | exact texts | sentences found | word errors | sentence start error, s (median/p90) \
| sentence end error | word start error | word confidence |
|---|---|---|---|---|---|---|---|"""
FRAME = 320  # samples: 20 ms

Spoken = dict[str, Any]


def align(said: Sequence[str], heard: Sequence[str]) -> tuple[int, list[tuple[int, int]]]:
    """Edit distance of two word lists, and the pairs of places where they agree."""
    n, m = len(said), len(heard)
    cost = np.zeros((n + 1, m + 1), int)
    cost[:, 0], cost[0] = range(n + 1), range(m + 1)
    for i in range(n):
        for j in range(m):
            swapped = cost[i, j] + (said[i] != heard[j])
            cost[i + 1, j + 1] = min(swapped, cost[i, j + 1] + 1, cost[i + 1, j] + 1)
    pairs: list[tuple[int, int]] = []
    i, j = n, m
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (said[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            if said[i] == heard[j]:
                pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return int(cost[n, m]), pairs[::-1]


def chunks(
    pcm: Pcm, longest: float = 12.0, silence: float = 0.35, pad: float = 0.15
) -> list[tuple[float, float]]:
    """Cut where it is quiet; neighbours are joined up to `longest` seconds (0: never)."""
    level = np.sqrt((pcm[: len(pcm) // FRAME * FRAME].reshape(-1, FRAME) ** 2).mean(1))
    step = FRAME / RATE
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
    """Sums over several hearings, printed as one line of a table."""

    def __init__(self) -> None:
        self.errors = self.words = self.exact = self.total = self.found = self.sentences = 0
        self.onsets: list[float] = []
        self.starts: list[float] = []
        self.ends: list[float] = []
        self.confidence: list[float] = []
        self.wrong: list[tuple[str, str]] = []

    def add(self, said: list[Spoken], heard: list[Spoken]) -> None:
        """Both are segments with words, in the same clock."""
        reference = [word for segment in said for word in segment["words"]]
        words = [word for segment in heard for word in segment.get("words", [])]
        errors, pairs = align(
            [syllable(word["word"]) for word in reference],
            [syllable(word["word"].strip()) for word in words],
        )
        self.errors, self.words, self.total = (
            self.errors + errors, self.words + len(reference), self.total + 1
        )  # fmt: skip
        wanted = " ".join(segment["text"] for segment in said)
        got = " ".join(segment["text"].strip() for segment in heard)
        self.exact += wanted == got
        if wanted != got:
            self.wrong.append((wanted, got))
        self.onsets += [abs(reference[i]["start"] - words[j]["start"]) for i, j in pairs]
        self.confidence += [word["probability"] for word in words]
        self._add_sentences(said, heard)

    def _add_sentences(self, said: list[Spoken], heard: list[Spoken]) -> None:
        by_text: dict[str, list[Spoken]] = {}
        for segment in heard:
            by_text.setdefault(segment["text"].strip(), []).append(segment)
        for segment in said:
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
        """Print the line, and a few of the short texts that were heard wrong."""
        sure = self.confidence or [0.0]
        print(
            f"| {name} | {self.exact}/{self.total} | {self.found}/{self.sentences} "
            f"| {100 * self.errors / max(1, self.words):.1f} % of {self.words} "
            f"| {_spread(self.starts)} | {_spread(self.ends)} | {_spread(self.onsets)} "
            f"| {np.mean(sure):.2f} (p5 {np.percentile(sure, 5):.2f}) |",
            flush=True,
        )
        for wanted, got in self.wrong[:4]:
            if len(wanted) < 400:
                print(f"    said  {wanted}\n    heard {got}")


def _spread(values: list[float]) -> str:
    return f"{np.median(values):.2f}/{np.percentile(values, 90):.2f}" if values else "-"
