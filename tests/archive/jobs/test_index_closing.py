"""What is hidden or closed leaves the index: its counts at once, its files with the rebuild."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from archive.access import Rights, machine
from archive.actions.discovery import rebuilding
from archive.jobs.worker import Worker
from archive.models import Annotation, Interview, Outbox
from archive.toolbox import Toolbox
from search.backends.base import IndexedInterview
from search.backends.on_disk import OnDisk
from tests.support.events import record_event
from tests.support.searchable_interviews import add_interview_with_text, hit_texts, search_as

RightsOf = Callable[[str | None], Rights]
ACTOR = machine("test")


def run_jobs(toolbox: Toolbox) -> None:
    Worker(toolbox, lanes=("light", "files")).run_until_idle()


def hide(toolbox: Toolbox, interview_id: str, start_ms: int, end_ms: int) -> None:
    with toolbox.database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        db.add(
            Annotation(
                interview_id=interview_id,
                kind="redaction",
                start_ms=start_ms,
                end_ms=end_ms,
                title="",
            )
        )
        record_event(db, ACTOR, "interview.redacted", interview)


def test_hidden_words_leave_counts_at_once_and_the_disk_with_the_rebuild(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    secret = add_interview_with_text(toolbox, "LK-1", "Tên kinzorblax ấy.", "Chợ đông lắm.")
    run_jobs(toolbox)
    files = toolbox.settings.index_dir.rglob("*")
    assert any(b"kinzorblax" in file.read_bytes() for file in files if file.is_file())
    assert search_as(toolbox, rights_of("sam"), "kinzorblax").total == 1
    hide(toolbox, secret, 0, 9_000)
    for page in (1, 2):
        answer = search_as(toolbox, rights_of("sam"), "kinzorblax", page=page)
        assert (answer.total, dict(answer.facets["role"]), answer.suggestions) == (0, {}, ())
    assert search_as(toolbox, rights_of("sam"), "kinzorbla").suggestions == ()
    run_jobs(toolbox)
    files = toolbox.settings.index_dir.rglob("*")
    assert not any(b"kinzorblax" in file.read_bytes() for file in files if file.is_file())
    assert hit_texts(search_as(toolbox, rights_of("sam"), "cho dong")) == ["Chợ đông lắm."]


class InterruptedIndex(OnDisk):
    """Calls a function after the index job has decided what to write, before the lock."""

    interrupt: Callable[[], object] = staticmethod(lambda: None)

    def put_many(self, interviews: Iterable[IndexedInterview]) -> int:
        interrupt, self.interrupt = self.interrupt, lambda: None
        interrupt()
        return super().put_many(interviews)


def test_a_late_index_job_does_not_open_what_was_closed_meanwhile(
    toolbox: Toolbox, rights_of: RightsOf
) -> None:
    """Beside a worker that waits for the index, `flask reindex` indexes what was closed."""
    add_interview_with_text(toolbox, "LK-2", "Nhà máy dệt.")
    run_jobs(toolbox)
    closed = add_interview_with_text(toolbox, "LK-1", "Tôi bán gạo ở chợ.")

    def close_and_reindex() -> None:
        with toolbox.database.writing() as db:
            interview = db.get_one(Interview, closed)
            interview.audience = "staff"
            record_event(db, ACTOR, "interview.described", interview)
        rebuilding.rebuild(toolbox)

    late = InterruptedIndex(toolbox.settings.index_dir)
    late.interrupt = close_and_reindex
    run_jobs(replace(toolbox, index=late))
    with toolbox.database.reading() as db:
        assert db.query(Outbox).count() == 0
    for page in (1, 2):
        answer = search_as(toolbox, rights_of(None), "gạo", page=page)
        assert (answer.total, dict(answer.facets["state"])) == (0, {})
    assert search_as(toolbox, rights_of("cleo"), "gạo").total == 1
