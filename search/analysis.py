"""Text to tokens: the one analysis that index, query and highlighter share.

Offsets always point into the text as it was given. Normalising happens token by
token, after cutting: normalising first would shift the offsets of NFD text, and
with them every highlight and every second that is played.
"""

import re
import zlib
from typing import NamedTuple

from search import abbreviations, dates, plurals
from search.spans import SyllableSpan, Unit
from search.syllables import exact_key, folded_key

RULES_VERSION = 1
ANALYZER_VERSION = f"{RULES_VERSION}-{zlib.crc32(abbreviations.TABLE.read_bytes()):08x}"
"""Kept beside every index; the table of abbreviations is part of the rules."""

TAIL_SIGN = "$"
"""Ends the stacked token on the last syllable of a date or abbreviation, so that a phrase
can go on after it whatever its length: "TP.HCM năm" finds "thành phố Hồ Chí Minh năm"."""

# Combining marks stay inside the word (NFD), soft hyphens and joiners too; a
# zero-width space separates. The possessive 's belongs to its word.
_WORD = re.compile(
    r"[^\W_]+(?:[\u0300-\u036f\u00ad\u200c\u200d\u2060\ufeff]+[^\W_]*)*"
    r"(?P<possessive>['’][sS](?![^\W_]))?"
)


class Token(NamedTuple):
    """One syllable; ``start`` and ``end`` are character offsets of the text as given.

    ``stacked`` holds further keys at the same position: dates ``@1975-04-30``,
    abbreviations ``#tphcm``, their ends (with TAIL_SIGN), English stems ``+factory``.
    """

    start: int
    end: int
    position: int
    exact: str
    folded: str
    stacked: tuple[str, ...] = ()


def syllables(text: str) -> list[SyllableSpan]:
    """Cut at everything that is not a letter or digit; hyphens split (Sài-gòn)."""
    found = []
    for match in _WORD.finditer(text):
        stop = match.start("possessive") if match["possessive"] else match.end()
        exact = exact_key(text[match.start() : stop])
        if exact:
            found.append(SyllableSpan(match.start(), match.end(), exact, folded_key(exact)))
    return found


def units(text: str, spans: list[SyllableSpan], *, language: str = "") -> list[Unit]:
    """Dates and abbreviations among the syllables, in order of their first syllable."""
    found = dates.recognise(text, spans, english=language == "en")
    found.extend(abbreviations.recognise(spans))
    return sorted(found, key=lambda unit: (unit.first, -unit.last))


def tokens(text: str, *, language: str = "") -> list[Token]:
    """Analyse a text; ``language`` "en" adds stems of plurals and English dates.

    >>> [token.exact for token in tokens("Sài-gòn, hoà bình!")]
    ['sai~2', 'gon~2', 'hoa~2', 'binh~2']
    """
    spans = syllables(text)
    stacked: dict[int, list[str]] = {}
    for unit in units(text, spans, language=language):
        stacked.setdefault(unit.first, []).extend(unit.terms)
        stacked.setdefault(unit.last, []).extend(term + TAIL_SIGN for term in unit.terms)
    if language == "en":
        for index, span in enumerate(spans):
            stem = plurals.stem(span.exact)
            if stem:
                stacked.setdefault(index, []).append(stem)
    return [
        Token(s.start, s.end, i, s.exact, s.folded, tuple(dict.fromkeys(stacked.get(i, ()))))
        for i, s in enumerate(spans)
    ]
