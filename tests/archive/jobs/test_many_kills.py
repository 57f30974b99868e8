"""A job whose worker is killed more often than it has attempts is done in the end."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.access import Rights
from archive.actions.holdings import local_ingest
from archive.jobs.worker import Worker
from archive.models import Job, MediaFile
from archive.queue import MOST_INTERRUPTIONS
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment, wait_until

RightsOf = Callable[[str | None], Rights]
KILLS = 6


@pytest.mark.slow
@pytest.mark.sqlite_only
def test_copy_is_made_after_more_kills_than_attempts(
    toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    path = media_factory.write_wav(tmp_path, seconds=240.0)
    local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)

    def derive() -> Job:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="derive").one()

    tokens: set[str] = set()

    def is_claimed_again() -> bool:
        job = derive()
        return job.state == "running" and job.lease_token not in tokens

    assert derive().attempts_allowed < KILLS < MOST_INTERRUPTIONS
    for _kill in range(KILLS):
        # A lease of a second, so that the next worker need not wait for long.
        process = subprocess.Popen(
            command("worker"), cwd=ROOT, env=environment(toolbox.settings, LOIKE_LEASE_S="1")
        )
        wait_until(is_claimed_again)
        process.kill()
        process.wait(240)
        tokens.add(derive().lease_token)
    assert derive().attempts == 1
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    assert (derive().state, derive().attempts) == ("done", 1)
    with toolbox.database.reading() as db:
        copies = db.query(MediaFile).filter(MediaFile.path != "").all()
        assert sorted(copy.role for copy in copies) == ["access", "peaks"]
    # The remains of the killed runs are gone too.
    assert list(toolbox.derivatives_dir.glob("*/.making-*")) == []
