"""Messages about backups and restores."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory
from archive.messages.quantities import size


def _not_backed_up(summary: str, advice: str) -> Message:
    return Message(
        summary,
        reassurance=_("Nothing in the archive was changed, and earlier backups are intact."),
        advice=advice,
    )


def _target_full(facts: dict[str, Any]) -> Message:
    needed, free = int(facts.get("needed_bytes", 0)), int(facts.get("free_bytes", 0))
    summary = _("The disk of the backup is full.")
    if needed:
        summary = _(
            "The disk of the backup is too small: %(needed)s are needed, %(free)s are free.",
            needed=size(needed),
            free=size(free),
        )
    return _not_backed_up(summary, _("Make room on it, or use a larger disk; then back up again."))


def _home_not_empty(facts: dict[str, Any]) -> Message:
    return Message(
        _(
            "The folder %(path)s is not empty: %(found)s.",
            path=facts.get("path", "LOIKE_HOME"),
            found=", ".join(str(name) for name in facts.get("found", [])),
        ),
        reassurance=_("Nothing was restored or changed."),
        advice=_("Set LOIKE_HOME to a new, empty folder, then restore again."),
    )


def _damaged(facts: dict[str, Any]) -> Message:
    return Message(
        _(
            "Damaged or missing files of the backup (%(count)s): %(files)s.",
            count=facts.get("count", 0),
            files=", ".join(str(name) for name in facts.get("files", [])),
        ),
        reassurance=_("The restore is not finished, and the backup was not changed."),
        advice=_(
            "Restore from another disk, or an earlier copy with --copy. To restore all the rest"
            " without damaged originals, add --accept-damaged."
        ),
    )


BACKUPS: dict[str, MessageFactory] = {
    "backup_target_unusable": lambda f: _not_backed_up(
        _(
            "The folder %(path)s of the backup cannot be used: %(reason)s.",
            path=f.get("path", ""),
            reason=f.get("reason", "?"),
        ),
        _("Check that the disk is connected and can be written to, then try again."),
    ),
    "backup_target_missing": lambda f: _not_backed_up(
        _(
            "There is no backup of this archive in %(path)s; the disk may not be connected.",
            path=f.get("path", ""),
        ),
        _("Connect the disk. The first backup to a new disk is made with flask backup."),
    ),
    "backup_target_not_empty": lambda f: _not_backed_up(
        _("The folder %(path)s holds other files.", path=f.get("path", "")),
        _("Name an empty folder for the backup, or one that does not exist yet."),
    ),
    "backup_of_another_archive": lambda f: _not_backed_up(
        _("The folder %(path)s holds the backup of another archive.", path=f.get("path", "")),
        _("Use a folder of its own for each archive."),
    ),
    "backup_target_inside": lambda f: _not_backed_up(
        _("The folder %(path)s and the archive lie inside each other.", path=f.get("path", "")),
        _("Back up to another disk."),
    ),
    "backup_target_full": _target_full,
    "backup_home_full": lambda f: _not_backed_up(
        _(
            "The disk of the archive has no space for a copy of the database: %(needed)s are"
            " needed, %(free)s are free.",
            needed=size(int(f.get("needed_bytes", 0))),
            free=size(int(f.get("free_bytes", 0))),
        ),
        _("Make room on it; then back up again."),
    ),
    "backup_target_faulty": lambda f: _not_backed_up(
        _("The disk of the backup gave back other data than were written to it."),
        _("Do not trust this disk or its cable; use another one."),
    ),
    "backup_format_newer": lambda f: Message(
        _("This backup was made by a newer version of the program."),
        reassurance=_("Nothing was changed."),
        advice=_("Install the newer version, then try again."),
    ),
    "backup_running": lambda f: _not_backed_up(
        _("Another backup of this archive is running."), _("Wait until it is finished.")
    ),
    "backup_target_busy": lambda f: _not_backed_up(
        _(
            "Another backup into the folder %(path)s is running on the computer %(host)s, since"
            " %(since)s.",
            path=f.get("path", ""),
            host=f.get("host", "?"),
            since=f.get("since", "?"),
        ),
        _(
            "Wait until it is finished. If that computer makes no backup any more, for example"
            " after a power cut, delete the file %(lock)s, then back up again.",
            lock=f.get("lock", ""),
        ),
    ),
    "backup_target_changed": lambda f: _not_backed_up(
        _(
            "Files of the backup were changed or removed while it was made: %(files)s.",
            files=", ".join(str(name) for name in f.get("files", [])),
        ),
        _("Make sure that nothing else writes to this folder, then back up again."),
    ),
    "backup_database_damaged": lambda f: _not_backed_up(
        _("The database of the archive is damaged (%(detail)s).", detail=f.get("detail", "?")),
        _("Keep the earlier backups, and restore the newest of them."),
    ),
    "backup_target_unset": lambda f: _not_backed_up(
        _("No folder is set for the nightly backup."),
        _("Set LOIKE_BACKUP_TARGET and start the program again."),
    ),
    "backup_stopped": lambda f: _not_backed_up(
        _("The backup was stopped before its end."),
        _("Start it again; what was copied is not copied twice."),
    ),
}

RESTORES: dict[str, MessageFactory] = {
    "no_backup": lambda f: Message(
        _("There is no finished backup of this name in %(path)s.", path=f.get("path", "")),
        reassurance=_("Nothing was restored or changed."),
        advice=_("Name the folder that has the file “loi-ke-backup.json”."),
    ),
    "backup_damaged": _damaged,
    "restore_home_not_empty": _home_not_empty,
    "restore_database_not_empty": lambda f: Message(
        _("The database is not empty."),
        reassurance=_("Nothing was restored or changed."),
        advice=_("Name a new, empty database in LOIKE_DATABASE_URL, then restore again."),
    ),
    "restore_home_full": lambda f: Message(
        _(
            "There is not enough disk space to restore: %(needed)s are needed, %(free)s are free.",
            needed=size(int(f.get("needed_bytes", 0))),
            free=size(int(f.get("free_bytes", 0))),
        ),
        reassurance=_("The backup was not changed."),
        advice=_("Make room or use a larger disk, then restore again."),
    ),
    "restore_running": lambda f: Message(
        _("Another restore into this folder or this database is running."),
        reassurance=_("It was not disturbed."),
        advice=_("Wait until it is finished."),
    ),
    "restore_unfinished": lambda f: Message(
        _("A restore into this folder was not finished."),
        reassurance=_("The backup was not changed."),
        advice=_("Run flask restore again: it goes on where it was."),
    ),
}

MESSAGES: dict[str, MessageFactory] = {**BACKUPS, **RESTORES}
