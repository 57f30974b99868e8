"""`flask worker` waits for its database: a server that starts later, a disk not mounted yet."""

from __future__ import annotations

import contextlib
import io
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app import create_toolbox
from archive import migrations
from archive.actions.office import workers
from archive.db import Database
from archive.models import Interview, Job
from archive.queue import enqueue
from archive.settings import Settings, make_folders
from archive.toolbox import Toolbox
from tests.support import postgres
from tests.support.http_server import ROOT
from tests.support.worker_process import command, environment, wait_until


class WaitingWorker:
    """`flask worker`, and what it printed."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._errors = folder / "stderr"
        with self._errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                command("worker"), cwd=ROOT, env=environment(settings), stderr=stderr
            )

    @property
    def errors(self) -> str:
        return self._errors.read_text("utf-8")

    def wait_for(self, text: str) -> None:
        def printed() -> bool:
            assert self.process.poll() is None, self.errors
            return text in self.errors

        wait_until(printed)


@contextlib.contextmanager
def started(settings: Settings, folder: Path) -> Iterator[WaitingWorker]:
    worker = WaitingWorker(settings, folder)
    try:
        yield worker
    finally:
        worker.process.kill()
        worker.process.wait(240)
    assert "Traceback" not in worker.errors


def wait_until_it_runs(toolbox: Toolbox) -> None:
    def runs() -> bool:
        with toolbox.database.reading() as db:
            return workers.load_report(db).running == 1

    wait_until(runs)


def test_worker_waits_for_a_home_that_is_mounted_later(tmp_path: Path) -> None:
    home = tmp_path / "disk" / "home"
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'archive.db'}")
    with started(settings, tmp_path) as worker:
        worker.wait_for("The worker waits and tries again in 1 s. [no_archive]")
        assert not (home / "archive.db").exists()
        migrations.upgrade(settings.database_url)
        toolbox = create_toolbox(settings)
        wait_until_it_runs(toolbox)
        toolbox.database.dispose()


def test_worker_waits_for_a_database_on_a_disk_that_is_mounted_later(tmp_path: Path) -> None:
    """The originals are there already: without their database they look like a lost archive."""
    home, disk = tmp_path / "home", tmp_path / "disk"
    settings = Settings(home=home, database_url=f"sqlite:///{disk / 'archive.db'}")
    make_folders(settings)
    toolbox = create_toolbox(settings)
    toolbox.vault.receive(io.BytesIO(b"the only recording"))
    with started(settings, tmp_path) as worker:
        worker.wait_for("The worker waits and tries again in 1 s. [records_lost]")
        assert not (disk / "archive.db").exists()
        away = f"sqlite:///{tmp_path / 'away.db'}"
        migrations.upgrade(away)
        database = Database(away)
        with database.writing() as db:
            db.add(Interview(accession="LK-1", title="Chuyện"))
        database.dispose()
        disk.mkdir()
        (tmp_path / "away.db").rename(disk / "archive.db")
        wait_until_it_runs(toolbox)
        toolbox.database.dispose()


class Forwarder:
    """A port that forwards to the PostgreSQL server while it is open."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._sockets: list[socket.socket] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", 0))  # not listening: connections are refused
        self.port = self._listener.getsockname()[1]

    def open(self) -> None:
        """Accept connections from now on."""
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Cut every connection and refuse new ones, as a server that is stopped."""
        for end in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._sockets.clear()

    def reopen(self) -> None:
        """Accept connections at the same port again."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self.open()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = listener.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._copy, args=(one, other), daemon=True).start()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@pytest.mark.postgresql
def test_worker_waits_for_postgresql_at_its_start_and_while_it_runs(tmp_path: Path) -> None:
    with postgres.temporary_database() as url:
        migrations.upgrade(url)
        toolbox = create_toolbox(Settings(home=tmp_path, database_url=url))
        parts = make_url(url)
        forwarder = Forwarder((parts.host or "127.0.0.1", parts.port or 5432))
        forwarded = parts.set(host="127.0.0.1", port=forwarder.port)
        settings = Settings(
            home=tmp_path, database_url=forwarded.render_as_string(hide_password=False)
        )
        with started(settings, tmp_path) as worker:
            worker.wait_for("The worker waits and tries again in 1 s. [database_unusable]")
            forwarder.open()
            wait_until_it_runs(toolbox)
            forwarder.close()
            worker.wait_for("The worker waits and tries again; no job is lost.")
            with toolbox.database.writing() as db:
                job_id = enqueue(db, "sweep", lane="files").id
            forwarder.reopen()
            worker.wait_for("The database answers again.")

            def is_done() -> bool:
                with toolbox.database.reading() as db:
                    return db.get_one(Job, job_id).state == "done"

            wait_until(is_done)
        forwarder.close()
        toolbox.database.dispose()


def test_running_worker_waits_for_a_moved_home(toolbox: Toolbox, tmp_path: Path) -> None:
    """SQLite would write on into the old file: ArchiveMoved, until the folder is back."""
    home = toolbox.settings.home
    with started(toolbox.settings, tmp_path) as worker:
        wait_until_it_runs(toolbox)
        home.rename(home.with_name("moved"))
        worker.wait_for("The worker waits and tries again; no job is lost.")
        assert not (home / "archive.db").exists()
        home.with_name("moved").rename(home)
        worker.wait_for("The database answers again.")
        with toolbox.database.writing() as db:
            job_id = enqueue(db, "sweep", lane="files").id

        def is_done() -> bool:
            with toolbox.database.reading() as db:
                return db.get_one(Job, job_id).state == "done"

        wait_until(is_done)
