"""Writes after an answer: the page does not wait for them and does not fail with them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive.actions.accounts import sessions
from archive.db import Database
from archive.models import MediaFile, SignInSession
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from archive.web.core import after_answer
from archive.web.core.after_answer import BackgroundWriter
from tests.support import sample_transcript

ClientOf = Callable[[str | None], FlaskClient]
LONG_AGO = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def long_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `close` wait longer than any disk needs for the writes of a test."""
    monkeypatch.setattr(after_answer, "CLOSE_TIMEOUT_S", 240.0)


@pytest.fixture
def writer(app: Flask) -> BackgroundWriter:
    found: BackgroundWriter = app.extensions["loi_ke_background_writer"]
    return found


def age_sessions(database: Database) -> datetime:
    """Set the last use of every session to some minutes ago, and return that instant."""
    then = utc_now() - LONG_AGO
    with database.writing() as db:
        db.execute(update(SignInSession).values(seen_at=then))
    return then


def last_use(database: Database) -> datetime:
    with database.reading() as db:
        return db.scalars(select(SignInSession.seen_at)).one()


def test_write_lock_does_not_block_page_and_write_follows(
    client_of: ClientOf, database: Database, writer: BackgroundWriter
) -> None:
    sam = client_of("sam")
    then = age_sessions(database)
    with database.writing() as holder:
        holder.execute(select(1))  # BEGIN IMMEDIATE: no other connection can write now
        with sam.get("/vi/interviews") as response:
            assert response.status_code == 200
        assert last_use(database) == then
    writer.wait_until_written()
    assert last_use(database) > then


def add_sound(database: Database, toolbox: Toolbox) -> str:
    """Add an interview with an access copy; return the address of its bytes."""
    with database.writing() as db:
        interview = sample_transcript.add_interview(db)
        sound = MediaFile(
            interview_id=interview.id,
            recording_id=interview.recordings[0].id,
            role="access",
            path="a.m4a",
            media_type="audio/mp4",
        )
        db.add(sound)
        db.flush()
        sound_id = sound.id
    toolbox.derivatives_dir.mkdir(parents=True, exist_ok=True)
    (toolbox.derivatives_dir / "a.m4a").write_bytes(b"sound")
    return f"/media/{sound_id}"


@contextmanager
def no_new_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the thread of a writer fail to start, as when the system has no further one."""
    start = threading.Thread.start

    def fail_to_start(thread: threading.Thread) -> None:
        if thread.name == "after-answer":
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail_to_start)
        yield


def test_a_sound_that_is_sent_has_its_writes(
    client_of: ClientOf, database: Database, toolbox: Toolbox, writer: BackgroundWriter
) -> None:
    """The server closes the file of such an answer, and never the answer itself."""
    address = add_sound(database, toolbox)
    sam = client_of("sam")
    for headers in ({}, {"Range": "bytes=0-1"}):
        then = age_sessions(database)
        with sam.get(address, headers=headers) as response:
            assert response.data == b"sound"[: 2 if headers else 5]
        writer.wait_until_written()
        assert last_use(database) > then


def test_failing_write_leaves_the_answer_and_is_logged(
    client_of: ClientOf,
    database: Database,
    writer: BackgroundWriter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sam = client_of("sam")
    then = age_sessions(database)

    def fail(_db: Session, _token: str) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(sessions, "mark_seen", fail)
        with sam.get("/vi/interviews") as response:
            assert response.status_code == 200
        writer.wait_until_written()
    assert "a write after an answer failed" in caplog.text
    assert last_use(database) == then
    with sam.get("/vi/interviews"):
        pass
    writer.wait_until_written()
    assert last_use(database) > then


@pytest.mark.parametrize("is_sound", [False, True], ids=["page", "sound"])
def test_write_whose_thread_cannot_start_leaves_the_answer_and_follows_later(
    is_sound: bool,
    client_of: ClientOf,
    database: Database,
    toolbox: Toolbox,
    writer: BackgroundWriter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address = add_sound(database, toolbox) if is_sound else "/vi/interviews"
    sam = client_of("sam")
    # The writer of this test has no thread yet: signing in writes nothing after its answer.
    then = age_sessions(database)
    with no_new_thread(monkeypatch), sam.get(address) as response:
        assert response.status_code == 200
        assert (response.data == b"sound") is is_sound
    assert "their thread could not be started" in caplog.text
    assert last_use(database) == then
    with sam.get(address):
        pass
    writer.wait_until_written()
    assert last_use(database) > then


def test_writes_whose_thread_could_not_start_wait_for_the_next_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = BackgroundWriter(database)
    written: list[int] = []
    with no_new_thread(monkeypatch):
        writer.add(lambda _db: written.append(0))
    writer.add(lambda _db: written.append(1))
    writer.close()
    assert written == [0, 1]


def test_close_without_a_thread_logs_the_lost_writes(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    writer = BackgroundWriter(database)
    with no_new_thread(monkeypatch):
        writer.add(lambda _db: None)
        writer.close()
    assert "1 writes after an answer were lost" in caplog.text


def test_writer_with_a_full_queue_drops_and_logs(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(after_answer, "MAX_WAITING", 2)
    writer = BackgroundWriter(database)
    written: list[int] = []
    is_taken, may_end = threading.Event(), threading.Event()

    def write_first(_db: Session) -> None:
        is_taken.set()
        assert may_end.wait(240)
        written.append(0)

    writer.add(write_first)
    assert is_taken.wait(240)
    for number in range(1, 5):
        writer.add(lambda _db, number=number: written.append(number))  # type: ignore[misc]
    may_end.set()
    writer.close()
    assert written == [0, 1, 2]
    assert caplog.text.count("dropped a write after an answer") == 2


def test_close_of_writer_finishes_pending_writes(database: Database) -> None:
    writer = BackgroundWriter(database)
    written: list[int] = []
    for number in range(50):
        writer.add(lambda _db, number=number: written.append(number))  # type: ignore[misc]
    writer.close()
    assert written == list(range(50))
