"""Copies in a folder of another disk: split, verified, and never half there."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import pytest

from media import file_copies
from media.disk import Disk
from media.file_copies import CopyDiffers, CopyFolder, ExternalDisk, SourceDamaged
from tests.support.failing_disk import FailingDisk, PowerCut

DATA = os.urandom(700_000)
SHA256 = hashlib.sha256(DATA).hexdigest()
NAME = "objects/sha256/ab/cd/x"


def ignore(_count: int) -> None:
    pass


def files(root: Path) -> dict[str, int]:
    return {
        str(path.relative_to(root)): path.stat().st_size
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def read(folder: CopyFolder, name: str = NAME) -> bytes:
    with folder.opened(name) as source:
        return b"".join(iter(lambda: source.read(9_999), b""))


@pytest.mark.parametrize(
    ("part_bytes", "sizes"),
    [
        (700_000, {NAME: 700_000}),
        (699_999, {f"{NAME}.001": 699_999, f"{NAME}.002": 1}),
        (300_000, {f"{NAME}.001": 300_000, f"{NAME}.002": 300_000, f"{NAME}.003": 100_000}),
        (350_000, {f"{NAME}.001": 350_000, f"{NAME}.002": 350_000}),
    ],
)
def test_write_splits_above_the_limit_and_reads_back_equal(
    part_bytes: int, sizes: dict[str, int], tmp_path: Path
) -> None:
    folder = CopyFolder(tmp_path, part_bytes=part_bytes)
    counted: list[int] = []
    copied = folder.write(io.BytesIO(DATA), NAME, sha256=SHA256, on_bytes=counted.append)
    assert files(tmp_path) == sizes
    assert (copied.sha256, copied.size_bytes, copied.parts) == (SHA256, len(DATA), len(sizes))
    assert folder.size(NAME) == sum(counted) == len(DATA)
    assert read(folder) == DATA
    assert folder.digest(NAME, on_bytes=ignore) == SHA256
    assert b"".join((tmp_path / name).read_bytes() for name in sizes) == DATA  # as `cat NAME.*`
    folder.remove(NAME)
    assert files(tmp_path) == {}
    assert folder.size(NAME) is None


def test_parts_fit_on_fat32() -> None:
    largest_cluster = 64 * 1024
    clusters = -(-file_copies.PART_BYTES // largest_cluster)
    assert clusters * largest_cluster < 2**32  # of 2**32 the checker of FAT keeps nothing


def test_write_replaces_a_copy_with_another_number_of_parts(tmp_path: Path) -> None:
    CopyFolder(tmp_path, part_bytes=200_000).write(io.BytesIO(DATA), NAME, on_bytes=ignore)
    folder = CopyFolder(tmp_path)
    folder.write(io.BytesIO(b"short"), NAME, on_bytes=ignore)
    assert files(tmp_path) == {NAME: 5}
    folder.write(io.BytesIO(b""), NAME, on_bytes=ignore)
    assert (files(tmp_path), read(folder)) == ({NAME: 0}, b"")


@pytest.mark.parametrize("old_part", [200_000, 700_000])
@pytest.mark.parametrize("new_part", [300_000, 700_000])
def test_copy_of_this_name_is_there_at_each_failing_operation(
    old_part: int, new_part: int, tmp_path: Path
) -> None:
    """Between an old and a new copy of the same content there is no moment without either."""
    for number in range(1, 1000):
        CopyFolder(tmp_path, part_bytes=old_part).write(io.BytesIO(DATA), NAME, on_bytes=ignore)
        disk = FailingDisk(number, power=True)
        try:
            CopyFolder(tmp_path, part_bytes=new_part, disk=disk).write(
                io.BytesIO(DATA), NAME, on_bytes=ignore
            )
            break
        except PowerCut:
            assert CopyFolder(tmp_path).size(NAME) is not None
        if 700_000 in (new_part, old_part):
            assert read(CopyFolder(tmp_path)) == DATA
    assert 5 < number < 999


def test_files_of_others_in_the_folder_of_incomplete_ones_stay(tmp_path: Path) -> None:
    folder = CopyFolder(tmp_path)
    folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
    (tmp_path / "incoming" / "scan.tiff").write_text("mine")
    rest = tmp_path / "incoming" / f"{'a' * 32}.001"
    rest.write_text("x")
    assert not folder.has_only_own_incoming()
    folder.clear_incoming()
    assert (tmp_path / "incoming" / "scan.tiff").read_text() == "mine"
    assert not rest.exists()


def test_missing_part_changes_the_digest(tmp_path: Path) -> None:
    folder = CopyFolder(tmp_path, part_bytes=300_000)
    folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
    (tmp_path / f"{NAME}.002").unlink()
    assert folder.size(NAME) == 300_000
    assert folder.digest(NAME, on_bytes=ignore) != SHA256
    assert folder.digest("objects/nothing", on_bytes=ignore) == ""
    with pytest.raises(FileNotFoundError), folder.opened("objects/nothing"):
        pass


class ChangingDisk(ExternalDisk):
    """Returns one altered byte, as a bad cable does."""

    def read(self, descriptor: int, size_bytes: int) -> bytes:
        block = super().read(descriptor, size_bytes)
        return block[:-1] + bytes([block[-1] ^ 1]) if block else block


def test_write_raises_if_the_disk_returns_other_bytes(tmp_path: Path) -> None:
    folder = CopyFolder(tmp_path, disk=ChangingDisk())
    with pytest.raises(CopyDiffers):
        folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
    assert files(tmp_path) == {}


class BrokenSource(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 300_000:
            raise OSError(errno.EIO, "unreadable sector")
        return super().read(size)


@pytest.mark.parametrize("source", [io.BytesIO(DATA + b"!"), BrokenSource(DATA)])
def test_write_of_a_damaged_source_leaves_nothing(source: io.BytesIO, tmp_path: Path) -> None:
    folder = CopyFolder(tmp_path, part_bytes=100_000)
    with pytest.raises(SourceDamaged):
        folder.write(source, NAME, sha256=SHA256, on_bytes=ignore)
    assert files(tmp_path) == {}


def test_write_stops_by_its_callback_and_leaves_nothing(tmp_path: Path) -> None:
    def stop(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CopyFolder(tmp_path).write(io.BytesIO(DATA), NAME, on_bytes=stop)
    assert files(tmp_path) == {}


@pytest.mark.parametrize("power", [False, True], ids=["error", "power cut"])
def test_copy_is_whole_or_not_there_after_each_failing_operation(
    power: bool, tmp_path: Path
) -> None:
    """Whole means: `size` is that of the source, and then the digest is right."""
    counting = FailingDisk(10**9)
    (tmp_path / "all").mkdir()
    folder = CopyFolder(tmp_path / "all", part_bytes=400_000, disk=counting)
    folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
    assert counting.calls > 15
    for number in range(1, counting.calls + 1):
        root = tmp_path / str(number)
        root.mkdir()
        failing = FailingDisk(number, power=power, code=errno.ENOSPC)
        folder = CopyFolder(root, part_bytes=400_000, disk=failing)
        with pytest.raises((OSError, PowerCut)):
            folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
        after = CopyFolder(root, part_bytes=400_000)
        if after.size(NAME) == len(DATA):
            assert after.digest(NAME, on_bytes=ignore) == SHA256
        after.clear_incoming()
        after.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
        assert list(files(root)) == [f"{NAME}.001", f"{NAME}.002"]


def test_write_refuses_a_folder_that_is_gone_or_on_another_disk(tmp_path: Path) -> None:
    root = tmp_path / "disk"
    folder = CopyFolder(root)
    with pytest.raises(OSError, match="No such file"):
        folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
    root.mkdir()
    folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)
    root.rename(tmp_path / "taken out")
    root.symlink_to("/dev/shm")
    with pytest.raises(OSError, match="No such device"):
        folder.write(io.BytesIO(DATA), NAME, on_bytes=ignore)


@pytest.mark.parametrize("refused", ["EINVAL", "ENOTSUP", "ENOSYS", "EBADF", "EACCES", "EPERM"])
def test_external_disk_does_without_flushing_folders(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = getattr(errno, refused)

    def sync_folder(_self: Disk, _folder: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Disk, "sync_folder", sync_folder)
    ExternalDisk().sync_folder(tmp_path)
    code = errno.EIO
    with pytest.raises(OSError, match="Input/output error"):
        ExternalDisk().sync_folder(tmp_path)
