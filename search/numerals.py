"""Vietnamese numbers as they are said, read from syllables.

Every reader yields all its readings from a place, the longest first: "tháng mười
năm" may begin with 15 or with 10, and only the caller knows that months end at 12.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from search.spans import SyllableSpan
from search.syllables import exact_key, folded_key

Reading = tuple[int, int]
"""A value and the index of the syllable after it."""

_UNITS = {
    "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "nhăm": 5,
    "sáu": 6, "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9,
}  # fmt: skip
_THOUSAND, _HUNDRED, _ODD, _ZERO = ("ngàn", "nghìn"), ("trăm",), ("lẻ", "linh"), ("không",)
_CENTURY_TURN = 25
"""Two digits up to here mean 20xx, above it 19xx: nobody is interviewed about the future."""


@lru_cache(maxsize=64)
def _keys_of(words: tuple[str, ...], is_bare: bool) -> frozenset[str]:
    keys = [exact_key(word) for word in words]
    return frozenset(folded_key(key) for key in keys) if is_bare else frozenset(keys)


class Words:
    """The syllables of a text, read with marks, or without where the whole text has none.

    Reading "nam" as "năm" in a marked text would make a year of every Mr Nam.
    """

    def __init__(self, spans: Sequence[SyllableSpan]) -> None:
        self.spans = spans
        self.is_bare = all(span.exact == span.folded for span in spans)

    def _value(self, at: int, table: dict[str, int], bare: dict[str, int]) -> int | None:
        if at >= len(self.spans):
            return None
        return (bare if self.is_bare else table).get(self.spans[at].exact)

    def unit(self, at: int) -> int | None:
        """1–9 as a word."""
        return self._value(at, _UNIT_KEYS, _BARE_UNIT_KEYS)

    def says(self, at: int, *words: str) -> bool:
        """Whether the syllable is one of these words."""
        if at >= len(self.spans):
            return False
        return self.spans[at].exact in _keys_of(words, self.is_bare)

    def digits(self, at: int) -> str:
        """The syllable when it is written in ASCII digits, else ""."""
        if at >= len(self.spans):
            return ""
        exact = self.spans[at].exact
        return exact if exact.isascii() and exact.isdigit() else ""

    def small(self, at: int) -> Iterator[Reading]:
        """1–99 in digits or words: 30, ba mươi, hăm mốt, bảy lăm."""
        written = self.digits(at)
        if 0 < len(written) <= 2:
            yield int(written), at + 1
        yield from self._spoken_small(at)

    def _spoken_small(self, at: int) -> Iterator[Reading]:
        if self.says(at, "mười"):
            unit = self.unit(at + 1)
            if unit is not None:
                yield 10 + unit, at + 2
            yield 10, at + 1
        if self.says(at, "hăm"):
            unit = self.unit(at + 1)
            if unit is not None:
                yield 20 + unit, at + 2
        tens = self.unit(at)
        if tens is None:
            return
        if self.says(at + 1, "mươi"):
            unit = self.unit(at + 2)
            if unit is not None:
                yield tens * 10 + unit, at + 3
            yield tens * 10, at + 2
        unit = self.unit(at + 1)
        if unit is not None:
            yield tens * 10 + unit, at + 2
        yield tens, at + 1

    def year(self, at: int) -> Iterator[Reading]:
        """A year in four digits, in two (see ``century``), or said in any common way."""
        written = self.digits(at)
        if len(written) == 4 and 1000 <= int(written) <= 2100:
            yield int(written), at + 1
        yield from self._long_year(at)
        for value, after in self.small(at):
            if value >= 10 or len(written) == 2:
                yield century(value), after

    def _long_year(self, at: int) -> Iterator[Reading]:
        first = self.unit(at)
        if self.says(at + 1, *_THOUSAND) and first in (1, 2):
            yield from self._after_thousand(first * 1000, at + 2)
        if (first == 1 and self.unit(at + 1) == 9) or self.says(at, "mười"):
            second = at + 1
            if self.unit(second) == 9:
                yield from ((1900 + v, n) for v, n in self.small(second + 1) if v >= 10)
        if first == 2 and self.says(at + 1, *_ZERO):
            if self.says(at + 2, *_ZERO):
                unit = self.unit(at + 3)
                if unit is not None:
                    yield 2000 + unit, at + 4
            yield from ((2000 + v, n) for v, n in self.small(at + 2) if 10 <= v < 50)

    def _after_thousand(self, thousand: int, at: int) -> Iterator[Reading]:
        """What follows "một ngàn" or "hai ngàn": [chín trăm | không trăm] [lẻ năm | bảy mươi]."""
        value, after = thousand, at
        if self.says(at + 1, *_HUNDRED):
            hundreds = 0 if self.says(at, *_ZERO) else self.unit(at)
            if hundreds is None:
                return
            value, after = thousand + hundreds * 100, at + 2
        if self.says(after, *_ODD):
            unit = self.unit(after + 1)
            if unit is not None:
                yield value + unit, after + 2
        yield from ((value + v, n) for v, n in self.small(after) if v >= 10)
        yield value, after


def century(two_digits: int) -> int:
    """The year meant by its last two digits.

    >>> century(75), century(30), century(5)
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
"""Keys that a spoken number can begin with; everything else is passed over quickly."""
