"""A page asks the database as often for many rows as for a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from archive.access import machine
from archive.actions import interviews, people, transcripts
from archive.actions.interviews import Description
from archive.actions.people import OtherName, PersonFacts
from archive.db import Database
from archive.models import Collection, Recording
from archive.toolbox import Toolbox
from archive.web.search import PER_PAGE
from tests.told import index_all, told

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = machine("test")
SENTENCE = "Tôi bán hàng ở chợ số {}, từ hồi má tôi còn gánh rau ra đó mỗi sáng."
PAGES = (
    "/en/interviews", "/en/interviews?samples=0&q=ch%E1%BB%A3", "/en/interviews/LK-1",
    "/en/interviews/LK-1/edit", "/en/interviews/new", "/en/interviews/LK-1/contents",
    "/en/people", "/en/people?q=sen", "/en/jobs", "/en/accounts", "/en/",
    "/en/search?q=ch%E1%BB%A3",
)  # fmt: skip


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("PRAGMA"):
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def more(toolbox: Toolbox, numbers: range) -> None:
    """Interviews, each with a witness of two names, a recording, a text and a collection."""
    for number in numbers:
        told(toolbox, f"LK-{number}", *(SENTENCE.format(number),) * 3, told_from_year=1979)
    with toolbox.database.writing() as db:
        for number in numbers:
            collection = Collection(code=f"C-{number}", title=f"Collection {number}")
            db.add(collection)
            db.flush()
            witness = people.add(
                db, MACHINE,
                PersonFacts(full_name=f"Trần Sen {number}", other_names=[OtherName(name="Ba")]),
            )  # fmt: skip
            interview = interviews.by_accession(db, f"LK-{number}")
            assert interview is not None
            interviews.describe(
                db, MACHINE, interview,
                Description(
                    title=f"Chợ {number}", collection=collection, witnesses=[witness],
                    audience="public", told_from_year=1979,
                ),
                revision=interview.revision,
            )  # fmt: skip
            for version in transcripts.versions(db, interview):
                for segment in version.segments:
                    segment.contribution_id = interview.contributions[0].id
            db.add(Recording(interview_id=interview.id, part=1, duration_ms=60_000))
    index_all(toolbox)


@pytest.fixture
def archivist(client_of: ClientOf) -> FlaskClient:
    return client_of("ada")


def test_more_rows_are_no_more_questions(toolbox: Toolbox, archivist: FlaskClient) -> None:
    def asked() -> dict[str, int]:
        found = {}
        for page in PAGES:
            with counted(toolbox.database) as statements:
                assert archivist.get(page).status_code == 200, page
            found[page] = len(statements)
        return found

    more(toolbox, range(1, PER_PAGE + 1))  # a full page of each
    few = asked()
    more(toolbox, range(PER_PAGE + 1, 2 * PER_PAGE + 1))
    many = asked()
    assert {page: count for page, count in many.items() if count > few[page]} == {}
