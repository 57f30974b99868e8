"""Text that a person typed: made clean, and looked for without marks.

Signs that turn the direction of a line or cannot be seen are taken out: in a name or
a title they would make two different records look alike.
"""

from __future__ import annotations

import re
import unicodedata

from search.syllables import exact_key, folded_key

_BETWEEN_WORDS = re.compile(r"[\W_]+")
LINE_ENDS = ("\r\n", "\r", "\u2028", "\u2029", "\u0085")


def line(text: str) -> str:
    """One line in NFC, single spaces, nothing invisible."""
    return " ".join(_seen(text.replace("\n", " ").replace("\t", " ")).split())


def paragraphs(text: str) -> str:
    """Several lines in NFC, nothing invisible, no space around."""
    for end in LINE_ENDS:
        text = text.replace(end, "\n")
    return _seen(text.replace("\t", " ")).strip()


def finds(wanted: str, *told: str) -> bool:
    """Whether each word of `wanted` begins a word of what is told.

    A word typed with marks has to agree in its marks (hòa is hoà); one without finds all.

    >>> finds("hoa", "Lâm Vĩnh Hòa"), finds("hóa", "Lâm Vĩnh Hòa")
    (True, False)
    """
    keys = [exact_key(word) for word in _words(wanted)]
    if not keys:
        return True
    there = [exact_key(word) for text in told for word in _words(text)]
    bare = [folded_key(key) for key in there]
    return all(
        any(other.startswith(key) for other in bare) if folded_key(key) == key else key in there
        for key in keys
    )


def _seen(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    return "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn")
    )


def _words(text: str) -> list[str]:
    return _BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFC", text)).split()
