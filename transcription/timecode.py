"""Times of media as people write them: whole milliseconds from the start of a recording."""

from __future__ import annotations

import re

LONGEST_MS = 100 * 3_600_000
"""A hundred hours. A later time in a file is a slip of the pen, not a recording."""

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,9}))?", re.ASCII)
_PRIMES = re.compile(r"(\d{1,4})['\u2032\u2019](?:(\d{1,2})[\"\u2033\u201d]?)?", re.ASCII)
_SECONDS = re.compile(r"(\d{1,7})(?:[.,](\d{1,9}))?", re.ASCII)
_FRAGMENT = re.compile(r"(?:npt:)?([^-\u2013]*)(?:[-\u2013](.*))?")


def clock(ms: int) -> str:
    """Hours, minutes and whole seconds, cut and not rounded; hours may pass 99.

    >>> clock(2_499_999)
    '00:41:39'
    """
    seconds = max(0, ms) // 1000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def clock_ms(ms: int) -> str:
    """As `clock`, to the millisecond, with a point: the form that WebVTT wants.

    >>> clock_ms(2_499_120)
    '00:41:39.120'
    """
    return f"{clock(ms)}.{max(0, ms) % 1000:03d}"


def parse_timecode(text: str) -> int | None:
    """Read `1:02:03.4`, `41:39`, `00:41:39,120` or `12'30"`; None when it is no time.

    Minutes may pass 59 only where no hours stand before them; digits after the
    millisecond are cut.

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
    """Read the `t` of a link, `2499-2522`: seconds or clock times, the end optional.

    None when it makes no sense, an end that is not after its start included. A comma
    parts the two as well, as W3C Media Fragments 4.2.1 has it, if no dash does.

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
    if start is None or start > LONGEST_MS or not text:
        return None
    if not found[2]:
        return (start, None) if found[1] else None
    end = _seconds_or_clock(found[2])
    if end is None or end > LONGEST_MS or end <= start:
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
