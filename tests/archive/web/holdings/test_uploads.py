"""The upload page: its plain form, and the check for known files."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from archive.models import Upload
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.http_server import HttpClient
from tests.support.tus_client import PATH, create, patch

ClientOf = Callable[[str | None], FlaskClient]
FORM = "application/x-www-form-urlencoded"


def test_form_uploads_small_files_without_script(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database)
    client = client_of("hoa")
    good = media_factory.write_wav(tmp_path).read_bytes()
    answer = client.post(
        "/vi/interviews/LK-1/upload",
        data={"files": [(io.BytesIO(good), "Hoa.wav"), (io.BytesIO(b"#EXTM3U\nx\n"), "b.mp3")]},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    with toolbox.database.reading() as db:
        assert sorted(upload.state for upload in db.query(Upload)) == ["kept", "refused"]
        assert [file.filename for file in media_factory.originals(db)] == ["Hoa.wav"]


def test_known_digest_ends_upload_as_duplicate(
    hoa: HttpClient, toolbox: Toolbox, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    patch(hoa, create(hoa, len(data)).headers["location"], 0, data)
    facts = f"accession=LK-1&filename=b.wav&length={len(data)}"
    assert hoa.request("GET", f"{PATH}/known?{facts}").body == b'{"maybe":true}\n'
    assert hoa.request("GET", f"{PATH}/known?accession=LK-1&length=3").body == b'{"maybe":false}\n'
    body = f"{facts}&sha256={hashlib.sha256(data).hexdigest()}".encode()
    answer = hoa.request("POST", f"{PATH}/known", body=body, Content_Type=FORM)
    upload_id = answer.body.decode().split('"')[3]
    row = hoa.request("GET", f"/en/uploads/{upload_id}/row").body.decode()
    assert "This interview received an identical file on" in row
    assert "Add it to this interview too" not in row
    other = body[:-1] + (b"0" if body[-1:] != b"0" else b"1")
    answer = hoa.request("POST", f"{PATH}/known", body=other, Content_Type=FORM)
    assert answer.body == b'{"uploadId":""}\n'


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ("accession=LK-1&length=5&sha256=xyz", 400),
        ("accession=LK-1&length=-5&sha256=" + "a" * 64, 400),
        ("accession=LK-1&length=" + "9" * 19 + "&sha256=" + "a" * 64, 400),
        ("accession=LK-1&length=%C2%B2&sha256=" + "a" * 64, 400),
        ("accession=NONE&length=5&sha256=" + "a" * 64, 404),
        ("", 404),
    ],
)
def test_known_with_invalid_fields_is_400(hoa: HttpClient, facts: str, status: int) -> None:
    answer = hoa.request("POST", f"{PATH}/known", body=facts.encode(), Content_Type=FORM)
    assert answer.status == status
    if "sha256=x" not in facts:
        assert hoa.request("GET", f"{PATH}/known?{facts}").status == status
