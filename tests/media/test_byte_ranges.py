from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import byte_ranges
from media.byte_ranges import ByteRange, Unsatisfiable, parse_range


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=-500", 9500, 10000),
        ("bytes=9500-", 9500, 10000),
        ("bytes=0-0", 0, 1),
        ("bytes=-1", 9999, 10000),
        ("bytes=0-99999", 0, 10000),
        ("bytes=-99999", 0, 10000),
        ("BYTES=0-9", 0, 10),
        ("bytes= 5-9", 5, 10),
        ("bytes=,5-9,", 5, 10),
    ],
)
def test_parse_of_single_range_returns_it(header: str, start: int, end: int) -> None:
    assert parse_range(header, 10000) == ByteRange(start, end)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=0-1,5-6",
        "items=0-5",
        "bytes=0-5;q=1",
        "bytes=--5",
        "bytes=1-2-3",
        "bytes=٣-٤",
        "0-5",
        "bytes=" + "9" * 4000 + "-",
    ],
)
def test_parse_of_malformed_or_multiple_ranges_returns_none(header: str | None) -> None:
    assert parse_range(header, 10000) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [
        ("bytes=10000-", 10000),
        ("bytes=99999-100000", 10000),
        ("bytes=-0", 10000),
        ("bytes=0-", 0),
        ("bytes=-5", 0),
    ],
)
def test_parse_of_range_past_the_end_is_unsatisfiable(header: str, size: int) -> None:
    answer = parse_range(header, size)
    assert isinstance(answer, Unsatisfiable)
    assert answer.content_range == f"bytes */{size}"


def test_content_range_is_inclusive() -> None:
    answer = parse_range("bytes=0-499", 1234)
    assert isinstance(answer, ByteRange)
    assert (answer.length, answer.content_range(1234)) == (500, "bytes 0-499/1234")


@given(header=st.text() | st.from_regex(r"bytes=\d*-\d*"), size=st.integers(0, 10**12))
def test_parse_of_any_header_returns_a_range_inside_the_file(header: str, size: int) -> None:
    answer = parse_range(header, size)
    if isinstance(answer, ByteRange):
        assert 0 <= answer.start < answer.end <= size


def test_byte_ranges_doctest_passes() -> None:
    assert doctest.testmod(byte_ranges).failed == 0
