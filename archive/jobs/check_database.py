"""Check daily that every page of the database can be read."""

from __future__ import annotations

from typing import Any

from archive.actions.office import database_check
from archive.jobs.context import JobContext, JobProblem


def handle(context: JobContext) -> dict[str, Any] | None:
    """Read the whole database; the job fails, and is not repeated, if a page is damaged."""
    context.progress(0.0, "reading_database")
    with context.reading() as db:
        damage = database_check.find_damage(db)
    if damage:
        raise JobProblem("database_damaged", final=True, damage=damage)
    return {}
