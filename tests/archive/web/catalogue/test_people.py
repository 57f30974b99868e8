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
from archive.models import Person
from tests.support.cast import EVERYBODY
from tests.support.html_pages import page_text
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = rights_of_machine("test")
LONG = "x" * 100_000


def add(database: Database, full_name: str, *, is_sample: bool = False, **facts: str) -> str:
    with database.writing() as db:
        record = PersonFacts(full_name=full_name, **facts)  # type: ignore[arg-type]
        return people.add(db, MACHINE, record, is_sample=is_sample).id


def stored(database: Database, person_id: str) -> Person:
    with database.reading() as db:
        found = db.get_one(Person, person_id)
        assert all(other.name for other in found.other_names)
        return found


@pytest.mark.parametrize("member", EVERYBODY)
def test_people_pages_require_manage_people(
    client_of: ClientOf, database: Database, member: str | None
) -> None:
    person_id = add(database, "Lê An")
    client = client_of(member)
    allowed = member in ("ada", "ben", "hoa")
    seen = 200 if allowed else 403 if member else 303
    changed = 303 if allowed else 403 if member else 401
    for address in ("/vi/people", "/vi/people/new", f"/en/people/{person_id}"):
        assert client.get(address).status_code == seen, address
    for name, address in (("Lê Bình", "/vi/people"), ("Lê Chi", f"/vi/people/{person_id}")):
        assert client.post(address, data={"full_name": name}).status_code == changed
    assert client.post(f"/vi/people/{person_id}/remove").status_code == changed


def test_people_are_listed_by_given_name_and_searched(
    client_of: ClientOf, database: Database
) -> None:
    for name in ("Lê Văn Út", "Nguyễn Ánh", "Lâm Vĩnh Hòa"):
        add(database, name)
    add(database, "Người Bịa", is_sample=True)
    page = page_text(client_of("hoa").get("/en/people"))
    found = re.findall(r">([^<]+)</a>\s*(?:<span|</th>)", page)
    assert found == ["Nguyễn Ánh", "Người Bịa", "Lâm Vĩnh Hòa", "Lê Văn Út"]
    assert "3 people" in page
    assert "1 invented" in page
    assert "Sample, invented" in page
    assert "1 person" in page_text(client_of("hoa").get("/en/people?q=hoa"))
    for query in ("x" * 5000, "%00", "<script>", "\u202e"):
        answer = client_of("hoa").get("/en/people", query_string={"q": query})
        assert answer.status_code == 200
        assert '<script>"' not in answer.get_data(as_text=True)


def test_person_is_created_and_updated(client_of: ClientOf, database: Database) -> None:
    hoa = client_of("hoa")
    sent = hoa.post(
        "/en/people",
        data={
            "full_name": "Nguyễn Thị Mười",
            "born_as_told": "khoảng 1946",
            "honorific": "Bà",
            "other_name": ["Mười Gạo", "", "Hoa"],
            "other_kind": ["common", "pen", "nonsense"],
            "other_period": ["từ 1978", "", ""],
        },
    )
    assert sent.status_code == 303
    person_id = sent.location.rsplit("/", 1)[1]
    found = stored(database, person_id)
    assert (found.family_name, found.middle_name, found.given_name) == ("Nguyễn", "Thị", "Mười")
    assert found.born_edtf == "1946~"
    assert [(n.name, n.kind, n.period) for n in found.other_names] == [
        ("Mười Gạo", "common", "từ 1978"),
        ("Hoa", "common", ""),
    ]
    page = page_text(hoa.get(f"/en/people/{person_id}"))
    typed = {
        name: html.unescape(re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1])  # type: ignore[index]
        for name in ("full_name", "family_name", "middle_name", "given_name", "seen")
    }
    changed = hoa.post(f"/en/people/{person_id}", data=typed | {"full_name": "Trần Văn Chín"})
    assert changed.status_code == 303
    found = stored(database, person_id)
    assert (found.family_name, found.middle_name, found.given_name) == ("Trần", "Văn", "Chín")


def test_conflicting_save_shows_both_values(client_of: ClientOf, database: Database) -> None:
    person_id = add(database, "Lê An")
    hoa = client_of("hoa")
    seen = re.search(r'name="seen" value="(\w+)"', page_text(hoa.get(f"/en/people/{person_id}")))
    assert seen is not None
    hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê Bình", "seen": seen[1]})
    second = hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê Cường", "seen": seen[1]})
    assert second.status_code == 409
    page = page_text(second)
    assert 'value="Lê Cường"' in page
    assert "Saved in the archive:</b> Lê Bình" in page
    now = re.search(r'name="seen" value="(\w+)"', page)
    assert now is not None
    again = hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê Cường", "seen": now[1]})
    assert again.status_code == 303
    assert stored(database, person_id).full_name == "Lê Cường"


