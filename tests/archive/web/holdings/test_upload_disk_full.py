"""Uploads to a full disk: a clear error, no loss, and resuming when there is space."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from archive.models import Event, MediaFile
from archive.toolbox import Toolbox
from media.parts import PartStore
from media.vault import Vault
from tests.support import media_factory
from tests.support import media_files as media
from tests.support.small_disk import delete, fill, mounted, use_up_inodes

ClientOf = Callable[[str | None], FlaskClient]
PATH = "/api/v1/uploads"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "small", mib=8, inodes=64) as folder:
        yield folder


@pytest.fixture
def hoa(app: Flask, toolbox: Toolbox, client_of: ClientOf, small_disk: Path) -> FlaskClient:
    """A sender to an archive whose vault lies on the small disk."""
    tools = replace(
        toolbox, vault=Vault(small_disk / "vault"), parts=PartStore(small_disk / "parts")
    )
    app.extensions["loi_ke"] = tools
    media_factory.add_interview(tools.database)
    return client_of("hoa")


def create(client: FlaskClient, length: int) -> tuple[int, str]:
    answer = client.post(
        PATH,
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(length),
            "Upload-Metadata": media_factory.upload_metadata(accession="LK-1", filename="a.wav"),
        },
    )
    return answer.status_code, answer.headers.get("Location", "")


def patch(client: FlaskClient, address: str, offset: int, data: bytes) -> tuple[int, str]:
    answer = client.patch(
        address,
        data=data,
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        },
    )
    return answer.status_code, answer.text


def head(client: FlaskClient, address: str) -> int:
    answer = client.head(address, headers={"Tus-Resumable": "1.0.0"})
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def test_create_larger_than_disk_is_507(hoa: FlaskClient) -> None:
    assert create(hoa, 20 * 1024**2)[0] == 507
    assert create(hoa, 1024**2)[0] == 201


def test_disk_full_during_upload_keeps_bytes_and_resumes(
    hoa: FlaskClient, app: Flask, small_disk: Path, tmp_path: Path
) -> None:
    data = media.sound(tmp_path / "a.wav", media.tone(150.0)).read_bytes()  # 4.8 MB
    status, address = create(hoa, len(data))
    assert status == 201
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"0" * (5 * 1024**2))  # another program fills the disk
    status, body = patch(hoa, address, 0, data)
    assert status == 507
    assert "no_space" in body
    kept = head(hoa, address)
    assert 0 < kept < len(data)
    assert patch(hoa, address, kept, data[kept:])[0] == 507
    kept = head(hoa, address)
    ballast.unlink()
    assert patch(hoa, address, kept, data[kept:])[0] == 204
    tools = app.extensions["loi_ke"]
    assert tools.vault.check(hashlib.sha256(data).hexdigest()).state == "ok"
    with tools.database.reading() as db:
        assert db.query(Event).filter_by(kind="file.received").count() == 1
        assert db.query(MediaFile).one().size_bytes == len(data)


def test_pages_work_while_the_disk_is_full(
    hoa: FlaskClient, app: Flask, small_disk: Path, tmp_path: Path
) -> None:
    data = media.sound(tmp_path / "a.wav", media.tone(20.0)).read_bytes()
    _, address = create(hoa, len(data))
    assert patch(hoa, address, 0, data)[0] == 204
    fill(small_disk)
    digest = hashlib.sha256(data).hexdigest()
    assert app.extensions["loi_ke"].vault.check(digest).state == "ok"
    assert create(hoa, 1024)[0] == 507


def test_disk_without_inodes_is_507_and_the_upload_goes_on_afterwards(
    hoa: FlaskClient, app: Flask, small_disk: Path, tmp_path: Path
) -> None:
    data = media.sound(tmp_path / "a.wav", media.tone(20.0)).read_bytes()
    _, address = create(hoa, len(data))
    assert patch(hoa, address, 0, data[:1000])[0] == 204
    made = use_up_inodes(small_disk)
    assert create(hoa, 1024)[0] == 507
    status, body = patch(hoa, address, 1000, data[1000:])
    assert (status, "no_space" in body) == (507, True)
    assert head(hoa, address) == 1000
    delete(made)
    assert patch(hoa, address, 1000, data[1000:])[0] == 204
    assert app.extensions["loi_ke"].vault.has(hashlib.sha256(data).hexdigest())


def test_complete_upload_waits_for_a_vault_without_inodes(
    hoa: FlaskClient, app: Flask, small_disk: Path, tmp_path: Path
) -> None:
    data = media.sound(tmp_path / "a.wav", media.tone(20.0)).read_bytes()
    _, address = create(hoa, len(data))
    tools = app.extensions["loi_ke"]
    upload_id = address.rpartition("/")[2]
    with io.BytesIO(data) as stream:
        tools.parts.append(upload_id, 0, stream)  # the process ended before the file was moved
    made = use_up_inodes(small_disk)
    answer = hoa.get(f"{address}/state")
    assert answer.status_code == 507
    assert hoa.get(f"/en/uploads/{upload_id}/row").status_code == 507
    delete(made)
    assert hoa.get(f"{address}/state").get_json()["state"] == "kept"
    assert tools.vault.check(hashlib.sha256(data).hexdigest()).state == "ok"
