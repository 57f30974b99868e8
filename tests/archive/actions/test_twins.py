"""Bytes that the archive has already are recognised before they are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.access import Actor, NotAllowed, NotVisible
from archive.actions import holdings, twins, uploads
from archive.models import Event, MediaFile, Upload
from archive.toolbox import Toolbox
from tests import holdings as make

ActorOf = Callable[[str | None], Actor]


@pytest.fixture
def hoa(actor_of: ActorOf, toolbox: Toolbox) -> Actor:
    make.interview(toolbox.database)
    make.interview(toolbox.database, "LK-2")
    return actor_of("hoa")


@pytest.fixture
def data(toolbox: Toolbox, hoa: Actor, tmp_path: Path) -> bytes:
    found = make.sound(tmp_path).read_bytes()
    make.send(toolbox, hoa, found)
    return found


def recognise(
    toolbox: Toolbox, actor: Actor, data: bytes, *, accession: str = "LK-2", length: int = 0
) -> Upload | None:
    with toolbox.database.writing() as db:
        owner = holdings.owner(db, actor, accession, action="upload")
        return twins.recognise(
            db, actor, owner, filename="b.wav", length_bytes=length or len(data),
            sha256=hashlib.sha256(data).hexdigest(), toolbox=toolbox,
        )  # fmt: skip


def test_a_length_that_nobody_has_needs_no_digest(
    toolbox: Toolbox, hoa: Actor, data: bytes
) -> None:
    with toolbox.database.reading() as db:
        owner = holdings.owner(db, hoa, "LK-2", action="upload")
        assert twins.any_of_length(db, hoa, owner, len(data))
        assert not twins.any_of_length(db, hoa, owner, len(data) + 1)


def test_a_twin_is_named_without_a_byte_and_may_be_kept_here_too(
    toolbox: Toolbox, hoa: Actor, data: bytes
) -> None:
    found = recognise(toolbox, hoa, data)
    assert found is not None
    assert toolbox.parts.ids() == []
    told = uploads.progress(toolbox, hoa, found.id)
    assert (told.state, told.is_whole) == ("duplicate", True)
    with toolbox.database.writing() as db:
        event = db.query(Event).filter_by(kind="duplicate.found").one()
        assert event.detail["sent"] is False
        kept = uploads.keep_here_too(db, hoa, uploads.own(db, hoa, found.id))
        assert kept.accession == "LK-2"
    with toolbox.database.reading() as db:
        assert len({file.interview_id for file in make.originals(db)}) == 2


def test_a_twin_in_this_interview_is_named_first(toolbox: Toolbox, hoa: Actor, data: bytes) -> None:
    first = recognise(toolbox, hoa, data)
    assert first is not None
    with toolbox.database.writing() as db:
        uploads.keep_here_too(db, hoa, uploads.own(db, hoa, first.id))
    again = recognise(toolbox, hoa, data)
    assert again is not None
    with toolbox.database.reading() as db:
        twin = db.get_one(MediaFile, again.media_file_id)
        assert twin.interview_id == again.interview_id


def test_other_bytes_or_another_length_must_be_sent(
    toolbox: Toolbox, hoa: Actor, data: bytes
) -> None:
    assert recognise(toolbox, hoa, data + b"x", length=len(data)) is None
    assert recognise(toolbox, hoa, data, length=len(data) + 1) is None


def test_a_damaged_twin_is_not_named_so_that_sending_repairs_it(
    toolbox: Toolbox, hoa: Actor, data: bytes
) -> None:
    with toolbox.database.writing() as db:
        make.originals(db)[0].check_state = "mismatch"
    assert recognise(toolbox, hoa, data) is None
    with toolbox.database.writing() as db:
        make.originals(db)[0].check_state = "ok"
    toolbox.vault.path(hashlib.sha256(data).hexdigest()).unlink()
    assert recognise(toolbox, hoa, data) is None


@pytest.mark.parametrize(
    ("name", "refusal"), [("cleo", NotAllowed), ("sam", NotVisible), (None, NotVisible)]
)
def test_only_who_may_upload_may_ask(
    toolbox: Toolbox, actor_of: ActorOf, data: bytes, name: str | None,
    refusal: type[Exception],
) -> None:  # fmt: skip
    with pytest.raises(refusal):
        recognise(toolbox, actor_of(name), data)
