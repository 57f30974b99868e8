"""Checks of `flask doctor` for backups and restores."""

from __future__ import annotations

from datetime import timedelta

from archive.actions.office import backup_status, restore_marker
from archive.cli.check_result import CheckResult
from archive.toolbox import Toolbox


def check_backup(tools: Toolbox) -> CheckResult:
    """Find an archive without a backup, or with one that is old or on its own disk."""
    with tools.database.reading() as db:
        last = backup_status.last_backup(db)
    set_up = "Run flask backup, and set LOIKE_BACKUP_TARGET for one every night."
    if last is None:
        return CheckResult("backup", "warning", "There is no backup of this archive.", set_up)
    detail = f"The last backup is {_in_words(last.age)} old, in {last.target}."
    if last.is_too_old:
        advice = "The jobs say why." if tools.settings.backup_target is not None else set_up
        return CheckResult("backup", "warning", detail, advice)
    if last.missing:
        detail += f" It lacks {last.missing} originals, which the archive itself lacks."
        return CheckResult("backup", "warning", detail, "flask fixity --all names them.")
    if backup_status.is_on_disk_of(last, tools.settings.home):
        detail += " That is on the same disk as the archive."
        return CheckResult("backup", "warning", detail, "Back up to another disk.")
    return CheckResult("backup", "ok", detail)


def check_restore(tools: Toolbox) -> CheckResult:
    """Find a restore that was stopped or killed."""
    if restore_marker.is_unfinished(tools.settings):
        return CheckResult(
            "restore",
            "fault",
            "A restore into this folder was not finished.",
            "Run flask restore again: it goes on where it was. Then run flask doctor again.",
        )
    return CheckResult("restore", "ok", "No restore is unfinished.")


def _in_words(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    number, unit = (hours, "hour") if hours < 48 else (hours // 24, "day")
    return f"{number} {unit}{'' if number == 1 else 's'}"
