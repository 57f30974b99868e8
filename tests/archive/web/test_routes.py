"""Every route is asked by every member of the cast; the table in `route_table.py` is the law."""

from __future__ import annotations

import base64
import io
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import StrictUndefined
from sqlalchemy import select

from app import create_app
from archive.access import Actor, machine
from archive.actions import accounts, ingest, transcription, transcripts, uploads
from archive.actions.transcription import Wanted
from archive.jobs.worker import Worker
from archive.models import Interview, MediaFile, Segment, TranscriptVersion, User
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.security import PUBLIC_ENDPOINTS, SESSION_COOKIE
from tests import holdings as make
from tests.archive.web.route_table import rows
from tests.cast import CAST, EVERYBODY, PASSWORD
from transcription.document import Segment as Spoken

ULID = "01JD0000000000000000000000"


@dataclass
class Standing:
    """An archive that is put back after every request that changed it."""

    app: Flask
    tools: Toolbox
    pristine: Path
    tokens: dict[str, str]
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    def put_back(self) -> None:
        home = self.tools.settings.home
        source, target = (
            sqlite3.connect(self.pristine / "archive.db"),
            sqlite3.connect(home / "archive.db"),
        )
        with source, target:
            source.backup(target)
        source.close()
        target.close()
        shutil.rmtree(self.tools.settings.parts_dir)
        shutil.copytree(self.pristine / "parts", self.tools.settings.parts_dir)

    def client(self, member: str | None) -> FlaskClient:
        client = self.app.test_client()
        if member is not None:
            client.set_cookie(SESSION_COOKIE, self.tokens[member])
        return client


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Standing]:
    """Two interviews with sound, text, a job and an unfinished upload."""
    root = tmp_path_factory.mktemp("standing")
    home = root / "home"
    for folder in ("vault/parts", "derivatives", "index", "models"):
        (home / folder).mkdir(parents=True)
    (home / "archive.db").write_bytes(empty_database.read_bytes())
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}", poll_s=0.02)
    app = create_app(settings)
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    app.jinja_env.undefined = StrictUndefined
    tools: Toolbox = app.extensions["loi_ke"]
    names = {"-": {"user_id": _user(tools, "sam")}}
    names["open"] = _interview(tools, root, "LK-OPEN", audience="public", state="approved")
    names["closed"] = _interview(tools, root, "LK-CLOSED", audience="staff", state="machine")
    Worker(tools).run_until_idle()
    for about in ("open", "closed"):
        names[about] |= _after_work(tools, names[about]["accession"])
    tokens = {}
    for member in CAST:
        with tools.database.writing() as db:
            tokens[member] = accounts.sign_in(
                db, email=CAST[member].email, password=PASSWORD, address=f"routes-{member}"
            ).token
    pristine = root / "pristine"
    pristine.mkdir()
    with sqlite3.connect(home / "archive.db") as live:
        live.execute("VACUUM INTO ?", (str(pristine / "archive.db"),))
    shutil.copytree(settings.parts_dir, pristine / "parts")
    yield Standing(app, tools, pristine, tokens, names)
    tools.database.dispose()


def _user(tools: Toolbox, member: str) -> str:
    with tools.database.reading() as db:
        found = accounts.by_email(db, CAST[member].email)
        assert found is not None
        return found.id


def _interview(
    tools: Toolbox, root: Path, accession: str, *, audience: str, state: str
) -> dict[str, str]:
    make.interview(tools.database, accession, audience=audience)
    hertz = 300.0 + len(accession)
    path = make.sound(root / accession, seconds=2, hertz=hertz)
    ingest.ingest_file(tools, machine("test"), accession, path=path)
    texts = ("Hồi đó nhà tôi ở hẻm.", "Mưa là ngập tới gối.")
    told = [
        Spoken(id=f"s{n}", start_ms=n * 900, end_ms=n * 900 + 800, text=text)
        for n, text in enumerate(texts)
    ]
    with tools.database.writing() as db:
        interview = db.scalars(select(Interview).where(Interview.accession == accession)).one()
        recording = interview.recordings[0].id
        transcripts.bring_in(
            db, machine("test"), interview, language="vi", state=state, source="a.vtt",
            spoken=[(recording, segment) for segment in told],
        )  # fmt: skip
    return {"accession": accession}


