"""Build interviews, audio files and uploads for tests about files."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.holdings import uploads
from archive.actions.holdings.uploads import UploadProgress
from archive.db import Database
from archive.models import Interview, MediaFile
from archive.toolbox import Toolbox
from tests.support import media_files


def add_interview(database: Database, accession: str = "LK-1", *, audience: str = "staff") -> str:
    """Add an interview with this accession number; return its id."""
    with database.writing() as db:
        row = Interview(accession=accession, title=f"Chuyện {accession}", audience=audience)
        db.add(row)
        db.flush()
        return row.id


def write_wav(
    folder: Path, *, seconds: float = 1.0, hertz: float = 440.0, name: str = "a.wav"
) -> Path:
    """Write a WAV file whose bytes differ by `hertz`."""
    folder.mkdir(parents=True, exist_ok=True)
    return media_files.sound(folder / name, media_files.tone(seconds, hertz=hertz))


def start_upload(
    toolbox: Toolbox, rights: Rights, *, length: int, name: str = "a.wav", accession: str = "LK-1"
) -> str:
    """Start an upload; return its id."""
    with toolbox.database.writing() as db:
        owner = db.query(Interview).filter_by(accession=accession).one()
        upload = uploads.create(
            db, rights, owner, filename=name, length_bytes=length, toolbox=toolbox
        )
        return upload.id


def upload_file(
    toolbox: Toolbox, rights: Rights, data: bytes, *, name: str = "a.wav", accession: str = "LK-1"
) -> UploadProgress:
    """Upload a whole file in one part."""
    upload_id = start_upload(toolbox, rights, length=len(data), name=name, accession=accession)
    return uploads.receive(toolbox, rights, upload_id, offset=0, stream=io.BytesIO(data))


def originals(db: Session) -> list[MediaFile]:
    """Return all originals in the order they were stored."""
    return db.query(MediaFile).filter_by(role="original").order_by(MediaFile.id).all()


def upload_metadata(**facts: str) -> str:
    """Return the tus header Upload-Metadata with these facts."""
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in facts.items()]
    return ",".join(pairs)
