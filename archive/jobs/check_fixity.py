"""Check the fixity of originals: of a new one, or every night of those that are due."""

from __future__ import annotations

from typing import Any

from archive.actions.holdings import fixity
from archive.jobs.context import JobContext, JobProblem

MAX_NAMED_FILES = 20


def handle(context: JobContext) -> dict[str, Any] | None:
    """Check originals; the job fails, with their names, if one is altered or missing."""
    file_id = str(context.payload.get("subject_id", ""))
    rights = context.rights
    with context.reading() as db:
        if file_id:
            candidates = fixity.candidate_of(db, rights, file_id)
        else:
            candidates = fixity.candidates(
                db, rights, include_recent=False, limit_bytes=fixity.NIGHTLY_BYTES
            )
    total = sum(candidate.size_bytes for candidate in candidates) or 1
    read = 0
    wrong: list[str] = []
    checks = fixity.check_each(
        context.toolbox.vault, rights, candidates, writing=context.checkpoint
    )
    for candidate, findings in zip(candidates, checks, strict=True):
        read += candidate.size_bytes
        context.progress(read / total, "reading_again")
        wrong += [f"{f.accession}: {f.filename}" for f in findings if not f.is_intact]
    if wrong:
        raise JobProblem(
            "bytes_are_wrong", final=True, files=wrong[:MAX_NAMED_FILES], count=len(wrong)
        )
    return {"read_bytes": read, "objects": len(candidates)}
