"""Derivatives for players and pages: sound, peaks, pictures. Never an original."""

from __future__ import annotations

from flask import Blueprint, Response

from archive.access import NotVisible
from archive.web.core import current, loaders
from archive.web.core.file_responses import ServedFile, file_response

bp = Blueprint("media", __name__)


@bp.get("/media/<file_id>")
def stream(file_id: str) -> Response:
    """Return a derivative, whole or a range; those of attachments are for staff only.

    A derivative is never changed, only replaced by another row, so its id is its ETag.
    """
    _owner, file = loaders.media_file(file_id, "hear")
    if file.role == "original" or not file.path:
        raise NotVisible
    return file_response(
        ServedFile(
            path=current.toolbox().derivatives_dir / file.path,
            media_type=file.media_type,
            filename=file.filename,
            etag=file.id,
        )
    )
