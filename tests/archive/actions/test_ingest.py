"""Taking in a file from this machine: the same rules as in the browser."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.access import Actor, NotVisible
from archive.actions import ingest, uploads
from archive.models import Interview, Recording
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.fixtures.media import make as media

ActorOf = Callable[[str | None], Actor]


@pytest.fixture
def ben(actor_of: ActorOf, toolbox: Toolbox) -> Actor:
    make.interview(toolbox.database)
    return actor_of("ben")


def test_the_source_stays_as_it_was(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    path = make.sound(tmp_path)
    before, data = path.stat(), path.read_bytes()
    item = ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    assert item.as_dict() == {
        "file": str(path), "id": item.file_id, "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data), "role": "original", "duplicate": False,
    }  # fmt: skip
    assert (path.read_bytes(), path.stat().st_mode) == (data, before.st_mode)
    assert not os.path.samefile(path, toolbox.vault.path(item.sha256))


def test_again_into_the_same_interview_makes_no_second_row(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    path = make.sound(tmp_path)
    first = ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    again = ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    assert (again.duplicate, again.file_id) == (True, first.file_id)


def test_into_another_interview_it_is_one_object_and_two_rows(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    make.interview(toolbox.database, "LK-2")
    path = make.sound(tmp_path)
    first = ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    other = ingest.ingest_file(toolbox, ben, "LK-2", path=path)
    assert other.duplicate
    assert other.file_id != first.file_id
    assert list(toolbox.vault.keys()) == [first.sha256]


def test_the_date_in_the_file_is_offered_and_not_applied(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    ingest.ingest_file(toolbox, ben, "LK-1", path=media.bwf(tmp_path / "b.wav"))
    with toolbox.database.reading() as db:
        recording = db.query(Recording).one()
        assert recording.recorded_as_written != ""
        assert db.query(Interview).one().held_edtf == ""


def test_a_broken_recording_is_kept_with_a_reason(
    toolbox: Toolbox, ben: Actor, tmp_path: Path
) -> None:
    whole = make.sound(tmp_path, seconds=3.0).read_bytes()
    broken = tmp_path / "broken.wav"
    broken.write_bytes(whole[:30])
    item = ingest.ingest_file(toolbox, ben, "LK-1", path=broken)
    with toolbox.database.reading() as db:
        [file] = make.originals(db)
        assert file.id == item.file_id
        assert file.technical["problem"] == "unreadable"


@pytest.mark.parametrize("name", ["missing.wav", "."])
def test_what_is_no_file_is_refused(
    toolbox: Toolbox, ben: Actor, tmp_path: Path, name: str
) -> None:
    with pytest.raises((ingest.NotAFile, ingest.KindRefused)):
        ingest.ingest_file(toolbox, ben, "LK-1", path=tmp_path / name)
    assert list(toolbox.vault.keys()) == []


def test_a_refused_type_names_what_it_is(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"MZ" + b"\x00" * 600)
    with pytest.raises(ingest.KindRefused) as refused:
        ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    assert refused.value.facts["reason"] == "executable"


def test_no_room_is_found_out_before_copying(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    path = tmp_path / "huge.wav"
    head = make.sound(tmp_path, name="s.wav").read_bytes()[:44]
    path.write_bytes(head)
    os.truncate(path, 1 << 43)  # sparse: takes no room here
    with pytest.raises(uploads.NoSpace):
        ingest.ingest_file(toolbox, ben, "LK-1", path=path)


def test_an_interview_that_is_not_there(toolbox: Toolbox, ben: Actor, tmp_path: Path) -> None:
    with pytest.raises(NotVisible):
        ingest.ingest_file(toolbox, ben, "LK-404", path=make.sound(tmp_path))
