"""Uploads while the web server is killed at random moments, many times."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import random
import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from archive.db import Database
from archive.models import Event, MediaFile, Upload
from archive.settings import Settings
from media.vault import Vault
from tests.support import media_factory
from tests.support import media_files as media
from tests.support.cast import session_of
from tests.support.http_server import HttpClient, ServerProcess

PATH = "/api/v1/uploads"
PIECE_BYTES = 1024 * 1024
KILLS = 30


@pytest.fixture
def server(settings: Settings) -> Iterator[ServerProcess]:
    server = ServerProcess(settings)
    yield server
    server.kill()


def sign_in(line: HttpClient, database: Database) -> HttpClient:
    """With the real form token: the process runs as an office runs it."""
    cookie = session_of(database, "hoa")
    return replace(line, cookie=cookie, headers={"Tus-Resumable": "1.0.0"})


def with_token(line: HttpClient) -> HttpClient:
    page = line.request("GET", "/vi/interviews/LK-1/upload")
    token = re.search(rb'name="csrf-token" content="([^"]+)"', page.body)
    assert token is not None, page.body[:500]
    form = page.headers["set-cookie"].split(";")[0]
    return replace(
        line,
        cookie=f"{line.cookie}; {form}",
        headers={**line.headers, "X-CSRFToken": token.group(1).decode()},
    )


def offset_of(line: HttpClient, address: str) -> int:
    head = line.request("HEAD", address)
    assert head.status == 200, head
    return int(head.headers["upload-offset"])


def send_until_cut(line: HttpClient, address: str, data: bytes, stop: threading.Event) -> None:
    """Go on from what the server has until it is whole or the line is cut."""
    offset = offset_of(line, address)
    while offset < len(data) and not stop.is_set():
        piece = data[offset : offset + PIECE_BYTES]
        answer = line.request(
            "PATCH",
            address,
            body=piece,
            Upload_Offset=str(offset),
            Content_Type="application/offset+octet-stream",
        )
        assert answer.status == 204, answer
        offset = int(answer.headers["upload-offset"])


@pytest.mark.slow
def test_upload_through_thirty_kills_loses_nothing_and_stores_once(
    settings: Settings,
    database: Database,
    server: ServerProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """After each kill HEAD matches the bytes on disk; the final hash is right."""
    chance = random.Random(1975)
    folder = tmp_path_factory.mktemp("sent")
    media_factory.add_interview(database)
    whole = media.sound(folder / "a.wav", media.tone(700.0)).read_bytes()
    line = sign_in(server.start(), database)
    address, sent, data = "", 0, b""
    for kill in range(KILLS):
        line = with_token(line)
        if not address:
            data = whole[:-8] + kill.to_bytes(8, "big")
            created = line.request(
                "POST",
                PATH,
                Upload_Length=str(len(data)),
                Upload_Metadata=media_factory.upload_metadata(
                    filename=f"{kill}.wav", accession="LK-1"
                ),
            )
            assert created.status == 201, created
            address = created.headers["location"]
        before = offset_of(line, address)
        assert before >= sent
        timer = threading.Timer(chance.uniform(0.0, 0.6), server.kill)
        timer.start()
        with contextlib.suppress(ConnectionError, http.client.HTTPException, TimeoutError):
            send_until_cut(line, address, data, threading.Event())
        timer.join()
        line = replace(
            server.start(), cookie=line.cookie.split(";")[0], headers={"Tus-Resumable": "1.0.0"}
        )
        sent = offset_of(line, address)
        if sent == len(data):
            assert_bytes_kept(database, settings, data)
            address, sent = "", 0
    if address:
        send_until_cut(with_token(line), address, data, threading.Event())
        assert_bytes_kept(database, settings, data)
    assert_stored_once(database, settings)


def assert_bytes_kept(database: Database, settings: Settings, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    assert Vault(settings.vault_dir).check(digest).state == "ok"
    with database.reading() as db:
        [file] = db.query(MediaFile).filter_by(sha256=digest, role="original")
        assert file.size_bytes == len(data)


def assert_stored_once(database: Database, settings: Settings) -> None:
    with database.reading() as db:
        kept = db.query(MediaFile).filter_by(role="original").count()
        assert db.query(Event).filter_by(kind="file.received").count() == kept
        assert {upload.state for upload in db.query(Upload)} == {"kept"}
    assert len(list(Vault(settings.vault_dir).keys())) == kept
    assert list(settings.parts_dir.glob("*.part")) == []
