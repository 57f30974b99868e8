"""Split a text into tokens at white space; in Vietnamese a token is a syllable.

The same functions exist in `archive/web/static/js/core/tokens.js`; both are tested with
`tests/fixtures/edits/tokens.json`. White space is listed below because the two languages
differ in it (U+0085, U+FEFF, U+001C to U+001F). The soft hyphen U+00AD is no separator
and is never removed: in TCVN3 files it is the letter ư.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_CACHE_SIZE = 65_536


def tokenise(text: str) -> list[str]:
    """Split a text into NFC tokens.

    >>> tokenise(" Hồi  đó,\\ntôi ")
    ['Hồi', 'đó,', 'tôi']
    """
    return [token for token in _SPACES.split(unicodedata.normalize("NFC", text)) if token]


def normalise(text: str) -> str:
    """Return the text in NFC with single spaces and none at the ends, as segments store it."""
    return " ".join(tokenise(text))


@lru_cache(maxsize=_CACHE_SIZE)
def fold(token: str) -> str:
    """Return the token in lower case without tone and vowel marks, đ as d.

    Punctuation is kept.

    >>> fold("Đường,")
    'duong,'
    """
    decomposed = unicodedata.normalize("NFD", token.lower())
    characters = (c for c in decomposed if unicodedata.category(c)[0] != "M")
    return "".join(characters).replace("đ", "d")


@lru_cache(maxsize=_CACHE_SIZE)
def letters(token: str) -> str:
    """Return the letters, marks and digits of a token in lower case.

    A token of punctuation only is returned unchanged, so that a dash is not equal to a
    question mark.

    >>> letters("“Thủ"), letters("–")
    ('thủ', '–')
    """
    lowered = unicodedata.normalize("NFC", token.lower())
    return "".join(c for c in lowered if unicodedata.category(c)[0] in "LMN") or lowered
