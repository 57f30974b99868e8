"""Uploads in progress: reserved space, longer files than declared, and unreadable parts."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from media.disk import BUFFER_BYTES, Disk
from media.part_errors import NoSuchPart, OutOfSpace, PartUnreadable, TooLong
from media.parts import RESERVED_S, PartStore
from tests.support.other_accounts import give_to_other_account, without_root_rights

GB = 10**9


class DiskOf(Disk):
    """A disk that reports this number of free bytes."""

    def __init__(self, free: int) -> None:
        self.free = free

    def free_bytes(self, folder: Path) -> int:
        return self.free


def test_create_without_space_raises_out_of_space(tmp_path: Path) -> None:
    store = PartStore(tmp_path, disk=DiskOf(1000))
    with pytest.raises(OutOfSpace) as refused:
        store.create("big", 910)
    assert (refused.value.needed, refused.value.free) == (1001, 1000)
    store.create("one", 500)
    with pytest.raises(OutOfSpace):  # 500 bytes are reserved for the first one
        store.create("two", 500)
    store.append("one", 0, io.BytesIO(b"x" * 500))
    store.create("two", 500)
    assert store.ids() == ["one", "two"]


def test_promise_of_sixty_gigabytes_does_not_keep_others_out(tmp_path: Path) -> None:
    store = PartStore(tmp_path, disk=DiskOf(70 * GB))
    store.create("promise", 60 * GB)
    for number in range(5):
        store.create(f"other{number}", 30 * GB)


def test_upload_that_has_sent_much_keeps_its_rest(tmp_path: Path) -> None:
    disk = DiskOf(70 * GB)
    store = PartStore(tmp_path, disk=disk)
    store.create("film", 60 * GB)
    os.truncate(tmp_path / "film.part", 31 * GB)  # a sparse file as long as one that was sent
    disk.free -= 31 * GB
    with pytest.raises(OutOfSpace):
        store.create("other", 20 * GB)  # 29 of the 39 GB are reserved
    store.create("small", 8 * GB)


def test_reservation_ends_an_hour_after_the_last_byte(tmp_path: Path) -> None:
    store = PartStore(tmp_path, disk=DiskOf(2 * GB))
    store.create("idle", 2 * GB - 300_000_000)
    with pytest.raises(OutOfSpace):
        store.create("next", GB)
    year_s = 365 * 24 * 3600
    for number, seconds in enumerate((-RESERVED_S - 1, year_s)):  # or a clock was a year ahead
        moved = time.time() + seconds
        os.utime(tmp_path / "idle.part", (moved, moved))
        store.create(f"next-{number}", GB)
        store.discard(f"next-{number}")


@pytest.mark.parametrize("surplus", [1, BUFFER_BYTES, 3 * BUFFER_BYTES])
@pytest.mark.parametrize("length", [10, BUFFER_BYTES, BUFFER_BYTES + 10])
def test_more_bytes_than_declared_never_look_complete(
    tmp_path: Path, length: int, surplus: int
) -> None:
    store = PartStore(tmp_path)
    store.create("a", length)
    with pytest.raises(TooLong):
        store.append("a", 0, io.BytesIO(b"x" * (length + surplus)))
    assert store.size("a") < length


KILLED = """
import os, signal, sys
from pathlib import Path
from media.parts import PartStore
class Line:
    def __init__(self): self.left = [b"x" * 10, b"surplus"]
    def read(self, size):
        if len(self.left) == 1: os.kill(os.getpid(), signal.SIGKILL)
        return self.left.pop(0)
store = PartStore(Path(sys.argv[1]))
store.append("a", 0, Line())
"""


def test_kill_while_a_surplus_arrives_leaves_no_complete_part(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    store.create("a", 10)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert store.size("a") < 10


BAD_FACTS = [b"", b"{", b"[]", b"null", b'{"length": "x"}', b'{"other": 1}', b"\xff\xfe"]


@pytest.mark.parametrize("facts", BAD_FACTS)
def test_damaged_facts_stop_one_upload_only(tmp_path: Path, facts: bytes) -> None:
    store = PartStore(tmp_path)
    store.create("bad", 10)
    store.create("good", 3)
    (tmp_path / "bad.json").write_bytes(facts)
    for act in (store.length, store.size, store.finish, lambda name: store.peek(name, 0, 1)):
        with pytest.raises(PartUnreadable):
            act("bad")
    with pytest.raises(PartUnreadable):
        store.append("bad", 0, io.BytesIO(b"abc"))
    store.create("new", 5)
    store.append("good", 0, io.BytesIO(b"abc"))
    assert store.finish("good").size_bytes == 3
    assert store.unreadable() == ["bad"]
    store.discard("bad")
    assert store.unreadable() == []
    with pytest.raises(NoSuchPart):
        store.size("bad")


@pytest.mark.parametrize("name", ["bad.part", "bad.json"])
def test_folder_in_the_place_of_a_file_stops_one_upload_only(tmp_path: Path, name: str) -> None:
    store = PartStore(tmp_path)
    store.create("bad", 10)
    store.create("good", 3)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    for act in (store.size, store.finish, lambda part: store.peek(part, 0, 1)):
        with pytest.raises(PartUnreadable):
            act("bad")
    with pytest.raises(PartUnreadable):
        store.append("bad", 0, io.BytesIO(b"abc"))
    assert store.unreadable() == ["bad"]
    assert list(store.expired(datetime.now(UTC) + timedelta(days=1))) == ["bad", "good"]
    store.discard("bad")
    assert (tmp_path / name).is_dir()
    store.append("good", 0, io.BytesIO(b"abc"))
    assert store.finish("good").size_bytes == 3
    store.create("new", 5)


FOREIGN = """
import io, sys
from pathlib import Path
from media.part_errors import PartUnreadable
from media.parts import PartStore
store = PartStore(Path(sys.argv[1]))
append = lambda name: store.append(name, 0, io.BytesIO(b"abc"))
for act in (append, store.finish):
    try: act("foreign")
    except PartUnreadable: print("unreadable")
store.create("own", 3)
store.append("own", 0, io.BytesIO(b"abc"))
print(store.finish("own").size_bytes, store.unreadable())
"""


@pytest.mark.parametrize("suffix", ["part", "json"])
def test_part_of_another_account_stops_one_upload_only(tmp_path: Path, suffix: str) -> None:
    PartStore(tmp_path).create("foreign", 3)
    give_to_other_account(tmp_path / f"foreign.{suffix}")
    words = without_root_rights([sys.executable, "-c", FOREIGN, tmp_path])
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout == "unreadable\nunreadable\n3 ['foreign']\n", done.stderr
