"""Back up to the folder of LOIKE_BACKUP_TARGET, every night."""

from __future__ import annotations

import time
from typing import Any

from archive import queue
from archive.access import Refused
from archive.actions.office import backup
from archive.actions.office.backup import BackupOptions
from archive.jobs.context import JobContext, JobParked, JobProblem

STORE_EVERY_S = 1.0
# What ends by itself: another backup is done, or the disk is connected in the morning.
_PASSING = (
    "backup_running",
    "backup_target_busy",
    "backup_target_missing",
    "backup_target_unusable",
)


def handle(context: JobContext) -> dict[str, Any] | None:
    """Add a copy; a second run after a kill copies only what the first one did not."""
    target = context.toolbox.settings.backup_target
    if target is None:
        raise JobProblem("backup_target_unset", final=True)
    try:
        result = backup.back_up(
            context.toolbox,
            context.rights,
            target,
            options=BackupOptions(may_begin=False),
            on_progress=_StoredProgress(context),
        )
    except Refused as refused:
        if refused.code in _PASSING:
            pause = queue.LONGEST_RETRY_DELAY
            raise JobParked(refused.code, pause=pause, **refused.facts) from refused
        raise JobProblem(refused.code, final=True, **refused.facts) from refused
    return result.as_dict() | {"missing": result.missing[: backup.MOST_MISSING_NAMED]}


class _StoredProgress:
    """Store progress at most once a second; stop at once when the job is stopped."""

    def __init__(self, context: JobContext) -> None:
        self._context, self._stage, self._at = context, "", 0.0

    def __call__(self, share: float, stage: str) -> None:
        self._context.raise_if_stopped()
        now = time.monotonic()
        if stage != self._stage or now - self._at >= STORE_EVERY_S:
            self._stage, self._at = stage, now
            self._context.progress(share, stage)
