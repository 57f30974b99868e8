"""Keys of one Vietnamese syllable: what counts as the same word.

The exact key keeps vowel quality and moves the tone behind the letters, so that
old and new placement meet (hòa = hoà, qúy = quý). The folded key is bare ASCII.
Our own signs in keys (``~`` here) are never letters, so no typed word collides.
"""

import re
import unicodedata
from functools import lru_cache

TONE_SIGN = "~"
LONGEST_KEY = 64
"""Characters kept of a key; longer "words" are noise and would only swell the lexicon."""

_TONE_DIGITS = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_TONE_MARKS = {digit: mark for mark, digit in _TONE_DIGITS.items()}
_INVISIBLE = dict.fromkeys([0x00AD, 0x200C, 0x200D, 0x2060, 0xFEFF])
_LOOK_ALIKE = str.maketrans({"ð": "đ", "ɖ": "đ"})
_WHOLE_RIME_Y = re.compile(r"^(b|c|d|đ|g|h|k|l|m|n|ph|qu|s|t|th|tr|v|x)?y$")
_VOWELS = frozenset("aăâeêioôơuưy")
_MARKED_VOWELS = frozenset("ăâêôơư")


@lru_cache(maxsize=200_000)
def exact_key(word: str) -> str:
    """Lower case, quality kept, tone last: ``hòa`` and ``hoà`` give ``hoa~2``.

    y becomes i only where it is the whole rime (kỹ = kĩ, quý = quí), never in
    thúy or tay. Eth is read as đ: the two look alike and were typed alike.

    >>> exact_key("Thủy"), exact_key("thuỷ"), exact_key("kỹ"), exact_key("thúy")
    ('thuy~3', 'thuy~3', 'ki~4', 'thuy~1')
    """
    visible = word[: LONGEST_KEY * 4].translate(_INVISIBLE).lower().translate(_LOOK_ALIKE)
    decomposed = unicodedata.normalize("NFD", visible)
    tone = next((_TONE_DIGITS[c] for c in decomposed if c in _TONE_DIGITS), "")
    bare = "".join(c for c in decomposed if c not in _TONE_DIGITS)
    letters = unicodedata.normalize("NFC", bare)[:LONGEST_KEY]
    letters = _WHOLE_RIME_Y.sub(lambda match: (match[1] or "") + "i", letters)
    return letters + TONE_SIGN + tone if tone and letters else letters


@lru_cache(maxsize=200_000)
def folded_key(exact: str) -> str:
    """The key without any mark, made from the exact key: ``đương~2`` gives ``duong``."""
    letters = exact.partition(TONE_SIGN)[0].replace("đ", "d")
    decomposed = unicodedata.normalize("NFD", letters)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def spelled(exact: str) -> str:
    """Write a key as a word again, tone in the old place: ``hoa~2`` gives ``hòa``.

    For suggestions only: y folded to i does not come back.
    """
    letters, _, digit = exact.partition(TONE_SIGN)
    if not digit:
        return letters
    at = _tone_place(letters)
    toned = letters[: at + 1] + _TONE_MARKS[digit] + letters[at + 1 :]
    return unicodedata.normalize("NFC", toned)


def _tone_place(letters: str) -> int:
    """Index of the vowel that carries the tone (old style: hòa, thủy; but hoàn, thuyền)."""
    skip = 2 if re.match(r"(qu|gi)[aăâeêioôơuưy]", letters) else 0
    vowels = [i for i, c in enumerate(letters) if c in _VOWELS and i >= skip]
    if not vowels:
        return len(letters) - 1
    marked = [i for i in vowels if letters[i] in _MARKED_VOWELS]
    if marked:
        return marked[-1]
    if len(vowels) == 1:
        return vowels[0]
    if len(vowels) >= 3 or vowels[-1] < len(letters) - 1:
        return vowels[1]
    return vowels[0]
