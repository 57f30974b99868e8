"""Syllables with offsets, and units (dates, abbreviations) of several syllables."""

from typing import NamedTuple


class SyllableSpan(NamedTuple):
    """A syllable with its keys and its character offsets in the original text."""

    start: int
    end: int
    exact: str
    folded: str


class Unit(NamedTuple):
    """A date or abbreviation of the syllables ``first`` to ``last`` (inclusive).

    ``terms`` are its stacked keys, the most precise first.
    """

    first: int
    last: int
    terms: tuple[str, ...]


def matches_word(span: SyllableSpan, key: str, folded: str) -> bool:
    """Return whether a syllable is this word, with or without marks."""
    return span.exact in (key, folded)
