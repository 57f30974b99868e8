"""The age of the last good backup in words, for the pages of settings and of jobs."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from archive.actions.office import backup_status
from archive.actions.office.backup_status import LastBackup
from archive.web.core import current
from archive.web.office.readiness import ReadinessCheck


def check() -> ReadinessCheck:
    """Return the row of the list “State of this machine”."""
    last = backup_status.last_backup(current.db())
    if last is None:
        return _problem(_("none yet"), _set_up())
    if last.is_too_old:
        return _problem(_age(last.age), _set_up() if _is_by_hand() else _find_out())
    if last.missing:
        return _problem(_age(last.age), _lacks(last))
    return ReadinessCheck(is_ok=True, label=_("Backup"), value=_age(last.age))


def warning() -> str:
    """Return what is wrong with the backup for the page of jobs; empty if nothing is."""
    last = backup_status.last_backup(current.db())
    if last is None:
        return str(_("There is no backup of this archive yet."))
    if last.is_too_old:
        return str(_("The last good backup was made %(when)s.", when=_age(last.age)))
    return ""


def _problem(value: str, advice: str) -> ReadinessCheck:
    return ReadinessCheck(is_ok=False, label=_("Backup"), value=value, advice=advice)


def _is_by_hand() -> bool:
    return current.settings().backup_target is None


def _set_up() -> str:
    return str(
        _(
            "Connect another disk and run flask backup; with LOIKE_BACKUP_TARGET it is made every "
            "night."
        )
    )


def _find_out() -> str:
    return str(_("Check that the disk of the backup is connected; the page of jobs says why."))


def _lacks(last: LastBackup) -> str:
    return str(
        ngettext(
            "It lacks %(num)d original that is damaged or missing here.",
            "It lacks %(num)d originals that are damaged or missing here.",
            last.missing,
        )
    )


def _age(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    if hours < 1:
        return str(_("less than an hour ago"))
    if hours < 48:
        return str(ngettext("%(num)d hour ago", "%(num)d hours ago", hours))
    return str(ngettext("%(num)d day ago", "%(num)d days ago", hours // 24))
