"""Tokens of a transcript: what stands between white space, which in Vietnamese is a syllable.

The JavaScript twin is `archive/web/static/js/core/tokens.js`; both are held to
`tests/fixtures/edits/tokens.json`. Whitespace is spelt out below because the two languages
disagree about it (U+0085, U+FEFF, U+001C to U+001F). The soft hyphen U+00AD is no
separator and is never dropped: in TCVN3 files it is the letter ư.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = re.compile(r"[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_REMEMBERED = 65_536


def tokenise(text: str) -> list[str]:
    """Cut into NFC tokens.

    >>> tokenise(" Hồi  đó,\\ntôi ")
    ['Hồi', 'đó,', 'tôi']
    """
    return [token for token in _SPACES.split(unicodedata.normalize("NFC", text)) if token]


def tidy(text: str) -> str:
    """The text as every segment holds it: NFC, single spaces, none at the ends."""
    return " ".join(tokenise(text))


@lru_cache(maxsize=_REMEMBERED)
def bare(token: str) -> str:
    """Lower-case without tone and vowel marks, đ as d; punctuation stays.

    >>> bare("Đường,")
    'duong,'
    """
    decomposed = unicodedata.normalize("NFD", token.lower())
    letters = (c for c in decomposed if unicodedata.category(c)[0] != "M")
    return "".join(letters).replace("đ", "d")


@lru_cache(maxsize=_REMEMBERED)
def spoken(token: str) -> str:
    """What of a token can be heard: letters, marks and digits in lower case.

    A token of punctuation alone is returned as it is, so that a dash is not a question mark.

    >>> spoken("“Thủ"), spoken("–")
    ('thủ', '–')
    """
    lowered = unicodedata.normalize("NFC", token.lower())
    return "".join(c for c in lowered if unicodedata.category(c)[0] in "LMN") or lowered
