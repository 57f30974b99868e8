"""The smallest valid request of every route."""

from __future__ import annotations

import base64
import io
from typing import Any

from werkzeug.test import TestResponse

from tests.support.cast import PASSWORD
from tests.support.shared_archive import SharedArchive

ULID = "01JD0000000000000000000000"
Ask = dict[str, Any]


def _tus(**facts: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in facts.items())


def _requests(ids: dict[str, str]) -> dict[str, Ask]:
    """Return the minimal request arguments by endpoint."""
    editing = {"Idempotency-Key": ULID, "If-Match": '"1"'}
    tus = {"Tus-Resumable": "1.0.0"}
    piece = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    create = tus | {"Upload-Length": "10"}
    accession = ids.get("accession", "")
    create["Upload-Metadata"] = _tus(accession=accession, filename="c.wav")
    described = {"title": "Một", "audience": "staff", "languages": "vi"}
    point = {"at": "00:00:01", "title": "Mở đầu"}
    split = {"op": "set_speaker", "ids": [ids.get("segment_id", "")], "speaker": "Bà Lan"}
    return {
        "accounts.create": {
            "data": {
                "name": "Minh",
                "email": "minh@archive.test",
                "role": "editor",
                "password": PASSWORD,
            }
        },
        "accounts.update": {"data": {"name": "Sam", "role": "researcher", "is_active": "1"}},
        "accounts.save_profile": {"data": {"name": "A name", "language": "vi"}},
        "accounts.end_sessions": {"data": {"end": "0123456789abcdef"}},
        "settings.save": {"data": {"site_name": "A name", "accession_prefix": "LK"}},
        "display.set_preferences": {"data": {"theme": "next"}},
        "interviews.create": {"data": described},
        "interviews.read_date": {"query_string": {"told": "1978"}},
        "interviews.update": {"data": described | {"revision": "1"}},
        "people.create": {"data": {"full_name": "Lê Bình"}},
        "people.update": {"data": {"full_name": "Lê Bình"}},
        "index_points.add": {"data": point},
        "index_points.update": {"data": point},
        "search.show": {"query_string": {"q": "hem"}},
        "sign_in.create_session": {"data": {"email": "x@archive.test", "password": "wrong"}},
        "transcripts.start": {"data": {"model": "whisper:small"}},
        "transcripts.import_transcript": {"data": {"file": ("a.txt", b"Mot cau.")}},
        "versions.reopen": {"data": {"reason": "a name was wrong"}},
        "versions.restore": {"data": {"segment": ids.get("segment_id", ""), "revision": "1"}},
        "editing.save": {"json": {"text": "Hồi đó nhà tôi ở hẻm nhỏ."}, "headers": editing},
        "editing.apply_operations": {"json": {"ops": [split]}, "headers": editing},
        "editing.revert": {"json": {"rev": 1}, "headers": editing},
        "presence.report": {"json": {"seg": None, "typing": False}},
        "tus.create": {"headers": create},
        "tus.head": {"headers": tus},
        "tus.receive_part": {"headers": piece, "data": b"12345"},
        "tus.discard": {"headers": tus},
        "tus.override": {
            "headers": piece | {"X-HTTP-Method-Override": "PATCH"},
            "data": b"12345",
        },
        "uploads.may_be_known": {"query_string": {"accession": accession, "length": "5"}},
        "uploads.find_known": {"data": {"accession": accession, "length": "5", "sha256": "0" * 64}},
        "uploads.matches_received": {"data": b"", "query_string": {"offset": "0"}},
    }


def send_request(
    shared_archive: SharedArchive,
    method: str,
    endpoint: str,
    about: str,
    member: str | None,
    language: str = "en",
    sender: dict[str, str] | None = None,
) -> TestResponse:
    """Send the smallest valid request of a route; the caller closes the response."""
    ids = shared_archive.ids[about]
    address = shared_archive.url(method, endpoint, about, language=language)
    request = dict(_requests(ids).get(endpoint, {}))
    if endpoint == "transcripts.import_transcript":
        name, content = request["data"]["file"]
        request["data"] = {"file": (io.BytesIO(content), name)}
    request["headers"] = {**request.get("headers", {}), **(sender or {})}
    return shared_archive.client(member).open(address, method=method, **request)


def request_status(
    shared_archive: SharedArchive,
    method: str,
    endpoint: str,
    about: str,
    member: str | None,
    language: str = "en",
    sender: dict[str, str] | None = None,
) -> int:
    """Send the request, restore the archive if it may have changed, and return the status."""
    response = send_request(
        shared_archive, method, endpoint, about, member, language=language, sender=sender
    )
    response.close()
    if method not in ("GET", "HEAD", "OPTIONS"):
        shared_archive.restore()
    return response.status_code
