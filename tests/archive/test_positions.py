from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archive.positions import between, spread


@given(st.integers(0, 3000))
def test_spread_ascends_and_never_repeats(count: int) -> None:
    positions = spread(count)
    assert positions == sorted(set(positions))
    assert len(positions) == count


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_there_is_always_room_between(choices: list[int]) -> None:
    positions = spread(3)
    for choice in choices:
        index = choice % (len(positions) + 1)
        before = positions[index - 1] if index else ""
        after = positions[index] if index < len(positions) else ""
        found = between(before, after)
        assert before < found
        assert not after or found < after
        positions.insert(index, found)
    assert positions == sorted(set(positions))


def test_a_thousand_inserts_at_one_place_stay_short() -> None:
    low, high = spread(2)
    for _ in range(1000):
        high = between(low, high)
    assert len(high) < 260
