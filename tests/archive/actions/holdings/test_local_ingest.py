"""Ingest of local files follows the same rules as uploads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.access import NotVisible, Rights
from archive.actions.holdings import local_ingest, upload_errors
from archive.models import Interview, Recording
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support import media_files as media

RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def ben(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database)
    return rights_of("ben")


def test_ingest_file_leaves_source_unchanged(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> None:
    path = media_factory.write_wav(tmp_path)
    before, data = path.stat(), path.read_bytes()
    item = local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    assert item.as_dict() == {
        "file": str(path),
        "id": item.file_id,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "role": "original",
        "duplicate": False,
    }
    assert (path.read_bytes(), path.stat().st_mode) == (data, before.st_mode)
    assert not os.path.samefile(path, toolbox.vault.path(item.sha256))


def test_ingest_file_twice_into_interview_adds_one_row(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = media_factory.write_wav(tmp_path)
    first = local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    again = local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    assert (again.duplicate, again.file_id) == (True, first.file_id)


def test_ingest_file_into_two_interviews_adds_one_object_and_two_rows(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database, "LK-2")
    path = media_factory.write_wav(tmp_path)
    first = local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    other = local_ingest.ingest_file(toolbox, ben, "LK-2", path=path)
    assert other.duplicate
    assert other.file_id != first.file_id
    assert list(toolbox.vault.keys()) == [first.sha256]


def test_ingest_file_with_date_stores_it_on_the_recording_only(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    local_ingest.ingest_file(toolbox, ben, "LK-1", path=media.bwf(tmp_path / "b.wav"))
    with toolbox.database.reading() as db:
        recording = db.query(Recording).one()
        assert recording.recorded_as_written != ""
        assert db.query(Interview).one().held_edtf == ""


def test_ingest_file_unreadable_recording_is_kept_with_problem(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    whole = media_factory.write_wav(tmp_path, seconds=3.0).read_bytes()
    broken = tmp_path / "broken.wav"
    broken.write_bytes(whole[:30])
    item = local_ingest.ingest_file(toolbox, ben, "LK-1", path=broken)
    with toolbox.database.reading() as db:
        [file] = media_factory.originals(db)
        assert file.id == item.file_id
        assert file.technical["problem"] == "unreadable"


@pytest.mark.parametrize("name", ["missing.wav", "."])
def test_ingest_file_missing_file_or_folder_raises(
    toolbox: Toolbox, ben: Rights, tmp_path: Path, name: str
) -> None:
    with pytest.raises((local_ingest.NotAFile, local_ingest.KindRefused)):
        local_ingest.ingest_file(toolbox, ben, "LK-1", path=tmp_path / name)
    assert list(toolbox.vault.keys()) == []


def test_ingest_file_refused_kind_raises_with_reason(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"MZ" + b"\x00" * 600)
    with pytest.raises(local_ingest.KindRefused) as refused:
        local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)
    assert refused.value.facts["reason"] == "executable"


def test_ingest_file_full_disk_raises_before_copying(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    path = tmp_path / "huge.wav"
    head = media_factory.write_wav(tmp_path, name="s.wav").read_bytes()[:44]
    path.write_bytes(head)
    os.truncate(path, 1 << 43)  # sparse: uses no disk space
    with pytest.raises(upload_errors.NoSpace):
        local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)


def test_ingest_file_unknown_interview_raises_not_visible(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    with pytest.raises(NotVisible):
        local_ingest.ingest_file(toolbox, ben, "LK-404", path=media_factory.write_wav(tmp_path))
