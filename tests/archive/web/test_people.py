from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from archive.access import machine
from archive.actions import interviews, people
from archive.actions.interviews import Description
from archive.actions.people import PersonFacts
from archive.db import Database
from archive.models import Person
from tests.cast import EVERYBODY

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = machine("test")
LONG = "x" * 100_000


def text(response: TestResponse) -> str:
    return html.unescape(response.get_data(as_text=True))


def add(database: Database, full_name: str, *, is_sample: bool = False, **facts: str) -> str:
    with database.writing() as db:
        told = PersonFacts(full_name=full_name, **facts)  # type: ignore[arg-type]
        return people.add(db, MACHINE, told, is_sample=is_sample).id


def kept(database: Database, person_id: str) -> Person:
    with database.reading() as db:
        found = db.get_one(Person, person_id)
        assert all(other.name for other in found.other_names)
        return found


@pytest.mark.parametrize("member", EVERYBODY)
def test_who_keeps_records(client_of: ClientOf, database: Database, member: str | None) -> None:
    person_id = add(database, "Lê An")
    client = client_of(member)
    allowed = member in ("ada", "ben", "hoa")
    seen = 200 if allowed else 403 if member else 303
    changed = 303 if allowed else 403 if member else 401
    for address in ("/vi/people", "/vi/people/new", f"/en/people/{person_id}"):
        assert client.get(address).status_code == seen, address
    for address in ("/vi/people", f"/vi/people/{person_id}"):
        assert client.post(address, data={"full_name": "Lê Bình"}).status_code == changed


def test_a_list_by_given_name_that_can_be_searched(client_of: ClientOf, database: Database) -> None:
    for name in ("Lê Văn Út", "Nguyễn Ánh", "Lâm Vĩnh Hòa"):
        add(database, name)
    add(database, "Người Bịa", is_sample=True)
    page = text(client_of("hoa").get("/en/people"))
    found = re.findall(r">([^<]+)</a>\s*(?:<span|</th>)", page)
    assert found == ["Nguyễn Ánh", "Người Bịa", "Lâm Vĩnh Hòa", "Lê Văn Út"]
    assert "3 people" in page
    assert "1 invented" in page
    assert "Sample, invented" in page
    assert "1 person" in text(client_of("hoa").get("/en/people?q=hoa"))
    for query in ("x" * 5000, "%00", "<script>", "\u202e"):
        answer = client_of("hoa").get("/en/people", query_string={"q": query})
        assert answer.status_code == 200
        assert '<script>"' not in answer.get_data(as_text=True)


def test_a_record_is_made_and_changed(client_of: ClientOf, database: Database) -> None:
    hoa = client_of("hoa")
    sent = hoa.post(
        "/en/people",
        data={
            "full_name": "Nguyễn Thị Mười", "born_as_told": "khoảng 1946", "honorific": "Bà",
            "other_name": ["Mười Gạo", "", "Hoa"], "other_kind": ["common", "pen", "nonsense"],
            "other_period": ["từ 1978", "", ""],
        },
    )  # fmt: skip
    assert sent.status_code == 303
    person_id = sent.location.rsplit("/", 1)[1]
    found = kept(database, person_id)
    assert (found.family_name, found.middle_name, found.given_name) == ("Nguyễn", "Thị", "Mười")
    assert found.born_edtf == "1946~"
    assert [(n.name, n.kind, n.period) for n in found.other_names] == [
        ("Mười Gạo", "common", "từ 1978"), ("Hoa", "common", ""),
    ]  # fmt: skip
    page = text(hoa.get(f"/en/people/{person_id}"))
    typed = {
        name: html.unescape(re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1])  # type: ignore[index]
        for name in ("full_name", "family_name", "middle_name", "given_name", "seen")
    }
    changed = hoa.post(f"/en/people/{person_id}", data=typed | {"full_name": "Trần Văn Chín"})
    assert changed.status_code == 303
    found = kept(database, person_id)
    assert (found.family_name, found.middle_name, found.given_name) == ("Trần", "Văn", "Chín")


def test_whoever_saves_second_sees_both(client_of: ClientOf, database: Database) -> None:
    person_id = add(database, "Lê An")
    hoa = client_of("hoa")
    seen = re.search(r'name="seen" value="(\w+)"', text(hoa.get(f"/en/people/{person_id}")))
    assert seen is not None
    hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê Bình", "seen": seen[1]})
    second = hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê Cường", "seen": seen[1]})
    assert second.status_code == 409
    page = text(second)
    assert 'value="Lê Cường"' in page
    assert "In the archive now:</b> Lê Bình" in page
    now = re.search(r'name="seen" value="(\w+)"', page)
    assert now is not None
    again = hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê Cường", "seen": now[1]})
    assert again.status_code == 303
    assert kept(database, person_id).full_name == "Lê Cường"


def test_other_names_that_a_colleague_gave_are_seen(
    client_of: ClientOf, database: Database
) -> None:
    person_id = add(database, "Lê An")
    hoa = client_of("hoa")
    seen = re.search(r'name="seen" value="(\w+)"', text(hoa.get(f"/en/people/{person_id}")))
    assert seen is not None
    theirs = {"other_name": "Tư An", "other_kind": "alias", "other_period": "từ 1968"}
    hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê An", "seen": seen[1], **theirs})
    second = hoa.post(f"/en/people/{person_id}", data={"full_name": "Lê An", "seen": seen[1]})
    assert second.status_code == 409
    assert "In the archive now:</b> Tư An (alias, từ 1968)" in text(second)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"full_name": ""}, "A name is needed."),
        ({"full_name": LONG}, "This is too long to be a name."),
        ({"biography": LONG}, "at most 20000 characters"),
        ({"born_edtf": "xưa lắm"}, "is not a date in EDTF"),
        ({"occupation": "x" * 301}, "at most 300 characters"),
        (
            {"other_name": [LONG], "other_kind": ["pen"], "other_period": [""]},
            "at most 120 characters",
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    client_of: ClientOf, database: Database, typed: dict[str, object], sentence: str
) -> None:
    facts = {"full_name": "Lê An", "native_place": "Xóm <b>Chiếu</b>", **typed}
    sent = client_of("hoa").post("/en/people", data=facts)
    assert sent.status_code == 422
    page = text(sent)
    assert sentence in page
    assert 'value="Xóm <b>Chiếu</b>"' in page
    assert all(value in page for value in typed.values() if isinstance(value, str))
    with database.reading() as db:
        assert db.scalars(select(Person)).all() == []


def test_namesakes_and_interviews_are_shown(client_of: ClientOf, database: Database) -> None:
    first = add(database, "Lê An", born_as_told="1946")
    add(database, "Lê An", born_as_told="1951")
    with database.writing() as db:
        told = Description(title="Tiệm may", witnesses=[db.get_one(Person, first)])
        interviews.create(db, MACHINE, told)
    page = text(client_of("hoa").get(f"/en/people/{first}"))
    assert "Lê An (1951)" in page
    assert "Tiệm may" in page


@pytest.mark.parametrize("person_id", ["nobody", "x" * 3000, "..", "%00", "new/x"])
def test_nobody_there(client_of: ClientOf, person_id: str) -> None:
    assert client_of("hoa").get(f"/vi/people/{person_id}").status_code == 404
