"""Fractional index: position strings between which another always exists.

An insert changes one row. Digits and lower-case letters only, compared byte by byte.
"""

from __future__ import annotations

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE = len(_DIGITS)
_WIDTH = 6


def initial_positions(count: int) -> list[str]:
    """Return `count` ascending positions that leave space before, between and after.

    >>> initial_positions(2)
    ['00000i', '000010']
    """
    return [_fixed((number + 1) * (_BASE // 2)) for number in range(count)]


def position_between(before: str, after: str) -> str:
    """Return a position after `before` and before `after`; "" is an open end.

    Never ends in "0", since nothing fits between "a" and "a0". Raises ValueError when
    nothing fits, also for arguments in the wrong order.

    >>> position_between("00000i", "000010") > "00000i"
    True
    """
    if after and before >= after.rstrip("0"):
        raise ValueError(f"{before!r} does not come before {after!r}")
    prefix = ""
    while True:
        low = _digit(before, len(prefix))
        high = _digit(after, len(prefix)) if after else _BASE
        if after and len(prefix) >= len(after):
            high = _BASE
        if high - low > 1:
            return prefix + _DIGITS[(low + high) // 2]
        prefix += _DIGITS[low]
        if high > low:
            after = ""  # every continuation of `prefix` is below the upper end


def _digit(position: str, index: int) -> int:
    return _DIGITS.index(position[index]) if index < len(position) else 0


def _fixed(number: int) -> str:
    digits = ""
    for _ in range(_WIDTH):
        number, digit = divmod(number, _BASE)
        digits = _DIGITS[digit] + digits
    return digits
