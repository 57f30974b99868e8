"""A file on its way in: what is kept, what is refused, and what a kill between two lines costs."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, NotVisible
from archive.actions import holdings, uploads
from archive.models import Event, Job, Recording, Upload
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from tests import holdings as make
from tests.fixtures.media import make as media

ActorOf = Callable[[str | None], Actor]


@pytest.fixture
def hoa(actor_of: ActorOf, toolbox: Toolbox) -> Actor:
    make.interview(toolbox.database)
    return actor_of("hoa")


def test_a_whole_file_is_in_the_vault_with_its_rows_event_and_jobs(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    data = make.sound(tmp_path, seconds=2.0).read_bytes()
    told = make.send(toolbox, hoa, data, name="Băng 1.wav")
    digest = hashlib.sha256(data).hexdigest()
    assert (told.state, told.is_whole) == ("kept", True)
    assert toolbox.vault.path(digest).read_bytes() == data
    with toolbox.database.reading() as db:
        [file] = make.originals(db)
        recording = db.get_one(Recording, file.recording_id)
        assert (file.sha256, file.filename, file.group) == (digest, "Băng 1.wav", "sound")
        assert (recording.part, recording.duration_ms, recording.is_video) == (1, 2000, False)
        event = db.query(Event).filter_by(kind="file.received").one()
        assert event.detail["digest"] == digest
        assert event.actor_name == "Hoa"
        assert {job.kind for job in db.query(Job)} == {"check_fixity", "derive"}
    assert toolbox.parts.ids() == []


def test_parts_are_numbered_and_attachments_are_not_recordings(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    for hertz in (300, 400):
        make.send(toolbox, hoa, make.sound(tmp_path, hertz=hertz).read_bytes())
    photo = media.photo(tmp_path / "p.jpg").read_bytes()
    make.send(toolbox, hoa, photo, name="p.jpg")
    with toolbox.database.reading() as db:
        owner = holdings.owner(db, hoa, "LK-1", action="view")
        listed = holdings.listed(db, hoa, owner)
        assert [h.recording.part if h.recording else None for h in listed] == [1, 2, None]
        assert listed[2].original.group == "picture"


def test_sent_in_pieces_with_a_wrong_offset_between(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    data = make.sound(tmp_path).read_bytes()
    upload_id = make.begin(toolbox, hoa, length=len(data))
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data[:1000]))
    with pytest.raises(uploads.OffsetDiffers) as refused:
        uploads.receive(toolbox, hoa, upload_id, offset=500, stream=io.BytesIO(b"x"))
    assert refused.value.facts["expected"] == 1000
    assert uploads.progress(toolbox, hoa, upload_id).offset_bytes == 1000
    told = uploads.receive(toolbox, hoa, upload_id, offset=1000, stream=io.BytesIO(data[1000:]))
    assert told.state == "kept"


def test_the_same_bytes_are_reported_and_stored_once(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    make.interview(toolbox.database, "LK-2")
    data = make.sound(tmp_path).read_bytes()
    first = make.send(toolbox, hoa, data)
    again = make.send(toolbox, hoa, data, name="b.wav")
    elsewhere = make.send(toolbox, hoa, data, name="c.wav", accession="LK-2")
    assert [first.state, again.state, elsewhere.state] == ["kept", "duplicate", "duplicate"]
    assert again.media_file_id == elsewhere.media_file_id == first.media_file_id
    with toolbox.database.reading() as db:
        assert len(make.originals(db)) == 1
        assert db.query(Event).filter_by(kind="duplicate.found").count() == 2
    assert len(list(toolbox.vault.keys())) == 1


def test_a_person_may_say_that_a_duplicate_belongs_here_too(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    make.interview(toolbox.database, "LK-2")
    data = make.sound(tmp_path).read_bytes()
    make.send(toolbox, hoa, data)
    twice = make.send(toolbox, hoa, data, accession="LK-2")
    with toolbox.database.writing() as db:
        upload = uploads.own(db, hoa, twice.upload_id)
        assert uploads.keep_here_too(db, hoa, upload).accession == "LK-2"
    with toolbox.database.writing() as db:
        assert len({file.interview_id for file in make.originals(db)}) == 2
        with pytest.raises(uploads.UploadEnded):
            uploads.keep_here_too(db, hoa, uploads.own(db, hoa, twice.upload_id))
    assert len(list(toolbox.vault.keys())) == 1


def test_a_duplicate_within_the_interview_is_never_kept_twice(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    data = make.sound(tmp_path).read_bytes()
    make.send(toolbox, hoa, data)
    twice = make.send(toolbox, hoa, data)
    with toolbox.database.writing() as db, pytest.raises(holdings.AlreadyHere):
        uploads.keep_here_too(db, hoa, uploads.own(db, hoa, twice.upload_id))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n", "kind_playlist"),
        (b"<!doctype html><script>1</script>", "kind_markup"),
        (b"\x00" * 4000, "kind_unknown_type"),
    ],
)
def test_a_refused_type_leaves_a_reason_and_no_bytes(
    toolbox: Toolbox, hoa: Actor, data: bytes, problem: str
) -> None:
    told = make.send(toolbox, hoa, data, name="giọng.mp3")
    assert (told.state, told.problem) == ("refused", problem)
    assert toolbox.parts.ids() == []
    assert list(toolbox.vault.keys()) == []
    with toolbox.database.reading() as db:
        event = db.query(Event).filter_by(kind="file.refused").one()
        assert event.outcome == "failure"


def test_a_kill_between_any_two_steps_of_finishing_loses_nothing(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: object, **_facts: object) -> None:
        raise Killed

    steps: list[tuple[object, str]] = [
        (uploads, "put_away"), (uploads, "describe"), (holdings, "register"),
        (toolbox.parts, "discard"),
    ]  # fmt: skip
    for number, (owner, name) in enumerate(steps):
        data = make.sound(tmp_path, hertz=200 + number).read_bytes()
        upload_id = make.begin(toolbox, hoa, length=len(data))
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, die)
            with pytest.raises(Killed):
                uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data))
        told = uploads.progress(toolbox, hoa, upload_id)
        assert told.state == "kept", name
        assert toolbox.vault.check(hashlib.sha256(data).hexdigest()).state == "ok"
    with toolbox.database.reading() as db:
        assert len(make.originals(db)) == len(steps)


def test_someone_elses_upload_does_not_exist(
    toolbox: Toolbox, hoa: Actor, actor_of: ActorOf
) -> None:
    upload_id = make.begin(toolbox, hoa, length=10)
    for name in ("ben", "ada", "sam", None):
        with pytest.raises(NotVisible):
            uploads.progress(toolbox, actor_of(name), upload_id)


@pytest.mark.parametrize("name", ["cleo", "rob"])
def test_only_those_who_collect_may_upload(
    toolbox: Toolbox, hoa: Actor, actor_of: ActorOf, name: str
) -> None:
    with pytest.raises(NotAllowed):
        make.begin(toolbox, actor_of(name), length=10)


def test_no_room_is_said_before_a_byte_is_sent(
    toolbox: Toolbox, hoa: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox.parts._disk, "free_bytes", lambda _folder: 10**9)
    with pytest.raises(uploads.NoSpace) as refused:
        make.begin(toolbox, hoa, length=2 * 10**9)
    assert refused.value.facts["needed_bytes"] > refused.value.facts["free_bytes"]
    assert toolbox.parts.ids() == []


def test_empty_and_endless_files_are_refused(toolbox: Toolbox, hoa: Actor) -> None:
    with pytest.raises(uploads.EmptyFile):
        make.begin(toolbox, hoa, length=0)
    with pytest.raises(uploads.FileTooLong):
        make.begin(toolbox, hoa, length=uploads.LONGEST_FILE_BYTES + 1)


def test_going_on_is_only_for_the_very_same_file(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    data = make.sound(tmp_path, seconds=10.0).read_bytes()
    other = make.sound(tmp_path, seconds=10.0, hertz=300).read_bytes()
    offset, sample = 200_000, uploads.SAMPLE_BYTES
    upload_id = make.begin(toolbox, hoa, length=len(data))
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data[:offset]))

    def ends(of: bytes) -> bytes:
        return of[:sample] + of[offset - sample : offset]

    assert uploads.is_same(toolbox, hoa, upload_id, offset=offset, sample=ends(data))
    assert not uploads.is_same(toolbox, hoa, upload_id, offset=offset, sample=ends(other))


def test_given_up_frees_its_bytes_and_cannot_go_on(toolbox: Toolbox, hoa: Actor) -> None:
    upload_id = make.begin(toolbox, hoa, length=10)
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(b"12345"))
    uploads.discard(toolbox, hoa, upload_id)
    assert toolbox.parts.ids() == []
    with pytest.raises(uploads.UploadEnded):
        uploads.progress(toolbox, hoa, upload_id)


def test_unfinished_uploads_are_listed_for_their_sender_only(
    toolbox: Toolbox, hoa: Actor, actor_of: ActorOf, db: Session
) -> None:
    upload_id = make.begin(toolbox, hoa, length=10, name="Hòa.wav")
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(b"1234"))
    with toolbox.database.reading() as reading:
        owner = holdings.owner(reading, hoa, "LK-1", action="view")
        [mine] = uploads.unfinished(reading, hoa, owner, toolbox=toolbox)
        assert (mine.filename, mine.offset_bytes, mine.length_bytes) == ("Hòa.wav", 4, 10)
        assert uploads.unfinished(reading, actor_of("ben"), owner, toolbox=toolbox) == []


def test_a_sweep_closes_what_expired_and_finishes_what_was_whole(
    toolbox: Toolbox, hoa: Actor, tmp_path: Path
) -> None:
    data = make.sound(tmp_path).read_bytes()
    whole = make.begin(toolbox, hoa, length=len(data))
    toolbox.parts.append(whole, 0, io.BytesIO(data))  # the kill came before `finish`
    old = make.begin(toolbox, hoa, length=10)
    long_ago = time.time() - 48 * 3600
    for path in toolbox.parts.root.glob(f"{old}.*"):
        os.utime(path, (long_ago, long_ago))
    with toolbox.database.writing() as db:
        db.get_one(Upload, old).expires_at = utc_now() - timedelta(seconds=1)
    assert uploads.sweep(toolbox) == 1
    with toolbox.database.reading() as db:
        assert db.get_one(Upload, whole).state == "kept"
        assert db.get_one(Upload, old).state == "expired"
    assert toolbox.parts.ids() == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Băng\\Hoa.wav", "Hoa.wav"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\u0000.wav", "a b .wav"),
        ("Hòa.wav", "Hòa.wav"),
        ("", "unnamed"),
        ("x" * 400 + ".wav", "x" * 196 + ".wav"),
    ],
)
def test_names_are_one_plain_line(sent: str, kept: str) -> None:
    assert uploads.plain_name(sent) == kept
