"""Format sizes and durations, as `static/js/holdings/uploads/words.js` does in the browser."""

from __future__ import annotations

from flask_babel import format_decimal, ngettext

_UNITS = ("kB", "MB", "GB", "TB")


def size(size_bytes: int) -> str:
    """Format a size with decimal units and two significant digits: `1,8 GB` or `1.8 GB`."""
    if size_bytes < 1000:
        return str(ngettext("%(num)d byte", "%(num)d bytes", size_bytes))
    value, power = size_bytes / 1000, 0
    while value >= 999.5 and power < len(_UNITS) - 1:
        value, power = value / 1000, power + 1
    pattern = "#,##0.#" if value < 9.95 else "#,##0"
    return f"{format_decimal(value, format=pattern)}\u00a0{_UNITS[power]}"


def duration(duration_ms: int | None) -> str:
    """Format a duration by its two largest units: `1 giờ 52 phút`, `59 phút 48 giây`, `9 giây`."""
    seconds = round((duration_ms or 0) / 1000)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [
        ngettext("%(num)d hour", "%(num)d hours", hours) if hours else "",
        ngettext("%(num)d minute", "%(num)d minutes", minutes) if minutes else "",
        ngettext("%(num)d second", "%(num)d seconds", rest) if rest or seconds == 0 else "",
    ]
    return " ".join([part for part in parts if part][:2])


def rounded_duration_ms(duration_ms: int) -> int:
    """Round an estimate to whole minutes; below one to 5 seconds, from an hour to 10 minutes."""
    step_s = 5 if duration_ms < 55_000 else 60 if duration_ms < 3_570_000 else 600
    return max(1, round(duration_ms / 1000 / step_s)) * step_s * 1000
