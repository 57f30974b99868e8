"""Normalise typed text, and match words with or without Vietnamese marks.

Invisible and bidirectional control characters are removed: with them, two different
names or titles could look alike.
"""

from __future__ import annotations

import re
import unicodedata

from search.syllables import exact_key, folded_key

_WORD_SEPARATORS = re.compile(r"[\W_]+")
LINE_ENDS = ("\r\n", "\r", "\u2028", "\u2029", "\u0085")


def single_line(text: str) -> str:
    """Return one line in NFC with single spaces and no invisible characters."""
    return " ".join(_visible_characters(text.replace("\n", " ").replace("\t", " ")).split())


def multi_line(text: str) -> str:
    """Return stripped text in NFC with `\\n` line ends and no invisible characters."""
    for end in LINE_ENDS:
        text = text.replace(end, "\n")
    return _visible_characters(text.replace("\t", " ")).strip()


def matches(query: str, *texts: str) -> bool:
    """Return whether each word of `query` is a prefix of a word in `texts`.

    A word with marks must match a whole word with its marks (hòa = hoà).

    >>> matches("hoa", "Lâm Vĩnh Hòa"), matches("hóa", "Lâm Vĩnh Hòa")
    (True, False)
    """
    keys = [exact_key(word) for word in _words(query)]
    if not keys:
        return True
    present = [exact_key(word) for text in texts for word in _words(text)]
    folded = [folded_key(key) for key in present]
    return all(
        any(other.startswith(key) for other in folded) if folded_key(key) == key else key in present
        for key in keys
    )


def _visible_characters(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    return "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn")
    )


def _words(text: str) -> list[str]:
    return _WORD_SEPARATORS.sub(" ", unicodedata.normalize("NFC", text)).split()
