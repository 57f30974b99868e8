from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.time import dates
from archive.time.date_phrases import to_edtf

PHRASES = Path(__file__).parents[2] / "fixtures" / "dates" / "phrases.csv"
TODAY = date(2026, 11, 24)
# A day without a year has no place on a line of time.
WITHOUT_BOUNDS = {"mùng 2/9"}


def phrases() -> list[dict[str, str]]:
    with PHRASES.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", phrases(), ids=lambda row: row["phrase"])
def test_to_edtf_of_collected_phrase_is_expected(row: dict[str, str]) -> None:
    expected = "" if row["phrase"] in WITHOUT_BOUNDS else row["edtf"]
    assert to_edtf(row["phrase"], today=TODAY) == expected


@pytest.mark.parametrize(
    ("phrase", "edtf"),
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
def test_to_edtf_of_variant_is_expected(phrase: str, edtf: str) -> None:
    assert to_edtf(phrase, today=TODAY) == edtf


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "hồi nhỏ",
        "30/4",
        "31/2/1978",
        "99/99/1999",
        "năm 33",
        "mùng một Tết",
        "1" * 50,
        "9" * 100_000,
        "\u202e1978",
        "Tết Giáp Sửu",
        "<b>1978</b>",
        "mồng 40 Tết 1985",
    ],
)
def test_to_edtf_of_unknown_phrase_is_empty(phrase: str) -> None:
    assert to_edtf(phrase, today=TODAY) == ""


@given(st.text(max_size=60))
def test_to_edtf_of_any_text_is_valid_edtf(phrase: str) -> None:
    edtf = to_edtf(phrase, today=TODAY)
    assert edtf == "" or dates.parse(edtf).edtf == edtf


def test_two_digits_up_to_the_present_year_are_of_this_century() -> None:
    this_year = datetime.now(UTC).year
    assert to_edtf(f"12/5/{this_year % 100:02d}") == f"{this_year}-05-12"
    assert to_edtf(f"12/5/{this_year % 100 + 1:02d}") == ""
