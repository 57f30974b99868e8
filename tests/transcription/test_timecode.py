from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.timecode import (
    LONGEST_MS,
    clock,
    clock_ms,
    parse_media_fragment,
    parse_timecode,
)


@given(st.integers(0, LONGEST_MS))
def test_what_is_written_is_read_back(ms: int) -> None:
    assert parse_timecode(clock_ms(ms)) == ms
    assert parse_timecode(clock(ms)) == ms // 1000 * 1000
    assert parse_timecode(clock_ms(ms).replace(".", ",")) == ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("00:41:39", 2_499_000), ("41:39", 2_499_000), ("1:02:03.4", 3_723_400),
        ("90:00", 5_400_000), ("100:00:00", LONGEST_MS), ("12'30\"", 750_000),
        ("12′", 720_000), (" 0:05 ", 5_000), ("00:00:01.2345678", 1_234),
    ],
)  # fmt: skip
def test_forms_of_time_that_people_write(text: str, ms: int) -> None:
    assert parse_timecode(text) == ms


@pytest.mark.parametrize(
    "text", ["", ":", "1975", "7h30", "1:60", "1:60:00", "1:2:3:4", "-1:00", "١:٠٠", "1:5 phần"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_timecode(text) is None


def test_hours_may_pass_ninety_nine() -> None:
    assert clock(LONGEST_MS) == "100:00:00"
    assert clock(-5) == "00:00:00"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2499-2522", (2_499_000, 2_522_000)), ("2499", (2_499_000, None)),
        ("2499.5-2522,25", (2_499_500, 2_522_250)), ("41:39-42:02", (2_499_000, 2_522_000)),
        ("10,20", (10_000, 20_000)), ("npt:10,20", (10_000, 20_000)), (",20", (0, 20_000)),
        ("0", (0, None)), ("10-", (10_000, None)), ("10–20", (10_000, 20_000)),
    ],
)  # fmt: skip
def test_links_to_a_passage(text: str, span: tuple[int, int | None]) -> None:
    assert parse_media_fragment(text) == span


@pytest.mark.parametrize(
    "text", ["", "-", "a", "20-10", "10-10", "1-2-3", "10-b", "9999999", "1-9999999", "<script>"]
)
def test_links_that_make_no_sense(text: str) -> None:
    assert parse_media_fragment(text) is None


@given(st.text(max_size=40))
def test_no_text_makes_reading_fail(text: str) -> None:
    at_ms, span = parse_timecode(text), parse_media_fragment(text)
    assert at_ms is None or at_ms >= 0
    assert span is None or span[0] >= 0
