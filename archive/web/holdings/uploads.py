"""Upload page, a plain form for small files, and JSON for the page's script.

The bytes are sent by the protocol in `tus`.
"""

from __future__ import annotations

import contextlib
import re

from flask import (
    Blueprint,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as WerkzeugResponse

from archive import messages
from archive.access import NotVisible
from archive.actions.holdings import duplicates, originals, uploads
from archive.actions.holdings.upload_errors import UploadEnded
from archive.actions.holdings.uploads import LONGEST_FILE_BYTES, UploadProgress
from archive.messages import holdings as holdings_messages
from archive.messages import quantities
from archive.web.core import current, errors, forms, language, loaders
from archive.web.holdings import tus

bp = Blueprint("uploads", __name__)

MAX_FORM_FILES = 50
# The server stores a request only after its last byte, so a cut connection loses one piece.
MAX_PIECE_BYTES = 1024 * 1024
DIGEST = re.compile("[0-9a-f]{64}")

bp.add_app_template_filter(quantities.size)
bp.add_app_template_filter(quantities.duration)
bp.add_app_template_filter(quantities.rounded_duration_ms)


@bp.get(language.LANGUAGE_PREFIX + "/interviews/<accession>/upload")
def show(accession: str) -> ResponseReturnValue:
    """Render the upload page, with this user's unfinished uploads."""
    sent = _submitted_rows(request.args.getlist("sent")[:MAX_FORM_FILES])  # opens its own sessions
    interview = loaders.interview(accession, "upload")
    unfinished = uploads.list_unfinished(
        current.db(), current.rights(), interview, toolbox=current.toolbox()
    )
    return render_template(
        "holdings/uploads/page.html",
        interview=interview,
        unfinished=unfinished,
        sent=sent,
        longest_file_bytes=LONGEST_FILE_BYTES,
        script_data=_script_data(accession, unfinished),
    )


@bp.post(language.LANGUAGE_PREFIX + "/interviews/<accession>/upload")
def send_form(accession: str) -> ResponseReturnValue:
    """Store small files without JavaScript: each as a resumable upload of one part."""
    toolbox, rights = current.toolbox(), current.rights()
    with toolbox.database.reading() as db:
        # Checks the permission even if no file was chosen.
        originals.interview_for_files(db, rights, accession, action="upload")
    sent = []
    for file in request.files.getlist("files")[:MAX_FORM_FILES]:
        if not file.filename:
            continue
        length = file.stream.seek(0, 2)
        file.stream.seek(0)
        with toolbox.database.writing() as db:
            interview = originals.interview_for_files(db, rights, accession, action="upload")
            upload = uploads.create(
                db, rights, interview, filename=file.filename, length_bytes=length, toolbox=toolbox
            )
        uploads.receive(toolbox, rights, upload.id, offset=0, stream=file.stream)
        sent.append(upload.id)
    return redirect(url_for(".show", accession=accession, sent=sent), 303)


@bp.get(language.LANGUAGE_PREFIX + "/uploads/<upload_id>/row")
def progress_row(upload_id: str) -> ResponseReturnValue:
    """Render the row of an upload for the page."""
    state = uploads.load_progress(current.toolbox(), current.rights(), upload_id)
    return render_template("holdings/uploads/_row.html", **_row_variables(state))


@bp.post(language.LANGUAGE_PREFIX + "/uploads/<upload_id>/keep")
def attach_duplicate(upload_id: str) -> WerkzeugResponse:
    """Attach the file that the archive already has to this interview too."""
    db, rights = current.db(), current.rights()
    accession = uploads.attach_duplicate(
        db, rights, uploads.for_owner(db, rights, upload_id)
    ).accession
    return redirect(url_for(".show", accession=accession, sent=[upload_id]), 303)


@bp.get(tus.PATH + "/<upload_id>/state")
def progress(upload_id: str) -> ResponseReturnValue:
    """Return the state of an upload as JSON; completes a whole one that a crash left open."""
    found = uploads.load_progress(current.toolbox(), current.rights(), upload_id)
    return jsonify(
        id=found.upload_id,
        filename=found.filename,
        length_bytes=found.length_bytes,
        offset_bytes=found.offset_bytes,
        state=found.state,
        problem=found.problem,
    )


@bp.get(tus.PATH + "/known")
def may_be_known() -> ResponseReturnValue:
    """Return whether the archive has a file of this length, so that hashing is worthwhile."""
    interview = loaders.interview(request.args.get("accession", ""), "upload")
    length = _parse_length(request.args.get("length", ""))
    if length is None:
        return errors.respond(400, "wrong_request")
    return jsonify(
        maybe=duplicates.any_original_of_length(current.db(), current.rights(), interview, length)
    )


@bp.post(tus.PATH + "/known")
def find_known() -> ResponseReturnValue:
    """Return the upload that ends as a duplicate before any byte is sent, or none."""
    interview = loaders.interview(request.form.get("accession", ""), "upload")
    length, sha256 = _parse_length(request.form.get("length", "")), request.form.get("sha256", "")
    if length is None or not DIGEST.fullmatch(sha256):
        return errors.respond(400, "wrong_request")
    found = duplicates.create_duplicate_upload(
        current.db(),
        current.rights(),
        interview,
        filename=request.form.get("filename", ""),
        length_bytes=length,
        sha256=sha256,
        toolbox=current.toolbox(),
    )
    return jsonify(uploadId=found.id if found is not None else "")


@bp.post(tus.PATH + "/<upload_id>/same", provide_automatic_options=False)
def matches_received(upload_id: str) -> ResponseReturnValue:
    """Return whether the file chosen for resuming begins with the received bytes."""
    offset = request.args.get("offset", type=int)
    sample = request.stream.read(2 * uploads.SAMPLE_BYTES + 1)
    if offset is None or offset < 0:
        return errors.respond(400, "wrong_request")
    return jsonify(
        same=uploads.matches_received_bytes(
            current.toolbox(), current.rights(), upload_id, offset=offset, sample=sample
        )
    )


@bp.app_template_global("upload_problem")
def _upload_problem(upload: UploadProgress) -> messages.Message:
    return messages.for_code(upload.problem)


def _submitted_rows(upload_ids: list[str]) -> list[dict[str, object]]:
    """Return rows for the files of a plain form; uploads swept since are skipped."""
    rows = []
    for upload_id in upload_ids:
        with contextlib.suppress(NotVisible, UploadEnded):
            rows.append(
                _row_variables(
                    uploads.load_progress(current.toolbox(), current.rights(), upload_id)
                )
            )
    return rows


def _script_data(accession: str, unfinished: list[UploadProgress]) -> dict[str, object]:
    """Return the data and texts for `js/holdings/uploads/page.js`."""
    codes = (*holdings_messages.REFUSED_FILES, *holdings_messages.UPLOADS)
    texts = {code: messages.for_code(code, longest_bytes=LONGEST_FILE_BYTES) for code in codes}
    sentences = {
        code: " ".join(filter(None, (message.summary, message.reassurance, message.advice)))
        for code, message in texts.items()
    }
    return {
        "accession": accession,
        "endpoint": tus.PATH,
        "pieceBytes": min(MAX_PIECE_BYTES, current.settings().upload_part_bytes),
        "rowUrl": url_for(".progress_row", upload_id="ID"),
        "sentences": {**sentences, "fallback": sentences["upload_ended"]},
        "unfinished": [
            {
                "uploadId": upload.upload_id,
                "name": upload.filename,
                "sizeBytes": upload.length_bytes,
                "sentBytes": upload.offset_bytes,
            }
            for upload in unfinished
        ],
    }


def _row_variables(state: UploadProgress) -> dict[str, object]:
    """Return the variables of `uploads/_row.html`: the upload, its file or the duplicate, the
    owner.
    """
    if not state.media_file_id:
        return {"upload": state, "file": None, "owner": None}
    with current.toolbox().database.reading() as db:
        file, owner = originals.locate(db, current.rights(), state.media_file_id)
    return {"upload": state, "file": file, "owner": owner}


def _parse_length(value: str) -> int | None:
    number = forms.parse_digits(value)
    return number if number is not None and number <= LONGEST_FILE_BYTES else None
