"""The examples of `docs/editor-api.md` are sent and compared with the responses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from archive.db import Database
from archive.messages.transcripts import SEGMENT
from archive.web.core.errors import STATUS_OF_CODE
from tests.support import approval_form, sample_transcript

PAGE = Path(__file__).parents[4] / "docs" / "editor-api.md"
BLOCK = re.compile(r"```(request|answer)\n(.*?)```", re.DOTALL)
ANYTHING = "…"


def differences(expected: Any, found: Any, where: str = "answer") -> list[str]:
    """Return where a response differs from the documented one."""
    if expected == ANYTHING:
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            fault
            for key, value in expected.items()
            for fault in (
                differences(value, found[key], f"{where}.{key}")
                if key in found
                else [f"{where}.{key} is missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            f
            for i, (s, t) in enumerate(zip(expected, found, strict=True))
            for f in differences(s, t, f"{where}[{i}]")
        ]
    return [] if expected == found else [f"{where}: {expected!r} on the page, {found!r} in truth"]


def documented_exchanges(names: dict[str, str]) -> list[tuple[str, str]]:
    """Return requests and responses in the order of the page, with ids filled in."""
    text = PAGE.read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    blocks = BLOCK.findall(text)
    assert [kind for kind, _body in blocks] == ["request", "answer"] * (len(blocks) // 2)
    return [(blocks[i][1], blocks[i + 1][1]) for i in range(0, len(blocks), 2)]


def send(clients: dict[str, FlaskClient], block: str) -> Any:
    head, _blank, body = block.partition("\n\n")
    first, *rest = head.strip().splitlines()
    method, address = first.split(" ")
    headers = dict(line.split(": ", 1) for line in rest)
    who = headers.pop("As", "cleo")
    sent = body.strip().encode() or None
    kind = headers.pop("Content-Type", "application/json")
    return clients[who].open(
        address,
        method=method,
        headers=headers,
        data=sent,
        content_type=kind if sent else None,
    )


def test_editor_api_examples_match_responses(
    database: Database, client_of: Callable[[str | None], FlaskClient]
) -> None:
    with database.writing() as db:
        of = sample_transcript.add_interview(db)
        version = sample_transcript.add_version(db, of)
        witness = next(c.id for c in of.contributions if c.role == "witness")
        names = {f"s{n}": s.id for n, s in enumerate(version.segments, start=1)}
        version_id = version.id
        names |= {"version": version_id, "witness": witness}
    clients = {name: client_of(name) for name in ("cleo", "rob", "sam")}
    clients["nobody"] = client_of(None)
    tried = documented_exchanges(names)
    assert len(tried) >= 20
    for request, answer in tried:
        status, _newline, body = answer.partition("\n")
        if "{seal}" in request:
            request = request.replace("{seal}", approval_form.read_seal(clients["rob"], version_id))
        response = send(clients, request)
        assert response.status_code == int(status), f"{request}\n{response.get_data(as_text=True)}"
        faults = differences(json.loads(body), response.get_json()) if body.strip() else []
        assert not faults, f"{request}\n" + "\n".join(faults)


def test_editor_api_page_lists_every_status_and_reason() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert SEGMENT.keys() - set(re.findall(r"`([a-z_]+)`", page)) <= {"negative_time", "empty_time"}
    for status in (200, 400, 401, 403, 404, 409, 410, 412, 413, 422, 423, 428, 503):
        assert f"| {status} |" in page
    assert STATUS_OF_CODE["frozen"] == 423
