"""The index job: changes, removals, rebuilds, kills and concurrent readers."""

from __future__ import annotations

import json
import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import queue
from archive.access import Rights, machine
from archive.actions.discovery import rebuilding, search
from archive.actions.discovery.search import SearchQuery
from archive.actions.transcripts import versions
from archive.jobs.worker import Worker
from archive.models import Interview, Job, Outbox, Segment
from archive.settings import Settings
from archive.toolbox import Toolbox
from search.backends.base import Backend
from search.backends.on_disk import OnDisk
from tests.support.events import record_event
from tests.support.http_server import ROOT
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import (
    add_interview_with_text,
    add_version,
    hit_texts,
    index_all,
    search_as,
)
from tests.support.worker_process import WorkerProcess, command, environment, wait_until

RightsOf = Callable[[str | None], Rights]
WORDS = (
    "chợ",
    "gạo",
    "vải",
    "giải",
    "phóng",
    "bao",
    "cấp",
    "sổ",
    "hẻm",
    "giếng",
    "nước",
    "máy",
    "dệt",
    "tem",
    "phiếu",
    "hòa",
    "bình",
)
QUERIES = ("chợ", "giai phong", '"sổ gạo"', "hoa binh", "tem*", "lần 3")


def run_jobs(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def count_pending(toolbox: Toolbox) -> int:
    with toolbox.database.reading() as db:
        return db.query(Outbox).count()


def search_results(toolbox: Toolbox, index: Backend) -> list[object]:
    """Return the results of all queries on an index, with staff rights."""
    results: list[object] = []
    with toolbox.database.reading() as db:
        for text in QUERIES:
            response = search.search(
                db,
                index,
                rights_of_machine("test"),
                SearchQuery(text=text, grouped=False, per_page=100),
            )
            results.append((response.total, response.interviews, response.facets))
            results += [(h.turn.id, h.marks, h.word_ms, h.score) for h in response.hits]
    return results


def build_index(toolbox: Toolbox, folder: Path) -> Backend:
    """Build a new index of all interviews."""
    index = OnDisk(folder)
    rebuilding.rebuild(replace(toolbox, index=index))
    return index


def test_index_job_indexes_a_changed_text(toolbox: Toolbox, rights_of: RightsOf) -> None:
    interview_id = add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    assert count_pending(toolbox) == 2  # the import and its approval
    run_jobs(toolbox)
    assert count_pending(toolbox) == 0
    assert hit_texts(search_as(toolbox, rights_of(None), "gao")) == ["Tôi bán gạo ở chợ."]
    with toolbox.database.writing() as db:
        add_version(db, db.get_one(Interview, interview_id), ["Tôi bán vải ở chợ."])
    run_jobs(toolbox)
    assert hit_texts(search_as(toolbox, rights_of(None), "vai")) == ["Tôi bán vải ở chợ."]
    assert search_as(toolbox, rights_of(None), "gạo").total == 0


def test_many_changes_of_one_interview_are_indexed_once(toolbox: Toolbox) -> None:
    interview_id = add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    run_jobs(toolbox)
    with toolbox.database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        for _change in range(20):
            record_event(db, machine("test"), "transcript.edited", interview)
        assert db.query(Job).filter_by(kind="index", state="queued").count() == 1
    assert count_pending(toolbox) == 20
    run_jobs(toolbox)
    with toolbox.database.reading() as db:
        last = db.query(Job).filter_by(kind="index").order_by(Job.id.desc()).first()
        assert last is not None
        assert last.result == {"interviews": 1}


def test_index_job_drops_a_removed_interview(toolbox: Toolbox) -> None:
    interview_id = add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    run_jobs(toolbox)
    with toolbox.database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        record_event(db, machine("test"), "interview.described", interview)
        db.delete(interview)
    run_jobs(toolbox)
    assert toolbox.index.indexed_versions() == {}
    assert count_pending(toolbox) == 0


def test_index_job_rebuilds_a_damaged_index(toolbox: Toolbox, rights_of: RightsOf) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    run_jobs(toolbox)
    [folder] = [path for path in toolbox.settings.index_dir.iterdir() if path.is_dir()]
    toolbox.index.close()
    for path in folder.glob("*.seg"):
        path.unlink()
    assert not toolbox.index.health().ok
    add_interview_with_text(toolbox, "LK-2", "Tôi mua gạo ở chợ.")
    run_jobs(toolbox)
    assert toolbox.index.health().ok
    assert search_as(toolbox, rights_of(None), "gạo").total == 2


def test_index_job_with_a_locked_index_is_parked(settings: Settings, toolbox: Toolbox) -> None:
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    run_jobs(toolbox)
    add_interview_with_text(toolbox, "LK-2", "Tôi mua gạo ở chợ.")
    writer = OnDisk(settings.index_dir)
    impatient_index = OnDisk(settings.index_dir, lock_timeout_s=0.05)
    with writer._folder.lock(timeout_s=1):
        job = _run_with(toolbox, impatient_index)
    assert (job.state, job.problem) == ("waiting", "index_busy")
    assert count_pending(toolbox) == 2  # outbox rows stay until they are indexed


def _run_with(toolbox: Toolbox, index: Backend) -> Job:
    Worker(replace(toolbox, index=index), lanes=("light", "files")).run_one(("light",))
    with toolbox.database.reading() as db:
        job = db.query(Job).filter_by(kind="index").order_by(Job.id.desc()).first()
        assert job is not None
        return job


def random_sentence(rng: random.Random, number: int) -> str:
    return f"{' '.join(rng.choices(WORDS, k=9)).capitalize()}, lần {number}."


@pytest.fixture
def worker(settings: Settings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings)
    yield worker
    worker.kill()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_index_job_killed_at_any_moment_gives_the_same_index(
    toolbox: Toolbox, worker: WorkerProcess, tmp_path: Path
) -> None:
    rng = random.Random(1986)
    ids = [
        add_interview_with_text(
            toolbox, f"LK-{n}", *(random_sentence(rng, 0) for _ in range(12)), state="machine"
        )
        for n in range(60)
    ]
    for kill in range(1, 6):
        for interview_id in rng.sample(ids, 40):
            change_segment(toolbox, interview_id, random_sentence(rng, kill))
        before = count_pending(toolbox)
        worker.start()
        # On a busy machine the job may end between two looks.
        wait_until(
            lambda: is_index_job_running(toolbox) or is_idle(toolbox),
            message="the job was not claimed",
        )
        timer = threading.Timer(rng.uniform(0.0, 0.4), worker.kill)
        timer.start()
        timer.join()
        assert count_pending(toolbox) <= before
        with toolbox.database.writing() as db:
            removed = db.get_one(Interview, ids.pop())
            record_event(db, machine("test"), "interview.described", removed)
            db.delete(removed)
    worker.start()
    wait_until(lambda: is_idle(toolbox), message="the outbox was never emptied")
    worker.stop()
    assert set(toolbox.index.indexed_versions()) == set(ids)
    assert search_results(toolbox, toolbox.index) == search_results(
        toolbox, build_index(toolbox, tmp_path / "fresh")
    )


def change_segment(toolbox: Toolbox, interview_id: str, text: str) -> None:
    """Change a segment and record the event, as a save does."""
    with toolbox.database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        version = versions.current_version(db, interview)
        assert version is not None
        segment: Segment = version.segments[len(text) % 12]
        segment.text, segment.words = text, []
        record_event(db, machine("test"), "transcript.edited", version, interview=interview)


def is_index_job_running(toolbox: Toolbox) -> bool:
    with toolbox.database.reading() as db:
        return db.query(Job).filter_by(kind="index", state="running").first() is not None


def is_idle(toolbox: Toolbox) -> bool:
    with toolbox.database.reading() as db:
        return queue.is_idle(db) and db.query(Outbox).count() == 0


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(900)
def test_search_during_a_reindex_in_another_process_is_complete(
    settings: Settings, toolbox: Toolbox, rights_of: RightsOf
) -> None:
    rng = random.Random(7)
    for n in range(30):
        add_interview_with_text(
            toolbox, f"LK-{n}", "Giải phóng rồi.", *(random_sentence(rng, 0) for _ in range(10))
        )
    index_all(toolbox)
    public = rights_of(None)
    expected_total = search_as(toolbox, public, "chợ giải phóng").total
    generations, totals = {toolbox.index.generation()}, set()
    for _round in range(2):
        with subprocess.Popen(
            command("reindex", "--json"),
            cwd=ROOT,
            env=environment(settings),
            stdout=subprocess.PIPE,
        ) as reindex:
            while reindex.poll() is None:
                totals.add(search_as(toolbox, public, "chợ giải phóng").total)
            assert reindex.stdout is not None
            assert json.load(reindex.stdout)["passages"] == 30 * 12
        assert reindex.returncode == 0
        totals.add(search_as(toolbox, public, "chợ giải phóng").total)
        generations.add(toolbox.index.generation())
    assert totals == {expected_total}
    assert len(generations) == 3
    folders = [path for path in settings.index_dir.iterdir() if path.is_dir()]
    assert len(folders) == 1  # the one in use
