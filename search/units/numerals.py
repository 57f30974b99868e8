"""Parse Vietnamese numbers in words.

A method yields all possible numbers at a position, the longest first: "mười năm" can be
15 or 10, and only the caller can decide (a month is at most 12).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from search.spans import SyllableSpan
from search.syllables import exact_key, folded_key

NumberReading = tuple[int, int]
"""A number and the index of the syllable after it."""

_UNITS = {
    "một": 1,
    "mốt": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "tư": 4,
    "năm": 5,
    "lăm": 5,
    "nhăm": 5,
    "sáu": 6,
    "bảy": 7,
    "bẩy": 7,
    "tám": 8,
    "chín": 9,
}
_THOUSAND, _HUNDRED, _SKIPPED_TENS, _ZERO = ("ngàn", "nghìn"), ("trăm",), ("lẻ", "linh"), ("không",)
_CENTURY_TURN = 25
"""Two digits up to this mean 20xx, above it 19xx: interviews are about the past."""


@lru_cache(maxsize=64)
def _keys_of(words: tuple[str, ...], is_bare: bool) -> frozenset[str]:
    keys = [exact_key(word) for word in words]
    return frozenset(folded_key(key) for key in keys) if is_bare else frozenset(keys)


class NumberParser:
    """Parses the numbers in a text; ignores marks only where the whole text has none.

    Otherwise the name "Nam" would be read as "năm" (year, five).
    """

    def __init__(self, spans: Sequence[SyllableSpan]) -> None:
        self.spans = spans
        self.is_bare = all(span.exact == span.folded for span in spans)

    def _value(self, at: int, table: dict[str, int], bare: dict[str, int]) -> int | None:
        if at >= len(self.spans):
            return None
        return (bare if self.is_bare else table).get(self.spans[at].exact)

    def one_to_nine(self, at: int) -> int | None:
        """Return the value of a word for 1–9, or None."""
        return self._value(at, _UNIT_KEYS, _BARE_UNIT_KEYS)

    def has_word(self, at: int, *words: str) -> bool:
        """Return whether the syllable is one of these words."""
        if at >= len(self.spans):
            return False
        return self.spans[at].exact in _keys_of(words, self.is_bare)

    def digits(self, at: int) -> str:
        """Return the syllable if it consists of ASCII digits, else ""."""
        if at >= len(self.spans):
            return ""
        exact = self.spans[at].exact
        return exact if exact.isascii() and exact.isdigit() else ""

    def below_hundred(self, at: int) -> Iterator[NumberReading]:
        """Yield numbers 1–99 in digits or words: 30, ba mươi, hăm mốt, bảy lăm."""
        written = self.digits(at)
        if 0 < len(written) <= 2:
            yield int(written), at + 1
        yield from self._below_hundred_in_words(at)

    def _below_hundred_in_words(self, at: int) -> Iterator[NumberReading]:
        if self.has_word(at, "mười"):
            one_to_nine = self.one_to_nine(at + 1)
            if one_to_nine is not None:
                yield 10 + one_to_nine, at + 2
            yield 10, at + 1
        if self.has_word(at, "hăm"):
            one_to_nine = self.one_to_nine(at + 1)
            if one_to_nine is not None:
                yield 20 + one_to_nine, at + 2
        tens = self.one_to_nine(at)
        if tens is None:
            return
        if self.has_word(at + 1, "mươi"):
            one_to_nine = self.one_to_nine(at + 2)
            if one_to_nine is not None:
                yield tens * 10 + one_to_nine, at + 3
            yield tens * 10, at + 2
        one_to_nine = self.one_to_nine(at + 1)
        if one_to_nine is not None:
            yield tens * 10 + one_to_nine, at + 2
        yield tens, at + 1

    def year_readings(self, at: int) -> Iterator[NumberReading]:
        """Yield years in four digits, in two (see ``full_year``) or in words."""
        written = self.digits(at)
        if len(written) == 4 and 1000 <= int(written) <= 2100:
            yield int(written), at + 1
        yield from self._long_year(at)
        for value, after in self.below_hundred(at):
            if value >= 10 or len(written) == 2:
                yield full_year(value), after

    def _long_year(self, at: int) -> Iterator[NumberReading]:
        first = self.one_to_nine(at)
        if self.has_word(at + 1, *_THOUSAND) and first in (1, 2):
            yield from self._after_thousand(first * 1000, at + 2)
        if (first == 1 and self.one_to_nine(at + 1) == 9) or self.has_word(at, "mười"):
            second = at + 1
            if self.one_to_nine(second) == 9:
                yield from ((1900 + v, n) for v, n in self.below_hundred(second + 1) if v >= 10)
        if first == 2 and self.has_word(at + 1, *_ZERO):
            if self.has_word(at + 2, *_ZERO):
                one_to_nine = self.one_to_nine(at + 3)
                if one_to_nine is not None:
                    yield 2000 + one_to_nine, at + 4
            yield from ((2000 + v, n) for v, n in self.below_hundred(at + 2) if 10 <= v < 50)

    def _after_thousand(self, thousand: int, at: int) -> Iterator[NumberReading]:
        """Parse after "một ngàn" or "hai ngàn": [chín trăm | không trăm] [lẻ năm | bảy mươi]."""
        value, after = thousand, at
        if self.has_word(at + 1, *_HUNDRED):
            hundreds = 0 if self.has_word(at, *_ZERO) else self.one_to_nine(at)
            if hundreds is None:
                return
            value, after = thousand + hundreds * 100, at + 2
        if self.has_word(after, *_SKIPPED_TENS):
            one_to_nine = self.one_to_nine(after + 1)
            if one_to_nine is not None:
                yield value + one_to_nine, after + 2
        yield from ((value + v, n) for v, n in self.below_hundred(after) if v >= 10)
        yield value, after


def full_year(two_digits: int) -> int:
    """Return the year for its last two digits.

    >>> full_year(75), full_year(30), full_year(5)
    (1975, 1930, 2005)
    """
    return two_digits + (2000 if two_digits <= _CENTURY_TURN else 1900)


_UNIT_KEYS = {exact_key(word): value for word, value in _UNITS.items()}
_BARE_UNIT_KEYS = {folded_key(key): value for key, value in _UNIT_KEYS.items()}

FIRST_WORDS = (
    frozenset(_UNIT_KEYS)
    | frozenset(_BARE_UNIT_KEYS)
    | {key for word in ("mười", "hăm") for key in (exact_key(word), folded_key(exact_key(word)))}
)
"""Keys of the first word of a number; other words are skipped quickly."""
