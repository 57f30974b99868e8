"""The handler of every job kind, one line each.

A handler takes the context and returns the value of `Job.result`. It must be idempotent:
after a kill it is run again from the start and resumes from its own checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archive.jobs import (
    backup,
    check_database,
    check_fixity,
    derive,
    index,
    load_sample,
    sweep,
    transcribe,
)
from archive.jobs.context import JobContext

Handler = Callable[[JobContext], dict[str, Any] | None]

JOBS: dict[str, Handler] = {
    "backup": backup.handle,
    "check_database": check_database.handle,
    "check_fixity": check_fixity.handle,
    "derive": derive.handle,
    "index": index.handle,
    "load_sample": load_sample.handle,
    "sweep": sweep.handle,
    "transcribe": transcribe.handle,
}
