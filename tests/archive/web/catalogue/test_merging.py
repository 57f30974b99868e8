"""Pages on which two records of one person are compared, merged, and parted again."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from archive.actions.catalogue import interviews, people
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import PersonFacts
from archive.db import Database
from archive.models import Person, PersonMerge
from tests.support.html_pages import page_text
from tests.support.interview_form import form_state, form_values, stored_interview
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = rights_of_machine("test")


def add_records(database: Database) -> tuple[str, str]:
    """Add two records of one name, the first with an interview; return their ids."""
    with database.writing() as db:
        first = PersonFacts(full_name="Lê An", honorific="Bà", occupation="thợ may")
        second = PersonFacts(full_name="Lê An", native_place="Bến Tre")
        found = [people.add(db, MACHINE, facts) for facts in (first, second)]
        record = Description(title="Tiệm may", witnesses=[found[0]], audience="public")
        interviews.create(db, MACHINE, record, accession="LK-7")
        return found[0].id, found[1].id


def compare(client: FlaskClient, one: str, other: str) -> tuple[str, dict[str, object]]:
    """Return the page with both records, and the hidden fields of its form."""
    page = page_text(client.get(f"/en/people/{one}/merge?with={other}"))
    return page, {"other": other, "seen": re.findall(r'name="seen" value="(\w+)"', page)}


def test_records_are_compared_merged_and_parted(client_of: ClientOf, database: Database) -> None:
    first, second = add_records(database)
    hoa = client_of("hoa")
    assert f'href="/en/people/{first}/merge"' in page_text(hoa.get(f"/en/people/{first}"))
    choice = page_text(hoa.get(f"/en/people/{first}/merge"))
    assert f'href="/en/people/{first}/merge?with={second}"' in choice
    assert "Bến Tre" in choice
    page, fields = compare(hoa, first, second)
    for fact in ("Bà Lê An", "thợ may", "Bến Tre", "LK-7", "Tiệm may"):
        assert fact in page
    sent = hoa.post(f"/en/people/{first}/merge", data=fields | {"keep": second})
    assert sent.status_code == 303
    assert sent.location.endswith(f"/people/{second}")
    assert [p.id for p in stored_interview(database, "LK-7").people("witness")] == [second]
    old = hoa.get(f"/en/people/{first}")
    assert old.status_code == 303
    assert old.location.endswith(f"/people/{second}"), "the old address leads on"
    kept = page_text(hoa.get(f"/en/people/{second}"))
    assert "Merged into this record" in kept
    assert "another record merged into this one" in kept
    assert "1 person" in page_text(hoa.get("/en/people"))
    [merge] = re.findall(r'name="merge" value="(\w+)"', kept)
    undone = hoa.post(f"/en/people/{second}/merge/undo", data={"merge": merge})
    assert undone.status_code == 303
    assert [p.id for p in stored_interview(database, "LK-7").people("witness")] == [first]
    assert hoa.get(f"/en/people/{first}").status_code == 200
    assert "Merged into this record" not in page_text(hoa.get(f"/en/people/{second}"))
    again = hoa.post(f"/en/people/{second}/merge/undo", data={"merge": merge})
    assert again.status_code == 422
    assert "can no longer be undone" in page_text(again)


def test_record_that_changed_meanwhile_is_not_merged(
    client_of: ClientOf, database: Database
) -> None:
    first, second = add_records(database)
    hoa = client_of("hoa")
    _page, fields = compare(hoa, first, second)
    with database.writing() as db:
        facts = PersonFacts(full_name="Lê An", occupation="thợ hồ")
        people.update(db, MACHINE, db.get_one(Person, second), facts)
    sent = hoa.post(f"/en/people/{first}/merge", data=fields | {"keep": second})
    assert sent.status_code == 422
    with database.reading() as db:
        assert db.scalars(select(PersonMerge)).all() == []


def test_form_opened_before_a_merge_keeps_the_merged_person(
    client_of: ClientOf, database: Database
) -> None:
    first, second = add_records(database)
    hoa = client_of("hoa")
    page = page_text(hoa.get("/en/interviews/LK-7/edit"))
    names = re.findall(r'name="witness" value="([^"]+)"', page)
    opened = form_values(accession="LK-7", witness=names, **form_state(hoa, "LK-7"))
    _page, fields = compare(hoa, first, second)
    assert hoa.post(f"/en/people/{first}/merge", data=fields | {"keep": second}).status_code == 303
    saved = hoa.post("/en/interviews/LK-7/edit", data=opened | {"abstract": "Một."})
    assert saved.status_code == 303
    found = stored_interview(database, "LK-7")
    assert ([p.id for p in found.people("witness")], found.abstract) == ([second], "Một.")
    with database.reading() as db:
        assert len(db.scalars(select(Person)).all()) == 2


def test_requests_about_merged_or_unknown_records_are_refused(
    client_of: ClientOf, database: Database
) -> None:
    first, second = add_records(database)
    hoa = client_of("hoa")
    assert hoa.get(f"/en/people/{first}/merge?with={first}").status_code == 422
    assert hoa.get(f"/en/people/{first}/merge?with=nobody").status_code == 404
    _page, fields = compare(hoa, first, second)
    assert hoa.post(f"/en/people/{first}/merge", data=fields | {"keep": second}).status_code == 303
    assert hoa.post(f"/en/people/{first}", data={"full_name": "Lê Bình"}).status_code == 422
    assert hoa.post(f"/en/people/{first}/remove").status_code == 422
    assert hoa.get(f"/en/people/{first}/merge").status_code == 303
    assert hoa.get(f"/en/people/{second}/merge?with={first}").status_code == 422
    assert hoa.post(f"/en/people/{second}/merge/undo", data={"merge": "x"}).status_code == 404
    with database.reading() as db:
        assert {p.full_name for p in db.scalars(select(Person))} == {"Lê An"}
