"""Program that fills LOIKE_HOME by real use: migration, sample archive, upload, worker.

It prints `ready`, and keeps the database open until its standard input ends, so that the log files
of SQLite can be checked too. `--without-speech` leaves out transcriptions.
"""

from __future__ import annotations

import io
import sys

from alembic import command
from flask import Flask
from sqlalchemy import delete, select

from app import create_app
from archive import migrations
from archive.actions.accounts import accounts
from archive.actions.holdings import uploads
from archive.jobs.worker import Worker
from archive.models import Interview, Job, User
from archive.toolbox import Toolbox


def main() -> None:
    app = create_app()
    tools: Toolbox = app.extensions["loi_ke"]
    older = migrations.configuration_before_release(tools.settings.database_url)
    command.upgrade(older, migrations.revisions_before_release()[-1])
    _flask(app, "init")
    _flask(app, "demo", "load")
    if "--without-speech" in sys.argv:
        with tools.database.writing() as db:
            db.execute(delete(Job).where(Job.lane == "speech"))
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


def _begin_upload(tools: Toolbox) -> None:
    """Start an upload and send only a part of it."""
    with tools.database.writing() as db:
        user = db.scalars(select(User).where(User.role == "historian")).first()
        interview = db.scalars(select(Interview)).first()
        assert user is not None
        assert interview is not None
        rights = accounts.rights_of(user, tools.settings)
        begun = uploads.create(
            db, rights, interview, filename="b.wav", length_bytes=4096, toolbox=tools
        )
    tools.parts.append(begun.id, 0, io.BytesIO(b"RIFF" + bytes(1000)))


if __name__ == "__main__":
    main()
