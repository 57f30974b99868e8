from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import dates
from archive.told_dates import read

PHRASES = Path(__file__).parents[1] / "fixtures" / "dates" / "phrases.csv"
TODAY = date(2026, 11, 24)
# A day without a year has no place on a line of time.
WITHOUT_BOUNDS = {"mùng 2/9"}


def phrases() -> list[dict[str, str]]:
    with PHRASES.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", phrases(), ids=lambda row: row["phrase"])
def test_what_witnesses_say_is_read(row: dict[str, str]) -> None:
    expected = "" if row["phrase"] in WITHOUT_BOUNDS else row["edtf"]
    assert read(row["phrase"], today=TODAY) == expected


@pytest.mark.parametrize(
    ("told", "edtf"),
    [
        ("mồng hai Tết Mậu Thân", "1968-01-30/1968-01-31"),
        ("Mùng 3 Tết năm 1985", "1985-01-23"),
        ("rằm tháng Giêng năm Mậu Thân", "1968-02-12/1968-02-13"),
        ("Khoảng năm 78", "1978~"),
        ("KHOẢNG 1978.", "1978~"),
        ("about 1978", "1978~"),
        ("12 May 2019", "2019-05-12"),
        ("May 12, 2019", "2019-05-12"),
        ("May 2019", "2019-05"),
        ("the 1980s", "198X"),
        ("mid-1976", "1976-05~/1976-08~"),
        ("before 1975", "../1974"),
        ("2019-05-12", "2019-05-12"),
        ("1985/1986", "1985/1986"),
        ("12/05/2019", "2019-05-12"),
    ],
)
def test_other_ways_to_say_it(told: str, edtf: str) -> None:
    assert read(told, today=TODAY) == edtf


@pytest.mark.parametrize(
    "told",
    ["", "hồi nhỏ", "30/4", "31/2/1978", "99/99/1999", "năm 33", "mùng một Tết", "1" * 50,
     "9" * 100_000, "\u202e1978", "Tết Giáp Sửu", "<b>1978</b>", "mồng 40 Tết 1985"],
)  # fmt: skip
def test_what_cannot_be_read_is_not_guessed(told: str) -> None:
    assert read(told, today=TODAY) == ""


@given(st.text(max_size=60))
def test_a_reading_is_always_edtf(told: str) -> None:
    edtf = read(told, today=TODAY)
    assert edtf == "" or dates.parse(edtf).edtf == edtf
