"""A shutdown that ends the child of a derive job leaves no refusal behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from archive.access import Rights
from archive.actions.holdings import local_ingest
from archive.jobs.worker import Worker
from archive.models import Job, MediaFile
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.worker_process import wait_until

RightsOf = Callable[[str | None], Rights]


def sandboxed_child() -> int | None:
    """Return the process id of the child of this process that makes a derivative."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes()
            status = (folder / "status").read_text("ascii", "replace")
        except OSError:
            continue  # it has just ended
        if b"media.sandboxed_child" in words and f"PPid:\t{os.getpid()}\n" in status:
            return int(folder.name)
    return None


def test_copy_whose_child_was_ended_by_a_shutdown_is_made_later(
    toolbox: Toolbox, rights_of: RightsOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    path = media_factory.write_wav(tmp_path, seconds=240.0)
    local_ingest.ingest_file(toolbox, rights_of("ben"), "LK-1", path=path)

    def derive() -> Job:
        with toolbox.database.reading() as db:
            return db.query(Job).filter_by(kind="derive").one()

    worker = Worker(toolbox, lanes=("files",))
    thread = threading.Thread(target=lambda: worker.run_one(("files",)))
    thread.start()
    wait_until(lambda: derive().progress > 0 or None)
    child = wait_until(sandboxed_child)
    os.kill(child, signal.SIGTERM)
    thread.join(240)
    assert (derive().state, derive().attempts, derive().problem) == ("queued", 0, "")
    Worker(toolbox, lanes=("light", "files")).run_until_idle()
    with toolbox.database.reading() as db:
        copies = db.query(MediaFile).filter(MediaFile.derived_from_id.is_not(None)).all()
    assert sorted((copy.role, copy.problem) for copy in copies) == [("access", ""), ("peaks", "")]
