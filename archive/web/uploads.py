"""Uploads: the page, a plain form, and tus 1.0 (core, creation, termination, expiration).

While bytes flow no session is open: a request that carries them reads its row, closes,
writes the part, and opens a short transaction when the file is whole. How much is here
is the size of the part on the disk, so HEAD tells the truth after any kill.
Protocol: https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.http import http_date
from werkzeug.wrappers import Response as AnyResponse

from archive.access import NotVisible
from archive.actions import holdings, twins, uploads
from archive.actions.uploads import LONGEST_FILE_BYTES, Progress, UploadEnded
from archive.web import current, errors, language, loaders, measures, messages
from archive.web.messages import holdings as holdings_messages

bp = Blueprint("uploads", __name__)

TUS_VERSION = "1.0.0"
TUS_EXTENSIONS = "creation,termination,expiration"
PIECE_TYPE = "application/offset+octet-stream"
TUS_ENDPOINTS = frozenset(
    f"uploads.{name}" for name in ("create", "head", "append", "discard", "override")
)
PATH = "/api/v1/uploads"
LONGEST_FORM_FILES = 50
DIGEST = re.compile("[0-9a-f]{64}")

bp.add_app_template_filter(measures.size, "size")
bp.add_app_template_filter(measures.duration, "duration")
bp.add_app_template_filter(measures.roughly, "roughly")


@bp.before_request
def _speak_one_version() -> Response | None:
    if request.endpoint in TUS_ENDPOINTS and request.headers.get("Tus-Resumable") != TUS_VERSION:
        response = current_app.make_response(errors.answer(412, "unknown_tus_version"))
        response.headers["Tus-Version"] = TUS_VERSION
        return response
    return None


@bp.after_request
def _name_the_version(response: Response) -> Response:
    if request.endpoint in TUS_ENDPOINTS:
        response.headers["Tus-Resumable"] = TUS_VERSION
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.get(language.PREFIX + "/interviews/<accession>/upload")
def page(accession: str) -> ResponseReturnValue:
    """Choose files and watch them go up; also lists what this person left unfinished."""
    interview = loaders.interview(accession, "upload")
    unfinished = uploads.unfinished(
        current.db(), current.actor(), interview, toolbox=current.toolbox()
    )
    return render_template(
        "uploads/page.html",
        interview=interview,
        unfinished=unfinished,
        sent=_sent(request.args.getlist("sent")[:LONGEST_FORM_FILES]),
        longest_file_bytes=LONGEST_FILE_BYTES,
        facts=_facts(accession, unfinished),
    )


@bp.post(language.PREFIX + "/interviews/<accession>/upload")
def send_form(accession: str) -> ResponseReturnValue:
    """Small files without JavaScript: each goes the way of a resumable upload, in one piece."""
    toolbox, actor = current.toolbox(), current.actor()
    with toolbox.database.reading() as db:
        holdings.owner(db, actor, accession, action="upload")  # also when no file was chosen
    sent = []
    for file in request.files.getlist("files")[:LONGEST_FORM_FILES]:
        if not file.filename:
            continue
        length = file.stream.seek(0, 2)
        file.stream.seek(0)
        with toolbox.database.writing() as db:
            interview = holdings.owner(db, actor, accession, action="upload")
            begun = uploads.start(
                db, actor, interview, filename=file.filename, length_bytes=length, toolbox=toolbox
            )
        uploads.receive(toolbox, actor, begun.id, offset=0, stream=file.stream)
        sent.append(begun.id)
    return redirect(url_for(".page", accession=accession, sent=sent), 303)


@bp.get(language.PREFIX + "/uploads/<upload_id>/row")
def row(upload_id: str) -> ResponseReturnValue:
    """How an upload stands, as the row that the page shows."""
    state = uploads.progress(current.toolbox(), current.actor(), upload_id)
    return render_template("uploads/_row.html", **_row(state))


@bp.post(language.PREFIX + "/uploads/<upload_id>/keep")
def keep(upload_id: str) -> AnyResponse:
    """The same bytes are elsewhere already, and belong to this interview too."""
    db, actor = current.db(), current.actor()
    accession = uploads.keep_here_too(db, actor, uploads.own(db, actor, upload_id)).accession
    return redirect(url_for(".page", accession=accession, sent=[upload_id]), 303)


@bp.get(PATH + "/<upload_id>/state")
def state(upload_id: str) -> ResponseReturnValue:
    """How an upload stands, for our script; also finishes a whole one that a kill left open."""
    found = uploads.progress(current.toolbox(), current.actor(), upload_id)
    return jsonify(
        id=found.upload_id, filename=found.filename, length_bytes=found.length_bytes,
        offset_bytes=found.offset_bytes, state=found.state, problem=found.problem,
    )  # fmt: skip


@bp.get(PATH + "/known")
def maybe_known() -> ResponseReturnValue:
    """Whether computing a digest is worth the while: does the archive hold a file this long?"""
    interview = loaders.interview(request.args.get("accession", ""), "upload")
    length = _length(request.args.get("length", ""))
    if length is None:
        return errors.answer(400, "wrong_request")
    return jsonify(maybe=twins.any_of_length(current.db(), current.actor(), interview, length))


@bp.post(PATH + "/known")
def known() -> ResponseReturnValue:
    """The upload that ends as a duplicate before a byte is sent, or none."""
    interview = loaders.interview(request.form.get("accession", ""), "upload")
    length, sha256 = _length(request.form.get("length", "")), request.form.get("sha256", "")
    if length is None or not DIGEST.fullmatch(sha256):
        return errors.answer(400, "wrong_request")
    found = twins.recognise(
        current.db(), current.actor(), interview, filename=request.form.get("filename", ""),
        length_bytes=length, sha256=sha256, toolbox=current.toolbox(),
    )  # fmt: skip
    return jsonify(uploadId=found.id if found is not None else "")


@bp.post(PATH + "/<upload_id>/same", provide_automatic_options=False)
def same(upload_id: str) -> ResponseReturnValue:
    """Whether the file that was chosen to go on is the file that was begun."""
    offset = request.args.get("offset", type=int)
    sample = request.stream.read(2 * uploads.SAMPLE_BYTES + 1)
    if offset is None or offset < 0:
        return errors.answer(400, "wrong_request")
    return jsonify(
        same=uploads.is_same(
            current.toolbox(), current.actor(), upload_id, offset=offset, sample=sample
        )
    )


@bp.route(PATH, methods=["OPTIONS"], defaults={"upload_id": ""}, provide_automatic_options=False)
@bp.route(PATH + "/<upload_id>", methods=["OPTIONS"], provide_automatic_options=False)
def options(upload_id: str) -> Response:
    """What this server can do (tus: OPTIONS)."""
    return Response(
        status=204,
        headers={
            "Tus-Resumable": TUS_VERSION,
            "Tus-Version": TUS_VERSION,
            "Tus-Extension": TUS_EXTENSIONS,
            "Tus-Max-Size": str(LONGEST_FILE_BYTES),
        },
    )


@bp.post(PATH, provide_automatic_options=False)
def create() -> ResponseReturnValue:
    """Begin an upload (tus: creation); 507 before a byte is sent when there is no room."""
    length = _whole_number("Upload-Length")
    facts = _metadata(request.headers.get("Upload-Metadata", ""))
    if length is None or facts is None or not facts.get("accession"):
        return errors.answer(400, "wrong_request")
    interview = loaders.interview(facts["accession"], "upload")
    upload = uploads.start(
        current.db(), current.actor(), interview,
        filename=facts.get("filename", ""), length_bytes=length, toolbox=current.toolbox(),
    )  # fmt: skip
    response = Response(status=201)
    response.headers["Location"] = url_for(".head", upload_id=upload.id)
    response.headers["Upload-Expires"] = http_date(upload.expires_at)
    return response


@bp.route(PATH + "/<upload_id>", methods=["HEAD"], provide_automatic_options=False)
def head(upload_id: str) -> Response:
    """How many bytes are on the disk (tus: HEAD)."""
    state = uploads.progress(current.toolbox(), current.actor(), upload_id)
    return _told(Response(status=200), state)


@bp.route(PATH + "/<upload_id>", methods=["PATCH"], provide_automatic_options=False)
def append(upload_id: str) -> ResponseReturnValue:
    """One piece (tus: PATCH). 204 with the new offset; the last one also puts the file away."""
    if request.mimetype != PIECE_TYPE:
        return errors.answer(415, "wrong_request")
    offset = _whole_number("Upload-Offset")
    if offset is None:
        return errors.answer(400, "wrong_request")
    if (request.content_length or 0) > current.settings().upload_part_bytes:
        return errors.answer(413, "piece_too_long")
    state = uploads.receive(
        current.toolbox(), current.actor(), upload_id, offset=offset, stream=request.stream
    )
    return _told(Response(status=204), state)


@bp.route(PATH + "/<upload_id>", methods=["DELETE"], provide_automatic_options=False)
def discard(upload_id: str) -> ResponseReturnValue:
    """Give up and free the bytes (tus: termination)."""
    uploads.discard(current.toolbox(), current.actor(), upload_id)
    return Response(status=204)


@bp.post(PATH + "/<upload_id>", provide_automatic_options=False)
def override(upload_id: str) -> ResponseReturnValue:
    """For lines that let only GET and POST through (tus: X-HTTP-Method-Override)."""
    wanted = request.headers.get("X-HTTP-Method-Override", "").upper()
    if wanted == "PATCH":
        return append(upload_id)
    if wanted == "DELETE":
        return discard(upload_id)
    return errors.answer(405, "wrong_verb")


@bp.app_template_global("upload_problem")
def _upload_problem(upload: Progress) -> messages.Message:
    return messages.for_code(upload.problem)


def _sent(upload_ids: list[str]) -> list[dict[str, object]]:
    """Rows for what a plain form has just sent; what was swept since is passed over."""
    rows = []
    for upload_id in upload_ids:
        with contextlib.suppress(NotVisible, UploadEnded):
            rows.append(_row(uploads.progress(current.toolbox(), current.actor(), upload_id)))
    return rows


def _facts(accession: str, unfinished: list[Progress]) -> dict[str, object]:
    """What `js/upload/page.js` needs to know, and the sentences it may have to say."""
    codes = (*holdings_messages.REFUSED, *holdings_messages.UPLOADS)
    told = {code: messages.for_code(code, longest_bytes=LONGEST_FILE_BYTES) for code in codes}
    sentences = {
        code: " ".join(filter(None, (say.happened, say.safe, say.advice)))
        for code, say in told.items()
    }
    return {
        "accession": accession,
        "endpoint": PATH,
        "pieceBytes": current.settings().upload_part_bytes // 2,
        "rowUrl": url_for(".row", upload_id="ID"),
        "sentences": {**sentences, "fallback": sentences["upload_ended"]},
        "unfinished": [
            {
                "uploadId": upload.upload_id, "name": upload.filename,
                "sizeBytes": upload.length_bytes, "sentBytes": upload.offset_bytes,
            }
            for upload in unfinished
        ],
    }  # fmt: skip


def _row(state: Progress) -> dict[str, object]:
    """What `uploads/_row.html` shows: the state, the file it became, or the one it repeats."""
    if not state.media_file_id:
        return {"upload": state, "file": None, "owner": None}
    with current.toolbox().database.reading() as db:
        file, owner = holdings.whereabouts(db, current.actor(), state.media_file_id)
    return {"upload": state, "file": file, "owner": owner}


def _told(response: Response, state: Progress) -> Response:
    response.headers["Upload-Offset"] = str(state.offset_bytes)
    response.headers["Upload-Length"] = str(state.length_bytes)
    return response


def _whole_number(header: str) -> int | None:
    return _number(request.headers.get(header, ""))


def _length(value: str) -> int | None:
    number = _number(value)
    return number if number is not None and number <= LONGEST_FILE_BYTES else None


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None


def _metadata(header: str) -> dict[str, str] | None:
    """`key base64, key base64` (tus: Upload-Metadata); None when it cannot be read."""
    facts: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            facts[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return None
    return facts
