"""Every route is asked by every member of the cast; the table in `route_table.py` is the law."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.web.security import PUBLIC_ENDPOINTS
from tests.archive.web.route_table import rows
from tests.cast import EVERYBODY, PASSWORD
from tests.standing import Standing, build

ULID = "01JD0000000000000000000000"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Standing]:
    found = build(tmp_path_factory.mktemp("standing"), empty_database)
    yield found
    found.tools.database.dispose()


Ask = dict[str, Any]


def _tus(**facts: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in facts.items())


def _asks(names: dict[str, str]) -> dict[str, Ask]:
    """What a request of an endpoint carries; only what it cannot do without."""
    editing = {"Idempotency-Key": ULID, "If-Match": '"1"'}
    tus = {"Tus-Resumable": "1.0.0"}
    piece = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    create = tus | {"Upload-Length": "10"}
    accession = names.get("accession", "")
    create["Upload-Metadata"] = _tus(accession=accession, filename="c.wav")
    described = {"title": "Một", "audience": "staff", "languages": "vi"}
    point = {"at": "00:00:01", "title": "Mở đầu"}
    split = {"op": "set_speaker", "ids": [names.get("segment_id", "")], "speaker": "Bà Lan"}
    return {
        "accounts.create": {"data": {"name": "Minh", "email": "minh@archive.test",
                                     "role": "editor", "password": PASSWORD}},
        "accounts.change": {"data": {"name": "Sam", "role": "researcher", "is_active": "1"}},
        "accounts.save_profile": {"data": {"name": "A name", "language": "vi"}},
        "accounts.end_sessions": {"data": {"end": "0123456789abcdef"}},
        "office.save": {"data": {"site_name": "A name", "accession_prefix": "LK"}},
        "display.choose": {"data": {"theme": "next"}},
        "interviews.create": {"data": described},
        "interviews.date": {"query_string": {"told": "1978"}},
        "interviews.describe": {"data": described | {"revision": "1"}},
        "people.create": {"data": {"full_name": "Lê Bình"}},
        "people.describe": {"data": {"full_name": "Lê Bình"}},
        "contents.add": {"data": point},
        "contents.change": {"data": point},
        "search.show": {"query_string": {"q": "hem"}},
        "sign_in.enter": {"data": {"email": "x@archive.test", "password": "wrong"}},
        "transcripts.start": {"data": {"model": "whisper:small"}},
        "transcripts.bring_in": {"data": {"file": ("a.txt", b"Mot cau.")}},
        "versions.reopen": {"data": {"reason": "a name was wrong"}},
        "versions.restore": {"data": {"segment": names.get("segment_id", ""), "revision": "1"}},
        "editing.save": {"json": {"text": "Hồi đó nhà tôi ở hẻm nhỏ."}, "headers": editing},
        "editing.operate": {"json": {"ops": [split]}, "headers": editing},
        "editing.revert": {"json": {"rev": 1}, "headers": editing},
        "presence.tell": {"json": {"seg": None, "typing": False}},
        "uploads.create": {"headers": create},
        "uploads.head": {"headers": tus},
        "uploads.append": {"headers": piece, "data": b"12345"},
        "uploads.discard": {"headers": tus},
        "uploads.override": {"headers": piece | {"X-HTTP-Method-Override": "PATCH"},
                             "data": b"12345"},
        "uploads.maybe_known": {"query_string": {"accession": accession, "length": "5"}},
        "uploads.known": {"data": {"accession": accession, "length": "5", "sha256": "0" * 64}},
        "uploads.same": {"data": b"", "query_string": {"offset": "0"}},
    }  # fmt: skip


def ask(
    standing: Standing,
    method: str,
    endpoint: str,
    about: str,
    member: str | None,
    language: str = "en",
) -> int:
    names = standing.names[about]
    address = standing.address(method, endpoint, about, language=language)
    request = dict(_asks(names).get(endpoint, {}))
    if endpoint == "transcripts.bring_in":
        name, content = request["data"]["file"]
        request["data"] = {"file": (io.BytesIO(content), name)}
    response = standing.client(member).open(address, method=method, **request)
    response.close()
    if method not in ("GET", "HEAD", "OPTIONS"):
        standing.put_back()
    return response.status_code


@pytest.mark.parametrize(
    ("method", "endpoint", "about", "expected"), rows(), ids=lambda v: str(v)[:30]
)
def test_everybody_gets_the_answer_of_the_table(
    standing: Standing, method: str, endpoint: str, about: str, expected: list[int]
) -> None:
    found = {
        member or "public": ask(standing, method, endpoint, about, member) for member in EVERYBODY
    }
    assert list(found.values()) == expected, found


@pytest.mark.parametrize(
    ("endpoint", "about"),
    [(endpoint, about) for method, endpoint, about, found in rows() if method == "GET"],
)
def test_every_page_is_whole_in_vietnamese_too(
    standing: Standing, endpoint: str, about: str
) -> None:
    assert ask(standing, "GET", endpoint, about, "ada", language="vi") < 500


def test_every_route_has_a_row(standing: Standing) -> None:
    told = {(method, endpoint) for method, endpoint, _about, _expected in rows()}
    there = {
        (method, rule.endpoint)
        for rule in standing.app.url_map.iter_rules()
        for method in (rule.methods or set())
        if rule.endpoint != "static" and not _implied(method, rule.methods or set())
    }
    assert there - told == set(), "a route without a row"
    assert told - there == set(), "a row without a route"


def _implied(method: str, methods: set[str]) -> bool:
    """HEAD comes with GET, and OPTIONS with everything, unless they are alone."""
    return (method == "HEAD" and "GET" in methods) or (method == "OPTIONS" and len(methods) > 1)


def test_what_the_public_gets_is_in_the_one_list() -> None:
    for method, endpoint, _about, expected in rows():
        if expected[-1] in (200, 302) or (expected[-1] == 303 and method == "POST"):
            assert endpoint in PUBLIC_ENDPOINTS, endpoint


def test_what_is_not_there_answers_like_what_may_not_be_known(standing: Standing) -> None:
    """The body too: nobody can tell a closed interview from none."""
    hidden = standing.client("sam").get(f"/en/interviews/{standing.names['closed']['accession']}")
    absent = standing.client("sam").get("/en/interviews/LK-ABSENT")
    assert hidden.status_code == absent.status_code == 404
    assert _without_nonce(hidden.get_data(as_text=True), "LK-CLOSED") == _without_nonce(
        absent.get_data(as_text=True), "LK-ABSENT"
    )


def _without_nonce(page: str, accession: str) -> str:
    page = re.sub(r'nonce="[^"]+"|content="[^"]+"|value="[^"]+"', "", page)
    return page.replace(accession, "…")
