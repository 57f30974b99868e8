"""A lost, damaged or old index is noticed and rebuilt; until then no search finds "nothing"."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from archive.access import Rights
from archive.actions.discovery import rebuilding
from archive.audit.follow_ups import index_interviews
from archive.jobs.worker import Worker
from archive.models import Interview, Job, Outbox
from archive.models.base import utc_now
from archive.settings import Settings
from archive.toolbox import Toolbox
from search.backends.base import SearchIndexError
from search.backends.on_disk import OnDisk
from tests.support.searchable_interviews import (
    add_interview_with_text,
    index_all,
    search_as,
)

ClientOf = Callable[[str | None], FlaskClient]
RightsOf = Callable[[str | None], Rights]
BEING_REBUILT = "Chỉ mục tìm kiếm đang được dựng lại."


def lose(index_dir: Path) -> None:
    shutil.rmtree(index_dir)


def truncate(index_dir: Path) -> None:
    for file in index_dir.glob("on_disk-*/*.seg"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def lose_pointer(index_dir: Path) -> None:
    (index_dir / "current").unlink()


@pytest.fixture
def kept_index(toolbox: Toolbox, tmp_path: Path) -> Path:
    """A copy of the index as it was before the second interview came."""
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    run_jobs(toolbox)
    shutil.copytree(toolbox.settings.index_dir, tmp_path / "kept")
    add_interview_with_text(toolbox, "LK-2", "Tôi mua vải ở chợ.")
    run_jobs(toolbox)
    return tmp_path / "kept"


def run_jobs(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def reopened(toolbox: Toolbox) -> Toolbox:
    """Return the toolbox of a process that starts now."""
    return replace(toolbox, index=OnDisk(toolbox.settings.index_dir))


def index_jobs(toolbox: Toolbox, *states: str) -> list[Job]:
    with toolbox.database.reading() as db:
        return [job for job in db.query(Job).filter_by(kind="index") if job.state in states]


@pytest.mark.parametrize("harm", [lose, truncate, lose_pointer])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_first_question_has_a_harmed_index_rebuilt(
    settings: Settings,
    toolbox: Toolbox,
    kept_index: Path,
    client_of: ClientOf,
    rights_of: RightsOf,
    harm: Callable[[Path], None],
) -> None:
    toolbox.index.close()
    harm(settings.index_dir)
    client = client_of(None)
    with client.get("/vi/search?q=vải") as response:  # what follows an answer begins at its close
        page = response.get_data(as_text=True)
    assert (response.status_code, BEING_REBUILT in page) == (503, True)
    client.application.extensions["loi_ke_background_writer"].wait_until_written()
    assert len(index_jobs(toolbox, "queued")) == 1
    run_jobs(reopened(toolbox))
    assert search_as(reopened(toolbox), rights_of(None), "vải").total == 1


def test_an_index_older_than_the_database_answers_no_question(
    settings: Settings, toolbox: Toolbox, kept_index: Path, rights_of: RightsOf
) -> None:
    toolbox.index.close()
    lose(settings.index_dir)
    shutil.copytree(kept_index, settings.index_dir)
    old = reopened(toolbox)
    with pytest.raises(SearchIndexError):
        search_as(old, rights_of(None), "gạo")
    rebuilding.enqueue_if_needed(old)
    run_jobs(old)
    assert search_as(old, rights_of(None), "vải").total == 1


def test_an_index_of_before_a_loss_answers_no_question(
    settings: Settings, toolbox: Toolbox, kept_index: Path, rights_of: RightsOf
) -> None:
    """After the loss the numbers of folders begin again: the old one has the same number."""
    toolbox.index.close()
    lose(settings.index_dir)
    index_all(reopened(toolbox))
    lose(settings.index_dir)
    shutil.copytree(kept_index, settings.index_dir)
    with pytest.raises(SearchIndexError):
        search_as(reopened(toolbox), rights_of(None), "vải")


def test_a_rebuilt_index_answers_before_the_database_has_noted_it(
    toolbox: Toolbox, rights_of: RightsOf, kept_index: Path
) -> None:
    found: list[int] = []

    class SearchedAfterSwitch(OnDisk):
        def rebuild(self, *args: Any, **options: Any) -> int:
            passages = super().rebuild(*args, **options)
            found.append(search_as(other, rights_of(None), "vải").total)
            return passages

    other = reopened(toolbox)
    before = toolbox.index.generation()
    rebuilding.rebuild(replace(toolbox, index=SearchedAfterSwitch(toolbox.settings.index_dir)))
    assert found == [1]
    assert other.index.generation() != before


def test_an_index_newer_than_the_database_is_rebuilt(
    toolbox: Toolbox, kept_index: Path, rights_of: RightsOf
) -> None:
    """After a restore of the database by hand: the index has words that it never held."""
    with toolbox.database.writing() as db:
        db.execute(
            text("UPDATE setting SET value = :v WHERE key = 'index_generation'"), {"v": "x-1:1"}
        )
    rebuilding.enqueue_if_needed(toolbox)
    before = toolbox.index.generation()
    run_jobs(toolbox)
    assert toolbox.index.generation().split(":")[0] != before.split(":")[0]
    rebuilding.enqueue_if_needed(toolbox)
    assert index_jobs(toolbox, "queued") == []


def test_a_new_archive_finds_nothing_and_needs_no_index(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    assert search_as(toolbox, rights_of(None), "vải").total == 0
    rebuilding.enqueue_if_needed(toolbox)
    assert index_jobs(toolbox, "queued") == []


def test_questions_while_a_rebuild_waits_enqueue_no_second_one(toolbox: Toolbox) -> None:
    for _ in range(3):
        with toolbox.database.writing() as db:
            rebuilding.request_rebuild_once(db)
    assert len(index_jobs(toolbox, "queued", "running", "waiting")) == 1


@pytest.mark.parametrize("ago", [timedelta(minutes=6), timedelta(days=-365)])
def test_changes_of_a_failed_index_job_are_indexed_later(
    toolbox: Toolbox, rights_of: RightsOf, ago: timedelta
) -> None:
    """Also where the clock was a year ahead when it failed."""
    add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")
    with toolbox.database.writing() as db:
        for job in db.query(Job):
            job.state, job.finished_at = "failed", utc_now()
    rebuilding.enqueue_if_needed(toolbox)
    assert index_jobs(toolbox, "queued") == []  # not at every turn of the worker
    with toolbox.database.writing() as db:
        for job in db.query(Job):
            job.finished_at = utc_now() - ago
    rebuilding.enqueue_if_needed(toolbox)
    run_jobs(toolbox)
    assert search_as(toolbox, rights_of(None), "gạo").total == 1
    with toolbox.database.reading() as db:
        assert db.query(Outbox).count() == 0


def test_changes_during_a_rebuild_are_found_at_once_and_afterwards(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    """As `flask reindex` beside a worker: corrected, new and removed interviews."""
    for number in range(4):
        add_interview_with_text(toolbox, f"LK-{number}", "Tôi bán gạo ở chợ.")
    index_all(toolbox)
    public = rights_of(None)

    def meanwhile(done: int, _total: int) -> None:
        if done == 2:
            with toolbox.database.writing() as db:
                db.execute(text("UPDATE segment SET text = 'Tôi dệt vải.', words = '[]'"))
            add_interview_with_text(toolbox, "LK-NEW", "Tôi dệt lụa.")
            record_all(toolbox)
            run_jobs(toolbox)
            assert search_as(toolbox, public, "vải").total == 4
            assert search_as(toolbox, public, "lụa").total == 1

    rebuilding.rebuild(toolbox, on_progress=meanwhile)
    assert search_as(toolbox, public, "vải").total == 4
    assert search_as(toolbox, public, "lụa").total == 1
    assert search_as(toolbox, public, "gạo").total == 0


def record_all(toolbox: Toolbox) -> None:
    """Write an outbox row for every interview, as the events of changes do."""
    with toolbox.database.writing() as db:
        ids = [interview.id for interview in db.query(Interview)]
        index_interviews(db, ids, "transcript.edited")


@pytest.mark.sqlite_only
def test_the_log_of_the_database_stays_small_during_a_rebuild(toolbox: Toolbox) -> None:
    """An open reader keeps SQLite from using its log again."""
    for number in range(8):
        add_interview_with_text(toolbox, f"LK-{number}", "Tôi bán gạo ở chợ.")
    wal = Path(f"{toolbox.settings.home / 'archive.db'}-wal")
    sizes = []

    def save(_done: int, _total: int) -> None:
        for _ in range(10):
            with toolbox.database.writing() as db:
                db.execute(text("UPDATE segment SET text = :t"), {"t": "Tôi mua. " * 20_000})
        sizes.append(wal.stat().st_size)

    rebuilding.rebuild(toolbox, on_progress=save)
    assert max(sizes[2:]) <= 2 * max(sizes[:2])
