"""An original that was missing or wrong and is stored again: its state follows at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from archive.access import Rights
from archive.actions.holdings import fixity, local_ingest, originals, uploads
from archive.models import Event, MediaFile
from archive.toolbox import Toolbox
from tests.support import media_factory
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def hoa(toolbox: Toolbox, rights_of: RightsOf) -> Rights:
    for accession in ("LK-1", "LK-2"):
        media_factory.add_interview(toolbox.database, accession)
    return rights_of("hoa")


def state_of(toolbox: Toolbox, sha256: str) -> set[str]:
    with toolbox.database.reading() as db:
        return set(db.scalars(select(MediaFile.check_state).where(MediaFile.sha256 == sha256)))


def check_all(toolbox: Toolbox) -> None:
    rights = rights_of_machine("test")
    with toolbox.database.reading() as db:
        candidates = fixity.candidates(db, rights, include_recent=True)
    list(fixity.check_each(toolbox.vault, rights, candidates, writing=toolbox.database.writing))


def break_original(toolbox: Toolbox, sha256: str, how: str) -> bytes:
    """Remove or alter the object, and let a fixity check find it; return its bytes."""
    path = toolbox.vault.path(sha256)
    content = path.read_bytes()
    path.unlink()
    if how != "missing":
        path.write_bytes(b"\0" + content[1:])
    check_all(toolbox)
    assert state_of(toolbox, sha256) == {"missing" if how == "missing" else "mismatch"}
    if how == "put back by hand":
        path.unlink()
        path.write_bytes(content)
    return content


@pytest.mark.parametrize("how", ["missing", "altered", "put back by hand"])
@pytest.mark.parametrize("way", ["upload", "upload to another interview", "ingest"])
def test_state_follows_an_original_that_is_stored_again(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path, how: str, way: str
) -> None:
    file = media_factory.write_wav(tmp_path)
    first = media_factory.upload_file(toolbox, hoa, file.read_bytes())
    with toolbox.database.reading() as db:
        sha256 = db.get_one(MediaFile, first.media_file_id).sha256
    content = break_original(toolbox, sha256, how)
    accession = "LK-1" if way == "upload" else "LK-2"
    if way == "ingest":
        local_ingest.ingest_file(toolbox, rights_of_machine("test"), accession, path=file)
    else:
        media_factory.upload_file(toolbox, hoa, content, accession=accession)
    with toolbox.database.reading() as db:
        assert db.get_one(MediaFile, first.media_file_id).check_state == "ok"
        assert db.query(Event).filter_by(kind="fixity.repaired").count() == 1
        assert fixity.failed_checks(db, rights_of_machine("test")) == []
    assert toolbox.vault.check(sha256).state == "ok"


def test_attaching_a_duplicate_reads_no_bytes_and_changes_no_state(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    media_factory.upload_file(toolbox, hoa, data)
    twice = media_factory.upload_file(toolbox, hoa, data, accession="LK-2")
    with toolbox.database.reading() as db:
        sha256 = db.get_one(MediaFile, twice.media_file_id).sha256
    break_original(toolbox, sha256, "missing")
    with toolbox.database.writing() as db:
        uploads.attach_duplicate(db, hoa, uploads.for_owner(db, hoa, twice.upload_id))
    assert "missing" in state_of(toolbox, sha256)
    with toolbox.database.reading() as db:
        owner = originals.interview_for_files(db, hoa, "LK-2", action="know")
        assert len(originals.list_originals(db, hoa, owner)) == 1
