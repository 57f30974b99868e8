"""Builders for tests that are about files: an interview, a sound, a file on its way in."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from sqlalchemy.orm import Session

from archive.access import Actor
from archive.actions import uploads
from archive.actions.uploads import Progress
from archive.db import Database
from archive.models import Interview, MediaFile
from archive.toolbox import Toolbox
from tests.fixtures.media import make


def interview(database: Database, accession: str = "LK-1", *, audience: str = "staff") -> str:
    """An interview of this accession number; gives its id."""
    with database.writing() as db:
        row = Interview(accession=accession, title=f"Chuyện {accession}", audience=audience)
        db.add(row)
        db.flush()
        return row.id


def sound(folder: Path, *, seconds: float = 1.0, hertz: float = 440.0, name: str = "a.wav") -> Path:
    """A WAV file whose bytes differ with `hertz`."""
    folder.mkdir(parents=True, exist_ok=True)
    return make.sound(folder / name, make.tone(seconds, hertz=hertz))


def begin(toolbox: Toolbox, actor: Actor, *, length: int, name: str = "a.wav",
          accession: str = "LK-1") -> str:  # fmt: skip
    """Begin an upload; gives its id."""
    with toolbox.database.writing() as db:
        owner = db.query(Interview).filter_by(accession=accession).one()
        begun = uploads.start(db, actor, owner, filename=name, length_bytes=length, toolbox=toolbox)
        return begun.id


def send(toolbox: Toolbox, actor: Actor, data: bytes, *, name: str = "a.wav",
         accession: str = "LK-1") -> Progress:  # fmt: skip
    """Send a whole file in one piece."""
    upload_id = begin(toolbox, actor, length=len(data), name=name, accession=accession)
    return uploads.receive(toolbox, actor, upload_id, offset=0, stream=io.BytesIO(data))


def originals(db: Session) -> list[MediaFile]:
    """Every original, in the order of arrival."""
    return db.query(MediaFile).filter_by(role="original").order_by(MediaFile.id).all()


def metadata(**facts: str) -> str:
    """The tus header of these facts."""
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in facts.items()]
    return ",".join(pairs)
