"""EDTF dates with their earliest and latest possible day.

EDTF is ISO 8601-2:2019. The library `edtf` validates the syntax; its bounds pad
unevenly (1979-08~ by a year and a month), so the bounds are computed here:
"khoảng" is a year to each side of a year, a month to each side of a month, and
seasons and quarters are the months they name.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from edtf import parse_edtf
from edtf.parser.edtf_exceptions import EDTFParseException

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([?~%]?)$")
_DECADE = re.compile(r"(\d{1,3})(X{1,3})([?~%]?)$")
_QUARTERS = {"33": (1, 3), "34": (4, 6), "35": (7, 9), "36": (10, 12)}
_HALVES = {"40": (1, 6), "41": (7, 12)}
_PARTS_OF_YEAR = {
    "33": ("quý I", "first quarter"),
    "34": ("quý II", "second quarter"),
    "35": ("quý III", "third quarter"),
    "36": ("quý IV", "fourth quarter"),
    "40": ("nửa đầu năm", "first half"),
    "41": ("nửa cuối năm", "second half"),
}
_MARKS = {
    "~": ("khoảng", "about"),
    "?": ("có lẽ", "perhaps"),
    "%": ("có lẽ khoảng", "perhaps about"),
}
_JOINTS = {"[": ("hoặc", "or"), "{": ("và", "and")}
_OPEN_ENDS = (("hoặc trước đó", "hoặc sau đó"), ("or earlier", "or later"))
LONGEST_EDTF = 80


class NotADate(ValueError):
    """The text is not EDTF, or of a form without known bounds."""

    code = "not_a_date"

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not a date in EDTF")
        self.text = text


@dataclass(frozen=True)
class DateRange:
    """An EDTF date with its bounds; None at an open end."""

    edtf: str
    earliest_on: date | None
    latest_on: date | None


@lru_cache(maxsize=4096)  # the library takes 10 ms, and the interview form has 60 places with dates
def parse(text: str) -> DateRange:
    """Parse EDTF; raises NotADate.

    >>> parse("1978~").earliest_on
    datetime.date(1977, 1, 1)
    """
    edtf = text.strip()
    if not edtf or len(edtf) > LONGEST_EDTF:
        raise NotADate(edtf[:LONGEST_EDTF])
    try:
        parse_edtf(edtf)
        earliest, latest = _bounds(edtf)
    except (EDTFParseException, ValueError, KeyError, IndexError, TypeError) as error:
        raise NotADate(edtf) from error
    if earliest is not None and latest is not None and earliest > latest:
        raise NotADate(edtf)
    return DateRange(edtf, earliest, latest)


def year_span(text: str) -> tuple[int | None, int | None]:
    """Return first and last year of a date; (None, None) for invalid EDTF."""
    try:
        span = parse(text)
    except NotADate:
        return None, None
    return (
        span.earliest_on.year if span.earliest_on else None,
        span.latest_on.year if span.latest_on else None,
    )


def is_exact_day(edtf: str) -> bool:
    """Return whether the EDTF is one certain day."""
    found = _DAY.match(edtf)
    return found is not None and bool(found[3]) and not found[4]


def day_in_words(day: date, language: str) -> str:
    """Return a day as pages print it: "12-05-2019" in Vietnamese, "12 May 2019" in English."""
    if language == "vi":
        return f"{day:%d-%m-}{day.year:04d}"
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def in_words(edtf: str, language: str) -> str:
    """Return a date as pages print it: "tháng 8-1945", "khoảng 1978", "1985–1986".

    >>> in_words("1978~", "vi"), in_words("2019-05-12", "en")
    ('khoảng 1978', '12 May 2019')
    """
    if edtf[:1] in ("[", "{"):
        return _set_in_words(edtf, language)
    if "/" in edtf:
        first, _slash, last = edtf.partition("/")
        if last in ("..", ""):
            return f"{'từ' if language == 'vi' else 'from'} {in_words(first, language)}"
        if first in ("..", ""):
            return f"{'đến' if language == 'vi' else 'until'} {in_words(last, language)}"
        mark = first[-1] if first[-1] == last[-1] and first[-1] in _MARKS else ""
        if mark:
            first, last = first[:-1], last[:-1]
        ends = (in_words(first, language), in_words(last, language))
        words = (" – " if any(" " in end for end in ends) else "–").join(ends)
    else:
        mark = edtf[-1:] if edtf[-1:] in _MARKS else ""
        words = _exact_in_words(edtf.removesuffix(mark), language)
    return f"{_MARKS[mark][language != 'vi']} {words}" if mark else words


def _exact_in_words(edtf: str, language: str) -> str:
    """Return one date without a qualifier in words; as it is where it has none."""
    decade = _DECADE.match(edtf)
    if decade is not None and len(decade[1]) + len(decade[2]) == 4 and len(decade[2]) < 3:
        if len(decade[2]) == 1:
            return f"thập niên {decade[1]}0" if language == "vi" else f"{decade[1]}0s"
        century = int(decade[1]) + 1
        ending = {1: "st", 2: "nd", 3: "rd"}.get(century % 10 if century // 10 != 1 else 0, "th")
        return f"thế kỷ {century}" if language == "vi" else f"{century}{ending} century"
    found = _DAY.match(edtf)
    if found is None:
        return edtf
    year, month, day, _mark = found.groups()
    if day:
        return day_in_words(date(int(year), int(month), int(day)), language)
    if month is None:
        return year
    if int(month) <= 12:
        name = calendar.month_name[int(month)]
        return f"tháng {int(month)}-{year}" if language == "vi" else f"{name} {year}"
    if month in _PARTS_OF_YEAR:
        vietnamese, english = _PARTS_OF_YEAR[month]
        joint = " " if vietnamese.endswith("năm") else "-"
        return f"{vietnamese}{joint}{year}" if language == "vi" else f"{english} of {year}"
    return edtf


def _set_in_words(edtf: str, language: str) -> str:
    """Return one of several dates, `[1987..1988]`, or all of them, `{1987,1988}`, in words."""
    joint = _JOINTS[edtf[0]][language != "vi"]
    words = []
    for part in edtf.strip("[]{}").split(","):
        first, dots, last = part.strip().partition("..")
        ends = [in_words(end.strip(), language) if end else "" for end in (first, last)]
        if dots and first and last:
            words.append("–".join(ends))
        elif dots:
            earlier, later = _OPEN_ENDS[language != "vi"]
            words.append(f"{ends[0]} {later}" if first else f"{ends[1]} {earlier}")
        else:
            words.append(ends[0])
    return f" {joint} ".join(words)


def _bounds(edtf: str) -> tuple[date | None, date | None]:
    if edtf[0] in "[{":
        parts = re.split(r"\.\.|,", edtf.strip("[]{}"))
        spans = [_bounds(part.strip()) for part in parts if part.strip()]
        firsts, lasts = [s[0] for s in spans], [s[1] for s in spans]
        open_start, open_end = edtf[1:3] == "..", edtf[-3:-1] == ".."
        return (
            None if open_start else min(d for d in firsts if d),
            None if open_end else max(d for d in lasts if d),
        )
    if "/" in edtf:
        first, _slash, last = edtf.partition("/")
        return (
            None if first in ("..", "") else _exact_bounds(first)[0],
            None if last in ("..", "") else _exact_bounds(last)[1],
        )
    return _widened_bounds(edtf)


def _widened_bounds(edtf: str) -> tuple[date, date]:
    """Return the bounds of one date; an approximate one is widened by its unit."""
    earliest, latest = _exact_bounds(edtf)
    if edtf[-1] not in "~%":
        return earliest, latest
    found = _DAY.match(edtf)
    if found is None or not found[2]:
        width = latest.year - earliest.year + 1
        return date(earliest.year - width, 1, 1), date(latest.year + width, 12, 31)
    if not found[3]:
        return _months(earliest, -1), _end_of(_months(latest.replace(day=1), 1))
    return earliest - timedelta(days=3), latest + timedelta(days=3)


def _exact_bounds(edtf: str) -> tuple[date, date]:
    """Return the bounds of a date without its qualifier."""
    decade = _DECADE.match(edtf)
    if decade is not None and len(decade[1]) + len(decade[2]) == 4:
        low, high = int(decade[1] + "0" * len(decade[2])), int(decade[1] + "9" * len(decade[2]))
        return date(low, 1, 1), date(high, 12, 31)
    found = _DAY.match(edtf)
    if found is None:
        raise NotADate(edtf)
    year, month, day = int(found[1]), found[2], found[3]
    if day:
        exact = date(year, int(month), int(day))
        return exact, exact
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    first, last = {**_QUARTERS, **_HALVES}.get(month, (int(month), int(month)))
    return date(year, first, 1), _end_of(date(year, last, 1))


def _months(day: date, by: int) -> date:
    number = day.year * 12 + day.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def _end_of(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])
