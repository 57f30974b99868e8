from __future__ import annotations

import hashlib
import io
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from media.vault import Check, HashMismatch, NotAHash, NotAPlainFile, Vault
from tests.media.failing_disk import FailingDisk, PowerCut

WORDS = b"loi ke cua mot nguoi " * 40_000
SHA256 = hashlib.sha256(WORDS).hexdigest()
NOW = timedelta(seconds=-5)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def a_temp(vault: Vault, data: bytes = WORDS, name: str = "arrived") -> Path:
    vault.temp_dir.mkdir(parents=True, exist_ok=True)
    path = vault.temp_dir / name
    path.write_bytes(data)
    return path


def test_making_a_vault_touches_no_disk(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    assert not vault.has(SHA256)
    assert list(vault.keys()) == []
    assert list(vault.leftovers()) == []
    assert not (tmp_path / "vault").exists()


def test_what_is_received_lies_under_its_hash_and_cannot_be_written(vault: Vault) -> None:
    stored = vault.receive(io.BytesIO(WORDS))
    assert (stored.sha256, stored.size_bytes, stored.duplicate) == (SHA256, len(WORDS), False)
    path = vault.path(SHA256)
    assert path == vault.root / "objects" / "sha256" / SHA256[:2] / SHA256[2:4] / SHA256
    assert path.read_bytes() == WORDS
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert vault.check(SHA256) == Check(state="ok", found=SHA256)
    assert list(vault.keys()) == [SHA256]
    assert list(vault.temp_dir.iterdir()) == []


def test_the_same_bytes_are_kept_once(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    inode = vault.path(SHA256).stat().st_ino
    again = vault.receive(io.BytesIO(WORDS))
    assert (again.duplicate, again.repaired) == (True, False)
    assert vault.path(SHA256).stat().st_ino == inode
    assert list(vault.temp_dir.iterdir()) == []


def test_a_given_hash_that_is_wrong_is_refused_and_the_file_stays(vault: Vault) -> None:
    temp = a_temp(vault)
    wrong = "0" * 64
    with pytest.raises(HashMismatch) as refused:
        vault.adopt(temp, sha256=wrong)
    assert (refused.value.code, refused.value.expected) == ("hash_mismatch", wrong)
    assert refused.value.found == SHA256
    assert temp.read_bytes() == WORDS
    assert list(vault.keys()) == []


def test_a_stream_with_a_wrong_promised_hash_leaves_nothing_behind(vault: Vault) -> None:
    with pytest.raises(HashMismatch):
        vault.receive(io.BytesIO(WORDS), sha256="0" * 64)
    assert list(vault.keys()) == []
    assert list(vault.temp_dir.iterdir()) == []


def test_adopting_again_after_a_crash_finds_the_object(vault: Vault) -> None:
    temp = a_temp(vault)
    vault.adopt(temp, sha256=SHA256)
    assert not temp.exists()
    assert vault.adopt(temp, sha256=SHA256).duplicate
    with pytest.raises(FileNotFoundError):
        vault.adopt(temp)


def test_twenty_at_once_make_one_object(vault: Vault) -> None:
    temps = [a_temp(vault, name=f"t{n}") for n in range(20)]
    with ThreadPoolExecutor(20) as pool:
        stored = list(pool.map(lambda t: vault.adopt(t, sha256=SHA256), temps))
    assert sum(not s.duplicate for s in stored) == 1
    assert list(vault.keys()) == [SHA256]
    assert vault.check(SHA256).state == "ok"
    assert list(vault.temp_dir.iterdir()) == []


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", SHA256.upper(), SHA256 + "0", SHA256[:-1] + "\n", "ab/" * 22]
)
def test_a_key_that_is_no_hash_makes_no_path(vault: Vault, key: str) -> None:
    with pytest.raises(NotAHash):
        vault.path(key)


def test_what_nobody_names_is_let_go_of_and_may_come_again(vault: Vault) -> None:
    other = vault.receive(io.BytesIO(b"another voice")).sha256
    vault.receive(io.BytesIO(WORDS))
    vault.discard(SHA256)
    vault.discard(SHA256)
    assert list(vault.keys()) == [other]
    assert not vault.receive(io.BytesIO(WORDS)).duplicate
    with pytest.raises(NotAHash):
        vault.discard("../../etc/passwd")


def test_links_are_refused(vault: Vault, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(WORDS)
    link = a_temp(vault, name="x").with_name("link")
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


def test_a_shelf_that_leads_outside_takes_nothing(vault: Vault, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shelf = vault.path(SHA256).parent.parent
    shelf.parent.mkdir(parents=True)
    shelf.symlink_to(elsewhere)
    with pytest.raises(NotAPlainFile) as refused:
        vault.adopt(a_temp(vault))
    assert refused.value.code == "leads_outside"
    assert not [p for p in elsewhere.rglob("*") if p.is_file()]


def test_a_wrong_byte_is_found_and_named(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    path = vault.path(SHA256)
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00")
    check = vault.check(SHA256)
    assert check.state == "mismatch"
    assert check.found == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_second_upload_heals_a_damaged_object_and_keeps_the_damage(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    path = vault.path(SHA256)
    path.chmod(0o644)
    path.write_bytes(b"rot")
    stored = vault.receive(io.BytesIO(WORDS))
    assert (stored.duplicate, stored.repaired) == (True, True)
    assert vault.check(SHA256).state == "ok"
    assert [p.read_bytes() for p in (vault.root / "damaged").iterdir()] == [b"rot"]


def test_missing_and_unreadable_are_told_apart(vault: Vault) -> None:
    assert vault.check(SHA256).state == "missing"
    vault.path(SHA256).mkdir(parents=True)
    assert vault.check(SHA256).state == "unreadable"


def test_strangers_among_the_objects_are_passed_over(vault: Vault) -> None:
    vault.receive(io.BytesIO(WORDS))
    shelf = vault.path(SHA256).parent
    (shelf / "Thumbs.db").write_bytes(b"")
    (shelf / ("f" * 64)).write_bytes(b"on the wrong shelf")
    (vault.root / "objects" / "sha256" / "note.txt").write_bytes(b"")
    assert list(vault.keys()) == [SHA256]


def test_orphans_are_told_only_when_old_and_unknown(vault: Vault) -> None:
    first = vault.receive(io.BytesIO(b"one")).sha256
    second = vault.receive(io.BytesIO(b"two")).sha256
    assert list(vault.orphans(lambda key: False)) == []
    assert list(vault.orphans(lambda key: key == first, older_than=NOW)) == [second]
    left = a_temp(vault)
    assert list(vault.leftovers()) == []
    assert list(vault.leftovers(older_than=NOW)) == [left]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second file system at /dev/shm")
def test_a_file_from_another_file_system_is_copied_and_removed(
    vault: Vault, tmp_path: Path
) -> None:
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
def test_no_half_object_is_ever_seen_whatever_step_fails(tmp_path: Path, power: bool) -> None:
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
def test_adopting_never_loses_the_only_copy(tmp_path: Path, power: bool) -> None:
    counting = FailingDisk(10**9)
    counted = Vault(tmp_path / "counting", disk=counting)
    counted.adopt(a_temp(counted), sha256=SHA256)
    for n in range(1, counting.calls + 1):
        root = tmp_path / f"{power}{n}"
        temp = a_temp(Vault(root))
        with pytest.raises((OSError, PowerCut)):
            Vault(root, disk=FailingDisk(n, power=power)).adopt(temp, sha256=SHA256)
        after = Vault(root)
        assert temp.exists() or after.check(SHA256).state == "ok", f"lost at step {n}"
        assert after.adopt(temp, sha256=SHA256).sha256 == SHA256


@pytest.mark.parametrize("power", [False, True], ids=["one step fails", "the power is cut"])
def test_healing_never_loses_the_good_copy(tmp_path: Path, power: bool) -> None:
    n = 0
    while True:
        n += 1
        root = tmp_path / f"{power}{n}"
        whole = Vault(root)
        whole.receive(io.BytesIO(WORDS))
        whole.path(SHA256).chmod(0o644)
        whole.path(SHA256).write_bytes(b"rot")
        temp = a_temp(whole)
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


def test_the_order_is_file_sync_rename_folder_sync(tmp_path: Path) -> None:
    names: list[str] = []

    class Watching(FailingDisk):
        def __getattribute__(self, name: str) -> object:
            if not name.startswith("_") and callable(getattr(FailingDisk, name, None)):
                names.append(name)
            return super().__getattribute__(name)

    Vault(tmp_path / "v", disk=Watching(10**9)).receive(io.BytesIO(b"one"))
    wanted = ["open_new", "write", "sync", "open_to_read", "read", "rename", "sync_folder"]
    places = [names.index(wanted[0])]
    for name in wanted[1:]:
        places.append(names.index(name, places[-1]))
    assert places == sorted(places)
    assert names[-1] == "sync_folder"
