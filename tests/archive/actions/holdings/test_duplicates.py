"""Duplicates are detected by length and digest, before the bytes are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.access import NotAllowed, NotVisible, Rights
from archive.actions.holdings import duplicates, originals, uploads
from archive.models import Event, MediaFile, Upload
from archive.toolbox import Toolbox
from tests.support import media_factory

RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def hoa(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database)
    media_factory.add_interview(toolbox.database, "LK-2")
    return rights_of("hoa")


@pytest.fixture
def data(toolbox: Toolbox, hoa: Rights, tmp_path: Path) -> bytes:
    content = media_factory.write_wav(tmp_path).read_bytes()
    media_factory.upload_file(toolbox, hoa, content)
    return content


def create_duplicate(
    toolbox: Toolbox, rights: Rights, data: bytes, *, accession: str = "LK-2", length: int = 0
) -> Upload | None:
    with toolbox.database.writing() as db:
        owner = originals.interview_for_files(db, rights, accession, action="upload")
        return duplicates.create_duplicate_upload(
            db,
            rights,
            owner,
            filename="b.wav",
            length_bytes=length or len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            toolbox=toolbox,
        )


def test_any_original_of_length_compares_exact_length(
    toolbox: Toolbox, hoa: Rights, data: bytes
) -> None:
    with toolbox.database.reading() as db:
        owner = originals.interview_for_files(db, hoa, "LK-2", action="upload")
        assert duplicates.any_original_of_length(db, hoa, owner, len(data))
        assert not duplicates.any_original_of_length(db, hoa, owner, len(data) + 1)


def test_duplicate_needs_no_bytes_and_can_be_attached(
    toolbox: Toolbox, hoa: Rights, data: bytes
) -> None:
    found = create_duplicate(toolbox, hoa, data)
    assert found is not None
    assert toolbox.parts.ids() == []
    progress = uploads.load_progress(toolbox, hoa, found.id)
    assert (progress.state, progress.is_complete) == ("duplicate", True)
    with toolbox.database.writing() as db:
        event = db.query(Event).filter_by(kind="duplicate.found").one()
        assert event.detail["sent"] is False
        kept = uploads.attach_duplicate(db, hoa, uploads.for_owner(db, hoa, found.id))
        assert kept.accession == "LK-2"
    with toolbox.database.reading() as db:
        assert len({file.interview_id for file in media_factory.originals(db)}) == 2


def test_duplicate_in_same_interview_is_preferred(
    toolbox: Toolbox, hoa: Rights, data: bytes
) -> None:
    first = create_duplicate(toolbox, hoa, data)
    assert first is not None
    with toolbox.database.writing() as db:
        uploads.attach_duplicate(db, hoa, uploads.for_owner(db, hoa, first.id))
    again = create_duplicate(toolbox, hoa, data)
    assert again is not None
    with toolbox.database.reading() as db:
        duplicate = db.get_one(MediaFile, again.media_file_id)
        assert duplicate.interview_id == again.interview_id


def test_other_digest_or_length_returns_none(toolbox: Toolbox, hoa: Rights, data: bytes) -> None:
    assert create_duplicate(toolbox, hoa, data + b"x", length=len(data)) is None
    assert create_duplicate(toolbox, hoa, data, length=len(data) + 1) is None


def test_damaged_or_missing_duplicate_returns_none(
    toolbox: Toolbox, hoa: Rights, data: bytes
) -> None:
    with toolbox.database.writing() as db:
        media_factory.originals(db)[0].check_state = "mismatch"
    assert create_duplicate(toolbox, hoa, data) is None
    with toolbox.database.writing() as db:
        media_factory.originals(db)[0].check_state = "ok"
    toolbox.vault.path(hashlib.sha256(data).hexdigest()).unlink()
    assert create_duplicate(toolbox, hoa, data) is None


@pytest.mark.parametrize(
    ("name", "refusal"), [("cleo", NotAllowed), ("sam", NotVisible), (None, NotVisible)]
)
def test_create_duplicate_without_upload_right_raises(
    toolbox: Toolbox,
    rights_of: RightsOf,
    data: bytes,
    name: str | None,
    refusal: type[Exception],
) -> None:
    with pytest.raises(refusal):
        create_duplicate(toolbox, rights_of(name), data)
