from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from media.disk import Disk
from media.vault import FixityCheck, HashMismatch, NotAHash, NotAPlainFile, Vault
from tests.support.failing_disk import FailingDisk, PowerCut
from tests.support.other_accounts import media_group, paths_below
from tests.support.recording_disk import RecordingDisk

WORDS = b"loi ke cua mot nguoi " * 40_000
SHA256 = hashlib.sha256(WORDS).hexdigest()
NOW = timedelta(seconds=-5)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def temp_file(vault: Vault, data: bytes = WORDS, name: str = "arrived") -> Path:
    vault.temp_dir.mkdir(parents=True, exist_ok=True)
    path = vault.temp_dir / name
    path.write_bytes(data)
    return path


def test_vault_constructor_creates_no_folder(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    assert not vault.has(SHA256)
    assert list(vault.keys()) == []
    assert list(vault.leftovers()) == []
    assert not (tmp_path / "vault").exists()


def test_receive_stores_read_only_under_the_hash(vault: Vault) -> None:
    stored = vault.receive(io.BytesIO(WORDS))
    assert (stored.sha256, stored.size_bytes, stored.duplicate) == (SHA256, len(WORDS), False)
    path = vault.path(SHA256)
    assert path == vault.root / "objects" / "sha256" / SHA256[:2] / SHA256[2:4] / SHA256
    assert path.read_bytes() == WORDS
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert vault.check(SHA256) == FixityCheck(state="ok", found=SHA256)
    assert list(vault.keys()) == [SHA256]
    assert list(vault.temp_dir.iterdir()) == []


def test_vault_with_group_grants_it_access_to_objects_only(tmp_path: Path) -> None:
    group = media_group().gr_gid
    vault = Vault(tmp_path / "vault", group=group)
    stored = vault.receive(io.BytesIO(WORDS))
    damaged = vault.path(stored.sha256)
    damaged.chmod(0o600)
    damaged.write_bytes(b"damaged")
    assert vault.receive(io.BytesIO(WORDS)).repaired
    modes = {
        str(path.relative_to(vault.root)): stat.S_IMODE(path.stat().st_mode)
        for path in paths_below(vault.root)
        if path.parent.name != "damaged"
    }
    objects = f"objects/sha256/{SHA256[:2]}/{SHA256[2:4]}"
    assert modes == {
        ".": 0o710,
        ".lock": 0o600,
        "damaged": 0o700,
        "incoming": 0o700,
        "objects": 0o710,
        "objects/sha256": 0o710,
        f"objects/sha256/{SHA256[:2]}": 0o710,
        objects: 0o710,
        f"{objects}/{SHA256}": 0o440,
    }
    assert vault.path(SHA256).stat().st_gid == group


def test_receive_of_same_bytes_is_a_duplicate(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    inode = vault.path(SHA256).stat().st_ino
    again = vault.receive(io.BytesIO(WORDS))
    assert (again.duplicate, again.repaired) == (True, False)
    assert vault.path(SHA256).stat().st_ino == inode
    assert list(vault.temp_dir.iterdir()) == []


def test_adopt_with_wrong_hash_raises_and_keeps_the_file(vault: Vault) -> None:
    temp = temp_file(vault)
    wrong = "0" * 64
    with pytest.raises(HashMismatch) as refused:
        vault.adopt(temp, sha256=wrong)
    assert (refused.value.code, refused.value.expected) == ("hash_mismatch", wrong)
    assert refused.value.found == SHA256
    assert temp.read_bytes() == WORDS
    assert list(vault.keys()) == []


def test_receive_with_wrong_hash_raises_and_leaves_no_file(vault: Vault) -> None:
    with pytest.raises(HashMismatch):
        vault.receive(io.BytesIO(WORDS), sha256="0" * 64)
    assert list(vault.keys()) == []
    assert list(vault.temp_dir.iterdir()) == []


def test_adopt_again_after_a_crash_returns_the_object(vault: Vault) -> None:
    temp = temp_file(vault)
    vault.adopt(temp, sha256=SHA256)
    assert not temp.exists()
    assert vault.adopt(temp, sha256=SHA256).duplicate
    with pytest.raises(FileNotFoundError):
        vault.adopt(temp)


@pytest.mark.parametrize("damage", [b"rot", b""], ids=["other bytes", "no bytes"])
def test_adopt_without_temp_over_a_damaged_object_raises_file_not_found(
    vault: Vault, damage: bytes
) -> None:
    temp = temp_file(vault)
    vault.adopt(temp, sha256=SHA256)
    path = vault.path(SHA256)
    path.chmod(0o600)
    path.write_bytes(damage)
    with pytest.raises(FileNotFoundError):
        vault.adopt(temp, sha256=SHA256)


def test_adopt_without_temp_syncs_the_folder_of_the_object(tmp_path: Path) -> None:
    """The process may have died between the rename and the fsync of the folder."""
    disk = RecordingDisk()
    vault = Vault(tmp_path / "vault", disk=disk)
    temp = temp_file(vault)
    vault.adopt(temp, sha256=SHA256)
    disk.calls.clear()
    vault.adopt(temp, sha256=SHA256)
    assert disk.calls == [("sync_folder", vault.path(SHA256).parent)]


def test_discard_syncs_the_folder_after_the_unlink(tmp_path: Path) -> None:
    """Without it the object may reappear after a power cut, without a database row."""
    disk = RecordingDisk()
    vault = Vault(tmp_path / "vault", disk=disk)
    vault.receive(io.BytesIO(WORDS))
    disk.calls.clear()
    vault.discard(SHA256)
    path = vault.path(SHA256)
    assert disk.calls == [("unlink", path), ("sync_folder", path.parent)]


def test_receive_from_twenty_threads_stores_one_object(vault: Vault) -> None:
    temps = [temp_file(vault, name=f"t{n}") for n in range(20)]
    with ThreadPoolExecutor(20) as pool:
        stored = list(pool.map(lambda t: vault.adopt(t, sha256=SHA256), temps))
    assert sum(not s.duplicate for s in stored) == 1
    assert list(vault.keys()) == [SHA256]
    assert vault.check(SHA256).state == "ok"
    assert list(vault.temp_dir.iterdir()) == []


def test_adopt_lets_one_thread_at_a_time_look_and_rename(tmp_path: Path) -> None:
    """Without the lock both are in `make_read_only` at once, and both report a new object."""
    both = threading.Barrier(2)

    class WaitingDisk(Disk):
        def make_read_only(self, path: Path, group: int | None = None) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(timeout=0.5)
            super().make_read_only(path, group)

    vault = Vault(tmp_path / "vault", disk=WaitingDisk())
    temps = [temp_file(vault, name=f"t{n}") for n in range(2)]
    with ThreadPoolExecutor(2) as pool:
        stored = list(pool.map(lambda t: vault.adopt(t, sha256=SHA256), temps))
    assert sorted(s.duplicate for s in stored) == [False, True]


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", SHA256.upper(), SHA256 + "0", SHA256[:-1] + "\n", "ab/" * 22]
)
def test_path_of_invalid_hash_raises_not_a_hash(vault: Vault, key: str) -> None:
    with pytest.raises(NotAHash):
        vault.path(key)


def test_discard_deletes_object_that_can_be_stored_again(vault: Vault) -> None:
    other = vault.receive(io.BytesIO(b"another voice")).sha256
    vault.receive(io.BytesIO(WORDS))
    vault.discard(SHA256)
    vault.discard(SHA256)
    assert list(vault.keys()) == [other]
    assert not vault.receive(io.BytesIO(WORDS)).duplicate
    with pytest.raises(NotAHash):
        vault.discard("../../etc/passwd")


def test_adopt_of_symbolic_link_is_refused(vault: Vault, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(WORDS)
    link = temp_file(vault, name="x").with_name("link")
    link.symlink_to(outside)
    with pytest.raises(NotAPlainFile):
        vault.adopt(link)
    assert outside.exists()
    target = vault.path(SHA256)
    target.parent.mkdir(parents=True)
    target.symlink_to(outside)
    assert not vault.has(SHA256)
    assert vault.check(SHA256).state == "unreadable"
    assert list(vault.keys()) == []


def test_adopt_into_linked_folder_is_refused(vault: Vault, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shelf = vault.path(SHA256).parent.parent
    shelf.parent.mkdir(parents=True)
    shelf.symlink_to(elsewhere)
    with pytest.raises(NotAPlainFile) as refused:
        vault.adopt(temp_file(vault))
    assert refused.value.code == "leads_outside"
    assert not [p for p in elsewhere.rglob("*") if p.is_file()]


def test_check_of_changed_byte_returns_mismatch(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    path = vault.path(SHA256)
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00")
    check = vault.check(SHA256)
    assert check.state == "mismatch"
    assert check.found == hashlib.sha256(path.read_bytes()).hexdigest()


def test_receive_repairs_damaged_object_and_keeps_the_old_file(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    path = vault.path(SHA256)
    path.chmod(0o644)
    path.write_bytes(b"rot")
    stored = vault.receive(io.BytesIO(WORDS))
    assert (stored.duplicate, stored.repaired) == (True, True)
    assert vault.check(SHA256).state == "ok"
    assert [p.read_bytes() for p in (vault.root / "damaged").iterdir()] == [b"rot"]


def test_check_distinguishes_missing_and_unreadable(vault: Vault) -> None:
    assert vault.check(SHA256).state == "missing"
    vault.path(SHA256).mkdir(parents=True)
    assert vault.check(SHA256).state == "unreadable"


def test_keys_skips_other_files(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    shelf = vault.path(SHA256).parent
    (shelf / "Thumbs.db").write_bytes(b"")
    (shelf / ("f" * 64)).write_bytes(b"on the wrong shelf")
    (vault.root / "objects" / "sha256" / "note.txt").write_bytes(b"")
    assert list(vault.keys()) == [SHA256]


def test_keys_of_a_folder_that_cannot_be_listed_raises(tmp_path: Path) -> None:
    (tmp_path / "objects").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        list(Vault(tmp_path).keys())


def test_orphans_yields_only_old_unknown_objects(vault: Vault) -> None:
    first = vault.receive(io.BytesIO(b"one")).sha256
    second = vault.receive(io.BytesIO(b"two")).sha256
    assert list(vault.orphans(lambda key: False)) == []
    assert list(vault.orphans(lambda key: key == first, older_than=NOW)) == [second]
    left = temp_file(vault)
    assert list(vault.leftovers()) == []
    assert list(vault.leftovers(older_than=NOW)) == [left]


def test_leftovers_are_those_older_than_a_day(vault: Vault) -> None:
    old, young = temp_file(vault, name="old"), temp_file(vault, name="young")
    now = time.time()
    for path, hours in ((old, 24.2), (young, 23.8)):
        os.utime(path, (now - hours * 3600, now - hours * 3600))
    assert list(vault.leftovers()) == [old]
    assert vault.sweep() == 1
    assert list(vault.temp_dir.iterdir()) == [young]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc/self/fd")
def test_vault_closes_every_descriptor(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    before = os.listdir("/proc/self/fd")
    vault.receive(io.BytesIO(b"another voice"))
    vault.adopt(temp_file(vault), sha256=SHA256)
    assert vault.check(SHA256).state == "ok"
    vault.discard(SHA256)
    assert len(os.listdir("/proc/self/fd")) == len(before)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second file system at /dev/shm")
def test_adopt_from_another_file_system_copies_and_deletes(vault: Vault, tmp_path: Path) -> None:
    far = Path("/dev/shm") / f"loi-ke-{os.getpid()}"
    if far.parent.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("/dev/shm is the same file system")
    far.write_bytes(WORDS)
    try:
        assert vault.adopt(far, sha256=SHA256).duplicate is False
        assert not far.exists()
    finally:
        far.unlink(missing_ok=True)
    assert vault.check(SHA256).state == "ok"


def steps_of_receiving(tmp_path: Path) -> int:
    disk = FailingDisk(10**9)
    Vault(tmp_path / "counting", disk=disk).receive(io.BytesIO(WORDS))
    return disk.calls


@pytest.mark.parametrize("power", [False, True], ids=["one step fails", "the power is cut"])
def test_receive_with_any_failed_disk_call_leaves_no_partial_object(
    tmp_path: Path, power: bool
) -> None:
    steps = steps_of_receiving(tmp_path)
    assert steps > 15
    for n in range(1, steps + 1):
        root = tmp_path / f"{power}{n}"
        with pytest.raises((OSError, PowerCut)):
            Vault(root, disk=FailingDisk(n, power=power)).receive(io.BytesIO(WORDS))
        after = Vault(root)
        assert all(after.check(key).state == "ok" for key in list(after.keys()))
        if not power:
            left = list(after.leftovers(older_than=NOW))
            assert left == [], f"step {n} left {left}"
        assert after.receive(io.BytesIO(WORDS)).sha256 == SHA256
        assert after.check(SHA256).state == "ok"


@pytest.mark.parametrize("power", [False, True], ids=["one step fails", "the power is cut"])
def test_adopt_with_any_failed_disk_call_keeps_a_copy(tmp_path: Path, power: bool) -> None:
    counting = FailingDisk(10**9)
    counted = Vault(tmp_path / "counting", disk=counting)
    counted.adopt(temp_file(counted), sha256=SHA256)
    for n in range(1, counting.calls + 1):
        root = tmp_path / f"{power}{n}"
        temp = temp_file(Vault(root))
        with pytest.raises((OSError, PowerCut)):
            Vault(root, disk=FailingDisk(n, power=power)).adopt(temp, sha256=SHA256)
        after = Vault(root)
        assert temp.exists() or after.check(SHA256).state == "ok", f"lost at step {n}"
        assert after.adopt(temp, sha256=SHA256).sha256 == SHA256


@pytest.mark.parametrize("power", [False, True], ids=["one step fails", "the power is cut"])
def test_repair_with_any_failed_disk_call_keeps_a_copy(tmp_path: Path, power: bool) -> None:
    n = 0
    while True:
        n += 1
        root = tmp_path / f"{power}{n}"
        whole = Vault(root)
        whole.receive(io.BytesIO(WORDS))
        whole.path(SHA256).chmod(0o644)
        whole.path(SHA256).write_bytes(b"rot")
        temp = temp_file(whole)
        disk = FailingDisk(n, power=power)
        try:
            Vault(root, disk=disk).adopt(temp, sha256=SHA256)
        except (OSError, PowerCut):
            assert temp.exists() or whole.check(SHA256).state == "ok", f"lost at step {n}"
            whole.adopt(temp, sha256=SHA256)
            assert whole.check(SHA256).state == "ok"
        else:
            break
    assert n > 10


def test_receive_syncs_file_before_rename_and_folder_after(tmp_path: Path) -> None:
    names: list[str] = []

    class Watching(FailingDisk):
        def __getattribute__(self, name: str) -> object:
            if not name.startswith("_") and callable(getattr(FailingDisk, name, None)):
                names.append(name)
            return super().__getattribute__(name)

    Vault(tmp_path / "v", disk=Watching(10**9)).receive(io.BytesIO(b"one"))
    expected = ["open_new", "write", "sync", "open_to_read", "read", "rename", "sync_folder"]
    places = [names.index(expected[0])]
    for name in expected[1:]:
        places.append(names.index(name, places[-1]))
    assert places == sorted(places)
    assert names[-1] == "sync_folder"
