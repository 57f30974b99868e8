"""Fixity: a wrong byte is found and named, the oldest reading comes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archive.access import Actor, NotAllowed
from archive.actions import fixity, ingest
from archive.models import Event, MediaFile
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from tests import holdings as make

ActorOf = Callable[[str | None], Actor]


@pytest.fixture
def ben(actor_of: ActorOf, toolbox: Toolbox) -> Actor:
    make.interview(toolbox.database)
    return actor_of("ben")


def take_in(toolbox: Toolbox, ben: Actor, tmp_path: Path, hertz: int) -> ingest.Ingested:
    path = make.sound(tmp_path, hertz=hertz, name=f"{hertz}.wav")
    return ingest.ingest_file(toolbox, ben, "LK-1", path=path)


def check_all(toolbox: Toolbox, ben: Actor) -> list[fixity.Finding]:
    with toolbox.database.reading() as db:
        chosen = fixity.candidates(db, ben, everything=True)
    found = fixity.check_each(toolbox.vault, ben, chosen, writing=toolbox.database.writing)
    return [finding for findings in found for finding in findings]


def damage(toolbox: Toolbox, sha256: str) -> None:
    path = toolbox.vault.path(sha256)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_one_wrong_byte_and_one_missing_file_are_named(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    right, wrong, gone = (take_in(toolbox, ben, tmp_path, hertz) for hertz in (300, 400, 500))
    damage(toolbox, wrong.sha256)
    toolbox.vault.path(gone.sha256).unlink()
    states = {finding.filename: finding.state for finding in check_all(toolbox, ben)}
    assert states == {"300.wav": "ok", "400.wav": "mismatch", "500.wav": "missing"}
    with toolbox.database.reading() as db:
        assert {f.filename for f in fixity.wrong(db, ben)} == {"400.wav", "500.wav"}
        file = db.get_one(MediaFile, right.file_id)
        assert file.check_state == "ok"
        assert file.checked_at is not None
        events = db.query(Event).filter_by(kind="fixity.checked").all()
        assert sorted(event.outcome for event in events) == ["failure", "failure", "success"]
        told = next(e for e in events if e.detail["state"] == "mismatch")
        assert told.detail["expected"] == wrong.sha256
        assert len(told.detail["found"]) == 64


def test_what_was_never_read_comes_first_then_the_longest_unread(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    old, fresh, never = (take_in(toolbox, ben, tmp_path, hertz) for hertz in (300, 400, 500))
    with toolbox.database.writing() as db:
        for item, days in ((old, 100), (fresh, 10)):
            file = db.get_one(MediaFile, item.file_id)
            file.checked_at, file.check_state = utc_now() - timedelta(days=days), "ok"
    with toolbox.database.reading() as db:
        everything = fixity.candidates(db, ben, everything=True)
        due = fixity.candidates(db, ben, everything=False)
        first = fixity.candidates(db, ben, everything=False, limit_bytes=1)
    assert [c.sha256 for c in everything] == [never.sha256, old.sha256, fresh.sha256]
    assert [c.sha256 for c in due] == [never.sha256, old.sha256]
    assert [c.sha256 for c in first] == [never.sha256]


def test_the_same_object_in_two_interviews_is_read_once_and_noted_twice(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    make.interview(toolbox.database, "LK-2")
    path = make.sound(tmp_path)
    for accession in ("LK-1", "LK-2"):
        ingest.ingest_file(toolbox, ben, accession, path=path)
    with toolbox.database.reading() as db:
        assert len(fixity.candidates(db, ben, everything=True)) == 1
    assert [f.accession for f in check_all(toolbox, ben)] == ["LK-1", "LK-2"]


def test_sending_the_same_bytes_again_repairs_a_damaged_object(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    item = take_in(toolbox, ben, tmp_path, 300)
    damage(toolbox, item.sha256)
    assert [f.state for f in check_all(toolbox, ben)] == ["mismatch"]
    again = take_in(toolbox, ben, tmp_path, 300)
    assert again.duplicate
    assert [f.state for f in check_all(toolbox, ben)] == ["ok"]
    with toolbox.database.reading() as db:
        assert db.query(Event).filter_by(kind="fixity.repaired").count() == 1


@pytest.mark.parametrize("name", ["hoa", "cleo", "rob", "sam", None])
def test_only_keepers_of_the_archive_check(
    toolbox: Toolbox, actor_of: ActorOf, name: str | None
) -> None:
    with toolbox.database.reading() as db, pytest.raises(NotAllowed):
        fixity.candidates(db, actor_of(name), everything=True)
