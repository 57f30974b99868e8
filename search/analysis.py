"""Split a text into tokens with keys; shared by index, query and highlighter.

Offsets always point into the original text. Each token is normalised after splitting:
normalising the text first would shift the offsets of NFD text, and with them the
highlights and the times of hits.
"""

import re
import zlib
from typing import NamedTuple

from search import plurals, units
from search.spans import SyllableSpan
from search.syllables import exact_key, folded_key
from search.units import abbreviations

RULES_VERSION = 1
ANALYZER_VERSION = f"{RULES_VERSION}-{zlib.crc32(abbreviations.TABLE.read_bytes()):08x}"
"""Stored with every index; changes with the table of abbreviations too."""

TAIL_SIGN = "$"
"""Suffix of the stacked token on the last syllable of a date or abbreviation. A phrase can
thus continue after it, whatever its length: "TP.HCM năm" finds "thành phố Hồ Chí Minh năm"."""

# Combining marks stay inside the word (NFD), soft hyphens and joiners too; a
# zero-width space separates. The possessive 's belongs to its word.
_WORD = re.compile(
    r"[^\W_]+(?:[\u0300-\u036f\u00ad\u200c\u200d\u2060\ufeff]+[^\W_]*)*"
    r"(?P<possessive>['’][sS](?![^\W_]))?"
)


class Token(NamedTuple):
    """One syllable; ``start`` and ``end`` are character offsets in the original text.

    ``stacked`` has further keys at the same position: dates ``@1975-04-30``,
    abbreviations ``#tphcm``, their ends (with TAIL_SIGN), English stems ``+factory``.
    """

    start: int
    end: int
    position: int
    exact: str
    folded: str
    stacked: tuple[str, ...] = ()


def find_syllables(text: str) -> list[SyllableSpan]:
    """Split at every character that is not a letter or digit, hyphens included (Sài-gòn)."""
    found = []
    for match in _WORD.finditer(text):
        stop = match.start("possessive") if match["possessive"] else match.end()
        exact = exact_key(text[match.start() : stop])
        if exact:
            found.append(SyllableSpan(match.start(), match.end(), exact, folded_key(exact)))
    return found


def analyse_text(text: str, *, language: str = "") -> list[Token]:
    """Return the tokens of a text; ``language`` "en" adds stems of plurals and English dates.

    >>> [token.exact for token in analyse_text("Sài-gòn, hoà bình!")]
    ['sai~2', 'gon~2', 'hoa~2', 'binh~2']
    """
    spans = find_syllables(text)
    stacked: dict[int, list[str]] = {}
    for unit in units.find_units(text, spans, language=language):
        stacked.setdefault(unit.first, []).extend(unit.terms)
        stacked.setdefault(unit.last, []).extend(term + TAIL_SIGN for term in unit.terms)
    if language == "en":
        for index, span in enumerate(spans):
            stem = plurals.stem_key(span.exact)
            if stem:
                stacked.setdefault(index, []).append(stem)
    return [
        Token(s.start, s.end, i, s.exact, s.folded, tuple(dict.fromkeys(stacked.get(i, ()))))
        for i, s in enumerate(spans)
    ]
