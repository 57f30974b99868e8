"""A full page sends as many statements to the database as a page with one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from archive.actions.catalogue import interviews, people
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import OtherName, PersonFacts
from archive.actions.transcripts import versions
from archive.db import Database
from archive.models import Collection, Recording
from archive.toolbox import Toolbox
from archive.web.discovery.search import PASSAGES_PER_PAGE
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import add_interview_with_text, index_all

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = rights_of_machine("test")
SENTENCE = "Tôi bán hàng ở chợ số {}, từ hồi má tôi còn gánh rau ra đó mỗi sáng."
PAGES = (
    "/en/interviews",
    "/en/interviews?samples=0&q=ch%E1%BB%A3",
    "/en/interviews/LK-1",
    "/en/interviews/LK-1/edit",
    "/en/interviews/new",
    "/en/interviews/LK-1/contents",
    "/en/people",
    "/en/people?q=sen",
    "/en/jobs",
    "/en/accounts",
    "/en/",
    "/en/search?q=ch%E1%BB%A3",
)


@contextmanager
def count_queries(database: Database) -> Iterator[list[str]]:
    queries: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("PRAGMA"):
            queries.append(statement)

    event.listen(database.engine, "before_cursor_execute", record)
    try:
        yield queries
    finally:
        event.remove(database.engine, "before_cursor_execute", record)


def add_interviews(toolbox: Toolbox, numbers: range) -> None:
    """Add interviews, each with a witness of two names, a recording, a text and a collection."""
    for number in numbers:
        add_interview_with_text(
            toolbox, f"LK-{number}", *(SENTENCE.format(number),) * 3, told_from_year=1979
        )
    with toolbox.database.writing() as db:
        for number in numbers:
            collection = Collection(code=f"C-{number}", title=f"Collection {number}")
            db.add(collection)
            db.flush()
            witness = people.add(
                db,
                MACHINE,
                PersonFacts(full_name=f"Trần Sen {number}", other_names=[OtherName(name="Ba")]),
            )
            interview = interviews.by_accession(db, f"LK-{number}")
            assert interview is not None
            interviews.update_description(
                db,
                MACHINE,
                interview,
                Description(
                    title=f"Chợ {number}",
                    collection=collection,
                    witnesses=[witness],
                    audience="public",
                    told_from_year=1979,
                ),
                revision=interview.revision,
            )
            for version in versions.list_versions(db, interview):
                for segment in version.segments:
                    segment.contribution_id = interview.contributions[0].id
                    segment.state = "heard"
            db.add(Recording(interview_id=interview.id, part=1, duration_ms=60_000))
    index_all(toolbox)


@pytest.fixture
def archivist(client_of: ClientOf) -> FlaskClient:
    return client_of("ada")


def test_number_of_rows_does_not_change_number_of_queries(
    toolbox: Toolbox, archivist: FlaskClient
) -> None:
    def queries() -> dict[str, int]:
        found = {}
        for page in PAGES:
            with count_queries(toolbox.database) as statements:
                assert archivist.get(page).status_code == 200, page
            found[page] = len(statements)
        return found

    add_interviews(toolbox, range(1, 2))
    one = queries()
    add_interviews(toolbox, range(2, PASSAGES_PER_PAGE + 1))
    full = queries()
    assert {page: (one[page], count) for page, count in full.items() if count > one[page]} == {}
