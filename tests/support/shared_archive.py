"""Archive with every kind of object, restored after each change.

Two interviews, `open` (public, approved text) and `closed` (staff only, machine text), each with
sound and its derivatives; an unfinished upload and a job of the closed one.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import StrictUndefined
from sqlalchemy import select

from app import create_app
from archive.actions.accounts import accounts
from archive.actions.catalogue import index_points, people
from archive.actions.holdings import local_ingest, uploads
from archive.actions.speech import runs
from archive.actions.speech.runs import TranscriptionOptions
from archive.actions.transcripts import imports
from archive.jobs.worker import Worker
from archive.models import Interview, MediaFile, Segment, TranscriptVersion, User
from archive.settings import Settings
from archive.toolbox import Toolbox
from archive.web.core.security import SESSION_COOKIE
from tests.support import media_factory
from tests.support.cast import CAST, session_of
from tests.support.rights import rights_of_machine
from transcription.document import TranscriptSegment

TEXTS = ("Hồi đó nhà tôi ở hẻm.", "Mưa là ngập tới gối.")


@dataclass
class SharedArchive:
    """An archive that is restored after every request that changed it."""

    app: Flask
    tools: Toolbox
    snapshot: Path
    tokens: dict[str, str]
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def restore(self) -> None:
        home = self.tools.settings.home
        source, target = (
            sqlite3.connect(self.snapshot / "archive.db"),
            sqlite3.connect(home / "archive.db"),
        )
        with source, target:
            source.backup(target)
        source.close()
        target.close()
        shutil.rmtree(self.tools.settings.parts_dir)
        shutil.copytree(self.snapshot / "parts", self.tools.settings.parts_dir)

    def url(self, method: str, endpoint: str, about: str, *, language: str) -> str:
        """Return the URL of a route for one of the two interviews, or for neither."""
        values = {**self.ids[about], "lang_code": language}
        values["file_id"] = values.get("access" if endpoint == "media.stream" else "original", "")
        rules = [
            rule
            for rule in self.app.url_map.iter_rules(endpoint)
            if rule.methods is not None and method in rule.methods
        ]
        assert rules, f"{endpoint} does not answer {method}"
        rule = max(rules, key=lambda values: len(values.arguments))
        arguments: dict[str, Any] = {name: values.get(name, "") for name in rule.arguments}
        with self.app.test_request_context():
            return self.app.url_for(endpoint, **arguments)

    def client(self, member: str | None) -> FlaskClient:
        client = self.app.test_client()
        if member is not None:
            client.set_cookie(SESSION_COOKIE, self.tokens[member])
        return client


def build_shared_archive(
    root: Path, empty_database: Path, *, texts: Sequence[str] = TEXTS
) -> SharedArchive:
    """Build the archive below `root` from a migrated database with the cast's accounts.

    `texts` are the segments of both interviews.
    """
    home = root / "home"
    for folder in ("vault/parts", "derivatives", "index", "models"):
        (home / folder).mkdir(parents=True)
    (home / "archive.db").write_bytes(empty_database.read_bytes())
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}", poll_s=0.02)
    app = create_app(settings)
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False, WTF_CSRF_ENABLED=False)
    app.jinja_env.undefined = StrictUndefined
    tools: Toolbox = app.extensions["loi_ke"]
    with tools.database.writing() as db:
        person = people.add(db, rights_of_machine("test"), people.PersonFacts(full_name="Lê An"))
    ids = {"-": {"user_id": _user(tools, "sam"), "person_id": person.id}}
    for about, audience, state in (("open", "public", "approved"), ("closed", "staff", "machine")):
        accession = f"LK-{about.upper()}"
        ids[about] = _interview(tools, root, accession, audience=audience, state=state, texts=texts)
    Worker(tools).run_until_idle()
    for about in ("open", "closed"):
        ids[about] |= _ids_of_contents(tools, ids[about]["accession"])
    tokens = {member: session_of(tools.database, member) for member in CAST}
    snapshot = root / "pristine"
    snapshot.mkdir()
    with sqlite3.connect(home / "archive.db") as live:
        live.execute("VACUUM INTO ?", (str(snapshot / "archive.db"),))
    shutil.copytree(settings.parts_dir, snapshot / "parts")
    return SharedArchive(app, tools, snapshot, tokens, ids)


def _user(tools: Toolbox, member: str) -> str:
    with tools.database.reading() as db:
        values = accounts.by_email(db, CAST[member].email)
        assert values is not None
        return values.id


def _interview(
    tools: Toolbox,
    root: Path,
    accession: str,
    *,
    audience: str,
    state: str,
    texts: Sequence[str],
) -> dict[str, str]:
    media_factory.add_interview(tools.database, accession, audience=audience)
    hertz = 300.0 + len(accession)
    path = media_factory.write_wav(root / accession, seconds=2, hertz=hertz)
    local_ingest.ingest_file(tools, rights_of_machine("test"), accession, path=path)
    segments = [
        TranscriptSegment(id=f"s{n}", start_ms=n * 900, end_ms=n * 900 + 800, text=text)
        for n, text in enumerate(texts)
    ]
    with tools.database.writing() as db:
        interview = db.scalars(select(Interview).where(Interview.accession == accession)).one()
        recording = interview.recordings[0].id
        imports.import_transcript(
            db,
            rights_of_machine("test"),
            interview,
            language="vi",
            state=state,
            source="a.vtt",
            reason="in tests",
            segments=[(recording, segment) for segment in segments],
        )
        index_point = index_points.add(
            db,
            rights_of_machine("test"),
            interview,
            index_points.IndexPointInput(start_ms=0, title="Mở đầu"),
        )
    return {"accession": accession, "point_id": index_point.id}


def _ids_of_contents(tools: Toolbox, accession: str) -> dict[str, str]:
    """Return ids for URL rules; add a waiting job, and an upload of Hoa's."""
    with tools.database.writing() as db:
        hoa = db.scalars(select(User).where(User.email == CAST["hoa"].email)).one()
        rights = accounts.rights_of(db, hoa, tools.settings)
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
        values = {
            "version_id": version.id,
            "format_name": "txt",
            "segment_id": segment.id if segment else "",
            "original": files["original"],
            "access": files["access"],
        }
        if accession == "LK-CLOSED":
            job = runs.request(
                db,
                rights,
                interview,
                TranscriptionOptions(engine="whisper", model="small", language="vi"),
            )
            upload = uploads.create(
                db, rights, interview, filename="b.wav", length_bytes=4096, toolbox=tools
            )
            values |= {"job_id": job.id, "upload_id": upload.id}
        return values
