"""Every route is requested by every member of the cast and compared with `route_table.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.web.core.security import PUBLIC_ENDPOINTS
from tests.support.cast import EVERYBODY
from tests.support.connections import count_connections
from tests.support.route_requests import request_status
from tests.support.route_table import rows
from tests.support.shared_archive import SharedArchive, build_shared_archive


@pytest.fixture(scope="module")
def shared_archive(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[SharedArchive]:
    found = build_shared_archive(tmp_path_factory.mktemp("standing"), empty_database)
    yield found
    found.tools.database.dispose()


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
