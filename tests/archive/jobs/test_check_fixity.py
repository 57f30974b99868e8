"""The fixity job: a wrong byte makes the job fail and name the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive.access import Rights
from archive.actions.holdings import local_ingest
from archive.jobs.worker import Worker
from archive.models import Job
from archive.queue import enqueue
from archive.toolbox import Toolbox
from tests.support import media_factory


def test_check_fixity_with_a_wrong_byte_fails_and_names_the_file(
    toolbox: Toolbox, rights_of: Callable[[str | None], Rights], tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    item = local_ingest.ingest_file(
        toolbox, rights_of("ben"), "LK-1", path=media_factory.write_wav(tmp_path)
    )
    path = toolbox.vault.path(item.sha256)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with toolbox.database.writing() as db:
        nightly = enqueue(db, "check_fixity", priority=99)
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    with toolbox.database.reading() as db:
        job = db.get_one(Job, nightly.id)
        assert (job.state, job.problem) == ("failed", "bytes_are_wrong")
        assert job.detail["files"] == ["LK-1: a.wav"]
        assert job.attempts == 1
