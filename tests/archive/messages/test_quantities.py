"""Rounding of estimated durations."""

from __future__ import annotations

import pytest

from archive.messages import quantities

MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("left_ms", "rounded_ms"),
    [
        (0, 5_000),
        (7_400, 5_000),
        (43_000, 45_000),
        (55_000, MINUTE_MS),
        (387_000, 6 * MINUTE_MS),
        (3_569_000, 59 * MINUTE_MS),
        (3_570_000, 60 * MINUTE_MS),
        (5_000_000, 80 * MINUTE_MS),
    ],
)
def test_rounded_duration_of_an_estimate_is_coarser_the_longer_it_is(
    left_ms: int, rounded_ms: int
) -> None:
    assert quantities.rounded_duration_ms(left_ms) == rounded_ms
