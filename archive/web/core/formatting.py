"""Instants, dates and codes formatted for pages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from archive.models import Interview
from archive.time import dates
from archive.web.core import current, language


def local(instant: datetime) -> datetime:
    """Convert an instant to the office's time zone."""
    return instant.astimezone(ZoneInfo(current.settings().timezone))


def day(instant: datetime) -> str:
    """Return the day in the office's zone: "12-05-2019", on English pages "12 May 2019"."""
    return dates.day_in_words(local(instant).date(), language.code())


def date_and_time(instant: datetime) -> str:
    """Return day and time in the office's zone: "12-05-2019, 09:42"."""
    return f"{day(instant)}, {local(instant):%H:%M}"


def no_break(words: str) -> Markup:
    """Wrap dates and codes so that they stay on one line."""
    return Markup('<span class="no-break">{}</span>').format(words)


def interview_date(interview: Interview) -> str:
    """Return the interview date: an exact day as pages print days, else the recorded words."""
    if interview.held_as_told and not dates.is_exact_day(interview.held_edtf):
        return interview.held_as_told
    return dates.in_words(interview.held_edtf, language.code())
