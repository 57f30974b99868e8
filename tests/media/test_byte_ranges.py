from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import byte_ranges
from media.byte_ranges import ByteRange, Unsatisfiable, parse


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
def test_a_single_range_is_given(header: str, start: int, end: int) -> None:
    assert parse(header, 10000) == ByteRange(start, end)


@pytest.mark.parametrize(
    "header",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,5-6",
        "items=0-5", "bytes=0-5;q=1", "bytes=--5", "bytes=1-2-3", "bytes=٣-٤", "0-5",
        "bytes=" + "9" * 4000 + "-",
    ],
)  # fmt: skip
def test_what_is_malformed_foreign_or_manifold_gets_the_whole(header: str | None) -> None:
    assert parse(header, 10000) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=10000-", 10000), ("bytes=99999-100000", 10000), ("bytes=-0", 10000),
     ("bytes=0-", 0), ("bytes=-5", 0)],
)  # fmt: skip
def test_what_lies_past_the_end_is_unsatisfiable(header: str, size: int) -> None:
    answer = parse(header, size)
    assert isinstance(answer, Unsatisfiable)
    assert answer.content_range == f"bytes */{size}"


def test_the_header_for_the_answer_counts_inclusively() -> None:
    answer = parse("bytes=0-499", 1234)
    assert isinstance(answer, ByteRange)
    assert (answer.length, answer.content_range(1234)) == (500, "bytes 0-499/1234")


@given(header=st.text() | st.from_regex(r"bytes=\d*-\d*"), size=st.integers(0, 10**12))
def test_any_header_gives_a_range_inside_the_file_or_none(header: str, size: int) -> None:
    answer = parse(header, size)
    if isinstance(answer, ByteRange):
        assert 0 <= answer.start < answer.end <= size


def test_the_examples_in_the_docstring_run() -> None:
    assert doctest.testmod(byte_ranges).failed == 0
