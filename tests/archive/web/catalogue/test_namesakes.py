"""A namesake is saved only after an answer; a record that nothing uses can be removed."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from archive.actions.catalogue import interviews, people
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import PersonFacts
from archive.db import Database
from archive.models import Event, Interview, Person
from tests.support.html_pages import page_text
from tests.support.interview_form import form_state, form_values, stored_interview
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = rights_of_machine("test")
FACTS = {"born_as_told": "1946", "occupation": "thợ may", "native_place": "Bến Tre"}


def add_namesakes(database: Database) -> dict[str, str]:
    """Add two people of one name, the first with an interview; return ids by year of birth."""
    with database.writing() as db:
        first = people.add(db, MACHINE, PersonFacts(full_name="Lê An", **FACTS))  # type: ignore[arg-type]
        second = people.add(db, MACHINE, PersonFacts(full_name="Lê An", born_as_told="1951"))
        record = Description(title="Tiệm may", witnesses=[first], audience="public")
        interviews.create(db, MACHINE, record, accession="LK-7")
        return {"1946": first.id, "1951": second.id}


def ids_by_name(database: Database, name: str) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Person.id).where(Person.full_name == name)))


def test_new_person_of_a_known_name_is_saved_only_as_another_person(
    client_of: ClientOf, database: Database
) -> None:
    known = add_namesakes(database)
    hoa = client_of("hoa")
    typed = {"full_name": "lê  An", "occupation": "giáo viên"}
    question = hoa.post("/en/people", data=typed)
    assert question.status_code == 422
    page = page_text(question)
    for fact in (*FACTS.values(), "1951", "LK-7", "Tiệm may", "in no interview so far"):
        assert fact in page
    for person_id in known.values():
        assert f'href="/en/people/{person_id}"' in page
    assert 'value="giáo viên"' in page
    assert set(ids_by_name(database, "Lê An")) == set(known.values())
    shown = re.findall(r'name="namesake" value="(\w+)"', page)
    assert set(shown) == set(known.values())
    again = hoa.post("/en/people", data={**typed, "namesake": shown})
    assert again.status_code == 422, "the answer is the button, not the list"
    saved = hoa.post("/en/people", data={**typed, "namesake": shown, "another": "1"})
    assert saved.status_code == 303
    assert len(ids_by_name(database, "lê An")) == 1


def test_namesake_who_was_added_meanwhile_is_a_question(
    client_of: ClientOf, database: Database
) -> None:
    known = add_namesakes(database)
    typed = {"full_name": "Lê An", "namesake": [known["1946"]], "another": "1"}
    question = client_of("hoa").post("/en/people", data=typed)
    assert question.status_code == 422
    assert len(ids_by_name(database, "Lê An")) == 2


def test_person_is_renamed_to_a_known_name_only_as_another_person(
    client_of: ClientOf, database: Database
) -> None:
    known = add_namesakes(database)
    with database.writing() as db:
        other = people.add(db, MACHINE, PersonFacts(full_name="Lê Bình")).id
    hoa = client_of("hoa")
    assert hoa.post(f"/en/people/{other}", data={"full_name": "Lê An"}).status_code == 422
    answer = {"full_name": "Lê An", "namesake": list(known.values()), "another": "1"}
    assert hoa.post(f"/en/people/{other}", data=answer).status_code == 303
    assert set(ids_by_name(database, "Lê An")) == {*known.values(), other}
    # A name that stays is no question.
    unchanged = {"full_name": "Lê An", "occupation": "thợ hồ"}
    assert hoa.post(f"/en/people/{other}", data=unchanged).status_code == 303


@pytest.mark.parametrize("chosen", ["1946", "1951", "another"])
def test_witness_of_a_known_name_in_the_interview_form_is_chosen(
    client_of: ClientOf, database: Database, chosen: str
) -> None:
    known = add_namesakes(database)
    hoa = client_of("hoa")
    typed = form_values(accession="LK-8", witness=["Trần Mới", "Lê An"])
    question = hoa.post("/en/interviews", data=typed)
    assert question.status_code == 422
    page = page_text(question)
    assert "Who is “Lê An”?" in page
    for fact in (*FACTS.values(), "1951", "LK-7", "Another person"):
        assert fact in page
    assert 'value="Lê An"' in page
    assert ids_by_name(database, "Trần Mới") == []
    answer = {"namesake": ["Lê An"], "namesake_0": known.get(chosen, "another")}
    invalid = hoa.post("/en/interviews", data={**typed, **answer, "title": ""})
    checked = re.findall(r'name="namesake_0" value="(\w+)" checked', page_text(invalid))
    assert checked == [known.get(chosen, "another")], "an answer stays while the form is mended"
    assert hoa.post("/en/interviews", data=typed | answer).status_code == 303
    found = stored_interview(database, "LK-8").people("witness")
    assert [person.full_name for person in found] == ["Trần Mới", "Lê An"]
    if chosen == "another":
        assert found[1].id not in known.values()
    else:
        assert found[1].id == known[chosen]


def test_one_namesake_of_a_witness_in_the_interview_form_is_a_question(
    client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        person = people.add(db, MACHINE, PersonFacts(full_name="Lê An")).id
    hoa = client_of("hoa")
    typed = form_values(accession="LK-8", witness=["Lê An"])
    assert hoa.post("/en/interviews", data=typed).status_code == 422
    forged = {"namesake": ["Lê An"], "namesake_0": "01JD0000000000000000000000"}
    assert hoa.post("/en/interviews", data=typed | forged).status_code == 422
    # Interviewers come again: one record of the name is meant.
    as_interviewer = form_values(accession="LK-8", interviewer=["Lê An"])
    assert hoa.post("/en/interviews", data=as_interviewer).status_code == 303
    assert [p.id for p in stored_interview(database, "LK-8").people("interviewer")] == [person]
    # People of the interview are known.
    edited = form_values(
        accession="LK-8", witness=["Lê An"], interviewer=["Lê An"], **form_state(hoa, "LK-8")
    )
    assert hoa.post("/en/interviews/LK-8/edit", data=edited).status_code == 303
    assert [p.id for p in stored_interview(database, "LK-8").people("witness")] == [person]


def test_another_person_in_both_roles_is_one_new_person(
    client_of: ClientOf, database: Database
) -> None:
    known = add_namesakes(database)
    typed = form_values(accession="LK-8", witness=["Lê An"], interviewer=["Lê An"])
    answer = {"namesake": ["Lê An"], "namesake_0": "another"}
    assert client_of("hoa").post("/en/interviews", data=typed | answer).status_code == 303
    found = stored_interview(database, "LK-8")
    assert found.people("witness") == found.people("interviewer")
    assert len(ids_by_name(database, "Lê An")) == len(known) + 1


def test_record_that_nothing_uses_is_removed(client_of: ClientOf, database: Database) -> None:
    known = add_namesakes(database)
    hoa = client_of("hoa")
    unused, used = known["1951"], known["1946"]
    page = page_text(hoa.get(f"/en/people/{unused}"))
    assert f'action="/en/people/{unused}/remove"' in page
    assert "/remove" not in page_text(hoa.get(f"/en/people/{used}"))
    assert "/remove" not in page_text(hoa.get("/en/people/new"))
    refused = hoa.post(f"/en/people/{used}/remove")
    assert refused.status_code == 422
    assert "This record cannot be removed" in page_text(refused)
    seen = html.unescape(re.findall(r'name="seen" value="(\w+)"', page)[0])
    with database.writing() as db:
        person = db.get_one(Person, unused)
        people.update(db, MACHINE, person, PersonFacts(full_name="Lê An", occupation="thợ hồ"))
    assert hoa.post(f"/en/people/{unused}/remove", data={"seen": seen}).status_code == 422
    assert hoa.post(f"/en/people/{unused}/remove").status_code == 303
    assert ids_by_name(database, "Lê An") == [used]
    assert hoa.get(f"/en/people/{unused}").status_code == 404
    assert "record of a person removed" in page_text(client_of("ada").get("/en/office/history"))


def test_person_of_an_approved_version_or_a_removed_contribution_is_kept(
    client_of: ClientOf, database: Database
) -> None:
    known = add_namesakes(database)
    with database.writing() as db:
        interview = db.scalars(select(Interview)).one()
        record = Description(title="Tiệm may", audience="public")
        interviews.update_description(db, MACHINE, interview, record, revision=interview.revision)
    assert client_of("hoa").post(f"/en/people/{known['1946']}/remove").status_code == 422
    with database.reading() as db:
        assert db.scalars(select(Event).where(Event.kind == "person.removed")).all() == []
