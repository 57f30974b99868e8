"""Constants and formulas of the ranking.

Okapi BM25 with the usual constants. Statistics (number and length of passages, number
that contain a word) cover only passages the reader may see, so that scores reveal nothing
about hidden ones.
"""

import math

K1 = 1.2
B = 0.75

EXACT = 4.0
"""Boost of the word as typed, and of every form of a word typed without marks."""

UNMARKED = 2.0
"""Boost of a word typed with marks, found without marks."""

OTHER_MARKS = 1.0
"""Boost of the same letters with other marks (má, mả); such passages always come last."""

STEM = 1.0
"""Boost of an English singular for a plural, and the reverse."""

ONE_EDIT = 1.0
"""Boost of a word at edit distance one, searched with ``~``."""

ADJACENT = 4.0
"""Added, times the mean idf of two words, where they are adjacent as typed."""

DECIMALS = 6
"""Scores are rounded before comparison, so that the order does not depend on the sequence
of additions; equal scores are sorted by passage id."""


def idf(passages: int, holding: int) -> float:
    """Return the weight of a word that ``holding`` of the visible passages contain; ≥ 0."""
    return math.log(1 + (passages - holding + 0.5) / (holding + 0.5))


def saturation(count: float, length: float, average: float) -> float:
    """Return the weight of ``count`` occurrences in a passage of ``length`` syllables."""
    return count * (K1 + 1) / (count + K1 * (1 - B + B * length / average))
