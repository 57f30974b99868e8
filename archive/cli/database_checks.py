"""Checks of `flask doctor` for the database: its revision, its pages, the chain of events."""

from __future__ import annotations

from archive import audit, migrations
from archive.actions.office import database_check, first_run
from archive.cli.check_result import CheckResult
from archive.cli.output import database_fault, message_for_code
from archive.toolbox import Toolbox


def check_database(tools: Toolbox) -> CheckResult:
    """Find a database that cannot be used, has another revision, or has a damaged page."""
    url = tools.settings.database_url
    if fault := database_fault(url):
        return CheckResult("database", "fault", fault[1], "Then run flask doctor again.")
    migrations.require_known_revision(url)
    current, expected = migrations.current_revision(url), migrations.newest_revision()
    if current is None:
        first_run.require_records(None, tools)
        return CheckResult("database", "fault", "The database is empty.", "flask init fills it.")
    if current != expected:
        return CheckResult(
            "database",
            "fault",
            f"The database is at {current}, this program needs {expected}.",
            "flask init migrates it, after a copy was put aside.",
        )
    with tools.database.reading() as db:
        damage = database_check.find_damage(db)
        if not damage:
            first_run.require_records(db, tools)
    if damage:
        detail = f"The database is damaged: {'; '.join(damage)}."
        return CheckResult("database", "fault", detail, message_for_code("database_damaged"))
    return CheckResult("database", "ok", f"The database is at {current}, and all pages are whole.")


def check_events(tools: Toolbox) -> CheckResult:
    """Find an event that was changed or deleted."""
    with tools.database.reading() as db:
        broken = audit.verify_chain(db)
    if broken is None:
        return CheckResult("events", "ok", "The chain of events is whole.")
    where = f"at number {broken}" if broken > 0 else "at its end"
    return CheckResult(
        "events",
        "fault",
        f"The chain of events is broken {where}.",
        "Somebody changed the record of what happened: compare it with a backup.",
    )
