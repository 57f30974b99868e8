"""Abbreviations and what they stand for, as one stacked token ``#unit`` on either spelling.

The table ``abbreviations.csv`` is for editors: a unit, its spellings parted by
``|``, and for numbered ones (``Q.{n}``) the first and last number.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from search.spans import SyllableSpan, Unit, reads_as
from search.syllables import exact_key, folded_key

TABLE = Path(__file__).with_name("abbreviations.csv")
UNIT_SIGN = "#"
_PART = re.compile(r"[^\W_]+")

Spelling = tuple[tuple[str, str], ...]


def _rows() -> Iterator[tuple[str, str]]:
    """Unit and one of its spellings, numbered rows written out."""
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
    """Spellings by the key of their first syllable (marked and bare), longest first."""
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


def recognise(spans: Sequence[SyllableSpan]) -> list[Unit]:
    """Units of the table, the longest spelling first, without overlaps."""
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
        window = spans[at : at + len(spelling)]
        if len(window) == len(spelling) and all(
            reads_as(span, key, folded)
            for span, (key, folded) in zip(window, spelling, strict=True)
        ):
            return Unit(at, at + len(spelling) - 1, (unit,))
    return None
