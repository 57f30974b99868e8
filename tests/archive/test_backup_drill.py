"""The drill: back up while eight editors save and an upload runs, wipe, restore, compare."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_toolbox
from archive import audit, database_copies
from archive.actions.office.backup_folder import BackupFolder
from archive.jobs.worker import Worker
from archive.models import Base, Event, MediaFile, SegmentRevision
from archive.models.base import new_id
from archive.settings import Settings
from archive.toolbox import Toolbox
from tests.support import editor_fixture, media_files, tus_client
from tests.support.backups import CHANGED, all_rows, assert_good, ingest
from tests.support.cast import session_of
from tests.support.editor_fixture import EditorFixture
from tests.support.http_server import ROOT, HttpClient, serve_in_thread
from tests.support.postgres import temporary_database
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import (
    add_interview_with_text,
    hit_texts,
    index_all,
    search_as,
)
from tests.support.worker_process import command, environment

EDITORS = ("cleo", "rob", "ben", "ada") * 2
QUERIES = ("gạo", "cho Ba Chieu", '"hồi đó"', "nguy*")


class Editor(threading.Thread):
    """Saves one segment again and again through the editor's API, and keeps the answers."""

    def __init__(self, client: HttpClient, segment_id: str, number: int) -> None:
        super().__init__(name=f"editor {number}")
        self.client, self.segment_id, self.number = client, segment_id, number
        self.acknowledged: list[str] = []
        self.began = threading.Event()
        self.stopped = threading.Event()

    def run(self) -> None:
        revision = 1
        while not self.stopped.is_set():
            token = f"editor {self.number} lần {len(self.acknowledged)}"
            response = self.client.request(
                "PATCH",
                f"/api/v1/segments/{self.segment_id}",
                body=json.dumps({"text": token}).encode(),
                Content_Type="application/json",
                If_Match=f'"{revision}"',
                Idempotency_Key=new_id(),
            )
            assert response.status == 200, response.body
            revision = json.loads(response.body)["segment"]["rev"]
            self.acknowledged.append(token)
            self.began.set()


def upload_until(client: HttpClient, data: bytes, begun: threading.Event) -> None:
    """Send an upload in small parts, the last one whenever it is ready."""
    address = tus_client.create(client, len(data), name="tape.wav", accession="LK-9").headers[
        "location"
    ]
    for offset in range(0, len(data), 40_000):
        response = tus_client.patch(client, address, offset, data[offset : offset + 40_000])
        assert response.status == 204, response.body
        begun.set()


@pytest.fixture
def fresh(backend: str, tmp_path: Path) -> Iterator[Settings]:
    """The new machine: a home that does not exist yet and an empty database of the same kind."""
    home = tmp_path / "new" / "home"
    if backend == "postgresql":
        with temporary_database() as url:
            yield Settings(home=home, database_url=url, poll_s=0.02)
    else:
        url = f"sqlite:///{home / 'archive.db'}"
        yield Settings(home=home, database_url=url, poll_s=0.02)


def run_flask(settings: Settings, *words: str) -> Any:
    process = subprocess.run(
        command(*words, "--json"),
        cwd=ROOT,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def rows_of_copy(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    with database_copies.opened_copy(file) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def back_up_while_all_work(
    app: Flask, toolbox: Toolbox, edited: EditorFixture, target: Path
) -> list[str]:
    """Back up in a process of its own; return the texts saved before it began."""
    tape = media_files.sound(target.with_name("tape.wav"), media_files.tone(8.0)).read_bytes()
    with serve_in_thread(app, threads=16) as client:
        editors = [
            Editor(
                replace(client, cookie=session_of(toolbox.database, name)),
                edited.segment_ids[number],
                number,
            )
            for number, name in enumerate(EDITORS)
        ]
        uploading = threading.Event()
        sender = tus_client.sign_in(client, toolbox, "hoa")
        upload = threading.Thread(target=upload_until, args=(sender, tape, uploading))
        for thread in (*editors, upload):
            thread.start()
        try:
            for event in (*(editor.began for editor in editors), uploading):
                assert event.wait(120)
            before = [token for editor in editors for token in editor.acknowledged]
            run_flask(toolbox.settings, "backup", str(target))
            counts = [len(editor.acknowledged) for editor in editors]
        finally:
            for editor in editors:
                editor.stopped.set()
            for thread in (*editors, upload):
                thread.join()
    assert sum(counts) > len(before), "no editor saved during the backup"
    return before


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_backup_under_load_wipe_and_restore_gives_the_same_archive(
    app: Flask, toolbox: Toolbox, fresh: Settings, tmp_path: Path
) -> None:
    target = tmp_path / "usb"
    edited = editor_fixture.create(toolbox)
    ingest(toolbox, tmp_path / "in", count=3)
    add_interview_with_text(toolbox, "LK-9", "Tôi bán gạo ở chợ Bà Chiểu.", "Hồi đó nguy hiểm lắm.")
    index_all(toolbox)
    before = back_up_while_all_work(app, toolbox, edited, target)
    answers = [hit_texts(search_as(toolbox, rights_of_machine("test"), q)) for q in QUERIES]
    assert all(answers)
    final = all_rows(toolbox.settings.database_url)
    toolbox.database.dispose()
    # Wipe: only the backup is left.
    shutil.rmtree(toolbox.settings.home)
    assert_good(target, copies=1)
    [name] = BackupFolder(target).copies()
    snapshot = rows_of_copy(target / "copies" / name / "archive.db")
    for table in ("event", "segment_revision"):  # append-only
        last = {row[0]: row for row in final[table]}
        assert [row for row in snapshot[table] if last[row[0]] != row] == []

    run_flask(fresh, "restore", str(target))
    restored = all_rows(fresh.database_url)
    for table, rows in snapshot.items():
        if table not in CHANGED:
            assert restored[table] == rows, table
    run_flask(fresh, "worker", "--until-idle")
    checked = run_flask(fresh, "fixity", "--all")
    assert checked["wrong"] == []
    assert checked["checked"] >= 3
    tools = create_toolbox(fresh)
    with tools.database.reading() as db:
        assert audit.verify_chain(db) is None
        assert [e.kind for e in db.scalars(select(Event))].count("archive.restored") == 1
        saved = set(db.scalars(select(SegmentRevision.text)))
        assert set(before) <= saved
        for sha256, size in db.execute(
            select(MediaFile.sha256, MediaFile.size_bytes).where(MediaFile.role == "original")
        ):
            assert tools.vault.check(sha256).state == "ok"
            assert tools.vault.path(sha256).stat().st_size == size
    again = [hit_texts(search_as(tools, rights_of_machine("test"), q)) for q in QUERIES]
    assert again == answers
    assert Worker(tools).run_until_idle() == 0
    tools.database.dispose()
    assert os.listdir(fresh.home / "derivatives")
