"""Every kind of job and its handler: one line each.

A handler takes the context and returns what `Job.result` shall keep. It must be
idempotent: after a kill it is run again from the start, and finds its own checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archive.jobs import check_fixity, derive, index, load_sample, sweep, transcribe
from archive.jobs.context import JobContext

Handler = Callable[[JobContext], dict[str, Any] | None]

JOBS: dict[str, Handler] = {
    "check_fixity": check_fixity.handle,
    "derive": derive.handle,
    "index": index.handle,
    "load_sample": load_sample.handle,
    "sweep": sweep.handle,
    "transcribe": transcribe.handle,
}
