"""What of a passage is indexed: its terms with their positions.

Terms of the overlap carry OVERLAP_SIGN: they let a phrase run over the cut, and are
not counted as words of this passage, because the next one holds them again.
"""

from collections.abc import Iterator
from typing import NamedTuple

from search.analysis import tokens
from search.highlight import terms_of
from search.passages import PassageDocument
from search.syllables import folded_key

OVERLAP_SIGN = ">"
MOST_PREFIX_TERMS = 200
"""A beginning stands for so many words at most, the first in order of their keys."""


class IndexedTerms(NamedTuple):
    """Positions by term, and the length in syllables without the overlap."""

    positions: dict[str, list[int]]
    length: int


def analyse(document: PassageDocument) -> IndexedTerms:
    """Analyse a passage for the index."""
    language = "en" if "en" in document.values("language") else ""
    own_until = len(document.text) if document.overlap_from is None else document.overlap_from
    positions: dict[str, list[int]] = {}
    length = 0
    for token in tokens(document.text, language=language):
        is_own = token.start < own_until
        length += is_own
        for term in terms_of(token):
            key = term if is_own else OVERLAP_SIGN + term
            positions.setdefault(key, []).append(token.position)
    return IndexedTerms(positions, length)


def is_word(term: str) -> bool:
    """Whether a term is a plain word, not one of our stacked keys."""
    return term[0].isalnum()


def by_folded(terms: Iterator[str]) -> dict[str, tuple[str, ...]]:
    """Spellings by folded word, over own and overlap terms; stacked keys left out."""
    found: dict[str, set[str]] = {}
    for term in terms:
        word = term.removeprefix(OVERLAP_SIGN)
        if is_word(word):
            found.setdefault(folded_key(word), set()).add(word)
    return {folded: tuple(sorted(words)) for folded, words in found.items()}
