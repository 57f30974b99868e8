"""Fixity checks: wrong bytes are recorded, the oldest check is repeated first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archive.access import NotAllowed, Rights
from archive.actions.holdings import fixity, local_ingest
from archive.models import Event, MediaFile
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from tests.support import media_factory

RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def ben(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database)
    return rights_of("ben")


def ingest_sound(
    toolbox: Toolbox, ben: Rights, tmp_path: Path, hertz: int
) -> local_ingest.Ingested:
    path = media_factory.write_wav(tmp_path, hertz=hertz, name=f"{hertz}.wav")
    return local_ingest.ingest_file(toolbox, ben, "LK-1", path=path)


def check_all(toolbox: Toolbox, ben: Rights) -> list[fixity.FixityResult]:
    with toolbox.database.reading() as db:
        chosen = fixity.candidates(db, ben, include_recent=True)
    checked = fixity.check_each(toolbox.vault, ben, chosen, writing=toolbox.database.writing)
    return [result for results in checked for result in results]


def damage(toolbox: Toolbox, sha256: str) -> None:
    path = toolbox.vault.path(sha256)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_check_wrong_byte_and_missing_file_are_recorded(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    right, wrong, gone = (ingest_sound(toolbox, ben, tmp_path, hertz) for hertz in (300, 400, 500))
    damage(toolbox, wrong.sha256)
    toolbox.vault.path(gone.sha256).unlink()
    states = {result.filename: result.state for result in check_all(toolbox, ben)}
    assert states == {"300.wav": "ok", "400.wav": "mismatch", "500.wav": "missing"}
    with toolbox.database.reading() as db:
        assert {f.filename for f in fixity.failed_checks(db, ben)} == {"400.wav", "500.wav"}
        file = db.get_one(MediaFile, right.file_id)
        assert file.check_state == "ok"
        assert file.checked_at is not None
        events = db.query(Event).filter_by(kind="fixity.checked").all()
        assert sorted(event.outcome for event in events) == ["failure", "failure", "success"]
        mismatch = next(e for e in events if e.detail["state"] == "mismatch")
        assert mismatch.detail["expected"] == wrong.sha256
        assert len(mismatch.detail["found"]) == 64


def test_candidates_never_checked_first_then_oldest_check(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    old, fresh, never = (ingest_sound(toolbox, ben, tmp_path, hertz) for hertz in (300, 400, 500))
    with toolbox.database.writing() as db:
        for item, days in ((old, 100), (fresh, 10)):
            file = db.get_one(MediaFile, item.file_id)
            file.checked_at, file.check_state = utc_now() - timedelta(days=days), "ok"
    with toolbox.database.reading() as db:
        everything = fixity.candidates(db, ben, include_recent=True)
        due = fixity.candidates(db, ben, include_recent=False)
        first = fixity.candidates(db, ben, include_recent=False, limit_bytes=1)
    assert [c.sha256 for c in everything] == [never.sha256, old.sha256, fresh.sha256]
    assert [c.sha256 for c in due] == [never.sha256, old.sha256]
    assert [c.sha256 for c in first] == [never.sha256]


def test_check_that_lies_a_year_ahead_is_due(toolbox: Toolbox, ben: Rights, tmp_path: Path) -> None:
    """Else an original is not read for a year after one check by a wrong clock."""
    item = ingest_sound(toolbox, ben, tmp_path, 300)
    with toolbox.database.writing() as db:
        file = db.get_one(MediaFile, item.file_id)
        file.checked_at, file.check_state = utc_now() + timedelta(days=365), "ok"
    with toolbox.database.reading() as db:
        due = fixity.candidates(db, ben, include_recent=False)
    assert [c.sha256 for c in due] == [item.sha256]


def test_check_shared_object_is_read_once_and_recorded_per_row(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database, "LK-2")
    path = media_factory.write_wav(tmp_path)
    for accession in ("LK-1", "LK-2"):
        local_ingest.ingest_file(toolbox, ben, accession, path=path)
    with toolbox.database.reading() as db:
        assert len(fixity.candidates(db, ben, include_recent=True)) == 1
    assert [f.accession for f in check_all(toolbox, ben)] == ["LK-1", "LK-2"]


def test_ingest_same_bytes_repairs_damaged_object(
    toolbox: Toolbox, ben: Rights, tmp_path: Path
) -> None:
    item = ingest_sound(toolbox, ben, tmp_path, 300)
    damage(toolbox, item.sha256)
    assert [f.state for f in check_all(toolbox, ben)] == ["mismatch"]
    again = ingest_sound(toolbox, ben, tmp_path, 300)
    assert again.duplicate
    assert [f.state for f in check_all(toolbox, ben)] == ["ok"]
    with toolbox.database.reading() as db:
        assert db.query(Event).filter_by(kind="fixity.repaired").count() == 1


@pytest.mark.parametrize("name", ["hoa", "cleo", "rob", "sam", None])
def test_candidates_without_check_fixity_right_raises_not_allowed(
    toolbox: Toolbox, rights_of: RightsOf, name: str | None
) -> None:
    with toolbox.database.reading() as db, pytest.raises(NotAllowed):
        fixity.candidates(db, rights_of(name), include_recent=True)
