"""Parse the Range header for single byte ranges (RFC 9110 §14).

§14.2 lets a server ignore any Range header. A header that is malformed, in
another unit or with several ranges gets the whole file, never an error: only a well-formed
single range past the end is unsatisfiable (416). Range is defined for GET
alone, so callers do not call this for HEAD.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# No file is as long as a number of twenty digits; longer numbers are not parsed.
_SINGLE = re.compile(r"\s*bytes\s*=[\s,]*(\d{0,20})\s*-\s*(\d{0,20})[\s,]*", re.ASCII | re.I)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to, but not with, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Return the number of bytes to send; at least one."""
        return self.end - self.start

    def content_range(self, size: int) -> str:
        """Return the value of Content-Range (§14.4), whose last position is inclusive."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """A well-formed range past the end of the file: respond 416 with this Content-Range."""

    size: int

    @property
    def content_range(self) -> str:
        """Return the value that states the current length (§15.5.17), for the next request."""
        return f"bytes */{self.size}"


def parse_range(header: str | None, size: int) -> ByteRange | Unsatisfiable | None:
    """Return the requested range; None means: send the whole file with 200.

    >>> parse_range("bytes=0-499", 1000)
    ByteRange(start=0, end=500)
    >>> parse_range("bytes=-200", 1000)
    ByteRange(start=800, end=1000)
    >>> parse_range("bytes=1000-", 1000)
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
