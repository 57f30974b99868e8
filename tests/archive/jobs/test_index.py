"""From a change to the index and no further: killed, rebuilt or read meanwhile, it stays right."""

from __future__ import annotations

import json
import random
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import audit, queue
from archive.access import Actor, machine
from archive.actions import discovery, indexing, transcripts
from archive.actions.discovery import Wish
from archive.jobs.worker import Worker
from archive.models import Interview, Job, Outbox, Segment
from archive.settings import Settings
from archive.toolbox import Toolbox
from search.backends.base import Backend
from search.backends.on_disk import OnDisk
from tests.live import ROOT
from tests.told import ask, index_all, tell, texts, told
from tests.workers import WorkerProcess, command, environment, until

ActorOf = Callable[[str | None], Actor]
WORDS = (
    "chợ", "gạo", "vải", "giải", "phóng", "bao", "cấp", "sổ", "hẻm", "giếng", "nước", "máy",
    "dệt", "tem", "phiếu", "hòa", "bình",
)  # fmt: skip
QUERIES = ("chợ", "giai phong", '"sổ gạo"', "hoa binh", "tem*", "lần 3")


def work(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def waiting(toolbox: Toolbox) -> int:
    with toolbox.database.reading() as db:
        return db.query(Outbox).count()


def answers(toolbox: Toolbox, index: Backend) -> list[object]:
    """What staff are answered by an index: everything but its name."""
    found: list[object] = []
    with toolbox.database.reading() as db:
        for text in QUERIES:
            answer = discovery.search(
                db, index, machine("test"), Wish(text=text, grouped=False, per_page=100)
            )
            found.append((answer.total, answer.interviews, answer.facets))
            found += [(h.segment.id, h.marks, h.word_ms, h.score) for h in answer.hits]
    return found


def fresh(toolbox: Toolbox, folder: Path) -> Backend:
    """The index that everything would give, made from nothing."""
    index = OnDisk(folder)
    with toolbox.database.reading() as db:
        index.rebuild(indexing.everything(db, toolbox.settings.public_states))
    return index


def test_a_change_is_found_by_the_job_that_came_with_it(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    interview_id = told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    assert waiting(toolbox) == 1
    work(toolbox)
    assert waiting(toolbox) == 0
    assert texts(ask(toolbox, actor_of(None), "gao")) == ["Tôi bán gạo ở chợ."]
    with toolbox.database.writing() as db:
        tell(db, db.get_one(Interview, interview_id), ["Tôi bán vải ở chợ."])
    work(toolbox)
    assert texts(ask(toolbox, actor_of(None), "vai")) == ["Tôi bán vải ở chợ."]
    assert ask(toolbox, actor_of(None), "gạo").total == 0


def test_many_changes_of_one_interview_are_one_job_and_one_reading(toolbox: Toolbox) -> None:
    interview_id = told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    work(toolbox)
    with toolbox.database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        for _change in range(20):
            audit.record(db, machine("test"), "transcript.edited", interview)
        assert db.query(Job).filter_by(kind="index", state="queued").count() == 1
    assert waiting(toolbox) == 20
    work(toolbox)
    with toolbox.database.reading() as db:
        last = db.query(Job).filter_by(kind="index").order_by(Job.id.desc()).first()
        assert last is not None
        assert last.result == {"interviews": 1}


def test_what_was_removed_is_found_no_more(toolbox: Toolbox) -> None:
    interview_id = told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    work(toolbox)
    with toolbox.database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        audit.record(db, machine("test"), "interview.described", interview)
        db.delete(interview)
    work(toolbox)
    assert toolbox.index.versions() == {}
    assert waiting(toolbox) == 0


def test_a_damaged_index_is_made_anew_by_the_next_change(
    toolbox: Toolbox, actor_of: ActorOf
) -> None:
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    work(toolbox)
    [folder] = [path for path in toolbox.settings.index_dir.iterdir() if path.is_dir()]
    toolbox.index.close()
    for path in folder.glob("*.seg"):
        path.unlink()
    assert not toolbox.index.health().ok
    told(toolbox, "LK-2", "Tôi mua gạo ở chợ.")
    work(toolbox)
    assert toolbox.index.health().ok
    assert ask(toolbox, actor_of(None), "gạo").total == 2


def test_a_writer_beside_us_is_waited_for(settings: Settings, toolbox: Toolbox) -> None:
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    work(toolbox)
    told(toolbox, "LK-2", "Tôi mua gạo ở chợ.")
    beside = OnDisk(settings.index_dir)
    impatient = OnDisk(settings.index_dir, lock_timeout_s=0.05)
    with beside._folder.lock(timeout_s=1):
        job = _run_with(toolbox, impatient)
    assert (job.state, job.problem) == ("waiting", "index_busy")
    assert waiting(toolbox) == 1  # nothing is forgotten before the index has it


def _run_with(toolbox: Toolbox, index: Backend) -> Job:
    Worker(replace(toolbox, index=index), lanes=("light", "files")).run_one(("light",))
    with toolbox.database.reading() as db:
        job = db.query(Job).filter_by(kind="index").order_by(Job.id.desc()).first()
        assert job is not None
        return job


def test_a_change_during_a_rebuild_is_told_after_it(toolbox: Toolbox, actor_of: ActorOf) -> None:
    told(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.reading() as db:
        mark = indexing.last_change(db)
        told(toolbox, "LK-2", "Tôi mua gạo ở chợ.")  # while the rebuild reads
        toolbox.index.rebuild(indexing.everything(db, toolbox.settings.public_states))
    with toolbox.database.writing() as db:
        indexing.forget_until(db, mark)
    assert waiting(toolbox) == 1
    work(toolbox)
    assert ask(toolbox, actor_of(None), "gạo").total == 2


def sentence(chance: random.Random, number: int) -> str:
    return f"{' '.join(chance.choices(WORDS, k=9)).capitalize()}, lần {number}."


@pytest.fixture
def worker(settings: Settings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings)
    yield worker
    worker.kill()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_any_moment_nothing_is_lost_and_nothing_found_twice(
    toolbox: Toolbox, worker: WorkerProcess, tmp_path: Path
) -> None:
    chance = random.Random(1986)
    ids = [
        told(toolbox, f"LK-{n}", *(sentence(chance, 0) for _ in range(12)), state="machine")
        for n in range(60)
    ]
    for kill in range(1, 6):
        for interview_id in chance.sample(ids, 40):
            correct(toolbox, interview_id, sentence(chance, kill))
        before = waiting(toolbox)
        worker.start()
        until(lambda: running(toolbox), otherwise="nobody took the job")
        timer = threading.Timer(chance.uniform(0.0, 0.4), worker.kill)
        timer.start()
        timer.join()
        assert waiting(toolbox) <= before
        with toolbox.database.writing() as db:
            gone = db.get_one(Interview, ids.pop())
            audit.record(db, machine("test"), "interview.described", gone)
            db.delete(gone)
    worker.start()
    until(lambda: idle(toolbox), otherwise="the outbox was never emptied")
    worker.stop()
    assert set(toolbox.index.versions()) == set(ids)
    assert answers(toolbox, toolbox.index) == answers(toolbox, fresh(toolbox, tmp_path / "fresh"))


def correct(toolbox: Toolbox, interview_id: str, text: str) -> None:
    """As a save does: the words, the event, the row of the outbox and the job, in one."""
    with toolbox.database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        version = transcripts.shown(db, interview)
        assert version is not None
        segment: Segment = version.segments[len(text) % 12]
        segment.text, segment.words = text, []
        audit.record(db, machine("test"), "transcript.edited", version, interview=interview)


def running(toolbox: Toolbox) -> bool:
    with toolbox.database.reading() as db:
        return db.query(Job).filter_by(kind="index", state="running").first() is not None


def idle(toolbox: Toolbox) -> bool:
    with toolbox.database.reading() as db:
        return queue.is_idle(db) and db.query(Outbox).count() == 0


@pytest.mark.slow
@pytest.mark.sqlite_only
@pytest.mark.timeout(900)
def test_readers_go_on_while_another_process_makes_the_index_anew(
    settings: Settings, toolbox: Toolbox, actor_of: ActorOf
) -> None:
    chance = random.Random(7)
    for n in range(30):
        told(toolbox, f"LK-{n}", "Giải phóng rồi.", *(sentence(chance, 0) for _ in range(10)))
    index_all(toolbox)
    public = actor_of(None)
    whole = ask(toolbox, public, "chợ giải phóng").total
    generations, totals = {toolbox.index.generation()}, set()
    for _round in range(2):
        with subprocess.Popen(
            command("reindex", "--json"), cwd=ROOT, env=environment(settings),
            stdout=subprocess.PIPE,
        ) as other:  # fmt: skip
            while other.poll() is None:
                totals.add(ask(toolbox, public, "chợ giải phóng").total)
            assert other.stdout is not None
            assert json.load(other.stdout)["passages"] == 30 * 12
        assert other.returncode == 0
        totals.add(ask(toolbox, public, "chợ giải phóng").total)
        generations.add(toolbox.index.generation())
    assert totals == {whole}
    assert len(generations) == 3
    folders = [path for path in settings.index_dir.iterdir() if path.is_dir()]
    assert len(folders) == 2  # the one in use and the one before it