def test_other_names_of_a_colleague_are_shown(client_of: ClientOf, database: Database) -> None:
    person_id = add(database, "Lê An")
    hoa = client_of("hoa")
    seen = re.search(r'name="seen" value="(\w+)"', page_text(hoa.get(f"/en/people/{person_id}")))
    assert seen is not None
    theirs = {"other_name": "Tư An", "other_kind": "alias", "other_period": "từ 1968"}
    hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê An", "seen": seen[1], **theirs})
    second = hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê An", "seen": seen[1]})
    assert second.status_code == 409
    assert "Saved in the archive:</b> Tư An (alias, từ 1968)" in page_text(second)


def test_too_many_other_names_are_refused_and_all_kept(
    client_of: ClientOf, database: Database
) -> None:
    person_id = add(database, "Lê An")
    names = [f"Tên {number}" for number in range(people.MOST_NAMES + 1)]
    typed = {
        "full_name": "Lê An",
        "other_name": names,
        "other_kind": ["alias"] * len(names),
        "other_period": [""] * len(names),
    }
    hoa = client_of("hoa")
    refused = hoa.post(f"/en/people/{person_id}", data=typed)
    assert refused.status_code == 422
    assert f"At most {people.MOST_NAMES} entries" in page_text(refused)
    assert names[-1] in page_text(refused)
    assert stored(database, person_id).other_names == []


def opened_form(client: FlaskClient, person_id: str) -> dict[str, str]:
    """The fields of a person's form as a browser would send them."""
    page = client.get(f"/en/people/{person_id}").text
    fields = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in fields if name != "csrf_token"}


def test_changes_of_different_fields_are_merged(client_of: ClientOf, database: Database) -> None:
    person_id = add(database, "Lê An")
    hoa, ben = client_of("hoa"), client_of("ben")
    mine, theirs = opened_form(hoa, person_id), opened_form(ben, person_id)
    theirs |= {"occupation": "thợ may", "other_name": "Tư An", "other_kind": "alias"}
    assert ben.post(f"/en/people/{person_id}", data=theirs).status_code == 303
    saved = hoa.post(f"/en/people/{person_id}", data=mine | {"native_place": "Bến Tre"})
    assert saved.status_code == 303
    assert "together with what a colleague changed" in page_text(hoa.get("/en/people"))
    found = stored(database, person_id)
    assert (found.occupation, found.native_place) == ("thợ may", "Bến Tre")
    assert [n.name for n in found.other_names] == ["Tư An"]


def test_conflict_shows_only_fields_that_both_changed(
    client_of: ClientOf, database: Database
) -> None:
    person_id = add(database, "Lê An")
    hoa, ben = client_of("hoa"), client_of("ben")
    mine, theirs = opened_form(hoa, person_id), opened_form(ben, person_id)
    ben.post(f"/en/people/{person_id}", data=theirs | {"occupation": "thợ", "honorific": "Ông"})
    second = hoa.post(f"/en/people/{person_id}", data=mine | {"occupation": "giáo viên"})
    assert second.status_code == 409
    page = page_text(second)
    assert page.count("Saved in the archive:") == 1
    assert 'value="giáo viên"' in page
    assert 'value="Ông"' in page
    assert stored(database, person_id).occupation == "thợ"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"full_name": ""}, "A name is needed."),
        ({"full_name": LONG}, "The name is too long (at most 120 characters)."),
        ({"biography": LONG}, "at most 20000 characters"),
        ({"born_edtf": "xưa lắm"}, "is not a date in EDTF"),
        ({"occupation": "x" * 301}, "at most 300 characters"),
        (
            {"other_name": [LONG], "other_kind": ["pen"], "other_period": [""]},
            "at most 120 characters",
        ),
    ],
)
def test_invalid_person_shows_problem_and_keeps_input(
    client_of: ClientOf, database: Database, typed: dict[str, object], sentence: str
) -> None:
    facts = {"full_name": "Lê An", "native_place": "Xóm <b>Chiếu</b>", **typed}
    sent = client_of("hoa").post("/en/people", data=facts)
    assert sent.status_code == 422
    page = page_text(sent)
    assert sentence in page
    assert 'value="Xóm <b>Chiếu</b>"' in page
    assert all(value in page for value in typed.values() if isinstance(value, str))
    with database.reading() as db:
        assert db.scalars(select(Person)).all() == []


def test_person_page_shows_namesakes_and_interviews(
    client_of: ClientOf, database: Database
) -> None:
    first = add(database, "Lê An", born_as_told="1946")
    add(database, "Lê An", born_as_told="1951")
    with database.writing() as db:
        record = Description(title="Tiệm may", witnesses=[db.get_one(Person, first)])
        interviews.create(db, MACHINE, record)
    page = page_text(client_of("hoa").get(f"/en/people/{first}"))
    assert "Lê An (1951)" in page
    assert "Tiệm may" in page


@pytest.mark.parametrize("person_id", ["nobody", "x" * 3000, "..", "%00", "new/x"])
def test_empty_list_of_people_is_answered(client_of: ClientOf, person_id: str) -> None:
    assert client_of("hoa").get(f"/vi/people/{person_id}").status_code == 404
