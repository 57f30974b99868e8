"""Which bytes a player asks for: RFC 9110 §14, for single ranges.

§14.2 lets a server ignore any Range header. What is malformed, in another unit or asks
for several ranges is answered with the whole, never with an error: only a well-formed
single range that lies past the end is unsatisfiable (416). Range is defined for GET
alone, so callers do not ask here for HEAD.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A position of twenty digits is beyond any file; longer ones are not worth the arithmetic.
_SINGLE = re.compile(r"\s*bytes\s*=[\s,]*(\d{0,20})\s*-\s*(\d{0,20})[\s,]*", re.ASCII | re.I)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to, but not with, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes to send; at least one."""
        return self.end - self.start

    def content_range(self, size: int) -> str:
        """The value of Content-Range (§14.4), whose last position is inclusive."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """Well-formed, and nothing of it exists: answer 416 with this Content-Range."""

    size: int

    @property
    def content_range(self) -> str:
        """§15.5.17: tells the present length, so that the client can ask again."""
        return f"bytes */{self.size}"


def parse(header: str | None, size: int) -> ByteRange | Unsatisfiable | None:
    """The one range that is asked for; None means: send the whole with 200.

    >>> parse("bytes=0-499", 1000)
    ByteRange(start=0, end=500)
    >>> parse("bytes=-200", 1000)
    ByteRange(start=800, end=1000)
    >>> parse("bytes=1000-", 1000)
    Unsatisfiable(size=1000)
    """
    match = _SINGLE.fullmatch(header or "")
    if match is None:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        suffix = int(last)
        if suffix == 0 or size == 0:
            return Unsatisfiable(size)
        return ByteRange(max(0, size - suffix), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        return Unsatisfiable(size)
    return ByteRange(start, min(int(last) + 1, size) if last else size)
