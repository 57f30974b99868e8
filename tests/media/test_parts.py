from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import disk, running_hash
from media.disk import Disk
from media.part_errors import (
    Incomplete,
    NoSuchPart,
    OffsetMismatch,
    OutOfSpace,
    PartExists,
    PartLocked,
    PartUnreadable,
)
from media.parts import PartStore
from media.vault import Vault
from tests.support.failing_disk import FailingDisk, PowerCut

WORDS = random.Random(7).randbytes(1_000_003)
SHA256 = hashlib.sha256(WORDS).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    store = PartStore(tmp_path / "parts")
    store.create("a", len(WORDS))
    return store


class BrokenStream:
    """A stream that raises ConnectionResetError after its data."""

    def __init__(self, data: bytes) -> None:
        self.stream = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        if block := self.stream.read(min(size, 10_000)):
            return block
        raise ConnectionResetError


class SmallDisk(Disk):
    """A disk with a few bytes left, that takes part of a write before it is full."""

    def __init__(self, free: int) -> None:
        self.free = free

    def write(self, descriptor: int, data: memoryview) -> int:
        if self.free <= 0 and len(data) > 100:
            raise OSError(errno.ENOSPC, "full")
        taken = super().write(descriptor, data[: max(1, min(self.free, len(data)))])
        self.free -= taken
        return taken


def test_append_in_several_requests_gives_the_file_and_its_hash(
    store: PartStore, tmp_path: Path
) -> None:
    assert store.size("a") == 0
    assert store.append("a", 0, io.BytesIO(WORDS[:400_000])) == 400_000
    assert store.append("a", 400_000, io.BytesIO(WORDS[400_000:])) == len(WORDS)
    done = store.finish("a")
    assert (done.sha256, done.size_bytes) == (SHA256, len(WORDS))
    vault = Vault(tmp_path / "vault")
    assert vault.adopt(done.path, sha256=done.sha256).duplicate is False
    assert store.finish("a") == done, "a crash before discarding must be able to go on"
    assert store.size("a") == len(WORDS)
    store.discard("a")
    assert list(store.root.iterdir()) == []


def test_finish_after_a_restart_hashes_the_file_on_disk(store: PartStore) -> None:
    store.append("a", 0, io.BytesIO(WORDS[:123_456]))
    later = PartStore(store.root)
    assert later.length("a") == len(WORDS)
    later.append("a", later.size("a"), io.BytesIO(WORDS[123_456:]))
    assert later.finish("a").sha256 == SHA256


def test_append_by_two_processes_in_turn_gives_the_same_hash(store: PartStore) -> None:
    other = PartStore(store.root)
    at = 0
    for n in range(10):
        at = (store, other)[n % 2].append("a", at, io.BytesIO(WORDS[at : at + 110_000]))
    assert store.finish("a").sha256 == other.finish("a").sha256 == SHA256


def test_append_reads_back_a_bounded_number_of_bytes(
    store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running_hash, "CATCH_UP_BYTES", 1000)
    store.append("a", 0, io.BytesIO(WORDS[:500_000]))

    class Counting(Disk):
        bytes_read = 0

        def read_at(self, descriptor: int, size_bytes: int, offset: int) -> bytes:
            block = super().read_at(descriptor, size_bytes, offset)
            self.bytes_read += len(block)
            return block

    counting = Counting()
    later = PartStore(store.root, disk=counting)
    later.append("a", 500_000, io.BytesIO(WORDS[500_000:600_000]))
    assert counting.bytes_read == 1000
    later.append("a", 600_000, io.BytesIO(WORDS[600_000:]))
    assert later.finish("a").sha256 == SHA256
    assert counting.bytes_read == len(WORDS)


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, len(WORDS)), max_size=6), restarts=st.integers(0, 63))
def test_append_with_any_block_sizes_gives_the_same_hash(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], restarts: int
) -> None:
    root = tmp_path_factory.mktemp("cuts")
    store = PartStore(root)
    store.create("x", len(WORDS))
    at = 0
    for n, cut in enumerate([*sorted(cuts), len(WORDS)]):
        if restarts >> n & 1:
            store = PartStore(root)
        at = store.append("x", at, io.BytesIO(WORDS[at:cut]))
    assert store.finish("x").sha256 == SHA256


