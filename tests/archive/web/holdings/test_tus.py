"""tus 1.0 against a real server."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from archive.actions.accounts import accounts
from archive.actions.holdings import upload_sweep, uploads
from archive.models import Upload
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.cast import CAST
from tests.support.http_server import HttpClient
from tests.support.tus_client import PATCH_TYPE, PATH, TUS, create, patch, sign_in

ClientOf = Callable[[str | None], FlaskClient]


def test_tus_create_and_patch_store_the_file(
    hoa: HttpClient, toolbox: Toolbox, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path, seconds=4.0).read_bytes()
    created = create(hoa, len(data), name="Băng Hòa.wav")
    assert created.status == 201
    assert created.headers["tus-resumable"] == "1.0.0"
    assert "upload-expires" in created.headers
    address = created.headers["location"]
    head = hoa.request("HEAD", address)
    assert (head.status, head.headers["upload-offset"]) == (200, "0")
    assert head.headers["upload-length"] == str(len(data))
    assert head.headers["cache-control"] == "no-store"
    for start in range(0, len(data), 40_000):
        piece = data[start : start + 40_000]
        answer = patch(hoa, address, start, piece)
        assert (answer.status, answer.headers["upload-offset"]) == (204, str(start + len(piece)))
    assert toolbox.vault.check(hashlib.sha256(data).hexdigest()).state == "ok"
    state = hoa.request("GET", f"{address}/state")
    assert b'"state":"kept"' in state.body
    assert hoa.request("HEAD", address).headers["upload-offset"] == str(len(data))


def test_options_lists_version_extensions_and_size(hoa: HttpClient) -> None:
    answer = hoa.request("OPTIONS", PATH)
    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,termination,expiration"
    assert int(answer.headers["tus-max-size"]) > 20 * 10**9


def test_unknown_protocol_version_is_412_with_ours(hoa: HttpClient) -> None:
    routes = (("POST", PATH), ("POST", f"{PATH}/X"), ("HEAD", f"{PATH}/X"), ("PATCH", f"{PATH}/X"))
    for method, path in routes:
        answer = replace(hoa, headers={"Tus-Resumable": "0.2.2"}).request(method, path)
        assert (answer.status, answer.headers["tus-version"]) == (412, "1.0.0")
        assert (b"unknown_tus_version" in answer.body) == (method != "HEAD")


def test_refused_patch_has_status_of_the_protocol(hoa: HttpClient) -> None:
    address = create(hoa, 10).headers["location"]
    wrong_type = hoa.request(
        "PATCH", address, body=b"x", Upload_Offset="0", Content_Type="text/plain"
    )
    assert wrong_type.status == 415
    assert hoa.request("PATCH", address, body=b"x", Content_Type=PATCH_TYPE).status == 400
    as_it_likes = hoa.request(
        "PATCH", address, body=b"", Upload_Offset="0", Content_Type=f"{PATCH_TYPE.title()}; a=b"
    )
    assert as_it_likes.status == 204
    assert patch(hoa, address, 3, b"x").status == 409
    refused = patch(hoa, address, 0, b"x" * 11)
    assert refused.status == 413
    assert b"more_than_declared" in refused.body
    assert patch(hoa, address, 0, b"x" * 10).status == 410
    assert b'"state":"refused"' in hoa.request("GET", f"{address}/state").body


def test_patch_above_32_mib_is_413(app: Flask, toolbox: Toolbox, client_of: ClientOf) -> None:
    media_factory.add_interview(toolbox.database)
    client = client_of("hoa")
    created = client.post(
        PATH,
        headers={
            **TUS,
            "Upload-Length": str(50 * 1024**2),
            "Upload-Metadata": media_factory.upload_metadata(accession="LK-1", filename="a.wav"),
        },
    )
    answer = client.patch(
        created.headers["Location"],
        data=b"0" * (32 * 1024**2 + 1),
        headers={**TUS, "Upload-Offset": "0", "Content-Type": PATCH_TYPE},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Metadata": media_factory.upload_metadata(accession="LK-1")},
        {"Upload-Length": "x", "Upload-Metadata": media_factory.upload_metadata(accession="LK-1")},
        {"Upload-Length": "-1", "Upload-Metadata": media_factory.upload_metadata(accession="LK-1")},
        {"Upload-Length": "5"},
        {"Upload-Length": "5", "Upload-Metadata": "accession !!!"},
        {
            "Upload-Defer-Length": "1",
            "Upload-Metadata": media_factory.upload_metadata(accession="LK-1"),
        },
    ],
)
def test_create_with_invalid_headers_is_400(hoa: HttpClient, headers: dict[str, str]) -> None:
    assert replace(hoa, headers={**TUS, **headers}).request("POST", PATH).status == 400


def test_create_is_413_above_limit_and_507_on_full_disk(
    hoa: HttpClient, toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert create(hoa, 1 << 60).status == 413
    monkeypatch.setattr(toolbox.parts._disk, "free_bytes", lambda _folder: 1000)
    answer = create(hoa, 10_000)
    assert answer.status == 507
    assert b"no_space" in answer.body


def test_delete_frees_bytes_and_upload_is_410_afterwards(hoa: HttpClient, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    patch(hoa, address, 0, b"12345")
    assert hoa.request("DELETE", address).status == 204
    assert toolbox.parts.ids() == []
    assert hoa.request("HEAD", address).status == 410
    assert patch(hoa, address, 5, b"x").status == 410
    assert hoa.request("HEAD", f"{PATH}/01UNKNOWN").status == 404


def test_expired_upload_is_410(hoa: HttpClient, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    with toolbox.database.writing() as db:
        upload = db.query(Upload).one()
        upload.expires_at = upload.created_at
    assert hoa.request("HEAD", address).status == 200  # a clock may have jumped
    upload_sweep.sweep(toolbox)
    assert hoa.request("HEAD", address).status == 410


def test_concurrent_patch_is_423(hoa: HttpClient, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    with toolbox.parts._locked(address.rpartition("/")[2]):
        assert patch(hoa, address, 0, b"12345").status == 423
    assert patch(hoa, address, 0, b"12345").status == 204


def test_method_override_dispatches_patch_and_delete(hoa: HttpClient) -> None:
    address = create(hoa, 10).headers["location"]
    answer = hoa.request(
        "POST",
        address,
        body=b"12345",
        Upload_Offset="0",
        Content_Type=PATCH_TYPE,
        X_HTTP_Method_Override="PATCH",
    )
    assert (answer.status, answer.headers["upload-offset"]) == (204, "5")
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["cache-control"] == "no-store"
    assert hoa.request("POST", address, X_HTTP_Method_Override="DELETE").status == 204
    assert hoa.request("POST", address, X_HTTP_Method_Override="PUT").status == 405


def test_upload_of_another_user_is_404(hoa: HttpClient, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    ben = sign_in(hoa, toolbox, "ben")
    assert ben.request("HEAD", address).status == 404
    assert patch(ben, address, 0, b"x").status == 404
    assert ben.request("DELETE", address).status == 404
    assert replace(hoa, cookie="").request("HEAD", address).status == 401


def test_request_without_form_token_changes_nothing(app: Flask, hoa: HttpClient) -> None:
    address = create(hoa, 10).headers["location"]
    app.config["WTF_CSRF_ENABLED"] = True
    assert create(hoa, 10).status == 400
    assert patch(hoa, address, 0, b"x").status == 400
    assert hoa.request("DELETE", address).status == 400
    assert hoa.request("HEAD", address).headers["upload-offset"] == "0"


def test_slow_upload_does_not_block_other_writes(hoa: HttpClient, toolbox: Toolbox) -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.started, self.may_continue = threading.Event(), threading.Event()

        def read(self, _size: int = -1) -> bytes:
            if self.started.is_set():
                return b""
            self.started.set()
            assert self.may_continue.wait(240)
            return b"12345"

    upload_id = create(hoa, 10).headers["location"].rpartition("/")[2]
    with toolbox.database.reading() as db:
        user = accounts.by_email(db, CAST["hoa"].email)
        assert user is not None
        rights = accounts.rights_of(db, user, toolbox.settings)
    slow = Slow()
    thread = threading.Thread(
        target=uploads.receive,
        args=(toolbox, rights, upload_id),
        kwargs={"offset": 0, "stream": slow},
    )
    thread.start()
    assert slow.started.wait(240)
    media_factory.add_interview(toolbox.database, "LK-9")  # would wait for the lock and fail
    assert create(hoa, 5).status == 201
    slow.may_continue.set()
    thread.join()
    assert toolbox.parts.size(upload_id) == 5
