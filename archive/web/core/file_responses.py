"""File responses: byte ranges, validators, and headers that make the content harmless.

A partial response made by the framework goes through Python in blocks of 8 KiB and holds a thread
for every listener; given as `wsgi.file_wrapper` the server streams the file from its own loop.
Behind nginx the bytes do not pass through Python at all.
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
from archive.web.core import current
from media import byte_ranges

BLOCK_BYTES = 64 * 1024
FALLBACK_BYTES = 256 * 1024
INTERNAL_PREFIX = "/_protected/"  # docs/operating.md: the nginx location with the same name


@dataclass(frozen=True, kw_only=True)
class ServedFile:
    """A file on disk with its response headers. `etag` identifies its bytes."""

    path: Path
    media_type: str
    filename: str
    etag: str
    is_attachment: bool = False


def file_response(served: ServedFile) -> Response:
    """Return the file, a range of it, 304 or 416; raise NotVisible if it is not on disk.

    RFC 9110: ranges apply to GET only, an unparsable range is ignored, and several ranges get the
    whole file. Private and revalidated each time, so that a withdrawn permission takes effect at
    once.
    """
    try:
        status = served.path.stat()
    except OSError as error:
        raise NotVisible from error
    headers = _headers(served, modified_at=status.st_mtime)
    if request.if_none_match.contains(served.etag):
        return Response(status=304, headers=_without_body(headers))
    if current.settings().media_handoff == "x-accel":
        headers["X-Accel-Redirect"] = _internal_url(served.path)
        return Response(status=200, headers=headers)
    size = status.st_size
    requested = _range(size, served.etag)
    if isinstance(requested, byte_ranges.Unsatisfiable):
        headers["Content-Range"] = requested.content_range
        return Response(status=416, headers=_without_body(headers))
    if requested is None:
        return _send(served.path, 0, size, status=200, headers=headers)
    headers["Content-Range"] = requested.content_range(size)
    return _send(served.path, requested.start, requested.end, status=206, headers=headers)


def content_disposition(kind: str, filename: str) -> str:
    """Return a `Content-Disposition` with a name in any script (RFC 6266, RFC 8187)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _range(size: int, etag: str) -> byte_ranges.ByteRange | byte_ranges.Unsatisfiable | None:
    if request.method != "GET":
        return None
    if_range = request.headers.get("If-Range")
    if if_range is not None and if_range.strip() != f'"{etag}"':
        return None
    return byte_ranges.parse_range(request.headers.get("Range"), size)


def _headers(served: ServedFile, *, modified_at: float) -> dict[str, str]:
    return {
        "Content-Type": served.media_type,
        "Content-Disposition": content_disposition(
            "attachment" if served.is_attachment else "inline", served.filename
        ),
        "Accept-Ranges": "bytes",
        "ETag": f'"{served.etag}"',
        "Last-Modified": http_date(datetime.fromtimestamp(int(modified_at), UTC)),
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _without_body(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Content-Type"}


def _internal_url(path: Path) -> str:
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


def _blocks(stream: IO[bytes], remaining: int) -> Iterator[bytes]:
    """Yield blocks of the file; a server would iterate over the raw file by line."""
    with stream:
        while remaining > 0 and (block := stream.read(min(remaining, FALLBACK_BYTES))):
            remaining -= len(block)
            yield block
