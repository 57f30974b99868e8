from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from archive.access import machine
from archive.actions import collections, interviews, people, places
from archive.actions.interviews import Description
from archive.actions.people import PersonFacts
from archive.db import Database
from archive.models import Collection, Interview, Job, Person
from tests.cast import EVERYBODY

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = machine("test")
MAY_DESCRIBE = {"ada", "ben", "hoa"}
LONG = "x" * 100_000


def text(response: TestResponse) -> str:
    return html.unescape(response.get_data(as_text=True))


def add(database: Database, **told: object) -> str:
    with database.writing() as db:
        facts: dict[str, object] = {"title": "Một", "audience": "public", **told}
        return interviews.create(db, MACHINE, Description(**facts)).accession  # type: ignore[arg-type]


def kept(database: Database, accession: str) -> Interview:
    with database.reading() as db:
        found = db.scalars(select(Interview).where(Interview.accession == accession)).one()
        assert all(c.person.full_name for c in found.contributions)
        assert found.collection is None or found.collection.code
        return found


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return html.unescape(found[1])


def opened(client: FlaskClient, accession: str) -> dict[str, str]:
    """What a form of this interview carries besides what is typed."""
    page = client.get(f"/en/interviews/{accession}/edit").get_data(as_text=True)
    return {"revision": hidden(page, "revision"), "was": hidden(page, "was")}


def form(**typed: object) -> dict[str, object]:
    return {"title": "Một", "audience": "public", "languages": ["vi"], **typed}


@pytest.mark.parametrize("member", EVERYBODY)
def test_who_gets_the_form_and_who_may_send_it(client_of: ClientOf, member: str | None) -> None:
    client = client_of(member)
    expected = (200, 303) if member in MAY_DESCRIBE else (303, 401) if not member else (403, 403)
    assert client.get("/vi/interviews/new").status_code == expected[0]
    sent = client.post("/vi/interviews", data=form())
    assert sent.status_code == expected[1]
    asked = client.get("/vi/interviews/date?told=khoảng 1978")
    assert asked.status_code == (200 if member in MAY_DESCRIBE else expected[0])


@pytest.mark.parametrize("member", EVERYBODY)
def test_a_catalogue_for_everybody(
    client_of: ClientOf, database: Database, member: str | None
) -> None:
    for audience in ("public", "registered", "staff"):
        add(database, title=f"<b>Chuyện {audience}</b>", audience=audience)
    page = text(client_of(member).get("/vi/interviews"))
    seen = 1 if member is None else 2 if member == "sam" else 3
    assert page.count("Chuyện ") == seen
    raw = client_of(member).get("/vi/interviews").get_data(as_text=True)
    assert "<b>Chuyện" not in raw
    assert ("/interviews/new" in raw) == (member in MAY_DESCRIBE)


