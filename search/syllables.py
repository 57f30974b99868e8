"""Keys of a Vietnamese syllable, equal for all spellings of the same word.

The exact key keeps the marks of vowels and puts the tone after the letters, so that old
and new placement are equal (hòa = hoà, qúy = quý). The folded key is plain ASCII. Signs
added to keys (``~`` here) are never letters, so no typed word can contain them.
"""

import re
import unicodedata
from functools import lru_cache

TONE_SIGN = "~"
LONGEST_KEY = 64
"""Maximum length of a key; longer "words" are noise that would enlarge the lexicon."""

_TONE_DIGITS = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_TONE_MARKS = {digit: mark for mark, digit in _TONE_DIGITS.items()}
_INVISIBLE = dict.fromkeys([0x00AD, 0x200C, 0x200D, 0x2060, 0xFEFF])
_LOOK_ALIKE = str.maketrans({"ð": "đ", "ɖ": "đ"})
_WHOLE_RIME_Y = re.compile(r"^(b|c|d|đ|g|h|k|l|m|n|ph|qu|s|t|th|tr|v|x)?y$")
_VOWELS = frozenset("aăâeêioôơuưy")
_MARKED_VOWELS = frozenset("ăâêôơư")


@lru_cache(maxsize=200_000)
def exact_key(word: str) -> str:
    """Return the key in lower case with the tone last: ``hòa`` and ``hoà`` give ``hoa~2``.

    y becomes i only where it is the whole rime (kỹ = kĩ, quý = quí), never in
    thúy or tay. The letter eth (ð) becomes đ, because it was typed in its place.

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
    """Return the key without marks, from the exact key: ``đương~2`` gives ``duong``."""
    letters = exact.partition(TONE_SIGN)[0].replace("đ", "d")
    decomposed = unicodedata.normalize("NFD", letters)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def spelled(exact: str) -> str:
    """Convert a key to a word, tone in the old place: ``hoa~2`` gives ``hòa``.

    For suggestions only: a y that became i is not restored.
    """
    letters, _, digit = exact.partition(TONE_SIGN)
    if not digit:
        return letters
    at = _tone_index(letters)
    toned = letters[: at + 1] + _TONE_MARKS[digit] + letters[at + 1 :]
    return unicodedata.normalize("NFC", toned)


def _tone_index(letters: str) -> int:
    """Return the index of the vowel with the tone (old style: hòa, thủy; but hoàn, thuyền)."""
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
