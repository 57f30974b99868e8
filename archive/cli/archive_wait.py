"""A worker waits for its database: a server that starts later, a disk not mounted yet."""

from __future__ import annotations

import time

from archive import migrations
from archive.actions.office import first_run, restore_marker
from archive.back_off import back_off_s
from archive.cli.output import database_fault, describe_error, exit_with_error, print_line
from archive.storage_faults import fault_of, is_database_lost, sqlite_file
from archive.toolbox import Toolbox

LONGEST_PAUSE_S = 60.0


def require_archive(tools: Toolbox) -> None:
    """Exit with an error unless the database may be written and has the newest revision."""
    if fault := database_fault(tools.settings.database_url):
        exit_with_error(*fault)
    current, expected = _revision(tools), migrations.newest_revision()
    if current is None:
        exit_with_error("no_archive", _no_archive(tools))
    if current != expected:
        migrations.require_known_revision(tools.settings.database_url)
        exit_with_error(
            "database_outdated",
            f"The database is at {current}, this program needs {expected}: flask init migrates it.",
        )
    with tools.database.reading() as db:
        first_run.require_vault(db, tools)
        first_run.require_records(db, tools)


def wait_for_archive(tools: Toolbox) -> None:
    """Return when the database answers, then require its revision; one sentence per try."""
    tries = 0
    while (reason := _missing(tools)) is not None:
        code, sentence = reason
        tries += 1
        pause_s = back_off_s(tries, longest_s=LONGEST_PAUSE_S)
        print_line(
            f"{sentence} The worker waits and tries again in {pause_s:g} s. [{code}]", err=True
        )
        time.sleep(pause_s)
    require_archive(tools)


def _missing(tools: Toolbox) -> tuple[str, str] | None:
    """Return code and sentence if there is no database yet, or it may not be written.

    Other errors are raised.
    """
    if fault := database_fault(tools.settings.database_url):
        return fault
    try:
        current = _revision(tools)
    except first_run.RecordsLost as lost:
        if _is_on_other_disk(tools):
            return describe_error(lost)
        raise
    except Exception as error:
        url = tools.settings.database_url
        # A damaged file and the log of another do not mend themselves.
        needs_person = fault_of(error, url) in ("database_damaged", "foreign_log")
        if needs_person or not is_database_lost(error, url):
            raise
        return describe_error(error)
    if current is None:
        return "no_archive", _no_archive(tools)
    try:
        with tools.database.reading() as db:
            first_run.require_vault(db, tools)
    except first_run.VaultMissing as missing:  # a disk that is mounted later
        return describe_error(missing)
    return None


def _revision(tools: Toolbox) -> str | None:
    restore_marker.require_finished(tools.settings)
    current = migrations.current_revision(tools.settings.database_url)
    if current is None:
        first_run.require_records(None, tools)
    return current


def _is_on_other_disk(tools: Toolbox) -> bool:
    """Return whether a missing database has a place outside of the home, to be mounted later."""
    file = sqlite_file(tools.settings.database_url)
    home = tools.settings.home
    return file is not None and not file.exists() and not file.is_relative_to(home)


def _no_archive(tools: Toolbox) -> str:
    return f"There is no archive in {tools.settings.home} yet: flask init makes it."
