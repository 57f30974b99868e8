"""What the recognisers read and return: syllables with their place, and units over them."""

from typing import NamedTuple


class SyllableSpan(NamedTuple):
    """A syllable with its keys, and its character offsets in the text as given."""

    start: int
    end: int
    exact: str
    folded: str


class Unit(NamedTuple):
    """Syllables ``first`` to ``last`` (inclusive) that mean one thing.

    ``terms`` are its stacked keys, the most precise first.
    """

    first: int
    last: int
    terms: tuple[str, ...]


def reads_as(span: SyllableSpan, key: str, folded: str) -> bool:
    """Whether a syllable is this word, or the same word written without marks."""
    return span.exact in (key, folded)
