from __future__ import annotations

import warnings
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.time.dates import NotADate, in_words, parse


@pytest.mark.parametrize(
    ("edtf", "earliest", "latest"),
    [
        ("1978", "1978-01-01", "1978-12-31"),
        ("1978~", "1977-01-01", "1979-12-31"),
        ("1980?", "1980-01-01", "1980-12-31"),
        ("[1987..1988]", "1987-01-01", "1988-12-31"),
        ("[1943,1945]", "1943-01-01", "1945-12-31"),
        ("1985/1986", "1985-01-01", "1986-12-31"),
        ("1976-01~/1976-04~", "1976-01-01", "1976-04-30"),
        ("1975-05", "1975-05-01", "1975-05-31"),
        ("1975-04-30", "1975-04-30", "1975-04-30"),
        ("1979-08~", "1979-07-01", "1979-09-30"),
        ("198X", "1980-01-01", "1989-12-31"),
        ("1986/..", "1986-01-01", None),
        ("../1974", None, "1974-12-31"),
        ("1986-33", "1986-01-01", "1986-03-31"),
        ("2022-01/2022-06", "2022-01-01", "2022-06-30"),
    ],
)
def test_parse_returns_bounds(edtf: str, earliest: str | None, latest: str | None) -> None:
    span = parse(edtf)
    assert span.earliest_on == (date.fromisoformat(earliest) if earliest else None)
    assert span.latest_on == (date.fromisoformat(latest) if latest else None)


@pytest.mark.parametrize(
    "text", ["", "khoảng 1978", "1978-13", "1975-02-30", "1986/1985", "x" * 200]
)
def test_parse_of_invalid_text_raises(text: str) -> None:
    with pytest.raises(NotADate):
        parse(text)


@pytest.mark.parametrize(
    ("edtf", "vi", "en"),
    [
        ("2019-05-12", "12-05-2019", "12 May 2019"),
        ("1945-08", "tháng 8-1945", "August 1945"),
        ("1978~", "khoảng 1978", "about 1978"),
        ("1980?", "có lẽ 1980", "perhaps 1980"),
        ("1985/1986", "1985–1986", "1985–1986"),
        ("1968-01-30/1968-01-31", "30-01-1968–31-01-1968", "30 January 1968 – 31 January 1968"),
        ("1986/..", "từ 1986", "from 1986"),
        ("../1974", "đến 1974", "until 1974"),
        (
            "1976-01~/1976-04~",
            "khoảng tháng 1-1976 – tháng 4-1976",
            "about January 1976 – April 1976",
        ),
        ("197X", "thập niên 1970", "1970s"),
        ("198X~", "khoảng thập niên 1980", "about 1980s"),
        ("19XX", "thế kỷ 20", "20th century"),
        ("20XX", "thế kỷ 21", "21st century"),
        ("1986-33", "quý I-1986", "first quarter of 1986"),
        ("2018-41", "nửa cuối năm 2018", "second half of 2018"),
        ("[1987..1988]", "1987–1988", "1987–1988"),
        ("[1943,1945]", "1943 hoặc 1945", "1943 or 1945"),
        ("{1943,1945}", "1943 và 1945", "1943 and 1945"),
        ("[..1950]", "1950 hoặc trước đó", "1950 or earlier"),
        ("[1950..]", "1950 hoặc sau đó", "1950 or later"),
    ],
)
def test_in_words_formats_by_language(edtf: str, vi: str, en: str) -> None:
    assert in_words(edtf, "vi") == vi
    assert in_words(edtf, "en") == en


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2100, 12, 31)))
def test_parse_of_day_has_equal_bounds(day: date) -> None:
    span = parse(day.isoformat())
    assert span.earliest_on == span.latest_on == day


@given(st.text(alphabet="0123456789-/.~?%X[],", max_size=20))
def test_parse_of_any_text_returns_or_raises_not_a_date(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            span = parse(text)
        except NotADate:
            return
    if span.earliest_on and span.latest_on:
        assert span.earliest_on <= span.latest_on
    assert in_words(span.edtf, "vi")
