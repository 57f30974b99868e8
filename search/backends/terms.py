"""Terms and positions of a passage for the index.

Terms of the overlap have the prefix OVERLAP_SIGN: they match inside phrases only, because
the next passage contains them again.
"""

from collections.abc import Iterator
from typing import NamedTuple

from search.analysis import analyse_text
from search.highlight import index_terms
from search.passages import PassageDocument
from search.syllables import folded_key

OVERLAP_SIGN = ">"
MOST_PREFIX_TERMS = 200
"""A prefix matches this many words at most, the first in order of their keys."""


class IndexedTerms(NamedTuple):
    """Positions by term, and the number of syllables without the overlap."""

    positions: dict[str, list[int]]
    length: int


def analyse_document(document: PassageDocument) -> IndexedTerms:
    """Analyse a passage for the index."""
    language = "en" if "en" in document.field_values("language") else ""
    own_until = len(document.text) if document.overlap_from is None else document.overlap_from
    positions: dict[str, list[int]] = {}
    length = 0
    for token in analyse_text(document.text, language=language):
        is_own = token.start < own_until
        length += is_own
        for term in index_terms(token):
            key = term if is_own else OVERLAP_SIGN + term
            positions.setdefault(key, []).append(token.position)
    return IndexedTerms(positions, length)


def is_word(term: str) -> bool:
    """Return whether a term is a plain word and not a stacked key."""
    return term[0].isalnum()


def group_by_folded(terms: Iterator[str]) -> dict[str, tuple[str, ...]]:
    """Group words by their folded form, overlap included, without stacked keys."""
    found: dict[str, set[str]] = {}
    for term in terms:
        word = term.removeprefix(OVERLAP_SIGN)
        if is_word(word):
            found.setdefault(folded_key(word), set()).add(word)
    return {folded: tuple(sorted(words)) for folded, words in found.items()}
