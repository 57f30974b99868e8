"""Dates in a text, written or spoken, as stacked tokens ``@1975-04-30``.

Always day before month (Vietnamese order). A day also carries its month, its year
and the bare day ``@--04-30``: people ask for "30/4" and mean every year of it.
"""

import calendar
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from search.numerals import FIRST_WORDS, Words, century
from search.spans import SyllableSpan, Unit

DATE_SIGN = "@"
_SEPARATORS = ("/", "-", "\u2013", ".")  # the en dash is typed by word processors
_ENGLISH_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
}


_BEGINNINGS = FIRST_WORDS | _ENGLISH_MONTHS.keys() | {"thang", "thang~1"}


class _Found(NamedTuple):
    last: int
    year: int | None
    month: int | None = None
    day: int | None = None


def recognise(text: str, spans: Sequence[SyllableSpan], *, english: bool = False) -> list[Unit]:
    """Dates without overlaps, the longest reading first; ``english`` adds "April 30, 1975"."""
    words = Words(spans)
    found = []
    at = 0
    while at < len(spans):
        exact = spans[at].exact
        may_begin = exact in _BEGINNINGS or exact[0].isdigit()
        date = _date_at(text, words, at, english=english) if may_begin else None
        if date is None:
            at += 1
        else:
            found.append(Unit(at, date.last, _terms(date)))
            at = date.last + 1
    return found


def _date_at(text: str, words: Words, at: int, *, english: bool) -> _Found | None:
    span = words.spans[at]
    date = None
    if span.exact[0].isdigit():
        date = _numeric(text, words, at)
    date = date or _worded(text, words, at)
    if date is None and english:
        date = _english(words, at)
    return date or _year(words, at)


def _terms(date: _Found) -> tuple[str, ...]:
    year = f"{date.year:04d}" if date.year else ""
    month = f"{date.month:02d}" if date.month else ""
    terms = []
    if date.day and month:
        if year:
            terms.append(f"{year}-{month}-{date.day:02d}")
        else:
            terms.append(f"--{month}-{date.day:02d}")
    if year and month:
        terms.append(f"{year}-{month}")
    if year:
        terms.append(year)
    if date.day and month and year:
        terms.append(f"--{month}-{date.day:02d}")
    return tuple(DATE_SIGN + term for term in terms)


def _is_day(day: int, month: int, year: int | None) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year or 2000, month)[1]


def _separator(text: str, words: Words, at: int) -> str:
    """The sign between a syllable and the next, spaces aside; "" when there is another."""
    if at + 1 >= len(words.spans):
        return ""
    between = text[words.spans[at].end : words.spans[at + 1].start].strip()
    return between if between in _SEPARATORS else ""


def _written_year(digits: str) -> int | None:
    if len(digits) == 2:
        return century(int(digits))
    return int(digits) if len(digits) == 4 and 1000 <= int(digits) <= 2100 else None


def _numeric(text: str, words: Words, at: int) -> _Found | None:
    """30-4-1975, 30/4/75, 30.4.1975, 30/4, 4/1975."""
    first, second, third = (words.digits(at + step) for step in range(3))
    sign = _separator(text, words, at)
    if not sign or not first or not second or len(first) > 2:
        return None
    if third and len(second) <= 2 and _separator(text, words, at + 1) == sign:
        year = _written_year(third)
        if year and _is_day(int(first), int(second), year):
            return _Found(at + 2, year, int(second), int(first))
    if sign == ".":
        return None  # 3.5 is a number
    if len(second) == 4:
        year = _written_year(second)
        return _Found(at + 1, year, int(first)) if year and 1 <= int(first) <= 12 else None
    if len(second) <= 2 and _is_day(int(first), int(second), None):
        return _Found(at + 1, None, int(second), int(first))
    return None


def _worded(text: str, words: Words, at: int) -> _Found | None:
    """30 tháng 4 năm 1975, ba mươi tháng tư năm bảy lăm, tháng 5/75."""
    if words.says(at, "tháng"):
        month = _month_and_year(text, words, at + 1)
        return month if month and month.year else None
    for day, after in words.small(at):
        if words.says(after, "tháng"):
            found = _month_and_year(text, words, after + 1)
            if found and found.month and _is_day(day, found.month, found.year):
                return found._replace(day=day)
    return None


def _month_and_year(text: str, words: Words, at: int) -> _Found | None:
    for month, after in words.small(at):
        if 1 <= month <= 12:
            for year, end in _years_after(text, words, after):
                return _Found(end - 1, year, month)
            return _Found(after - 1, None, month)
    return None


def _years_after(text: str, words: Words, at: int) -> Iterator[tuple[int, int]]:
    if words.says(at, "năm"):
        yield from words.year(at + 1)
    digits = words.digits(at)
    if len(digits) == 4 or (digits and _separator(text, words, at - 1)):
        year = _written_year(digits)
        if year:
            yield year, at + 1


def _year(words: Words, at: int) -> _Found | None:
    """1975 alone, năm 75, năm bảy lăm; without marks only four digits are safe."""
    if words.says(at, "năm"):
        for year, after in words.year(at + 1):
            if not words.is_bare or len(words.digits(at + 1)) == 4:
                return _Found(after - 1, year)
    digits = words.digits(at)
    if len(digits) == 4 and 1900 <= int(digits) <= 2049:
        return _Found(at, int(digits))
    return None


def _english(words: Words, at: int) -> _Found | None:
    """April 30, 1975; 30 April 1975; April 1975. May without a number stays a word."""
    spans = words.spans
    day_first = words.digits(at)
    name_at = at + 1 if day_first else at
    month = _ENGLISH_MONTHS.get(spans[name_at].exact) if name_at < len(spans) else None
    if month is None:
        return None
    day = day_first or words.digits(name_at + 1)
    if len(day) > 2:
        day = ""
    year_at = name_at + (1 if day_first or not day else 2)
    year = _written_year(words.digits(year_at)) if len(words.digits(year_at)) == 4 else None
    if day and _is_day(int(day), month, year):
        last = year_at if year else max(name_at, year_at - 1)
        return _Found(last, year, month, int(day))
    return _Found(year_at, year, month) if year else None
