"""Correct the time stamps of a damaged stream, for sound and film alike."""

from __future__ import annotations

MAX_GAP_S = 600.0
_MAX_STEP_BACK_S = 1.0


class TimestampNormaliser:
    """Converts the time stamps of one stream to seconds since the start of the recording.

    `origin_s` is the stamp of the start; None: that of the first frame. A jump of more
    than ten minutes ahead, or of a second back, is taken for a clock that was reset
    (a tape machine, a damaged header): the frame then follows the previous one.
    """

    def __init__(self, origin_s: float | None) -> None:
        self._origin_s = origin_s

    def to_seconds(self, stamp_s: float | None, *, expected_s: float) -> float:
        """Return the start of a frame in seconds; `expected_s` is the end of the previous frame."""
        if stamp_s is None:
            return expected_s
        if self._origin_s is None:
            self._origin_s = stamp_s - expected_s
        to_seconds = stamp_s - self._origin_s
        if -_MAX_STEP_BACK_S <= to_seconds - expected_s <= MAX_GAP_S:
            return to_seconds
        self._origin_s = stamp_s - expected_s
        return expected_s
