"""Sizes and lengths in words that people use; `static/js/upload/words.js` says the same."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import format_decimal, ngettext
from markupsafe import Markup

from archive import dates
from archive.models import Interview
from archive.web import current, language

_UNITS = ("kB", "MB", "GB", "TB")


def size(size_bytes: int) -> str:
    """`1,8 GB` or `1.8 GB`: decimal units, two digits that mean something."""
    if size_bytes < 1000:
        return str(ngettext("%(num)d byte", "%(num)d bytes", size_bytes))
    value, power = size_bytes / 1000, 0
    while value >= 999.5 and power < len(_UNITS) - 1:
        value, power = value / 1000, power + 1
    pattern = "#,##0.#" if value < 9.95 else "#,##0"
    return f"{format_decimal(value, format=pattern)}\u00a0{_UNITS[power]}"


def duration(duration_ms: int | None) -> str:
    """`1 giờ 52 phút`, `59 phút 48 giây`, `9 giây`: the two largest units, never a zero one."""
    seconds = round((duration_ms or 0) / 1000)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [
        ngettext("%(num)d hour", "%(num)d hours", hours) if hours else "",
        ngettext("%(num)d minute", "%(num)d minutes", minutes) if minutes else "",
        ngettext("%(num)d second", "%(num)d seconds", rest) if rest or seconds == 0 else "",
    ]
    return " ".join([part for part in parts if part][:2])


def roughly(duration_ms: int) -> int:
    """No more exact than anyone can know beforehand: whole minutes, after an hour whole tens."""
    step_s = 5 if duration_ms < 55_000 else 60 if duration_ms < 3_570_000 else 600
    return max(1, round(duration_ms / 1000 / step_s)) * step_s * 1000


def local(instant: datetime) -> datetime:
    """An instant on the clock of the office."""
    return instant.astimezone(ZoneInfo(current.settings().timezone))


def day(instant: datetime) -> str:
    """`12-05-2019`: the way an office in Vietnam writes a day."""
    return local(instant).strftime("%d-%m-%Y")


def moment(instant: datetime) -> str:
    """`12-05-2019, 09:42`."""
    return local(instant).strftime("%d-%m-%Y, %H:%M")


def unbroken(words: str) -> Markup:
    """Dates and codes stay on one line."""
    return Markup('<span class="nb">{}</span>').format(words)


def held(interview: Interview) -> str:
    """When it was recorded: as it was told, else as pages print dates."""
    if interview.held_as_told or not interview.held_edtf:
        return interview.held_as_told
    return dates.in_words(interview.held_edtf, language.chosen())
