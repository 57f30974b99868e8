"""Load the sample archive, when it was chosen at the first run.

A run after a kill completes the sample. The passwords of the sample accounts are discarded
here: an administrator sets new ones, or prints new ones with `flask demo load`.
"""

from __future__ import annotations

from typing import Any

from archive.access import Refused
from archive.demo import loading
from archive.jobs.context import JobContext, JobProblem


def handle(context: JobContext) -> dict[str, Any] | None:
    """Load the sample; fails without changes if a record of the office has one of its names."""

    def on_progress(share: float) -> None:
        context.progress(share, "loading_sample")

    try:
        loaded = loading.load(context.toolbox, context.rights, on_progress=on_progress)
    except Refused as refused:
        raise JobProblem(refused.code, final=True, **refused.facts) from refused
    return {"interviews": len(loaded.interviews), "added": loaded.added}
