"""Originals and what is known about them: the list on an interview's page, receipts, the bytes."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from archive import access
from archive.actions import holdings, work
from archive.models import Interview, Job, MediaFile
from archive.web import current, file_words, language, loaders, measures, messages
from archive.web.serving import Delivery, deliver

bp = Blueprint("files", __name__)

bp.add_app_template_filter(measures.day, "day")
bp.add_app_template_filter(measures.moment, "moment")
bp.add_app_template_filter(measures.unbroken, "nb")
bp.add_app_template_filter(holdings.grouped, "hash_groups")
bp.add_app_template_filter(file_words.check_state, "check_state")
bp.add_app_template_filter(file_words.no_copy, "no_copy")
bp.add_app_template_filter(file_words.happened, "file_event")
bp.add_app_template_filter(file_words.who, "actor_in_words")
bp.add_app_template_filter(file_words.thousands, "thousands")
bp.add_app_template_filter(file_words.technical_rows, "technical_rows")


@bp.app_template_global("files_of")
def files_of(interview: Interview) -> dict[str, object] | None:
    """What `interviews/_files.html` shows: nothing to whoever may not see the files."""
    db, actor = current.db(), current.actor()
    if not access.may(actor, "see_files", interview):
        return None
    jobs = work.of_interview(db, actor, interview)
    return {
        "holdings": holdings.listed(db, actor, interview),
        "jobs": {str(job.payload.get("subject_id", "")): job for job in jobs if _is_ours(job)},
    }


@bp.app_template_global("file_problem")
def file_problem(file: MediaFile) -> messages.Message:
    """Why a copy could not be made."""
    return messages.for_code(file.problem, **file.technical)


@bp.get(language.PREFIX + "/interviews/<accession>/files")
def listing(accession: str) -> ResponseReturnValue:
    """The list alone, for a page whose copies have just been made."""
    interview = loaders.interview(accession, "see_files")
    return render_template("interviews/_files.html", interview=interview)


@bp.get(language.PREFIX + "/files/<file_id>")
def receipt(file_id: str) -> ResponseReturnValue:
    """Proof that a file was received whole: digest, day, person, technical data; printable."""
    interview, file = loaders.original(file_id, "see_files")
    db, actor = current.db(), current.actor()
    return render_template(
        "files/receipt.html",
        interview=interview,
        holding=holdings.holding(db, actor, file),
        received_by=file_words.who(holdings.received_by(db, file)),
        history=holdings.history(db, actor, file),
    )


@bp.get("/files/<file_id>/original")
def original(file_id: str) -> Response:
    """The bytes as they were received, to be saved, never to be shown."""
    _interview, file = loaders.media_file(file_id, "fetch_original")
    vault = current.toolbox().vault
    return deliver(
        Delivery(
            path=vault.path(file.sha256), media_type=file.media_type, filename=file.filename,
            etag=file.sha256, is_attachment=True,
        )
    )  # fmt: skip


def _is_ours(job: Job) -> bool:
    return job.kind in ("derive", "check_fixity")
