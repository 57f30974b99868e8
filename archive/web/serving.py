"""Bytes from the disk to the browser: ranges, validators, and headers that make them harmless.

A partial answer made by the framework goes through Python in pieces of 8 KiB and holds
a thread for every listener; handed over as `wsgi.file_wrapper` the server streams the
file from its own loop. Behind nginx the bytes do not pass through Python at all.
Measured: docs/decisions/2026-11-23-who-sends-the-bytes.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import http_date

from archive.access import NotVisible
from archive.web import current
from media import byte_ranges

BLOCK_BYTES = 64 * 1024
FALLBACK_BYTES = 256 * 1024
INTERNAL_PREFIX = "/_protected/"  # docs/operating.md: the nginx location with the same name


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A file on the disk and how the browser shall see it. `etag` stands for its bytes."""

    path: Path
    media_type: str
    filename: str
    etag: str
    is_attachment: bool = False


def deliver(delivery: Delivery) -> Response:
    """The file, a part of it, or 304 or 416; raises NotVisible when it is not on the disk.

    RFC 9110: only GET knows ranges, a range that cannot be read is ignored, and several
    ranges are answered with the whole. Private and revalidated each time, so that a
    right that was taken away works at once.
    """
    try:
        status = delivery.path.stat()
    except OSError as error:
        raise NotVisible from error
    headers = _headers(delivery, modified_at=status.st_mtime)
    if request.if_none_match.contains(delivery.etag):
        return Response(status=304, headers=_without_body(headers))
    if current.settings().media_handoff == "x-accel":
        headers["X-Accel-Redirect"] = _internal(delivery.path)
        return Response(status=200, headers=headers)
    size = status.st_size
    wanted = _range(size, delivery.etag)
    if isinstance(wanted, byte_ranges.Unsatisfiable):
        headers["Content-Range"] = wanted.content_range
        return Response(status=416, headers=_without_body(headers))
    if wanted is None:
        return _send(delivery.path, 0, size, status=200, headers=headers)
    headers["Content-Range"] = wanted.content_range(size)
    return _send(delivery.path, wanted.start, wanted.end, status=206, headers=headers)


def disposition(kind: str, filename: str) -> str:
    """`Content-Disposition` with a name in any script (RFC 6266, RFC 8187)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _range(size: int, etag: str) -> byte_ranges.ByteRange | byte_ranges.Unsatisfiable | None:
    if request.method != "GET":
        return None
    if_range = request.headers.get("If-Range")
    if if_range is not None and if_range.strip() != f'"{etag}"':
        return None
    return byte_ranges.parse(request.headers.get("Range"), size)


def _headers(delivery: Delivery, *, modified_at: float) -> dict[str, str]:
    return {
        "Content-Type": delivery.media_type,
        "Content-Disposition": disposition(
            "attachment" if delivery.is_attachment else "inline", delivery.filename
        ),
        "Accept-Ranges": "bytes",
        "ETag": f'"{delivery.etag}"',
        "Last-Modified": http_date(datetime.fromtimestamp(int(modified_at), UTC)),
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _without_body(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Content-Type"}


def _internal(path: Path) -> str:
    return INTERNAL_PREFIX + quote(str(path.relative_to(current.settings().home)))


def _send(path: Path, start: int, end: int, *, status: int, headers: dict[str, str]) -> Response:
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status=status, headers=headers)
    stream = path.open("rb", buffering=0)
    stream.seek(start)
    wrapper = request.environ.get("wsgi.file_wrapper")
    body: Iterable[bytes]
    if wrapper is None:
        body = _blocks(stream, end - start)
    else:
        body = cast("Iterable[bytes]", wrapper(stream, BLOCK_BYTES))
    return Response(body, status=status, headers=headers, direct_passthrough=True)


def _blocks(stream: IO[bytes], left: int) -> Iterator[bytes]:
    """Never the raw file: a server would iterate over it by line."""
    with stream:
        while left > 0 and (block := stream.read(min(left, FALLBACK_BYTES))):
            left -= len(block)
            yield block
