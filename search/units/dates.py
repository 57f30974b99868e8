"""Dates in a text, in digits or words, as stacked tokens ``@1975-04-30``.

The day is always before the month (Vietnamese order). A date also gets tokens for its
month, its year and the day without year ``@--04-30``, because "30/4" means any year.
"""

import calendar
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from search.spans import SyllableSpan, Unit
from search.units.numerals import FIRST_WORDS, NumberParser, full_year

DATE_SIGN = "@"
_SEPARATORS = ("/", "-", "\u2013", ".")  # the en dash is typed by word processors
_ENGLISH_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
}


_BEGINNINGS = FIRST_WORDS | _ENGLISH_MONTHS.keys() | {"thang", "thang~1"}


class _Date(NamedTuple):
    last: int
    year: int | None
    month: int | None = None
    day: int | None = None


def find_dates(text: str, spans: Sequence[SyllableSpan], *, english: bool = False) -> list[Unit]:
    """Return the dates without overlaps; the longest wins. ``english`` adds "April 30, 1975"."""
    parser = NumberParser(spans)
    found = []
    at = 0
    while at < len(spans):
        exact = spans[at].exact
        may_begin = exact in _BEGINNINGS or exact[0].isdigit()
        date = _date_at(text, parser, at, english=english) if may_begin else None
        if date is None:
            at += 1
        else:
            found.append(Unit(at, date.last, _terms(date)))
            at = date.last + 1
    return found


def _date_at(text: str, parser: NumberParser, at: int, *, english: bool) -> _Date | None:
    span = parser.spans[at]
    date = None
    if span.exact[0].isdigit():
        date = _date_in_digits(text, parser, at)
    date = date or _date_in_words(text, parser, at)
    if date is None and english:
        date = _english_date(parser, at)
    return date or _year(parser, at)


def _terms(date: _Date) -> tuple[str, ...]:
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


def _separator(text: str, parser: NumberParser, at: int) -> str:
    """Return the separator between a syllable and the next, without spaces; "" if invalid."""
    if at + 1 >= len(parser.spans):
        return ""
    between = text[parser.spans[at].end : parser.spans[at + 1].start].strip()
    return between if between in _SEPARATORS else ""


def _written_year(digits: str) -> int | None:
    if len(digits) == 2:
        return full_year(int(digits))
    return int(digits) if len(digits) == 4 and 1000 <= int(digits) <= 2100 else None


def _date_in_digits(text: str, parser: NumberParser, at: int) -> _Date | None:
    """Parse 30-4-1975, 30/4/75, 30.4.1975, 30/4, 4/1975."""
    first, second, third = (parser.digits(at + step) for step in range(3))
    sign = _separator(text, parser, at)
    if not sign or not first or not second or len(first) > 2:
        return None
    if third and len(second) <= 2 and _separator(text, parser, at + 1) == sign:
        year = _written_year(third)
        if year and _is_day(int(first), int(second), year):
            return _Date(at + 2, year, int(second), int(first))
    if sign == ".":
        return None  # 3.5 is a number
    if len(second) == 4:
        year = _written_year(second)
        return _Date(at + 1, year, int(first)) if year and 1 <= int(first) <= 12 else None
    if len(second) <= 2 and _is_day(int(first), int(second), None):
        return _Date(at + 1, None, int(second), int(first))
    return None


def _date_in_words(text: str, parser: NumberParser, at: int) -> _Date | None:
    """Parse 30 tháng 4 năm 1975, ba mươi tháng tư năm bảy lăm, tháng 5/75."""
    if parser.has_word(at, "tháng"):
        month = _month_and_year(text, parser, at + 1)
        return month if month and month.year else None
    for day, after in parser.below_hundred(at):
        if parser.has_word(after, "tháng"):
            found = _month_and_year(text, parser, after + 1)
            if found and found.month and _is_day(day, found.month, found.year):
                return found._replace(day=day)
    return None


def _month_and_year(text: str, parser: NumberParser, at: int) -> _Date | None:
    for month, after in parser.below_hundred(at):
        if 1 <= month <= 12:
            for year, end in _years_after(text, parser, after):
                return _Date(end - 1, year, month)
            return _Date(after - 1, None, month)
    return None


def _years_after(text: str, parser: NumberParser, at: int) -> Iterator[tuple[int, int]]:
    if parser.has_word(at, "năm"):
        yield from parser.year_readings(at + 1)
    digits = parser.digits(at)
    if len(digits) == 4 or (digits and _separator(text, parser, at - 1)):
        year = _written_year(digits)
        if year:
            yield year, at + 1


def _year(parser: NumberParser, at: int) -> _Date | None:
    """Parse 1975, năm 75, năm bảy lăm; in a text without marks only four digits are safe."""
    if parser.has_word(at, "năm"):
        for year, after in parser.year_readings(at + 1):
            if not parser.is_bare or len(parser.digits(at + 1)) == 4:
                return _Date(after - 1, year)
    digits = parser.digits(at)
    if len(digits) == 4 and 1900 <= int(digits) <= 2049:
        return _Date(at, int(digits))
    return None


def _english_date(parser: NumberParser, at: int) -> _Date | None:
    """Parse April 30, 1975; 30 April 1975; April 1975. "May" alone is no date."""
    spans = parser.spans
    day_first = parser.digits(at)
    name_at = at + 1 if day_first else at
    month = _ENGLISH_MONTHS.get(spans[name_at].exact) if name_at < len(spans) else None
    if month is None:
        return None
    day = day_first or parser.digits(name_at + 1)
    if len(day) > 2:
        day = ""
    year_at = name_at + (1 if day_first or not day else 2)
    year = _written_year(parser.digits(year_at)) if len(parser.digits(year_at)) == 4 else None
    if day and _is_day(int(day), month, year):
        last = year_at if year else max(name_at, year_at - 1)
        return _Date(last, year, month, int(day))
    return _Date(year_at, year, month) if year else None
