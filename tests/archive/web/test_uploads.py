"""tus 1.0 as its text asks for it, over a real server; and the page with its plain form."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from archive.access import of_user
from archive.actions import accounts, uploads
from archive.models import Upload
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.cast import CAST, session_of
from tests.live import Answer, Line, in_thread

ClientOf = Callable[[str | None], FlaskClient]
TUS = {"Tus-Resumable": "1.0.0"}
FORM = "application/x-www-form-urlencoded"
PIECE = "application/offset+octet-stream"
PATH = "/api/v1/uploads"


def signed_in(line: Line, toolbox: Toolbox, name: str) -> Line:
    return replace(line, cookie=session_of(toolbox.database, name), headers=TUS)


@pytest.fixture
def hoa(app: Flask, toolbox: Toolbox) -> Iterator[Line]:
    make.interview(toolbox.database)
    with in_thread(app) as line:
        yield signed_in(line, toolbox, "hoa")


def create(line: Line, length: int, *, name: str = "a.wav", accession: str = "LK-1") -> Answer:
    return line.ask(
        "POST", PATH, Upload_Length=str(length),
        Upload_Metadata=make.metadata(filename=name, accession=accession),
    )  # fmt: skip


def patch(line: Line, address: str, offset: int, data: bytes) -> Answer:
    return line.ask("PATCH", address, body=data, Upload_Offset=str(offset), Content_Type=PIECE)


def test_core_and_creation(hoa: Line, toolbox: Toolbox, tmp_path: Path) -> None:
    data = make.sound(tmp_path, seconds=4.0).read_bytes()
    created = create(hoa, len(data), name="Băng Hòa.wav")
    assert created.status == 201
    assert created.headers["tus-resumable"] == "1.0.0"
    assert "upload-expires" in created.headers
    address = created.headers["location"]
    head = hoa.ask("HEAD", address)
    assert (head.status, head.headers["upload-offset"]) == (200, "0")
    assert head.headers["upload-length"] == str(len(data))
    assert head.headers["cache-control"] == "no-store"
    for start in range(0, len(data), 40_000):
        piece = data[start : start + 40_000]
        answer = patch(hoa, address, start, piece)
        assert (answer.status, answer.headers["upload-offset"]) == (204, str(start + len(piece)))
    assert toolbox.vault.check(hashlib.sha256(data).hexdigest()).state == "ok"
    state = hoa.ask("GET", f"{address}/state")
    assert b'"state":"kept"' in state.body
    assert hoa.ask("HEAD", address).headers["upload-offset"] == str(len(data))


def test_options_tells_what_the_server_can(hoa: Line) -> None:
    answer = hoa.ask("OPTIONS", PATH)
    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,termination,expiration"
    assert int(answer.headers["tus-max-size"]) > 20 * 10**9


def test_another_version_is_412_and_names_ours(hoa: Line) -> None:
    asked = (("POST", PATH), ("POST", f"{PATH}/X"), ("HEAD", f"{PATH}/X"), ("PATCH", f"{PATH}/X"))
    for method, path in asked:
        answer = replace(hoa, headers={"Tus-Resumable": "0.2.2"}).ask(method, path)
        assert (answer.status, answer.headers["tus-version"]) == (412, "1.0.0")
        assert (b"unknown_tus_version" in answer.body) == (method != "HEAD")


def test_refusals_of_a_piece_have_the_status_of_the_protocol(hoa: Line) -> None:
    address = create(hoa, 10).headers["location"]
    wrong_type = hoa.ask("PATCH", address, body=b"x", Upload_Offset="0", Content_Type="text/plain")
    assert wrong_type.status == 415
    assert hoa.ask("PATCH", address, body=b"x", Content_Type=PIECE).status == 400
    as_it_likes = hoa.ask(
        "PATCH", address, body=b"", Upload_Offset="0", Content_Type=f"{PIECE.title()}; a=b"
    )
    assert as_it_likes.status == 204
    assert patch(hoa, address, 3, b"x").status == 409
    assert patch(hoa, address, 0, b"x" * 11).status == 413
    assert hoa.ask("HEAD", address).headers["upload-offset"] == "10"


def test_a_piece_of_more_than_32_mib_is_413(
    app: Flask, toolbox: Toolbox, client_of: ClientOf
) -> None:
    make.interview(toolbox.database)
    client = client_of("hoa")
    created = client.post(
        PATH, headers={**TUS, "Upload-Length": str(50 * 1024**2),
                       "Upload-Metadata": make.metadata(accession="LK-1", filename="a.wav")},
    )  # fmt: skip
    answer = client.patch(
        created.headers["Location"], data=b"0" * (32 * 1024**2 + 1),
        headers={**TUS, "Upload-Offset": "0", "Content-Type": PIECE},
    )  # fmt: skip
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Metadata": make.metadata(accession="LK-1")},
        {"Upload-Length": "x", "Upload-Metadata": make.metadata(accession="LK-1")},
        {"Upload-Length": "-1", "Upload-Metadata": make.metadata(accession="LK-1")},
        {"Upload-Length": "5"},
        {"Upload-Length": "5", "Upload-Metadata": "accession !!!"},
        {"Upload-Defer-Length": "1", "Upload-Metadata": make.metadata(accession="LK-1")},
    ],
)
def test_a_creation_that_cannot_be_read_is_400(hoa: Line, headers: dict[str, str]) -> None:
    assert replace(hoa, headers={**TUS, **headers}).ask("POST", PATH).status == 400


def test_too_long_is_413_and_no_room_is_507(
    hoa: Line, toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert create(hoa, 1 << 60).status == 413
    monkeypatch.setattr(toolbox.parts._disk, "free_bytes", lambda _folder: 1000)
    answer = create(hoa, 10_000)
    assert answer.status == 507
    assert b"no_space" in answer.body


def test_termination_frees_the_bytes_and_is_410_afterwards(hoa: Line, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    patch(hoa, address, 0, b"12345")
    assert hoa.ask("DELETE", address).status == 204
    assert toolbox.parts.ids() == []
    assert hoa.ask("HEAD", address).status == 410
    assert patch(hoa, address, 5, b"x").status == 410
    assert hoa.ask("HEAD", f"{PATH}/01UNKNOWN").status == 404


def test_an_expired_upload_is_410(hoa: Line, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    with toolbox.database.writing() as db:
        upload = db.query(Upload).one()
        upload.expires_at = upload.created_at
    assert hoa.ask("HEAD", address).status == 410


def test_a_second_writer_is_423(hoa: Line, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    with toolbox.parts._locked(address.rpartition("/")[2]):
        assert patch(hoa, address, 0, b"12345").status == 423
    assert patch(hoa, address, 0, b"12345").status == 204


def test_methods_can_be_overridden(hoa: Line) -> None:
    address = create(hoa, 10).headers["location"]
    answer = hoa.ask(
        "POST", address, body=b"12345", Upload_Offset="0", Content_Type=PIECE,
        X_HTTP_Method_Override="PATCH",
    )  # fmt: skip
    assert (answer.status, answer.headers["upload-offset"]) == (204, "5")
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["cache-control"] == "no-store"
    assert hoa.ask("POST", address, X_HTTP_Method_Override="DELETE").status == 204
    assert hoa.ask("POST", address, X_HTTP_Method_Override="PUT").status == 405


def test_someone_elses_upload_is_404(hoa: Line, toolbox: Toolbox) -> None:
    address = create(hoa, 10).headers["location"]
    ben = signed_in(hoa, toolbox, "ben")
    assert ben.ask("HEAD", address).status == 404
    assert patch(ben, address, 0, b"x").status == 404
    assert ben.ask("DELETE", address).status == 404
    assert replace(hoa, cookie="").ask("HEAD", address).status == 401


def test_without_the_form_token_nothing_is_changed(app: Flask, hoa: Line) -> None:
    address = create(hoa, 10).headers["location"]
    app.config["WTF_CSRF_ENABLED"] = True
    assert create(hoa, 10).status == 400
    assert patch(hoa, address, 0, b"x").status == 400
    assert hoa.ask("DELETE", address).status == 400
    assert hoa.ask("HEAD", address).headers["upload-offset"] == "0"


def test_a_slow_sender_does_not_keep_others_from_saving(hoa: Line, toolbox: Toolbox) -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.asked, self.go_on = threading.Event(), threading.Event()

        def read(self, _size: int = -1) -> bytes:
            if self.asked.is_set():
                return b""
            self.asked.set()
            assert self.go_on.wait(30)
            return b"12345"

    upload_id = create(hoa, 10).headers["location"].rpartition("/")[2]
    with toolbox.database.reading() as db:
        user = accounts.by_email(db, CAST["hoa"].email)
        assert user is not None
    slow = Slow()
    thread = threading.Thread(
        target=uploads.receive, args=(toolbox, of_user(user, frozenset()), upload_id),
        kwargs={"offset": 0, "stream": slow},
    )  # fmt: skip
    thread.start()
    assert slow.asked.wait(30)
    make.interview(toolbox.database, "LK-9")  # would wait for the lock and fail
    assert create(hoa, 5).status == 201
    slow.go_on.set()
    thread.join()
    assert toolbox.parts.size(upload_id) == 5


def test_the_plain_form_sends_small_files_without_script(
    toolbox: Toolbox, client_of: ClientOf, tmp_path: Path
) -> None:
    make.interview(toolbox.database)
    client = client_of("hoa")
    good = make.sound(tmp_path).read_bytes()
    answer = client.post(
        "/vi/interviews/LK-1/upload",
        data={"files": [(io.BytesIO(good), "Hoa.wav"), (io.BytesIO(b"#EXTM3U\nx\n"), "b.mp3")]},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303
    with toolbox.database.reading() as db:
        assert sorted(upload.state for upload in db.query(Upload)) == ["kept", "refused"]
        assert [file.filename for file in make.originals(db)] == ["Hoa.wav"]


def test_a_file_that_is_there_is_known_by_its_digest_before_it_is_sent(
    hoa: Line, toolbox: Toolbox, tmp_path: Path
) -> None:
    data = make.sound(tmp_path).read_bytes()
    patch(hoa, create(hoa, len(data)).headers["location"], 0, data)
    facts = f"accession=LK-1&filename=b.wav&length={len(data)}"
    assert hoa.ask("GET", f"{PATH}/known?{facts}").body == b'{"maybe":true}\n'
    assert hoa.ask("GET", f"{PATH}/known?accession=LK-1&length=3").body == b'{"maybe":false}\n'
    asked = f"{facts}&sha256={hashlib.sha256(data).hexdigest()}".encode()
    answer = hoa.ask("POST", f"{PATH}/known", body=asked, Content_Type=FORM)
    upload_id = answer.body.decode().split('"')[3]
    row = hoa.ask("GET", f"/en/uploads/{upload_id}/row").body.decode()
    assert "This interview received it on" in row
    assert "It belongs here too" not in row
    other = asked[:-1] + (b"0" if asked[-1:] != b"0" else b"1")
    answer = hoa.ask("POST", f"{PATH}/known", body=other, Content_Type=FORM)
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
def test_a_question_that_cannot_be_read_is_refused(hoa: Line, facts: str, status: int) -> None:
    asked = hoa.ask("POST", f"{PATH}/known", body=facts.encode(), Content_Type=FORM)
    assert asked.status == status
    if "sha256=x" not in facts:
        assert hoa.ask("GET", f"{PATH}/known?{facts}").status == status
