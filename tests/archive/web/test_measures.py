"""Measures of time to come: never more exact than anyone can know."""

from __future__ import annotations

import pytest

from archive.web import measures

MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("left_ms", "said_ms"),
    [
        (0, 5_000), (7_400, 5_000), (43_000, 45_000), (55_000, MINUTE_MS),
        (387_000, 6 * MINUTE_MS), (3_569_000, 59 * MINUTE_MS), (3_570_000, 60 * MINUTE_MS),
        (5_000_000, 80 * MINUTE_MS),
    ],
)  # fmt: skip
def test_the_time_that_is_left_is_told_roughly(left_ms: int, said_ms: int) -> None:
    assert measures.roughly(left_ms) == said_ms
