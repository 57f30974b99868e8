"""The index on disk under crashes, other processes, memory limits and old versions."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from search.backends import folder, writing
from search.backends.base import IndexBusy, IndexDamaged, IndexedInterview, IndexOutdated
from search.backends.on_disk import OnDisk
from search.passages import PassageDocument
from search.query import parse_query
from search.results import SearchRequest, SearchResults

PUBLIC = frozenset({"public"})
ROOT = Path(__file__).parents[3]


def interview(name: str, *texts: str, version: int = 1) -> IndexedInterview:
    documents = [
        PassageDocument(
            pid=f"{name}/{n}", interview=name, version=version, text=text, access=PUBLIC
        )
        for n, text in enumerate(texts)
    ]
    return IndexedInterview(name, version, documents)


def put(index: OnDisk, one: IndexedInterview) -> None:
    index.put(one.interview, one.documents, one.version)


def find(index: OnDisk, text: str) -> SearchResults:
    return index.find(SearchRequest(query=parse_query(text), access=PUBLIC))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[OnDisk]:
    opened = OnDisk(tmp_path)
    yield opened
    opened.close()


def test_second_reader_sees_every_commit(index: OnDisk, tmp_path: Path) -> None:
    reader = OnDisk(tmp_path)
    assert find(reader, "giải phóng").total == 0
    put(index, interview("A", "sau ngày giải phóng"))
    assert find(reader, "giải phóng").total == 1
    put(index, interview("A", "đã sửa lại", version=2))
    assert find(reader, "giải phóng").total == 0
    assert find(reader, "sửa").total == 1
    index.drop("A")
    assert find(reader, "sửa").total == 0
    assert reader.indexed_versions() == {}


def test_health_returns_counts_and_generation(index: OnDisk) -> None:
    assert index.health().code == "index_missing"
    index.put_many([interview("A", "một", "hai"), interview("B")])
    health = index.health()
    assert (health.ok, health.passages, health.interviews, health.segments) == (True, 2, 2, 1)
    assert health.generation == index.generation() == find(index, "một").generation


def test_segments_stay_few_after_many_commits(index: OnDisk) -> None:
    index.put_many([interview(f"I{n}", *["chuyện cũ"] * 10) for n in range(60)])
    for n in range(40):
        put(index, interview(f"I{n}", *["chuyện mới"] * 10, version=2))
    assert index.health().segments <= 8
    index.optimise()
    assert index.health().segments == 1
    assert find(index, "mới").total == 400
    assert find(index, "cũ").total == 200
    assert set(index.indexed_versions().values()) == {1, 2}


def test_segments_are_bounded_without_optimise(
    index: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_MAX_MERGED", 12)
    monkeypatch.setattr(writing, "_MOST_SEGMENTS", 5)
    for n in range(30):
        put(index, interview(f"I{n}", *["chuyện"] * 4))
        assert index.health().segments <= 7
        assert find(index, "chuyen").total == 4 * (n + 1)


def test_sweep_removes_the_words_of_earlier_generations_from_the_disk(
    index: OnDisk, tmp_path: Path
) -> None:
    """A reader that had the earlier generation open goes on."""
    index.put_many([interview("A", "một chữ kínđáo")])
    reader = OnDisk(tmp_path)
    assert find(reader, "kindao").total == 1
    index.rebuild([interview("A", "một chữ")])
    assert len(list(tmp_path.glob("on_disk-*"))) == 2
    index.sweep()
    assert [path.name for path in tmp_path.glob("on_disk-*")] == [index.generation().split(":")[0]]
    assert find(reader, "chu").total == 1
    assert find(reader, "kindao").total == 0


def test_commit_keeps_cached_lists_of_other_segments(index: OnDisk) -> None:
    index.put_many([interview(f"I{n}", *["giải phóng"] * 20) for n in range(20)])
    find(index, "giai phong")
    before = index._snapshot.segments[0]
    put(index, interview("Z", "giải phóng"))
    assert find(index, "giai phong").total == 401
    assert before in index._snapshot.segments
    put(index, interview("I3", version=2))
    assert find(index, "giai phong").total == 381


def test_posting_cache_stays_below_its_limit(tmp_path: Path) -> None:
    small = OnDisk(tmp_path, cache_bytes=4_000)
    small.put_many([interview("A", *(f"từ{n} chung" for n in range(200)))])
    for n in range(200):
        assert find(small, f"tu{n} chung").total == 1
        assert small._cache.size_bytes <= 4_000
    assert find(small, "tu7*").total == 11


def test_second_writer_raises_index_busy(index: OnDisk, tmp_path: Path) -> None:
    other = OnDisk(tmp_path, lock_timeout_s=0.1)
    put(index, interview("A", "một"))
    with index._folder.lock(timeout_s=1), pytest.raises(IndexBusy, match="another process"):
        put(other, interview("C", "ba"))
    put(other, interview("C", "ba"))
    assert index.indexed_versions() == {"A": 1, "C": 1}


def test_second_rebuild_raises_index_busy(index: OnDisk, tmp_path: Path) -> None:
    other = OnDisk(tmp_path, lock_timeout_s=0.1)

    def slow() -> Iterator[IndexedInterview]:
        for second in (lambda: other.rebuild([]), other.sweep):
            with pytest.raises(IndexBusy, match="another process"):
                second()
        yield interview("B", "hai")

    assert index.rebuild(slow()) == 1
    assert index.indexed_versions() == {"B": 1}


def test_rebuild_has_what_was_changed_while_it_ran(index: OnDisk, tmp_path: Path) -> None:
    other = OnDisk(tmp_path)
    kept, removed = interview("A", "một"), interview("B", "hai")
    corrected, added = interview("C", "ba đã sửa", version=1), interview("D", "bốn")
    index.put_many([kept, removed, interview("C", "ba")])

    def slow() -> Iterator[IndexedInterview]:
        yield from (kept, removed, interview("C", "ba"))
        put(other, corrected)
        put(other, added)
        other.drop("B")
        assert find(other, "sửa").total == find(other, "bốn").total == 1  # before the switch too

    given: set[str] = set()

    def changed(ids: frozenset[str]) -> list[IndexedInterview]:
        given.update(ids)
        return [corrected, added]

    assert index.rebuild(slow(), changed=changed) == 3
    assert given == {"B", "C", "D"}
    assert find(index, "sửa").total == find(index, "bốn").total == find(index, "một").total == 1
    assert find(index, "hai").total == 0


def test_rebuild_keeps_the_previous_generation_only(index: OnDisk, tmp_path: Path) -> None:
    put(index, interview("A", "một"))
    for n in range(3):
        index.rebuild([interview(f"B{n}", "hai")])
    assert index.indexed_versions() == {"B2": 1}
    assert len(list(tmp_path.glob("on_disk-*"))) == 2


def test_index_of_other_analysis_raises_index_outdated(
    index: OnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(index, interview("A", "một"))
    current = index._folder.current()
    assert current is not None
    older = current.with_name("on_disk-s0-a0-7")
    current.rename(older)
    index._folder.make_current(older)
    for ask in (lambda: find(index, "một"), index.indexed_versions, lambda: index.drop("A")):
        with pytest.raises(IndexOutdated) as caught:
            ask()
        assert caught.value.found == "on_disk-s0-a0-7"
    assert index.health().code == "index_outdated"
    index.rebuild([interview("A", "một")])
    assert find(index, "một").total == 1
    current = index._folder.current()
    assert current is not None
    assert current.name.startswith(f"{folder.FOLDER_PREFIX}8-r")


# Whoosh does not close a file that it fails to read; the collector does.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_damaged_index_raises_index_damaged_and_can_be_rebuilt(
    index: OnDisk, tmp_path: Path
) -> None:
    put(index, interview("A", "một"))
    for file in tmp_path.glob("on_disk-*/*.seg"):
        file.write_bytes(b"")
    with pytest.raises(IndexDamaged):
        find(index, "một")
    assert index.health().code == "index_damaged"
    index.rebuild([interview("A", "một")])
    assert find(index, "một").total == 1


def test_threads_read_while_one_writes(tmp_path: Path) -> None:
    index = OnDisk(tmp_path, cache_bytes=20_000)
    index.put_many([interview(f"I{n}", *["giải phóng má ơi"] * 5) for n in range(40)])
    stop = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not stop.is_set():
            try:
                found = find(index, '"giai phong"').total + find(index, "má").total
                if found != 400:
                    wrong.append(found)
            except Exception as fault:
                wrong.append(fault)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(15):
        put(index, interview(f"I{n}", *["giải phóng má ơi"] * 5, version=2))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from search.backends.base import IndexedInterview
    from search.backends.on_disk import OnDisk
    from search.passages import PassageDocument

    index, version = OnDisk(Path(sys.argv[1])), 1
    print("ready", flush=True)
    while True:
        version += 1
        index.put_many(
            IndexedInterview(f"I{n}", version, [
                PassageDocument(pid=f"{n}/{k}", interview=f"I{n}", version=version,
                                text=f"giải phóng lần {version}", access=frozenset({"public"}))
                for k in range(5)])
            for n in range(10))
        print(version, flush=True)
    """
)


@pytest.mark.parametrize("delay_ms", [0, 15, 40, 70, 110])
def test_index_after_killed_writer_is_complete(tmp_path: Path, delay_ms: int) -> None:
    index = OnDisk(tmp_path)
    index.put_many([interview(f"I{n}", *["giải phóng lần 1"] * 5) for n in range(10)])
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        timer = threading.Timer(delay_ms / 1000, lambda: os.kill(writer.pid, signal.SIGKILL))
        timer.start()
        committed = [int(line) for line in writer.stdout]
        timer.join()
    assert find(index, "giai phong").total == 50
    versions = set(index.indexed_versions().values())
    assert len(versions) == 1, "an interview of a batch was written without the others"
    assert versions.pop() >= max(committed, default=1)
    put(index, interview("I3", "viết tiếp được", version=99))
    assert find(index, "viết").total == 1
    assert find(OnDisk(tmp_path), "giai phong").total == 45
