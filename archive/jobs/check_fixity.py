"""Read originals again and compare: one that has just arrived, or every night what is due."""

from __future__ import annotations

from typing import Any

from archive.actions import fixity
from archive.jobs.context import JobContext, JobProblem

MOST_NAMED = 20


def handle(context: JobContext) -> dict[str, Any] | None:
    """Ends as failed, with the names, when a byte is wrong or a file is missing."""
    file_id = str(context.payload.get("subject_id", ""))
    actor = context.actor
    with context.reading() as db:
        if file_id:
            chosen = fixity.candidate(db, actor, file_id)
        else:
            chosen = fixity.candidates(
                db, actor, everything=False, limit_bytes=fixity.NIGHTLY_BYTES
            )
    total = sum(candidate.size_bytes for candidate in chosen) or 1
    read = 0
    wrong: list[str] = []
    checks = fixity.check_each(context.toolbox.vault, actor, chosen, writing=context.checkpoint)
    for candidate, findings in zip(chosen, checks, strict=True):
        read += candidate.size_bytes
        context.progress(read / total, "reading_again")
        wrong += [f"{f.accession}: {f.filename}" for f in findings if not f.is_right]
    if wrong:
        raise JobProblem("bytes_are_wrong", final=True, files=wrong[:MOST_NAMED], count=len(wrong))
    return {"read_bytes": read, "objects": len(chosen)}