def _after_work(tools: Toolbox, accession: str) -> dict[str, str]:
    """The names of what is in routes; a job that waits for its model, an upload of Hoa's."""
    with tools.database.writing() as db:
        hoa = db.scalars(select(User).where(User.email == CAST["hoa"].email)).one()
        actor = Actor(user_id=hoa.id, name=hoa.name, role=hoa.role)
        interview = db.scalars(select(Interview).where(Interview.accession == accession)).one()
        version = db.scalars(
            select(TranscriptVersion).where(TranscriptVersion.interview_id == interview.id)
        ).one()
        segment = db.scalars(
            select(Segment).where(Segment.version_id == version.id).order_by(Segment.position)
        ).first()
        files = {
            file.role: file.id
            for file in db.scalars(select(MediaFile).where(MediaFile.interview_id == interview.id))
        }
        found = {
            "version_id": version.id, "format_name": "txt",
            "segment_id": segment.id if segment else "", "original": files["original"],
            "access": files["access"],
        }  # fmt: skip
        if accession == "LK-CLOSED":
            job = transcription.request(
                db, actor, interview, Wanted(engine="whisper", model="small", language="vi")
            )
            begun = uploads.start(
                db, actor, interview, filename="b.wav", length_bytes=4096, toolbox=tools
            )
            found |= {"job_id": job.id, "upload_id": begun.id}
        return found


Ask = dict[str, Any]


def _tus(**facts: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in facts.items())


def _asks(names: dict[str, str]) -> dict[str, Ask]:
    """What a request of an endpoint carries; only what it cannot do without."""
    editing = {"Idempotency-Key": ULID, "If-Match": '"1"'}
    tus = {"Tus-Resumable": "1.0.0"}
    piece = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    create = tus | {"Upload-Length": "10"}
    create["Upload-Metadata"] = _tus(accession=names.get("accession", ""), filename="c.wav")
    split = {"op": "set_speaker", "ids": [names.get("segment_id", "")], "speaker": "Bà Lan"}
    return {
        "accounts.create": {"data": {"name": "Minh", "email": "minh@archive.test",
                                     "role": "editor", "password": PASSWORD}},
        "accounts.change": {"data": {"name": "Sam", "role": "researcher", "is_active": "1"}},
        "accounts.save_profile": {"data": {"name": "A name", "language": "vi"}},
        "display.choose": {"data": {"theme": "next"}},
        "search.show": {"query_string": {"q": "hem"}},
        "sign_in.enter": {"data": {"email": "x@archive.test", "password": "wrong"}},
        "transcripts.start": {"data": {"model": "whisper:small"}},
        "transcripts.bring_in": {"data": {"file": ("a.txt", b"Mot cau.")}},
        "versions.reopen": {"data": {"reason": "a name was wrong"}},
        "editing.save": {"json": {"text": "Hồi đó nhà tôi ở hẻm nhỏ."}, "headers": editing},
        "editing.operate": {"json": {"ops": [split]}, "headers": editing},
        "editing.revert": {"json": {"revision": 1}, "headers": editing},
        "uploads.create": {"headers": create},
        "uploads.head": {"headers": tus},
        "uploads.append": {"headers": piece, "data": b"12345"},
        "uploads.discard": {"headers": tus},
        "uploads.override": {"headers": piece | {"X-HTTP-Method-Override": "PATCH"},
                             "data": b"12345"},
        "uploads.same": {"data": b"", "query_string": {"offset": "0"}},
    }  # fmt: skip


def _values(endpoint: str, names: dict[str, str]) -> dict[str, str]:
    values = dict(names)
    values["file_id"] = names.get("access" if endpoint == "media.stream" else "original", "")
    return values


def ask(
    standing: Standing,
    method: str,
    endpoint: str,
    about: str,
    member: str | None,
    language: str = "en",
) -> int:
    names = standing.names[about]
    values = _values(endpoint, names)
    rules = [
        rule for rule in standing.app.url_map.iter_rules(endpoint)
        if rule.methods and (method in rule.methods)
    ]  # fmt: skip
    assert rules, f"{endpoint} does not answer {method}"
    rule = max(rules, key=lambda found: len(found.arguments))
    arguments: dict[str, Any] = {
        name: values.get(name, "") for name in rule.arguments if name != "lang_code"
    }
    if "lang_code" in rule.arguments:
        arguments["lang_code"] = "en"
    with standing.app.test_request_context():
        address = standing.app.url_for(endpoint, **arguments)
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
