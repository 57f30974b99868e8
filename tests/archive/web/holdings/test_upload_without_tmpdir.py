"""Uploads of our own page while no temporary file can be written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from archive.db import Database
from archive.settings import Settings
from archive.web.holdings.uploads import MAX_PIECE_BYTES
from media.vault import Vault
from tests.archive.web.holdings.test_upload_kill import PATH, sign_in, with_token
from tests.support import media_factory
from tests.support import media_files as media
from tests.support.http_server import ServerProcess
from tests.support.small_disk import fill, mounted


def test_pieces_of_the_page_need_no_temporary_file(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    media_factory.add_interview(database)
    data = media.sound(tmp_path / "a.wav", media.tone(1.0)).read_bytes()[:44] + os.urandom(
        7 * MAX_PIECE_BYTES
    )
    with mounted(tmp_path / "temporary", mib=16) as temporary:
        server = ServerProcess(settings, TMPDIR=str(temporary))
        try:
            line = with_token(sign_in(server.start(), database))
            created = line.request(
                "POST",
                PATH,
                Upload_Length=str(len(data)),
                Upload_Metadata=media_factory.upload_metadata(filename="a.wav", accession="LK-1"),
            )
            # A long request is spooled, so the process has chosen its folder before it is full.
            offset, length = 0, 5 * MAX_PIECE_BYTES
            while offset < len(data):
                answer = line.request(
                    "PATCH",
                    created.headers["location"],
                    body=data[offset : offset + length],
                    Upload_Offset=str(offset),
                    Content_Type="application/offset+octet-stream",
                )
                assert answer.status == 204, answer
                if not offset:
                    fill(temporary)
                offset, length = offset + length, MAX_PIECE_BYTES
        finally:
            server.kill()
    assert Vault(settings.vault_dir).check(hashlib.sha256(data).hexdigest()).state == "ok"
