"""Load the sample archive, for whoever chose it on the first visit.

Run again after a kill it completes what is there. The passwords of the sample's accounts
are thrown away here: an administrator sets new ones, or asks for them in the shell.
"""

from __future__ import annotations

from typing import Any

from archive.access import Refused
from archive.demo import loading
from archive.jobs.context import JobContext, JobProblem


def handle(context: JobContext) -> dict[str, Any] | None:
    """Ends as failed, with nothing changed, when something of the office's own is in the way."""

    def told(share: float) -> None:
        context.progress(share, "loading_sample")

    try:
        loaded = loading.load(context.toolbox, context.actor, told=told)
    except Refused as refused:
        raise JobProblem(refused.code, final=True, **refused.facts) from refused
    return {"interviews": len(loaded.interviews), "added": loaded.added}
