"""Messages that belong to no single domain."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from archive.messages.message import Message, MessageFactory

MOST_DIFFERENCES = 3


def _database_differs(facts: dict[str, Any]) -> Message:
    """Name the first differences of the schema; the facts hold all of them."""
    missing, unexpected = facts.get("missing", []), facts.get("unexpected", [])
    sentences = [
        _(
            "The tables of this database are not those of its version (%(revision)s).",
            revision=facts.get("revision", "?"),
        ),
    ]
    if missing:
        sentences.append(_("Missing: %(parts)s.", parts=_first(missing)))
    if unexpected:
        sentences.append(_("Not expected: %(parts)s.", parts=_first(unexpected)))
    return Message(
        " ".join(sentences),
        reassurance=_("Nothing was changed."),
        advice=_(
            "Restore the copy of the database from before it was altered, or send this message to"
            " the makers of the program; until then the older program continues to work with it."
        ),
    )


def _first(parts: list[str]) -> str:
    shown = "; ".join(parts[:MOST_DIFFERENCES])
    return f"{shown}; …" if len(parts) > MOST_DIFFERENCES else shown


def full_disk(reassurance: str, advice: str) -> Message:
    """Return the message of a full disk of the archive, with what is safe and what helps."""
    return Message(_("The disk of the archive is full."), reassurance=reassurance, advice=advice)


MESSAGES: dict[str, MessageFactory] = {
    "not_found": lambda f: Message(
        _("There is no such page."),
        advice=_("Check the address, or start from the catalogue."),
    ),
    "not_allowed": lambda f: Message(_("Your account may not do this.")),
    "other_role": lambda f: Message(
        _("Your account may not do this."),
        advice=_("Ask the administrator if it belongs to your work."),
    ),
    "archivist_is_active": lambda f: Message(
        _("An archivist does this; an administrator only while no archivist is active."),
    ),
    "sign_in": lambda f: Message(_("This needs an account."), advice=_("Sign in, then try again.")),
    "sign_in_kept": lambda f: Message(
        _("You are not signed in any more."),
        reassurance=_("What you typed is kept here, and nothing was changed yet."),
        advice=_("Sign in in another tab, then send it again with the button below."),
    ),
    "not_yet_approved": lambda f: Message(
        _("This transcript has not been approved for the public yet.")
    ),
    "frozen": lambda f: Message(
        _("This version is approved and no longer changes."),
        reassurance=_("Nothing was changed."),
        advice=_("Open a new version to correct it."),
    ),
    "stale_form": lambda f: Message(
        _("This form has been open for too long."),
        reassurance=_("Nothing was changed."),
        advice=_("Go back, reload the page and send it again."),
    ),
    "stale_form_kept": lambda f: Message(
        _("This form has been open for too long."),
        reassurance=_("What you typed is kept here, and nothing was changed yet."),
        advice=_("Send it again with the button below."),
    ),
    "foreign_page": lambda f: Message(
        _("This request did not come from a page of this archive."),
        reassurance=_("Nothing was changed."),
        advice=_("Open the archive from its own address and do it there."),
    ),
    "bad_request": lambda f: Message(
        _("The archive could not read this request."),
        reassurance=_("Nothing was changed."),
        advice=_("Go back and send it again."),
    ),
    "gone": lambda f: Message(_("This page no longer exists.")),
    "address_too_long": lambda f: Message(_("This address is too long.")),
    "too_many_requests": lambda f: Message(
        _("Too many requests at once."),
        reassurance=_("Nothing was changed."),
        advice=_("Wait a minute and try again."),
    ),
    "wrong_verb": lambda f: Message(
        _("This request is not valid at this address."),
        advice=_("Open the page from its own link, then try again."),
    ),
    "too_large": lambda f: Message(
        _("This is more than the archive accepts in one request."),
        reassurance=_("Nothing of it was stored."),
        advice=_("Send recordings from the upload page, which sends them in small parts."),
    ),
    "database_newer": lambda f: Message(
        _("This database was made by a newer version of the program."),
        reassurance=_("Nothing was changed."),
        advice=_("Install the newer version again, or restore the earlier database."),
    ),
    "database_unknown": lambda f: Message(
        _(
            "This database was not made by this program, or its record of the version is"
            " missing or damaged."
        ),
        reassurance=_("Nothing was changed."),
        advice=_(
            "Check the address of the database in the settings, or restore the last copy of"
            " the database."
        ),
    ),
    "database_differs": _database_differs,
    "safety_copy_failed": lambda f: Message(
        _(
            "The copy of the database that precedes an upgrade could not be completed"
            " (%(reason)s).",
            reason=f.get("reason", "?"),
        ),
        reassurance=_("Nothing was changed."),
        advice=_("Free some disk space, or check the disk, then run flask init again."),
    ),
    "records_lost": lambda f: Message(
        _(
            "The files of an archive are here, but the database that describes them is missing or"
            " empty."
        ),
        reassurance=_("Nothing was changed, and the files are safe."),
        advice=_(
            "Put the last copy of the database back, or restore a backup into an empty folder"
            " with flask restore. For a new archive, move the folders “vault” and “derivatives” to"
            " another place first."
        ),
    ),
    "vault_missing": lambda f: Message(
        _("The folder of the originals is missing: %(folder)s.", folder=f.get("folder", "?")),
        reassurance=_("Nothing was changed, and the database is whole."),
        advice=_(
            "Connect the disk that holds it, or correct LOIKE_HOME. If it is lost, restore a backup"
            " into an empty folder with flask restore."
        ),
    ),
    "database_moved": lambda f: Message(
        _(
            "The folder or the database of the archive was moved, deleted or replaced while the"
            " program ran."
        ),
        reassurance=_("Nothing is written any more, so nothing goes to a wrong place."),
        advice=_("Put what was moved to its place: the program then goes on by itself."),
    ),
    "foreign_log": lambda f: Message(
        _(
            "The file “%(log)s” beside the database was written for another database file.",
            log=f.get("log", "archive.db-wal"),
        ),
        reassurance=_("Nothing was opened or changed."),
        advice=_(
            "If a copy of the database was put back, move this file and the one that ends in"
            " “-shm” to another folder, then start again. If not, put back the database that was"
            " here before."
        ),
    ),
    "disk_full": lambda f: full_disk(
        _("What was saved is safe, and pages can be read."),
        _("Tell the administrator. When there is disk space, try again."),
    ),
    "disk_full_kept": lambda f: full_disk(
        _("What you typed is kept here, and nothing was changed yet."),
        _("Tell the administrator. When there is disk space, send it again with the button below."),
    ),
    "disk_read_only": lambda f: Message(
        _("The disk of the archive allows reading only."),
        reassurance=_("Nothing was changed."),
        advice=_(
            "A system that finds errors on a disk allows no more writing to it: the administrator "
            "should look at its log, then allow writing again."
        ),
    ),
    "database_other_account": lambda f: Message(
        _("The database belongs to another account of this computer."),
        reassurance=_("Nothing was changed."),
        advice=_(
            "The administrator gives all files of the archive to its own account (chown -R), and "
            "runs commands under that account only."
        ),
    ),
    "database_not_writable": lambda f: Message(
        _("The archive may not write to its database or to the folder of it."),
        reassurance=_("Nothing was changed."),
        advice=_("The administrator allows its account to write there (chmod u+rwX)."),
    ),
    "database_damaged": lambda f: Message(
        _("The database is damaged."),
        reassurance=_("The originals are kept apart from it."),
        advice=_(
            "Stop the program, keep the damaged file, and put the last copy of the database back. "
            "flask doctor checks it."
        ),
    ),
    "database_missing": lambda f: Message(
        _("The database of the archive is missing."),
        reassurance=_("Nothing was changed."),
        advice=_("Check the folder of the archive, or put the last copy of the database back."),
    ),
    "database_busy": lambda f: Message(
        _("The archive is very busy."),
        reassurance=_("Nothing was lost."),
        advice=_("Wait a few seconds and try again."),
    ),
    "rate_limited": lambda f: Message(
        _("Too many failed sign-ins."), advice=_("Wait a quarter of an hour and try again.")
    ),
    "http": lambda f: Message(_("The archive could not answer this request.")),
    "unexpected": lambda f: Message(
        _("The system had an error."),
        reassurance=_("What was saved before is safe."),
        advice=_("Try again; if it happens again, tell the administrator the time."),
    ),
}
