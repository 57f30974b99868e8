from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.timecode import (
    LONGEST_RECORDING_MS,
    format_clock,
    format_clock_ms,
    parse_media_fragment,
    parse_timecode,
)


@given(st.integers(0, LONGEST_RECORDING_MS))
def test_written_file_is_read_back(ms: int) -> None:
    assert parse_timecode(format_clock_ms(ms)) == ms
    assert parse_timecode(format_clock(ms)) == ms // 1000 * 1000
    assert parse_timecode(format_clock_ms(ms).replace(".", ",")) == ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("00:41:39", 2_499_000),
        ("41:39", 2_499_000),
        ("1:02:03.4", 3_723_400),
        ("90:00", 5_400_000),
        ("100:00:00", LONGEST_RECORDING_MS),
        ("12'30\"", 750_000),
        ("12′", 720_000),
        (" 0:05 ", 5_000),
        ("00:00:01.2345678", 1_234),
    ],
)
def test_parse_timecode_accepts_common_forms(text: str, ms: int) -> None:
    assert parse_timecode(text) == ms


@pytest.mark.parametrize(
    "text", ["", ":", "1975", "7h30", "1:60", "1:60:00", "1:2:3:4", "-1:00", "١:٠٠", "1:5 phần"]
)
def test_parse_timecode_of_other_text_is_none(text: str) -> None:
    assert parse_timecode(text) is None


def test_format_clock_with_more_than_99_hours() -> None:
    assert format_clock(LONGEST_RECORDING_MS) == "100:00:00"
    assert format_clock(-5) == "00:00:00"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2499-2522", (2_499_000, 2_522_000)),
        ("2499", (2_499_000, None)),
        ("2499.5-2522,25", (2_499_500, 2_522_250)),
        ("41:39-42:02", (2_499_000, 2_522_000)),
        ("10,20", (10_000, 20_000)),
        ("npt:10,20", (10_000, 20_000)),
        (",20", (0, 20_000)),
        ("0", (0, None)),
        ("10-", (10_000, None)),
        ("10–20", (10_000, 20_000)),
    ],
)
def test_parse_media_fragment_accepts_valid_links(text: str, span: tuple[int, int | None]) -> None:
    assert parse_media_fragment(text) == span


@pytest.mark.parametrize(
    "text", ["", "-", "a", "20-10", "10-10", "1-2-3", "10-b", "9999999", "1-9999999", "<script>"]
)
def test_parse_media_fragment_of_invalid_links_is_none(text: str) -> None:
    assert parse_media_fragment(text) is None


@given(st.text(max_size=40))
def test_parse_of_any_text_never_raises(text: str) -> None:
    at_ms, span = parse_timecode(text), parse_media_fragment(text)
    assert at_ms is None or at_ms >= 0
    assert span is None or span[0] >= 0
