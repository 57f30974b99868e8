"""Every number of the ranking, and the three formulas made of them.

Okapi BM25 with the usual constants. Statistics (how many passages, how long, how
many hold a word) are those of the passages the reader may see: scores then say
nothing about hidden ones.
"""

import math

K1 = 1.2
B = 0.75

EXACT = 4.0
"""The word as typed; a word typed without marks has only this."""

UNMARKED = 2.0
"""Typed with marks, found in a transcript without marks."""

OTHER_MARKS = 1.0
"""Same letters, other marks (má, mả): always after every passage with compatible marks."""

STEM = 1.0
"""An English singular for a plural, or the other way."""

NEAR_WORD = 1.0
"""One letter away, when asked for with ``~``."""

NEIGHBOURS = 4.0
"""Added, times the mean idf of two words, where they stand together as typed."""

DECIMALS = 6
"""Scores are rounded before they are compared, so that the order does not hang on the
sequence of additions; equal scores follow the passage id."""


def idf(passages: int, holding: int) -> float:
    """Weight of a word that ``holding`` of the visible passages contain; never negative."""
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))


def saturation(count: float, length: float, average: float) -> float:
    """How much ``count`` occurrences weigh in a passage of ``length`` syllables."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / average))
