"""The scheduled reading: a wrong byte ends as a failed job that names the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive.access import Actor
from archive.actions import ingest
from archive.jobs.worker import Worker
from archive.models import Job
from archive.queue import enqueue
from archive.toolbox import Toolbox
from tests import holdings as make


def test_a_wrong_byte_is_an_alarm_within_one_cycle(
    toolbox: Toolbox, actor_of: Callable[[str | None], Actor], tmp_path: Path
) -> None:
    make.interview(toolbox.database)
    item = ingest.ingest_file(toolbox, actor_of("ben"), "LK-1", path=make.sound(tmp_path))
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
