"""Units that have several spellings and are found by each: dates, abbreviations.

The other modules use `find_units` only. A new kind of unit is one module here and one line
in `find_units`.
"""

from __future__ import annotations

from collections.abc import Sequence

from search.spans import SyllableSpan, Unit
from search.units import abbreviations, dates


def find_units(text: str, spans: Sequence[SyllableSpan], *, language: str = "") -> list[Unit]:
    """Return the units of `text` in order of their first syllable, the longer one first.

    `spans` are the syllables of `text`; language "en" adds dates as English writes them.
    """
    found = dates.find_dates(text, spans, english=language == "en")
    found.extend(abbreviations.find_abbreviations(spans))
    return sorted(found, key=lambda unit: (unit.first, -unit.last))
