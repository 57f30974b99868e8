"""The Vietnamese lunar calendar: convert lunar dates to Gregorian days.

A month begins on the day of the new moon, the eleventh month holds the winter solstice,
and a month in which the sun enters no new sign is a leap month. Sun and moon follow the
shortened series of J. Meeus, "Astronomical Algorithms". The time zone decides the day:
UTC+8 before 1968; from 1968 UTC+7 in the North, but UTC+8 in the South until 1975;
so a lunar date of 1968–1975 may be two days.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import lru_cache

STEMS = ("giáp", "ất", "bính", "đinh", "mậu", "kỷ", "canh", "tân", "nhâm", "quý")
BRANCHES = (
    "tý",
    "sửu",
    "dần",
    "mão",
    "thìn",
    "tỵ",
    "ngọ",
    "mùi",
    "thân",
    "dậu",
    "tuất",
    "hợi",
)
_MONTH_DAYS = 29.530588853
_FIRST_NEW_MOON = 2415021.076998695
_JULIAN_OF_ORDINAL = 1721425  # Julian day number of a day minus its ordinal


def zones(year: int) -> tuple[int, ...]:
    """Return the UTC offsets (hours) of the calendars used in Vietnam in a lunar year."""
    if year < 1968:
        return (8,)
    return (7, 8) if year <= 1975 else (7,)


def solar(day: int, month: int, year: int, zone: int) -> date:
    """Return the day of a lunar date, of the regular month if there is a leap month too.

    >>> solar(15, 7, 1978, 7)
    datetime.date(1978, 8, 18)
    """
    first = year - 1 if month < 11 else year
    start, end = _eleventh(first, zone), _eleventh(first + 1, zone)
    offset = (month - 11) % 12
    if end - start > 365 and offset >= _leap_offset(start, zone):
        offset += 1
    number = _number_of(start) + offset
    return date.fromordinal(_new_moon_day(number, zone) + day - 1 - _JULIAN_OF_ORDINAL)


def month(month_number: int, year: int, zone: int) -> tuple[date, date]:
    """Return the first and last day of a lunar month."""
    first = solar(1, month_number, year, zone)
    middle = solar(15, month_number, year, zone).toordinal() + _JULIAN_OF_ORDINAL
    last = _new_moon_day(_number_of(middle - 14) + 1, zone) - 1
    return first, date.fromordinal(last - _JULIAN_OF_ORDINAL)


def tet(year: int) -> tuple[date, date]:
    """Return the earliest and latest first day of a lunar year by the calendars in use."""
    days = [solar(1, 1, year, zone) for zone in zones(year)]
    return min(days), max(days)


def year_of(stem: str, branch: str, *, latest: int) -> int | None:
    """Return the last year of this name up to `latest`; None for an invalid pair.

    >>> year_of("mậu", "thân", latest=2026)
    1968
    """
    try:
        by_stem, by_branch = STEMS.index(stem), BRANCHES.index(branch)
    except ValueError:
        return None
    for year in range(latest, latest - 60, -1):
        if (year - 4) % 10 == by_stem and (year - 4) % 12 == by_branch:
            return year
    return None


def last_day(year: int) -> date:
    """Return the last day of a lunar year."""
    return tet(year + 1)[0] - timedelta(days=1)


def _number_of(julian_day: int) -> int:
    return math.floor((julian_day - _FIRST_NEW_MOON) / _MONTH_DAYS + 0.5)


@lru_cache(maxsize=2048)
def _new_moon_day(number: int, zone: int) -> int:
    """Return the Julian day number of a new moon; number 0 is that of 1 January 1900."""
    return math.floor(_new_moon(number) + 0.5 + zone / 24)


def _new_moon(number: int) -> float:
    t = number / 1236.85
    sun = math.radians(359.2242 + 29.10535608 * number - 0.0000333 * t**2 - 0.00000347 * t**3)
    moon = math.radians(306.0253 + 385.81691806 * number + 0.0107306 * t**2 + 0.00001236 * t**3)
    node = math.radians(21.2964 + 390.67050646 * number - 0.0016528 * t**2 - 0.00000239 * t**3)
    mean = (
        2415020.75933
        + 29.53058868 * number
        + 0.0001178 * t**2
        - 0.000000155 * t**3
        + 0.00033 * math.sin(math.radians(166.56 + 132.87 * t - 0.009173 * t**2))
    )
    waves = (
        (0.1734 - 0.000393 * t, sun),
        (0.0021, 2 * sun),
        (-0.4068, moon),
        (0.0161, 2 * moon),
        (-0.0004, 3 * moon),
        (0.0104, 2 * node),
        (-0.0051, sun + moon),
        (-0.0074, sun - moon),
        (0.0004, 2 * node + sun),
        (-0.0004, 2 * node - sun),
        (-0.0006, 2 * node + moon),
        (0.0010, 2 * node - moon),
        (0.0005, 2 * moon + sun),
    )
    clock = -0.000278 + 0.000265 * t + 0.000262 * t**2
    return mean + sum(size * math.sin(angle) for size, angle in waves) - clock


def _sign(julian_day: int, zone: int) -> int:
    """Return the solar term sector (0–11) at the start of a day; 9 starts at the solstice."""
    t = (julian_day - 0.5 - zone / 24 - 2451545.0) / 36525
    anomaly = math.radians(357.52910 + 35999.05030 * t - 0.0001559 * t**2 - 0.00000048 * t**3)
    mean = 280.46645 + 36000.76983 * t + 0.0003032 * t**2
    centre = (
        (1.914600 - 0.004817 * t - 0.000014 * t**2) * math.sin(anomaly)
        + (0.019993 - 0.000101 * t) * math.sin(2 * anomaly)
        + 0.000290 * math.sin(3 * anomaly)
    )
    return int((mean + centre) % 360 // 30)


@lru_cache(maxsize=512)
def _eleventh(year: int, zone: int) -> int:
    """Return the Julian day number on which the eleventh month begins."""
    number = math.floor(
        (date(year, 12, 31).toordinal() + _JULIAN_OF_ORDINAL - 2415021) / _MONTH_DAYS
    )
    day = _new_moon_day(number, zone)
    return day if _sign(day, zone) < 9 else _new_moon_day(number - 1, zone)


def _leap_offset(start: int, zone: int) -> int:
    """Return the number of months from the eleventh to the leap month."""
    number = _number_of(start)
    before, offset = -1, 1
    sign = _sign(_new_moon_day(number + offset, zone), zone)
    while sign != before and offset < 14:
        before, offset = sign, offset + 1
        sign = _sign(_new_moon_day(number + offset, zone), zone)
    return offset - 1
