"""Abbreviations and their long forms, as one stacked token ``#unit`` for all spellings.

The table ``abbreviations.csv`` can be edited: a unit, its spellings separated by ``|``,
and for numbered ones (``Q.{n}``) the first and last number.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from search.spans import SyllableSpan, Unit, matches_word
from search.syllables import exact_key, folded_key

TABLE = Path(__file__).with_name("abbreviations.csv")
UNIT_SIGN = "#"
_PART = re.compile(r"[^\W_]+")

Spelling = tuple[tuple[str, str], ...]


def _rows() -> Iterator[tuple[str, str]]:
    """Yield (unit, spelling), one for each number of a numbered row."""
    with TABLE.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            numbers = range(int(row["from"]), int(row["to"]) + 1) if row["from"] else None
            for form in row["forms"].split("|"):
                if numbers is None:
                    yield UNIT_SIGN + row["unit"], form
                    continue
                for number in numbers:
                    yield f"{UNIT_SIGN}{row['unit']}{number}", form.replace("{n}", str(number))


def _read_table() -> dict[str, list[tuple[Spelling, str]]]:
    """Return spellings by the key of their first syllable (exact and folded), longest first."""
    by_first: dict[str, list[tuple[Spelling, str]]] = {}
    for unit, form in _rows():
        keys = [exact_key(part) for part in _PART.findall(form)]
        spelling = tuple((key, folded_key(key)) for key in keys)
        for first in dict.fromkeys(spelling[0]):
            by_first.setdefault(first, []).append((spelling, unit))
    for spellings in by_first.values():
        spellings.sort(key=lambda entry: -len(entry[0]))
    return by_first


_SPELLINGS = _read_table()


def find_abbreviations(spans: Sequence[SyllableSpan]) -> list[Unit]:
    """Return the abbreviations in a text without overlaps; the longest spelling wins."""
    found = []
    at = 0
    while at < len(spans):
        unit = _unit_at(spans, at) if spans[at].exact in _SPELLINGS else None
        if unit is None:
            at += 1
        else:
            found.append(unit)
            at = unit.last + 1
    return found


def _unit_at(spans: Sequence[SyllableSpan], at: int) -> Unit | None:
    for spelling, unit in _SPELLINGS[spans[at].exact]:
        page_slice = spans[at : at + len(spelling)]
        if len(page_slice) == len(spelling) and all(
            matches_word(span, key, folded)
            for span, (key, folded) in zip(page_slice, spelling, strict=True)
        ):
            return Unit(at, at + len(spelling) - 1, (unit,))
    return None
