"""Every route is requested by every member of the cast and compared with `route_table.py`."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.web.core.security import PUBLIC_ENDPOINTS
from tests.support.cast import EVERYBODY, PASSWORD
from tests.support.connections import count_connections
from tests.support.route_table import rows
from tests.support.shared_archive import SharedArchive, build_shared_archive

ULID = "01JD0000000000000000000000"


@pytest.fixture(scope="module")
def shared_archive(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[SharedArchive]:
    found = build_shared_archive(tmp_path_factory.mktemp("standing"), empty_database)
    yield found
    found.tools.database.dispose()


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


def request_status(
    shared_archive: SharedArchive,
    method: str,
    endpoint: str,
    about: str,
    member: str | None,
    language: str = "en",
    sender: dict[str, str] | None = None,
) -> int:
    ids = shared_archive.ids[about]
    address = shared_archive.url(method, endpoint, about, language=language)
    request = dict(_requests(ids).get(endpoint, {}))
    if endpoint == "transcripts.import_transcript":
        name, content = request["data"]["file"]
        request["data"] = {"file": (io.BytesIO(content), name)}
    request["headers"] = {**request.get("headers", {}), **(sender or {})}
    response = shared_archive.client(member).open(address, method=method, **request)
    response.close()
    if method not in ("GET", "HEAD", "OPTIONS"):
        shared_archive.restore()
    return response.status_code


@pytest.mark.parametrize(
    ("method", "endpoint", "about", "expected"), rows(), ids=lambda v: str(v)[:30]
)
def test_route_returns_the_status_of_the_table(
    shared_archive: SharedArchive, method: str, endpoint: str, about: str, expected: list[int]
) -> None:
    found = {
        member or "public": request_status(shared_archive, method, endpoint, about, member)
        for member in EVERYBODY
    }
    assert list(found.values()) == expected, found


@pytest.mark.parametrize(("method", "endpoint", "about", "_expected"), rows())
def test_request_holds_one_connection_at_a_time(
    shared_archive: SharedArchive, method: str, endpoint: str, about: str, _expected: list[int]
) -> None:
    for member in ("ada", "hoa", "sam", None):
        with count_connections(shared_archive.tools.database.engine) as count:
            status = request_status(shared_archive, method, endpoint, about, member)
        assert count.maximum <= 1, (member, status)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/vi/nowhere", {}, 404),
        ("GET", "/vi/interviews/LK-ABSENT", {}, 404),
        ("POST", "/vi/accounts", {"Origin": "null"}, 403),
        ("PUT", "/vi/accounts", {}, 405),
        ("GET", "/vi/search?q=%22", {}, 400),
        ("POST", "/vi/people", {}, 422),
        ("POST", "/vi/interviews/LK-OPEN/edit", {}, 409),
        ("PATCH", "/api/v1/segments/none", {}, 404),
    ],
)
def test_error_page_holds_one_connection(
    shared_archive: SharedArchive, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with count_connections(shared_archive.tools.database.engine) as count:
        answer = shared_archive.client("ada").open(path, method=method, headers=headers)
    assert (answer.status_code, count.maximum <= 1) == (status, True)


UNSAFE = [row for row in rows() if row[0] not in ("GET", "HEAD", "OPTIONS")]
FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Origin": "http://localhost:8081"},
    {"Origin": "null"},
    {"Referer": "http://evil.test/en/accounts"},
)


@pytest.mark.parametrize(("method", "endpoint", "about", "_expected"), UNSAFE)
def test_cross_origin_request_is_refused(
    shared_archive: SharedArchive, method: str, endpoint: str, about: str, _expected: list[int]
) -> None:
    for member in ("ada", None):
        for sender in FOREIGN:
            assert (
                request_status(shared_archive, method, endpoint, about, member, sender=sender)
                == 403
            ), sender


@pytest.mark.parametrize(("method", "endpoint", "about", "expected"), UNSAFE)
def test_same_origin_request_returns_the_status_of_the_table(
    shared_archive: SharedArchive, method: str, endpoint: str, about: str, expected: list[int]
) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    found = [
        request_status(shared_archive, method, endpoint, about, member, sender=own)
        for member in EVERYBODY
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("endpoint", "about"),
    [(endpoint, about) for method, endpoint, about, found in rows() if method == "GET"],
)
def test_every_page_renders_in_vietnamese(
    shared_archive: SharedArchive, endpoint: str, about: str
) -> None:
    assert request_status(shared_archive, "GET", endpoint, about, "ada", language="vi") < 500


def test_every_route_is_in_the_table(shared_archive: SharedArchive) -> None:
    listed = {(method, endpoint) for method, endpoint, _about, _expected in rows()}
    existing = {
        (method, rule.endpoint)
        for rule in shared_archive.app.url_map.iter_rules()
        for method in (rule.methods or set())
        if rule.endpoint != "static" and not _is_implied(method, rule.methods or set())
    }
    assert existing - listed == set(), "a route without a row"
    assert listed - existing == set(), "a row without a route"


def test_endpoint_is_named_like_its_function(shared_archive: SharedArchive) -> None:
    # Names of functions are checked by test_plain_language; another name would not be.
    functions = shared_archive.app.view_functions
    assert [
        endpoint
        for endpoint, function in functions.items()
        if endpoint != "static" and endpoint.rpartition(".")[2] != function.__name__
    ] == []


def _is_implied(method: str, methods: set[str]) -> bool:
    """Return whether Flask added the method: HEAD with GET, OPTIONS with others."""
    return (method == "HEAD" and "GET" in methods) or (method == "OPTIONS" and len(methods) > 1)


def test_public_routes_of_the_table_are_public_endpoints() -> None:
    for method, endpoint, _about, expected in rows():
        if expected[-1] in (200, 302) or (expected[-1] == 303 and method == "POST"):
            assert endpoint in PUBLIC_ENDPOINTS, endpoint


def test_invisible_interview_is_answered_like_a_missing_one(shared_archive: SharedArchive) -> None:
    """The bodies are equal too."""
    hidden = shared_archive.client("sam").get(
        f"/en/interviews/{shared_archive.ids['closed']['accession']}"
    )
    absent = shared_archive.client("sam").get("/en/interviews/LK-ABSENT")
    assert hidden.status_code == absent.status_code == 404
    assert _without_nonce(hidden.get_data(as_text=True), "LK-CLOSED") == _without_nonce(
        absent.get_data(as_text=True), "LK-ABSENT"
    )


def _without_nonce(page: str, accession: str) -> str:
    page = re.sub(r'nonce="[^"]+"|content="[^"]+"|value="[^"]+"', "", page)
    return page.replace(accession, "…")
