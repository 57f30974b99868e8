"""One clock for sound and film, made of time stamps that may lie."""

from __future__ import annotations

LONGEST_HOLE_S = 600.0
_LONGEST_STEP_BACK_S = 1.0


class Clock:
    """Turns the stamps of one stream into seconds since the beginning of the recording.

    `origin_s` is the stamp of the beginning; None: that of the first frame. A leap of
    more than ten minutes ahead, or a second back, is a clock that was set anew
    (a tape machine, a damaged header) and not time that passed.
    """

    def __init__(self, origin_s: float | None) -> None:
        self._origin_s = origin_s

    def place_s(self, stamp_s: float | None, *, expected_s: float) -> float:
        """Where a frame with this stamp belongs, when `expected_s` is where the last one ended."""
        if stamp_s is None:
            return expected_s
        if self._origin_s is None:
            self._origin_s = stamp_s - expected_s
        place_s = stamp_s - self._origin_s
        if -_LONGEST_STEP_BACK_S <= place_s - expected_s <= LONGEST_HOLE_S:
            return place_s
        self._origin_s = stamp_s - expected_s
        return expected_s
