"""Program that fills LOIKE_HOME by real use: migration, sample archive, upload, worker.

It prints `ready`, and keeps the database open until its standard input ends, so that the log files
of SQLite can be checked too. Jobs that differ only by their recording or picture run once: the
others leave the same kinds of files. `--without-speech` leaves out transcriptions.
"""

from __future__ import annotations

import io
import sys

from alembic import command
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import create_app
from archive import migrations
from archive.actions.accounts import accounts
from archive.actions.holdings import uploads
from archive.jobs.worker import Worker
from archive.models import Interview, Job, MediaFile, Recording, User
from archive.toolbox import Toolbox


def main() -> None:
    app = create_app()
    tools: Toolbox = app.extensions["loi_ke"]
    older = migrations.configuration_before_release(tools.settings.database_url)
    command.upgrade(older, migrations.revisions_before_release()[-1])
    _flask(app, "init")
    _flask(app, "demo", "load")
    with tools.database.writing() as db:
        if "--without-speech" in sys.argv:
            db.execute(delete(Job).where(Job.lane == "speech"))
        _leave_out_repeated_jobs(db)
    _begin_upload(tools)
    Worker(tools).run_until_idle()
    with tools.database.reading() as db:
        assert db.scalars(select(Job).where(Job.state == "failed")).all() == []
    with tools.database.writing() as db:
        assert db.scalars(select(Interview)).first() is not None
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()


def _flask(app: Flask, *words: str) -> None:
    result = app.test_cli_runner().invoke(args=list(words))
    assert result.exit_code == 0, result.output


def _leave_out_repeated_jobs(db: Session) -> None:
    """Keep one derive job per media type, and the transcription of the shortest recording."""
    kept_types: set[str] = set()
    for job in db.scalars(select(Job).where(Job.kind == "derive")).all():
        media_type = db.get_one(MediaFile, job.payload["subject_id"]).media_type
        if media_type in kept_types:
            db.delete(job)
        kept_types.add(media_type)
    longer = (
        select(Job)
        .join(Recording, Recording.interview_id == Job.interview_id)
        .where(Job.kind == "transcribe")
        .order_by(Recording.duration_ms)
        .offset(1)
    )
    for job in db.scalars(longer).all():
        db.delete(job)


def _begin_upload(tools: Toolbox) -> None:
    """Start an upload and send only a part of it."""
    with tools.database.writing() as db:
        user = db.scalars(select(User).where(User.role == "historian")).first()
        interview = db.scalars(select(Interview)).first()
        assert user is not None
        assert interview is not None
        rights = accounts.rights_of(db, user, tools.settings)
        begun = uploads.create(
            db, rights, interview, filename="b.wav", length_bytes=4096, toolbox=tools
        )
    tools.parts.append(begun.id, 0, io.BytesIO(b"RIFF" + bytes(1000)))


if __name__ == "__main__":
    main()
