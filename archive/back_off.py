"""The pause before something that failed is tried again."""

from __future__ import annotations


def back_off_s(failures: int, *, first_s: float = 1.0, longest_s: float) -> float:
    """Return the pause in seconds after so many failures in a row: twice as long each time."""
    return min(longest_s, first_s * 2.0 ** min(max(failures - 1, 0), 20))
