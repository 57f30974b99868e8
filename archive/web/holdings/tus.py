"""Upload protocol: tus 1.0 (core, creation, termination, expiration).

No session is open while bytes are received: such a request loads its row, closes the session,
writes the part, and opens a short transaction when the file is complete. The offset is the size of
the part on disk, so HEAD is right after any crash. Protocol:
https://tus.io/protocols/resumable-upload
"""

from __future__ import annotations

import base64
import binascii

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.http import http_date

from archive.actions.holdings import uploads
from archive.actions.holdings.uploads import LONGEST_FILE_BYTES, UploadProgress
from archive.web.core import current, errors, forms, loaders

bp = Blueprint("tus", __name__)

TUS_VERSION = "1.0.0"
TUS_EXTENSIONS = "creation,termination,expiration"
PATCH_MEDIA_TYPE = "application/offset+octet-stream"
PATH = "/api/v1/uploads"


@bp.before_request
def _check_protocol_version() -> Response | None:
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != TUS_VERSION:
        response = current_app.make_response(errors.respond(412, "unknown_tus_version"))
        response.headers["Tus-Version"] = TUS_VERSION
        return response
    return None


@bp.after_request
def _add_protocol_headers(response: Response) -> Response:
    if request.method != "OPTIONS":
        response.headers["Tus-Resumable"] = TUS_VERSION
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.route(PATH, methods=["OPTIONS"], defaults={"upload_id": ""}, provide_automatic_options=False)
@bp.route(PATH + "/<upload_id>", methods=["OPTIONS"], provide_automatic_options=False)
def options(upload_id: str) -> Response:
    """Return the capabilities of this server (tus: OPTIONS)."""
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
    """Create an upload (tus: creation); 507 before any byte is sent if the disk is full."""
    length = _header_number("Upload-Length")
    facts = _metadata(request.headers.get("Upload-Metadata", ""))
    if length is None or facts is None or not facts.get("accession"):
        return errors.respond(400, "wrong_request")
    interview = loaders.interview(facts["accession"], "upload")
    upload = uploads.create(
        current.db(),
        current.rights(),
        interview,
        filename=facts.get("filename", ""),
        length_bytes=length,
        toolbox=current.toolbox(),
    )
    response = Response(status=201)
    response.headers["Location"] = url_for(".head", upload_id=upload.id)
    response.headers["Upload-Expires"] = http_date(upload.expires_at)
    return response


@bp.route(PATH + "/<upload_id>", methods=["HEAD"], provide_automatic_options=False)
def head(upload_id: str) -> Response:
    """Return the number of bytes on disk (tus: HEAD)."""
    progress = uploads.load_progress(current.toolbox(), current.rights(), upload_id)
    return _with_offset(Response(status=200), progress)


@bp.route(PATH + "/<upload_id>", methods=["PATCH"], provide_automatic_options=False)
def receive_part(upload_id: str) -> ResponseReturnValue:
    """Store a part (tus: PATCH). Returns 204 and the new offset; the last part also stores the
    file.
    """
    if request.mimetype != PATCH_MEDIA_TYPE:
        return errors.respond(415, "wrong_request")
    offset = _header_number("Upload-Offset")
    if offset is None:
        return errors.respond(400, "wrong_request")
    if (request.content_length or 0) > current.settings().upload_part_bytes:
        return errors.respond(413, "piece_too_long")
    progress = uploads.receive(
        current.toolbox(), current.rights(), upload_id, offset=offset, stream=request.stream
    )
    return _with_offset(Response(status=204), progress)


@bp.route(PATH + "/<upload_id>", methods=["DELETE"], provide_automatic_options=False)
def discard(upload_id: str) -> ResponseReturnValue:
    """Discard an upload and free its bytes (tus: termination)."""
    uploads.discard(current.toolbox(), current.rights(), upload_id)
    return Response(status=204)


@bp.post(PATH + "/<upload_id>", provide_automatic_options=False)
def override(upload_id: str) -> ResponseReturnValue:
    """Dispatch PATCH and DELETE for networks that allow GET and POST only.

    Header: X-HTTP-Method-Override (tus).
    """
    method = request.headers.get("X-HTTP-Method-Override", "").upper()
    if method == "PATCH":
        return receive_part(upload_id)
    if method == "DELETE":
        return discard(upload_id)
    return errors.respond(405, "wrong_verb")


def _with_offset(response: Response, progress: UploadProgress) -> Response:
    response.headers["Upload-Offset"] = str(progress.offset_bytes)
    response.headers["Upload-Length"] = str(progress.length_bytes)
    return response


def _header_number(header: str) -> int | None:
    return forms.parse_digits(request.headers.get(header, ""))


def _metadata(header: str) -> dict[str, str] | None:
    """Parse `key base64, key base64` (tus: Upload-Metadata); None if invalid."""
    facts: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            facts[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return None
    return facts