def test_append_on_a_broken_connection_keeps_received_bytes(store: PartStore) -> None:
    with pytest.raises(ConnectionResetError):
        store.append("a", 0, BrokenStream(WORDS[:77_777]))
    assert store.size("a") == 77_777
    store.append("a", 77_777, io.BytesIO(WORDS[77_777:]))
    assert store.finish("a").sha256 == SHA256


def test_append_at_wrong_offset_raises_with_the_right_one(store: PartStore) -> None:
    store.append("a", 0, io.BytesIO(WORDS[:100]))
    for wrong in (0, 99, 101):
        with pytest.raises(OffsetMismatch) as refused:
            store.append("a", wrong, io.BytesIO(WORDS[100:]))
        assert (refused.value.expected, refused.value.found) == (100, wrong)
    assert store.size("a") == 100


def test_finish_before_all_bytes_raises_incomplete(store: PartStore) -> None:
    store.append("a", 0, io.BytesIO(WORDS[:-1]))
    with pytest.raises(Incomplete) as refused:
        store.finish("a")
    assert (refused.value.expected, refused.value.found) == (len(WORDS), len(WORDS) - 1)


def test_append_by_second_writer_raises_part_locked(store: PartStore) -> None:
    other = PartStore(store.root)

    class Nosy(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            for busy in (store, other):
                with pytest.raises(PartLocked):
                    busy.append("a", 0, io.BytesIO(b"x"))
                with pytest.raises(PartLocked):
                    busy.discard("a")
            return super().read(size)

    assert store.append("a", 0, Nosy(WORDS)) == len(WORDS)
    assert other.finish("a").sha256 == SHA256


def test_append_on_a_full_disk_keeps_received_bytes(store: PartStore) -> None:
    full = PartStore(store.root, disk=SmallDisk(300_000))
    with pytest.raises(OutOfSpace) as refused:
        full.append("a", 0, io.BytesIO(WORDS))
    assert refused.value.needed == len(WORDS) - 300_000
    assert store.size("a") == 300_000
    full._disk.free = 10**9  # type: ignore[attr-defined]
    full.append("a", 300_000, io.BytesIO(WORDS[300_000:]))
    assert full.finish("a").sha256 == SHA256


@pytest.mark.parametrize("part_id", ["", "../a", "a/b", "a" * 65, "a\n", "ä", ".", "a.part"])
def test_part_store_with_invalid_id_opens_no_file(store: PartStore, part_id: str) -> None:
    with pytest.raises(NoSuchPart):
        store.create(part_id, 1)
    for ask in (store.size, store.length, store.finish):
        with pytest.raises(NoSuchPart):
            ask(part_id)
    store.discard(part_id)
    assert store.ids() == ["a"]


def test_create_with_existing_id_raises_part_exists(store: PartStore) -> None:
    with pytest.raises(PartExists):
        store.create("a", 5)
    assert store.length("a") == len(WORDS)


def test_finish_of_empty_file_succeeds(store: PartStore) -> None:
    store.create("empty", 0)
    assert store.finish("empty").sha256 == hashlib.sha256().hexdigest()


def test_expired_yields_only_idle_uploads(store: PartStore) -> None:
    now = datetime.now(UTC)
    assert list(store.expired(now - timedelta(hours=1))) == []
    assert list(store.expired(now + timedelta(hours=1))) == ["a"]
    old = (now - timedelta(days=9)).timestamp()
    for path in store.root.iterdir():
        os.utime(path, (old, old))
    assert list(store.expired(now - timedelta(days=7))) == ["a"]
    store.append("a", 0, io.BytesIO(b"x"))
    assert list(store.expired(now - timedelta(days=7))) == []


@pytest.mark.parametrize("power", [False, True])
def test_facts_left_by_a_kill_are_swept_and_those_of_a_failure_deleted(
    power: bool, tmp_path: Path
) -> None:
    long_ago, left = time.time() - 7200, 0
    for n in range(1, 20):
        root = tmp_path / str(n)
        with contextlib.suppress(OSError, PowerCut):
            PartStore(root, disk=FailingDisk(n, power=power)).create("a", 10)
        found = list(root.glob("*.new"))
        left += len(found)
        store = PartStore(root)
        assert store.sweep() == 0  # one that is being written is not deleted
        for path in found:
            os.utime(path, (long_ago, long_ago))
        assert store.sweep() == len(found)
        assert list(root.glob("*.new")) == []
    assert (left > 0) == power


def test_append_to_a_symbolic_link_is_refused(store: PartStore, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"")
    (store.root / "a.part").unlink()
    (store.root / "a.part").symlink_to(victim)
    with pytest.raises(PartUnreadable, match="symbolic links"):
        store.append("a", 0, io.BytesIO(WORDS))
    assert victim.read_bytes() == b""


@pytest.mark.parametrize("power", [False, True], ids=["one step fails", "the power is cut"])
def test_append_after_any_failed_disk_call_resumes(tmp_path: Path, power: bool) -> None:
    def upload(store: PartStore) -> str:
        if not (store.root / "u.part").exists():
            store.discard("u")  # failed during creation: the client got no id
            store.create("u", len(WORDS))
        at = store.size("u")
        while at < len(WORDS):
            at = store.append("u", at, io.BytesIO(WORDS[at : at + 400_000]))
        return store.finish("u").sha256

    counting = FailingDisk(10**9)
    assert upload(PartStore(tmp_path / "counting", disk=counting)) == SHA256
    for n in range(1, counting.calls + 1):
        root = tmp_path / f"{power}{n}"
        broken = PartStore(root, disk=FailingDisk(n, power=power))
        # An unreadable part of a failed creation is replaced, so the first attempt may succeed.
        with contextlib.suppress(OSError, PowerCut, PartUnreadable):
            assert upload(broken) == SHA256
            continue
        part = root / "u.part"
        if part.exists():
            assert WORDS.startswith(part.read_bytes()), f"step {n}"
        assert upload(broken if not power else PartStore(root)) == SHA256, f"step {n}"


WRITER = """
import sys, random
from pathlib import Path
from media.parts import PartStore
class Line:
    def __init__(self, data): self.data, self.at = data, 0
    def read(self, size):
        block = self.data[self.at : self.at + 4096]; self.at += len(block)
        if self.at == 4096: print("writing", flush=True)
        return block
data = random.Random(7).randbytes(1_000_003) * 40
store = PartStore(Path(sys.argv[1]))
at = store.size("k")
store.append("k", at, Line(data[at:]))
print("done", flush=True)
"""


@pytest.fixture
def killed(tmp_path: Path) -> PartStore:
    store = PartStore(tmp_path / "parts")
    store.create("k", len(WORDS) * 40)
    return store


def test_size_after_sigkill_is_a_valid_offset(killed: PartStore) -> None:
    data = WORDS * 40
    kills = random.Random(11)
    sizes = []
    for _ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(killed.root)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        goal = killed.size("k") + kills.randrange(2_000_000)
        while writer.poll() is None and killed.size("k") < min(goal, len(data)):
            pass
        writer.kill()
        writer.communicate()
        sizes.append(killed.size("k"))
        assert data.startswith((killed.root / "k.part").read_bytes())
    assert sizes == sorted(sizes)
    assert any(0 < size < len(data) for size in sizes)
    at = killed.append("k", killed.size("k"), io.BytesIO(data[killed.size("k") :]))
    assert at == len(data)
    assert killed.finish("k").sha256 == hashlib.sha256(data).hexdigest()


def test_append_uses_memory_of_one_buffer(store: PartStore) -> None:
    sizes: list[int] = []

    class SizeRecorder(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(size or 0)
            return super().read(size)

    store.append("a", 0, SizeRecorder(WORDS))
    assert 0 < min(sizes) <= max(sizes) <= 256 * 1024
    assert disk.BUFFER_BYTES <= 256 * 1024
