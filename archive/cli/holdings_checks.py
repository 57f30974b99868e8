"""Checks of `flask doctor` for files: originals, copies, and uploads in progress."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from archive import queue
from archive.actions.holdings import fixity, missing_derivatives
from archive.cli.check_result import CheckResult, first_names
from archive.cli.output import operator
from archive.models import Job, MediaFile
from archive.models.vocabulary import OPEN_JOB_STATES
from archive.toolbox import Toolbox


def check_vault(tools: Toolbox) -> CheckResult:
    """Find originals that are missing or wrong; read again those that were wrong before.

    Stores what changed: an original that was put back is intact at once.
    """
    with tools.database.reading() as db:
        known = set(db.scalars(select(MediaFile.sha256).where(MediaFile.role == "original")))
        suspects = fixity.find_suspects(db, operator(), tools.vault)
    if suspects:
        wrong = fixity.check_again(
            tools.vault, operator(), suspects, writing=tools.database.writing
        )
        if wrong:
            names = [f"{item.state}: {item.accession} {item.sha256}" for item in wrong]
            return CheckResult(
                "vault",
                "fault",
                f"Missing or wrong originals: {first_names(names)}.",
                "Put them back from a backup, or upload them again, then run flask doctor.",
            )
    orphans = list(tools.vault.orphans(known.__contains__, older_than=timedelta(0)))
    if orphans:
        return CheckResult(
            "vault",
            "warning",
            f"Originals: all {len(known)} are there. Files without a record: {len(orphans)}.",
            "They are what an interrupted ingest left; sending the file again gives it a record.",
        )
    return CheckResult("vault", "ok", f"Originals: all {len(known)} are there.")


def check_copies(tools: Toolbox) -> CheckResult:
    """Find originals whose copies are missing although no job makes them."""
    with tools.database.reading() as db:
        missing = missing_derivatives.find_unanswered(db, tools)
        in_progress = {
            str(payload.get("subject_id", ""))
            for payload in db.scalars(
                select(Job.payload).where(
                    Job.kind == "derive",
                    Job.state.in_(OPEN_JOB_STATES),
                    ~queue.waits_for_person(),
                )
            )
        }
    lost = [file.filename for file in missing if file.id not in in_progress]
    if lost:
        return CheckResult(
            "copies",
            "fault",
            f"Originals without all copies: {first_names(lost)}.",
            "flask derive queues them again, and flask worker makes them.",
        )
    if missing:
        detail = f"Originals whose copies are being made: {len(missing)}."
        return CheckResult("copies", "ok", detail)
    return CheckResult("copies", "ok", "No copy is missing.")


def check_uploads(tools: Toolbox) -> CheckResult:
    """Find uploads in progress whose files cannot be read."""
    unreadable = tools.parts.unreadable()
    if unreadable:
        return CheckResult(
            "uploads",
            "fault",
            f"Uploads that cannot be read: {first_names(unreadable)}.",
            f"Give the files in {tools.parts.root} to the account of the archive, or delete those"
            " of these uploads: the senders then begin again.",
        )
    return CheckResult("uploads", "ok", f"Uploads in progress: {len(tools.parts.ids())}.")