def test_an_interview_is_taken_in_and_described(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        places.seed(db)
    hoa = client_of("hoa")
    sent = hoa.post(
        "/vi/interviews",
        data=form(
            accession="LK-2019-014", title="Tiệm sửa máy thu thanh", collection_code="NGHE",
            collection_title="Nghề trong phố", witness=["Bùi Công Trực", "", "Lê An"],
            interviewer=["", "Nguyễn Hòa"], languages=["vi", "en"], other_languages="ja, lo",
            held_as_told="khoảng 1978", told_from="1975", told_to="1986", place="q4",
            place_as_told="Xóm Chiếu", abstract="Một.\r\nHai.", keywords="chợ; tem phiếu, radio",
            plate="radio",
        ),
    )  # fmt: skip
    assert sent.status_code == 303
    assert sent.location.endswith("/vi/interviews/LK-2019-014")
    found = kept(database, "LK-2019-014")
    assert [p.full_name for p in found.people("witness")] == ["Bùi Công Trực", "Lê An"]
    assert found.languages == ["vi", "en", "ja", "lo"]
    assert (found.held_as_told, found.held_edtf) == ("khoảng 1978", "1978~")
    assert (found.told_from_year, found.told_to_year) == (1975, 1986)
    assert found.keywords == ["chợ", "tem phiếu", "radio"]
    assert found.collection is not None
    assert found.abstract == "Một.\nHai."
    page = text(hoa.get("/en/interviews/LK-2019-014/edit"))
    for typed in ("Bùi Công Trực", "Nguyễn Hòa", "ja, lo", "khoảng 1978", "1978~", "Xóm Chiếu"):
        assert f'value="{typed}"' in page
    assert "about 1978" in page
    assert '<option value="q4" selected>Quận 4 (1976–2025)</option>' in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title": ""}, "A title is needed"),
        ({"title": LONG}, "at most 300 characters"),
        ({"abstract": LONG}, "at most 20000 characters"),
        ({"accession": "../../etc"}, "An accession number has letters"),
        ({"accession": "LK-TAKEN"}, "Another interview has the number"),
        ({"held_edtf": "mai mốt"}, "is not a date in EDTF"),
        ({"told_from": "nineteen"}, "A year is four digits"),
        ({"told_from": "1990", "told_to": "1980"}, "may not be later than the last"),
        ({"languages": [], "other_languages": "Tiếng Việt"}, "Name at least one language"),
        ({"collection": "NOPE"}, "There is no such collection"),
        ({"collection_code": "a b", "collection_title": "x"}, "The code of a collection"),
        ({"collection_code": "AB"}, "A collection needs a title"),
        ({"place": "nowhere"}, "This place is not in the list"),
        ({"audience": "all"}, "Choose who may know"),
        ({"plate": "face"}, "There is no such drawing"),
        ({"witness": [LONG]}, "This is too long to be a name"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    client_of: ClientOf, database: Database, typed: dict[str, object], sentence: str
) -> None:
    add(database)
    with database.writing() as db:
        db.scalars(select(Interview)).one().accession = "LK-TAKEN"
    sent = client_of("hoa").post(
        "/en/interviews",
        data=form(**{"keywords": "giữ lại <i>", "interviewer": ["Người Mới"], **typed}),
    )
    assert sent.status_code == 422
    page = text(sent)
    assert sentence in page
    assert 'value="giữ lại <i>"' in page
    assert 'value="Người Mới"' in page
    for value in typed.values():
        if isinstance(value, str) and value and value not in ("NOPE", "nowhere", "all", "face"):
            assert value in page
    with database.reading() as db:
        assert len(db.scalars(select(Interview)).all()) == 1
        assert db.scalars(select(Person)).all() == []
        assert db.scalars(select(Collection)).all() == []


def test_every_fault_is_told_in_one_answer(client_of: ClientOf) -> None:
    page = text(
        client_of("hoa").post(
            "/en/interviews",
            data={
                "title": "",
                "accession": "a/b",
                "held_edtf": "x",
                "told_from": "y",
                "place": "z",
                "audience": "?",
            },
        )
    )
    for sentence in ("A title is needed", "An accession number has", "is not a date",
                     "A year is four", "not in the list", "Choose who may know",
                     "Name at least one language"):  # fmt: skip
        assert sentence in page


def test_the_way_from_the_alert_to_each_marked_field(client_of: ClientOf) -> None:
    typed = form(
        accession="a/b", languages=[], witness=[LONG, ""], told_from="y", told_to="z", plate="face"
    )
    page = text(client_of("hoa").post("/en/interviews", data=typed))
    alert = page.partition('role="alert"')[2].partition("</ul>")[0]
    ways = re.findall(r'href="#(\w+)"', alert)
    assert ways == ["accession", "languages", "witness", "told_from", "told_to", "plate"]
    assert all(page.count(f' id="{name}"') == 1 for name in ways)
    described = set(re.findall(r'aria-invalid="?true"? aria-describedby="([^"]+)"', page))
    assert {"languages-problem", "told_from-problem"} <= described
    rows = re.findall(r'<input class="input" name="witness"[^>]*>', page)
    assert ["aria-invalid" in row for row in rows] == [True, False]
    assert page.count("A year is four digits") == 1


def test_an_empty_archive_asks_for_one_thing(client_of: ClientOf) -> None:
    page = text(client_of("hoa").get("/en/interviews"))
    assert page.count('href="/en/interviews/new"') == 1
    assert 'id="q"' not in page
    narrowed = text(client_of("hoa").get("/en/interviews?q=x"))
    assert 'id="q"' in narrowed
    assert "Remove all filters" in narrowed


def test_a_name_of_several_people_has_to_be_chosen(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        for born in ("1946", "1951"):
            people.add(db, MACHINE, PersonFacts(full_name="Lê An", born_as_told=born))
    hoa = client_of("hoa")
    refused = hoa.post("/en/interviews", data=form(witness=["Lê An"]))
    assert refused.status_code == 422
    assert "Several people are called Lê An. Choose one: Lê An (1946); Lê An (1951)." in text(
        refused
    )
    sent = hoa.post("/en/interviews", data=form(witness=["Lê An (1951)"], accession="LK-1"))
    assert sent.status_code == 303
    assert kept(database, "LK-1").people("witness")[0].born_as_told == "1951"
    again = hoa.post("/en/interviews/LK-1/edit", data=_unchanged(hoa, "LK-1"))
    assert again.status_code == 303
    assert kept(database, "LK-1").people("witness")[0].born_as_told == "1951"


def _unchanged(client: FlaskClient, accession: str) -> dict[str, object]:
    page = text(client.get(f"/en/interviews/{accession}/edit"))
    names = re.findall(r'name="witness" value="([^"]*)"', page)
    return form(witness=names, accession=accession, **opened(client, accession))


def test_the_date_is_read_without_saving(client_of: ClientOf, database: Database) -> None:
    typed = form(held_as_told="mồng hai Tết Mậu Thân", then="read_date")
    page = text(client_of("hoa").post("/en/interviews", data=typed))
    assert 'name="held_edtf" type="text" value="1968-01-30/1968-01-31"' in page
    with database.reading() as db:
        assert db.scalars(select(Interview)).all() == []
    told = client_of("hoa").get("/vi/interviews/date?told=khoảng 1978").get_json()
    assert told == {
        "edtf": "1978~", "words": "khoảng 1978", "known": True,
        "span": "01-01-1977 – 31-12-1979",
    }  # fmt: skip
    for certain in ("12/5/2019", "mồng hai Tết Mậu Thân"):  # words that name the days themselves
        answer = client_of("hoa").get("/vi/interviews/date", query_string={"told": certain})
        assert answer.get_json()["span"] == ""
    for nothing in ("", "hồi nhỏ", LONG, "\x00"):
        answer = client_of("hoa").get("/vi/interviews/date", query_string={"told": nothing})
        assert answer.get_json()["edtf"] == ""


def test_another_row_for_a_name_without_a_script(client_of: ClientOf) -> None:
    typed = form(witness=["Lê An", "Lê Bình"], then="witness")
    page = text(client_of("hoa").post("/en/interviews", data=typed))
    assert page.count('name="witness"') == 4
    assert 'value="Lê Bình"' in page


def test_a_place_that_did_not_exist_is_remarked_not_refused(
    client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        places.seed(db)
    hoa = client_of("hoa")
    sent = hoa.post("/en/interviews", data=form(place="q2", told_from="1978", told_to="1980"))
    assert sent.status_code == 303
    assert "Quận 2 (1997–2020) did not exist in the years told about" in text(
        hoa.get("/en/interviews")
    )


def test_two_who_change_different_fields_both_win(client_of: ClientOf, database: Database) -> None:
    accession = add(database)
    hoa, ben = client_of("hoa"), client_of("ben")
    first, second = opened(hoa, accession), opened(ben, accession)
    hoa.post(f"/en/interviews/{accession}/edit", data=form(abstract="của Hoa", **first))
    sent = ben.post(f"/en/interviews/{accession}/edit", data=form(keywords="của Ben", **second))
    assert sent.status_code == 303
    found = kept(database, accession)
    assert (found.abstract, found.keywords) == ("của Hoa", ["của Ben"])
    assert "together with what a colleague changed" in text(ben.get("/en/interviews"))


def test_two_who_change_the_same_field_see_both(client_of: ClientOf, database: Database) -> None:
    accession = add(database)
    hoa, ben = client_of("hoa"), client_of("ben")
    first, second = opened(hoa, accession), opened(ben, accession)
    hoa.post(f"/en/interviews/{accession}/edit", data=form(title="Của Hoa", **first))
    conflict = ben.post(
        f"/en/interviews/{accession}/edit",
        data=form(title="Của Ben", abstract="cũng của Ben", **second),
    )
    assert conflict.status_code == 409
    page = text(conflict)
    assert "A colleague saved this description while you were writing." in page
    assert 'value="Của Ben"' in page
    assert "Saved meanwhile by a colleague:</b> Của Hoa" in page
    assert "cũng của Ben" in page
    assert kept(database, accession).title == "Của Hoa"
    raw = conflict.get_data(as_text=True)
    again = {"revision": hidden(raw, "revision"), "was": hidden(raw, "was")}
    sent = ben.post(f"/en/interviews/{accession}/edit", data=form(title="Của cả hai", **again))
    assert sent.status_code == 303
    assert kept(database, accession).title == "Của cả hai"


def test_what_a_colleague_chose_is_told_in_words(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        places.seed(db)
    accession = add(database)
    address = f"/en/interviews/{accession}/edit"
    hoa, ben = client_of("hoa"), client_of("ben")
    first, second = opened(hoa, accession), opened(ben, accession)
    hoa.post(address, data=form(languages=["en"], plate="boat", place="q2", **first))
    page = text(ben.post(address, data=form(languages=["fr"], plate="bike", place="q4", **second)))
    for words in ("English", "Cargo boat", "Quận 2 (1997–2020)"):
        assert f"Saved meanwhile by a colleague:</b> {words}" in page


@pytest.mark.parametrize("was", ["", "{", "[]", '{"title": 5}', "x" * 500_000, '"\x00"'])
@pytest.mark.parametrize("revision", ["", "-1", "99999999999999999999", "1; drop", "2"])
def test_a_form_that_was_tampered_with_breaks_nothing(
    client_of: ClientOf, database: Database, was: str, revision: str
) -> None:
    accession = add(database)
    sent = client_of("hoa").post(
        f"/en/interviews/{accession}/edit", data=form(title="Hai", was=was, revision=revision)
    )
    assert sent.status_code in (303, 409)


def test_whoever_may_not_know_of_it_cannot_describe_it(
    client_of: ClientOf, database: Database
) -> None:
    accession = add(database, audience="staff")
    for member, expected in (("sam", 404), ("cleo", 403), (None, 401)):
        sent = client_of(member).post(f"/vi/interviews/{accession}/edit", data=form())
        assert sent.status_code == expected


@pytest.mark.parametrize(
    "query",
    ["page=-1", "page=999999999999999999999", "page=x", "from=abc&to=99999", "sort=nope",
     "state=%00&collection=%27%3B--", "q=" + "x" * 5000, "set=both", "endpoint=x&_external=1",
     "_anchor=x&_scheme=javascript&lang_code=fr", "q=%E2%80%AEabc", "q=<script>alert(1)</script>"],
)  # fmt: skip
@pytest.mark.parametrize("member", ["hoa", None])
def test_a_hostile_address_gets_a_page(
    client_of: ClientOf, database: Database, member: str | None, query: str
) -> None:
    add(database)
    response = client_of(member).get(f"/vi/interviews?{query}")
    assert response.status_code == 200
    assert "<script>alert" not in response.get_data(as_text=True)


def test_chips_take_one_filter_away(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        collections.add(db, MACHINE, code="NGHE", title="Nghề")
    add(database)
    page = text(client_of("hoa").get("/en/interviews?q=mot&collection=NGHE&state=none&from=1975"))
    for address in (
        "/en/interviews?state=none&collection=NGHE&from=1975",
        "/en/interviews?q=mot&collection=NGHE&from=1975",
        "/en/interviews?q=mot&state=none&from=1975",
        "/en/interviews?q=mot&state=none&collection=NGHE",
    ):
        assert f'href="{address}"' in page


def test_whoever_may_see_jobs_sees_what_is_being_written_down(
    client_of: ClientOf, database: Database
) -> None:
    accession = add(database, title="Đang gỡ băng")
    with database.writing() as db:
        owner = db.scalars(select(Interview).where(Interview.accession == accession)).one()
        db.add(Job(kind="transcribe", state="running", interview_id=owner.id, progress=0.42))
    for member, seen in (("cleo", True), ("sam", False), (None, False)):
        page = client_of(member).get("/en/interviews").get_data(as_text=True)
        assert ("data-job=" in page) == seen


def test_pages_keep_the_filters(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        _many(db, 25)
    page = text(client_of(None).get("/en/interviews?q=chuyen&sort=title"))
    assert "25 interviews" in page
    assert 'href="/en/interviews?q=chuyen&sort=title&page=2"' in page
    assert text(client_of(None).get("/en/interviews?q=chuyen&sort=title&page=2")).count(
        '<article class="rec'
    ) == 5  # fmt: skip


def _many(db: Session, number: int) -> None:
    for _ in range(number):
        interviews.create(db, MACHINE, Description(title="Chuyện", audience="public"))
