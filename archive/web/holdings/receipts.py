"""Originals: the file list of an interview's page, receipts, download of the bytes."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as WerkzeugResponse

from archive import access, messages
from archive.actions.holdings import missing_derivatives, originals
from archive.actions.office import jobs as job_actions
from archive.messages import events
from archive.models import Interview, Job, MediaFile
from archive.web.core import current, formatting, language, loaders
from archive.web.core.file_responses import ServedFile, file_response
from archive.web.holdings import file_labels
from archive.web.office import job_labels

bp = Blueprint("files", __name__)

bp.add_app_template_filter(formatting.day)
bp.add_app_template_filter(formatting.date_and_time)
bp.add_app_template_filter(formatting.no_break)
bp.add_app_template_filter(originals.group_digest)
bp.add_app_template_filter(file_labels.check_state_label)
bp.add_app_template_filter(file_labels.grouped_number)
bp.add_app_template_filter(file_labels.technical_rows)


@bp.app_template_global("files_of")
def files_of(interview: Interview) -> dict[str, object] | None:
    """Return the variables of `interviews/_files.html`, or None without the permission."""
    db, rights = current.db(), current.rights()
    if not access.may(rights, "see_files", access.Scope(interview)):
        return None
    file_jobs = [
        job for job in job_actions.list_for_interview(db, rights, interview) if _is_file_job(job)
    ]
    # Newest first: of several jobs of a file the last one here is shown.
    file_jobs.sort(key=lambda job: (job.state == "running", job.kind == "derive"))
    jobs = {str(job.payload.get("subject_id", "")): job for job in file_jobs}
    being_copied = {
        str(job.payload.get("subject_id", ""))
        for job in file_jobs
        if job.kind == "derive" and job.state in ("queued", "running")
    }
    holdings = originals.list_originals(db, rights, interview)
    return {
        "holdings": holdings,
        "jobs": jobs,
        "without_copy": {
            holding.original.id
            for holding in holdings
            if holding.original.id not in being_copied and _lacks_copy(holding)
        },
    }


@bp.app_template_global("file_problem")
def file_problem(file: MediaFile) -> messages.Message:
    """Return why a copy could not be made."""
    return messages.for_code(file.problem, **file.technical)


@bp.get(language.LANGUAGE_PREFIX + "/interviews/<accession>/files")
def file_list(accession: str) -> ResponseReturnValue:
    """Render the file list alone, for a page whose copies have just been made."""
    interview = loaders.interview(accession, "see_files")
    return render_template("catalogue/interviews/_files.html", interview=interview)


@bp.post(language.LANGUAGE_PREFIX + "/interviews/<accession>/copies")
def make_copies(accession: str) -> WerkzeugResponse:
    """Enqueue the jobs that make the missing copies of an interview."""
    interview = loaders.interview(accession, "upload")
    count = missing_derivatives.request_missing(
        current.db(), current.rights(), toolbox=current.toolbox(), interview=interview
    )
    flash(job_labels.copies_enqueued(count))
    return redirect(url_for("interviews.show", accession=accession) + "#files-h", 303)


@bp.get(language.LANGUAGE_PREFIX + "/files/<file_id>")
def receipt(file_id: str) -> ResponseReturnValue:
    """Render the receipt of an original: digest, date, person, technical metadata; printable."""
    interview, file = loaders.original(file_id, "see_files")
    db, rights = current.db(), current.rights()
    return render_template(
        "holdings/receipts/receipt.html",
        interview=interview,
        holding=originals.holding_of(db, rights, file),
        received_by=events.actor_label(originals.receiver_name(db, file)),
        history=originals.file_events(db, rights, file),
    )


@bp.get("/files/<file_id>/original")
def download_original(file_id: str) -> Response:
    """Return the bytes as received, as an attachment, never inline."""
    _interview, file = loaders.media_file(file_id, "fetch_original")
    vault = current.toolbox().vault
    return file_response(
        ServedFile(
            path=vault.path(file.sha256),
            media_type=file.media_type,
            filename=file.filename,
            etag=file.sha256,
            is_attachment=True,
        )
    )


def _lacks_copy(holding: originals.Holding) -> bool:
    return missing_derivatives.lacks_derivative(
        holding.original, holding.derived.values(), toolbox=current.toolbox(), is_repeated=True
    )


def _is_file_job(job: Job) -> bool:
    return job.kind in ("derive", "check_fixity")
