"""Heartbeats of workers: which run, which died, and which were replaced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from archive.actions.office import workers
from archive.actions.office.workers import WorkerReport
from archive.db import Database
from archive.models import WorkerHeartbeat
from archive.models.base import utc_now

SILENT = workers.SILENT_AFTER + timedelta(seconds=5)
YEAR = timedelta(days=365)


def beat(database: Database, name: str, host: str = "a") -> None:
    with database.writing() as db:
        workers.record_heartbeat(db, name=name, host=host)


def move(database: Database, name: str, by: timedelta) -> None:
    """Move the instants of a row, as a clock that was wrong would have written them."""
    with database.writing() as db:
        row = db.get_one(WorkerHeartbeat, name)
        row.seen_at, row.started_at = row.seen_at + by, row.started_at + by


def report(database: Database) -> WorkerReport:
    with database.reading() as db:
        return workers.load_report(db)


def names(database: Database) -> set[str]:
    with database.reading() as db:
        return set(db.scalars(select(WorkerHeartbeat.name)))


def test_worker_that_renews_its_row_runs(database: Database) -> None:
    assert report(database) == WorkerReport(running=0, dead=())
    beat(database, "a:1")
    beat(database, "a:1")
    assert report(database) == WorkerReport(running=1, dead=())
    assert not report(database).is_down


def test_worker_that_ends_in_order_leaves_no_row(database: Database) -> None:
    beat(database, "a:1")
    with database.writing() as db:
        workers.remove_heartbeat(db, "a:1")
    assert report(database) == WorkerReport(running=0, dead=())


@pytest.mark.parametrize("by", [-SILENT, YEAR], ids=["silent", "ahead of the clock"])
def test_worker_without_renewal_is_dead(database: Database, by: timedelta) -> None:
    beat(database, "a:1")
    move(database, "a:1", by)
    [dead] = report(database).dead
    assert (dead.name, dead.host, dead.problem) == ("a:1", "a", "")
    assert report(database).is_down


def test_worker_seen_to_end_is_dead_at_once(database: Database) -> None:
    beat(database, "a:1")
    with database.writing() as db:
        workers.record_death(db, name="a:1", host="a", problem="signal 9")
    assert [dead.problem for dead in report(database).dead] == ["signal 9"]
    assert report(database).is_down


def test_worker_that_dies_again_and_again_is_reported_once(database: Database) -> None:
    """Each dies before its first heartbeat."""
    for number in range(5):
        with database.writing() as db:
            name = workers.worker_name("a", number)
            workers.record_death(db, name=name, host="a", problem="signal 9")
    assert [dead.name for dead in report(database).dead] == ["a:4"]


def _die_silently(database: Database) -> None:
    move(database, "a:1", -SILENT)


def _die_seen(database: Database) -> None:
    with database.writing() as db:
        workers.record_death(db, name="a:1", host="a", problem="signal 9")


@pytest.mark.parametrize("die", [_die_silently, _die_seen])
def test_next_worker_of_the_host_replaces_the_dead_one(
    database: Database, die: Callable[[Database], None]
) -> None:
    beat(database, "a:1")
    die(database)
    beat(database, "b:1", "b")
    assert [dead.name for dead in report(database).dead] == ["a:1"]
    assert not report(database).is_down
    beat(database, "a:2")
    assert report(database) == WorkerReport(running=2, dead=())


def test_second_worker_of_a_host_that_dies_is_reported(database: Database) -> None:
    for name in ("a:1", "a:2"):
        beat(database, name)
    move(database, "a:1", -timedelta(hours=1))
    beat(database, "a:1")  # it runs since an hour
    with database.writing() as db:
        db.get_one(WorkerHeartbeat, "a:2").seen_at -= SILENT
    beat(database, "a:1")
    assert [dead.name for dead in report(database).dead] == ["a:2"]


def test_machine_that_is_gone_is_forgotten_after_a_week(database: Database) -> None:
    beat(database, "b:1", "b")
    move(database, "b:1", -workers.FORGOTTEN_AFTER - timedelta(minutes=1))
    beat(database, "a:1")
    assert names(database) == {"a:1"}


def test_row_that_a_wrong_clock_wrote_is_replaced(database: Database) -> None:
    beat(database, "a:1")
    move(database, "a:1", YEAR)
    beat(database, "a:2")
    assert report(database) == WorkerReport(running=1, dead=())


def test_heartbeat_after_a_jump_of_the_clock_renews_the_row(database: Database) -> None:
    beat(database, "a:1")
    move(database, "a:1", YEAR)
    beat(database, "a:1")
    assert report(database) == WorkerReport(running=1, dead=())
    with database.reading() as db:
        assert abs(db.get_one(WorkerHeartbeat, "a:1").seen_at - utc_now()) < SILENT
