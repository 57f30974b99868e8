from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.time import lunar

TET = Path(__file__).parents[2] / "fixtures" / "dates" / "tet.csv"


def test_solar_of_tet_matches_table() -> None:
    with TET.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 135
    for row in rows:
        for zone in (7, 8):
            expected = date.fromisoformat(row[f"tet_utc{zone}"])
            assert lunar.solar(1, 1, int(row["year"]), zone) == expected


def test_tet_of_1968_has_two_days() -> None:
    assert lunar.tet(1968) == (date(1968, 1, 29), date(1968, 1, 30))
    assert lunar.tet(1985) == (date(1985, 1, 21), date(1985, 1, 21))


@given(st.integers(1902, 2098), st.integers(1, 12))
def test_month_has_29_or_30_days_around_full_moon(year: int, month: int) -> None:
    first, last = lunar.month(month, year, 7)
    assert (last - first).days in (28, 29)
    assert first < lunar.solar(15, month, year, 7) < last


@pytest.mark.parametrize(
    ("stem", "branch", "latest", "year"),
    [
        ("mậu", "thân", 2026, 1968),
        ("ất", "sửu", 2026, 1985),
        ("mậu", "dần", 1996, 1938),
        ("giáp", "tý", 2026, 1984),
        ("giáp", "sửu", 2026, None),
        ("x", "y", 2026, None),
    ],
)
def test_year_of_cycle_names(stem: str, branch: str, latest: int, year: int | None) -> None:
    assert lunar.year_of(stem, branch, latest=latest) == year
