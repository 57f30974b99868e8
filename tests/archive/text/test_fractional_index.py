from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.text.fractional_index import initial_positions, position_between


@given(st.integers(0, 3000))
def test_initial_positions_ascend_without_repeats(count: int) -> None:
    positions = initial_positions(count)
    assert positions == sorted(set(positions))
    assert len(positions) == count


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_position_between_any_two_exists(choices: list[int]) -> None:
    positions = initial_positions(3)
    for choice in choices:
        index = choice % (len(positions) + 1)
        before = positions[index - 1] if index else ""
        after = positions[index] if index < len(positions) else ""
        found = position_between(before, after)
        assert before < found
        assert not after or found < after
        positions.insert(index, found)
    assert positions == sorted(set(positions))


def test_position_between_a_thousand_times_stays_short() -> None:
    low, high = initial_positions(2)
    for _ in range(1000):
        high = position_between(low, high)
    assert len(high) < 260


@pytest.mark.parametrize(
    ("before", "after"),
    [("b", "a"), ("000010", "00000i"), ("a", "a"), ("ab", "a"), ("a", "a0"), ("a", "a00")],
)
def test_position_between_without_space_raises_value_error(before: str, after: str) -> None:
    """A position outside the two would put a segment into another place of the text."""
    with pytest.raises(ValueError, match="does not come before"):
        position_between(before, after)
