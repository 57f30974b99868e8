"""HTTP client of the upload protocol tus 1.0."""

from __future__ import annotations

from dataclasses import replace

from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.cast import session_of
from tests.support.http_server import HttpClient, HttpResponse

TUS = {"Tus-Resumable": "1.0.0"}
PATCH_TYPE = "application/offset+octet-stream"
PATH = "/api/v1/uploads"


def sign_in(line: HttpClient, toolbox: Toolbox, name: str) -> HttpClient:
    return replace(line, cookie=session_of(toolbox.database, name), headers=TUS)


def create(
    line: HttpClient, length: int, *, name: str = "a.wav", accession: str = "LK-1"
) -> HttpResponse:
    return line.request(
        "POST",
        PATH,
        Upload_Length=str(length),
        Upload_Metadata=media_factory.upload_metadata(filename=name, accession=accession),
    )


def patch(line: HttpClient, address: str, offset: int, data: bytes) -> HttpResponse:
    return line.request(
        "PATCH", address, body=data, Upload_Offset=str(offset), Content_Type=PATCH_TYPE
    )
