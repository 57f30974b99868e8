"""Parse and format times of media: whole milliseconds from the start of a recording."""

from __future__ import annotations

import re

LONGEST_RECORDING_MS = 100 * 3_600_000
"""A hundred hours: a later time in a file is taken for a typing error."""

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,9}))?", re.ASCII)
_PRIMES = re.compile(r"(\d{1,4})['\u2032\u2019](?:(\d{1,2})[\"\u2033\u201d]?)?", re.ASCII)
_SECONDS = re.compile(r"(\d{1,7})(?:[.,](\d{1,9}))?", re.ASCII)
_FRAGMENT = re.compile(r"(?:npt:)?([^-\u2013]*)(?:[-\u2013](.*))?")


def format_clock(ms: int) -> str:
    """Format as hours, minutes and seconds, rounded down; hours may exceed 99.

    >>> format_clock(2_499_999)
    '00:41:39'
    """
    seconds = max(0, ms) // 1000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def format_clock_ms(ms: int) -> str:
    """As `format_clock`, with milliseconds after a point, as in WebVTT.

    >>> format_clock_ms(2_499_120)
    '00:41:39.120'
    """
    return f"{format_clock(ms)}.{max(0, ms) % 1000:03d}"


def parse_timecode(text: str) -> int | None:
    """Parse `1:02:03.4`, `41:39`, `00:41:39,120` or `12'30"`; None when it is no time.

    Minutes may exceed 59 only without hours; digits after the millisecond are ignored.

    >>> parse_timecode("00:41:39,12")
    2499120
    """
    text = text.strip()
    if found := _PRIMES.fullmatch(text):
        return _milliseconds("0", found[1], found[2] or "0", "")
    found = _CLOCK.fullmatch(text)
    if found is None or (found[1] is not None and int(found[2]) > 59):
        return None
    return _milliseconds(found[1] or "0", found[2], found[3], found[4] or "")


def parse_media_fragment(text: str) -> tuple[int, int | None] | None:
    """Parse the `t` of a link, `2499-2522`: seconds or clock times, the end optional.

    None when it is invalid or ends before its start. Without a dash, a comma separates
    the two (W3C Media Fragments 4.2.1).

    >>> parse_media_fragment("2499-2522")
    (2499000, 2522000)
    """
    text = text.strip()
    if "-" not in text and "–" not in text:
        text = text.replace(",", "-", 1)
    found = _FRAGMENT.fullmatch(text)
    if found is None:
        return None
    start = _seconds_or_clock(found[1] or "0")
    if start is None or start > LONGEST_RECORDING_MS or not text:
        return None
    if not found[2]:
        return (start, None) if found[1] else None
    end = _seconds_or_clock(found[2])
    if end is None or end > LONGEST_RECORDING_MS or end <= start:
        return None
    return start, end


def _seconds_or_clock(text: str) -> int | None:
    found = _SECONDS.fullmatch(text.strip())
    if found is None:
        return parse_timecode(text)
    return int(found[1]) * 1000 + _thousandths(found[2] or "")


def _milliseconds(hours: str, minutes: str, seconds: str, fraction: str) -> int | None:
    if int(seconds) > 59:
        return None
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1000 + _thousandths(fraction)


def _thousandths(fraction: str) -> int:
    return int(fraction[:3].ljust(3, "0"))
