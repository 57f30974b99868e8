"""Uploads: kept, refused, duplicate, resumed, and killed between any two steps."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, NotVisible, Rights
from archive.actions.holdings import originals, stored_files, upload_errors, upload_sweep, uploads
from archive.models import Event, Job, Recording, Upload
from archive.models.base import utc_now
from archive.toolbox import Toolbox
from media.disk import BUFFER_BYTES, Disk
from media.parts import PartStore
from media.vault import Vault
from tests.support import media_factory
from tests.support import media_files as media

RightsOf = Callable[[str | None], Rights]


@pytest.fixture
def hoa(rights_of: RightsOf, toolbox: Toolbox) -> Rights:
    media_factory.add_interview(toolbox.database)
    return rights_of("hoa")


def test_finish_complete_file_adds_object_rows_event_and_jobs(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path, seconds=2.0).read_bytes()
    progress = media_factory.upload_file(toolbox, hoa, data, name="Băng 1.wav")
    digest = hashlib.sha256(data).hexdigest()
    assert (progress.state, progress.is_complete) == ("kept", True)
    assert toolbox.vault.path(digest).read_bytes() == data
    with toolbox.database.reading() as db:
        [file] = media_factory.originals(db)
        recording = db.get_one(Recording, file.recording_id)
        assert (file.sha256, file.filename, file.group) == (digest, "Băng 1.wav", "sound")
        assert (recording.part, recording.duration_ms, recording.is_video) == (1, 2000, False)
        event = db.query(Event).filter_by(kind="file.received").one()
        assert event.detail["digest"] == digest
        assert event.actor_name == "Hoa"
        assert {job.kind for job in db.query(Job)} == {"check_fixity", "derive"}
    assert toolbox.parts.ids() == []


def test_list_originals_numbers_parts_and_keeps_attachments_apart(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    for hertz in (300, 400):
        media_factory.upload_file(
            toolbox, hoa, media_factory.write_wav(tmp_path, hertz=hertz).read_bytes()
        )
    photo = media.photo(tmp_path / "p.jpg").read_bytes()
    media_factory.upload_file(toolbox, hoa, photo, name="p.jpg")
    with toolbox.database.reading() as db:
        owner = originals.interview_for_files(db, hoa, "LK-1", action="know")
        listed = originals.list_originals(db, hoa, owner)
        assert [h.recording.part if h.recording else None for h in listed] == [1, 2, None]
        assert listed[2].original.group == "picture"


def test_receive_wrong_offset_raises_and_keeps_received_bytes(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    upload_id = media_factory.start_upload(toolbox, hoa, length=len(data))
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data[:1000]))
    with pytest.raises(upload_errors.UploadOffsetMismatch) as refused:
        uploads.receive(toolbox, hoa, upload_id, offset=500, stream=io.BytesIO(b"x"))
    assert refused.value.facts["expected"] == 1000
    assert uploads.load_progress(toolbox, hoa, upload_id).offset_bytes == 1000
    progress = uploads.receive(toolbox, hoa, upload_id, offset=1000, stream=io.BytesIO(data[1000:]))
    assert progress.state == "kept"


def test_finish_same_bytes_reports_duplicate_and_stores_once(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database, "LK-2")
    data = media_factory.write_wav(tmp_path).read_bytes()
    first = media_factory.upload_file(toolbox, hoa, data)
    again = media_factory.upload_file(toolbox, hoa, data, name="b.wav")
    elsewhere = media_factory.upload_file(toolbox, hoa, data, name="c.wav", accession="LK-2")
    assert [first.state, again.state, elsewhere.state] == ["kept", "duplicate", "duplicate"]
    assert again.media_file_id == elsewhere.media_file_id == first.media_file_id
    with toolbox.database.reading() as db:
        assert len(media_factory.originals(db)) == 1
        assert db.query(Event).filter_by(kind="duplicate.found").count() == 2
    assert len(list(toolbox.vault.keys())) == 1


def test_attach_duplicate_of_another_interview_adds_a_row_once(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    media_factory.add_interview(toolbox.database, "LK-2")
    data = media_factory.write_wav(tmp_path).read_bytes()
    media_factory.upload_file(toolbox, hoa, data)
    twice = media_factory.upload_file(toolbox, hoa, data, accession="LK-2")
    with toolbox.database.writing() as db:
        upload = uploads.for_owner(db, hoa, twice.upload_id)
        assert uploads.attach_duplicate(db, hoa, upload).accession == "LK-2"
    with toolbox.database.writing() as db:
        assert len({file.interview_id for file in media_factory.originals(db)}) == 2
        with pytest.raises(upload_errors.UploadEnded):
            uploads.attach_duplicate(db, hoa, uploads.for_owner(db, hoa, twice.upload_id))
    assert len(list(toolbox.vault.keys())) == 1


def test_attach_duplicate_within_interview_raises_already_here(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    media_factory.upload_file(toolbox, hoa, data)
    twice = media_factory.upload_file(toolbox, hoa, data)
    with toolbox.database.writing() as db, pytest.raises(originals.AlreadyHere):
        uploads.attach_duplicate(db, hoa, uploads.for_owner(db, hoa, twice.upload_id))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n", "kind_playlist"),
        (b"<!doctype html><script>1</script>", "kind_markup"),
        (b"\x00" * 4000, "kind_unknown_type"),
    ],
)
def test_finish_refused_kind_stores_problem_and_no_bytes(
    toolbox: Toolbox, hoa: Rights, data: bytes, problem: str
) -> None:
    progress = media_factory.upload_file(toolbox, hoa, data, name="giọng.mp3")
    assert (progress.state, progress.problem) == ("refused", problem)
    assert toolbox.parts.ids() == []
    assert list(toolbox.vault.keys()) == []
    with toolbox.database.reading() as db:
        event = db.query(Event).filter_by(kind="file.refused").one()
        assert event.outcome == "failure"


def test_finish_killed_at_any_step_is_completed_by_next_call(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_args: object, **_facts: object) -> None:
        raise Killed

    steps: list[tuple[object, str]] = [
        (uploads, "store_in_vault"),
        (stored_files, "describe_stored_file"),
        (originals, "register_original"),
        (toolbox.parts, "discard"),
    ]
    for number, (owner, name) in enumerate(steps):
        data = media_factory.write_wav(tmp_path, hertz=200 + number).read_bytes()
        upload_id = media_factory.start_upload(toolbox, hoa, length=len(data))
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, die)
            with pytest.raises(Killed):
                uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data))
        progress = uploads.load_progress(toolbox, hoa, upload_id)
        assert progress.state == "kept", name
        assert toolbox.vault.check(hashlib.sha256(data).hexdigest()).state == "ok"
    with toolbox.database.reading() as db:
        assert len(media_factory.originals(db)) == len(steps)


def test_load_progress_of_another_user_raises_not_visible(
    toolbox: Toolbox, hoa: Rights, rights_of: RightsOf
) -> None:
    upload_id = media_factory.start_upload(toolbox, hoa, length=10)
    for name in ("ben", "ada", "sam", None):
        with pytest.raises(NotVisible):
            uploads.load_progress(toolbox, rights_of(name), upload_id)


@pytest.mark.parametrize("name", ["cleo", "rob"])
def test_create_without_upload_right_raises_not_allowed(
    toolbox: Toolbox, hoa: Rights, rights_of: RightsOf, name: str
) -> None:
    with pytest.raises(NotAllowed):
        media_factory.start_upload(toolbox, rights_of(name), length=10)


def test_create_full_disk_raises_no_space_and_leaves_no_part(
    toolbox: Toolbox, hoa: Rights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox.parts._disk, "free_bytes", lambda _folder: 10**9)
    with pytest.raises(upload_errors.NoSpace) as refused:
        media_factory.start_upload(toolbox, hoa, length=2 * 10**9)
    assert refused.value.facts["needed_bytes"] > refused.value.facts["free_bytes"]
    assert toolbox.parts.ids() == []


def test_create_empty_or_too_long_file_raises(toolbox: Toolbox, hoa: Rights) -> None:
    with pytest.raises(upload_errors.EmptyFile):
        media_factory.start_upload(toolbox, hoa, length=0)
    with pytest.raises(upload_errors.FileTooLong):
        media_factory.start_upload(toolbox, hoa, length=uploads.LONGEST_FILE_BYTES + 1)


def test_matches_received_bytes_only_for_the_same_file(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path, seconds=10.0).read_bytes()
    other = media_factory.write_wav(tmp_path, seconds=10.0, hertz=300).read_bytes()
    offset, sample = 200_000, uploads.SAMPLE_BYTES
    upload_id = media_factory.start_upload(toolbox, hoa, length=len(data))
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data[:offset]))

    def ends(content: bytes) -> bytes:
        return content[:sample] + content[offset - sample : offset]

    assert uploads.matches_received_bytes(toolbox, hoa, upload_id, offset=offset, sample=ends(data))
    assert not uploads.matches_received_bytes(
        toolbox, hoa, upload_id, offset=offset, sample=ends(other)
    )


def test_more_bytes_than_declared_end_the_upload_and_nothing_is_kept(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    upload_id = media_factory.start_upload(toolbox, hoa, length=len(data) - 1000)
    with pytest.raises(upload_errors.ExceedsDeclaredLength):
        uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data))
    progress = uploads.load_progress(toolbox, hoa, upload_id)
    assert (progress.state, progress.problem) == ("refused", "more_than_declared")
    with pytest.raises(upload_errors.UploadEnded):
        uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data[:-1000]))
    assert toolbox.parts.ids() == []
    assert list(toolbox.vault.keys()) == []
    with toolbox.database.reading() as db:
        assert media_factory.originals(db) == []
        assert db.query(Event).filter_by(kind="file.refused").count() == 1


def test_unreadable_part_stops_its_own_upload_only(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    upload_id = media_factory.start_upload(toolbox, hoa, length=len(data))
    whole_id = media_factory.start_upload(toolbox, hoa, length=len(data))
    toolbox.parts.append(whole_id, 0, io.BytesIO(data))
    (toolbox.parts.root / f"{upload_id}.json").write_bytes(b"\0" * 20)
    with pytest.raises(upload_errors.UploadUnreadable):
        uploads.load_progress(toolbox, hoa, upload_id)
    with pytest.raises(upload_errors.UploadUnreadable):
        uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(data))
    with pytest.raises(upload_errors.UploadUnreadable):
        uploads.finish_upload(toolbox, hoa, upload_id)
    third = media_factory.upload_file(toolbox, hoa, data[:-2], name="c.wav")
    assert third.state == "kept"
    with toolbox.database.reading() as db:
        interview = originals.interview_for_files(db, hoa, "LK-1", action="know")
        [listed] = uploads.list_unfinished(db, hoa, interview, toolbox=toolbox)
        assert listed.upload_id == whole_id
    upload_sweep.sweep(toolbox)
    assert uploads.load_progress(toolbox, hoa, whole_id).state == "kept"
    uploads.discard(toolbox, hoa, upload_id)
    assert toolbox.parts.ids() == []


class BadSector(Disk):
    """A disk that cannot read one file beyond its first block."""

    def __init__(self, part_id: str) -> None:
        self._part_id = part_id

    def read_at(self, descriptor: int, size_bytes: int, offset: int) -> bytes:
        if self._part_id in os.readlink(f"/proc/self/fd/{descriptor}") and offset:
            raise OSError(errno.EIO, "a bad sector")
        return super().read_at(descriptor, size_bytes, offset)


def test_bad_sector_in_a_complete_part_stops_its_own_upload_only(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    data += bytes(BUFFER_BYTES)
    ids = [media_factory.start_upload(toolbox, hoa, length=len(data) + n) for n in range(3)]
    for number, upload_id in enumerate(ids):
        toolbox.parts.append(upload_id, 0, io.BytesIO(data + bytes(number)))
    bad = replace(toolbox, parts=PartStore(toolbox.parts.root, disk=BadSector(ids[0])))
    upload_sweep.sweep(bad)
    with toolbox.database.reading() as db:
        states = [db.get_one(Upload, upload_id).state for upload_id in ids]
    assert states == ["receiving", "kept", "kept"]
    assert bad.parts.unreadable() == [ids[0]]
    with pytest.raises(upload_errors.UploadUnreadable):
        uploads.load_progress(bad, hoa, ids[0])
    upload_sweep.sweep(toolbox)
    assert uploads.load_progress(toolbox, hoa, ids[0]).state == "kept"


def test_sweep_goes_on_after_a_part_that_cannot_be_moved_or_deleted(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    ids = [media_factory.start_upload(toolbox, hoa, length=len(data) + n) for n in range(4)]
    for number, upload_id in enumerate(ids[:2]):
        toolbox.parts.append(upload_id, 0, io.BytesIO(data + bytes(number)))
    long_ago = time.time() - 48 * 3600
    for path in toolbox.parts.root.glob("*.*"):
        os.utime(path, (long_ago, long_ago))
    with toolbox.database.writing() as db:
        for upload_id in ids[2:]:
            db.get_one(Upload, upload_id).expires_at = utc_now() - timedelta(seconds=1)

    class Failing(Disk):
        def open_to_read(self, path: Path) -> int:
            if ids[0] in path.name:
                raise OSError(errno.EIO, "a bad sector")
            return super().open_to_read(path)

        def unlink(self, path: Path) -> None:
            if path.name == f"{ids[2]}.part":
                raise OSError(errno.EIO, "a bad sector")
            super().unlink(path)

    disk = Failing()
    vault = Vault(toolbox.vault.root, disk=disk)
    failing = replace(toolbox, vault=vault, parts=PartStore(toolbox.parts.root, disk=disk))
    upload_sweep.sweep(failing)
    with toolbox.database.reading() as db:
        states = [db.get_one(Upload, upload_id).state for upload_id in ids]
    assert states == ["receiving", "kept", "expired", "expired"]
    assert toolbox.parts.ids() == sorted([ids[0], ids[2]])


def test_discard_deletes_part_and_ends_upload(toolbox: Toolbox, hoa: Rights) -> None:
    upload_id = media_factory.start_upload(toolbox, hoa, length=10)
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(b"12345"))
    uploads.discard(toolbox, hoa, upload_id)
    assert toolbox.parts.ids() == []
    with pytest.raises(upload_errors.UploadEnded):
        uploads.load_progress(toolbox, hoa, upload_id)


def test_list_unfinished_returns_only_the_actors_uploads(
    toolbox: Toolbox, hoa: Rights, rights_of: RightsOf, db: Session
) -> None:
    upload_id = media_factory.start_upload(toolbox, hoa, length=10, name="Hòa.wav")
    uploads.receive(toolbox, hoa, upload_id, offset=0, stream=io.BytesIO(b"1234"))
    with toolbox.database.reading() as reading:
        owner = originals.interview_for_files(reading, hoa, "LK-1", action="know")
        [mine] = uploads.list_unfinished(reading, hoa, owner, toolbox=toolbox)
        assert (mine.filename, mine.offset_bytes, mine.length_bytes) == ("Hòa.wav", 4, 10)
        assert uploads.list_unfinished(reading, rights_of("ben"), owner, toolbox=toolbox) == []


def test_sweep_expires_old_and_finishes_complete_uploads(
    toolbox: Toolbox, hoa: Rights, tmp_path: Path
) -> None:
    data = media_factory.write_wav(tmp_path).read_bytes()
    complete_id = media_factory.start_upload(toolbox, hoa, length=len(data))
    toolbox.parts.append(complete_id, 0, io.BytesIO(data))  # killed before `finish`
    expired_id = media_factory.start_upload(toolbox, hoa, length=10)
    long_ago = time.time() - 48 * 3600
    for path in toolbox.parts.root.glob(f"{expired_id}.*"):
        os.utime(path, (long_ago, long_ago))
    with toolbox.database.writing() as db:
        db.get_one(Upload, expired_id).expires_at = utc_now() - timedelta(seconds=1)
    assert upload_sweep.sweep(toolbox) == 1
    with toolbox.database.reading() as db:
        assert db.get_one(Upload, complete_id).state == "kept"
        assert db.get_one(Upload, expired_id).state == "expired"
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
def test_display_name_is_one_line_without_folders(sent: str, kept: str) -> None:
    assert uploads.display_name(sent) == kept
