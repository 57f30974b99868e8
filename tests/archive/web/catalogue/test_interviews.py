"""The catalogue and the form of an interview."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.catalogue import collections, interviews, people, places
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.people import PersonFacts
from archive.db import Database
from archive.models import Collection, Interview, Job, Person
from tests.support.cast import EVERYBODY
from tests.support.html_pages import page_text
from tests.support.interview_form import (
    add_interview,
    form_state,
    form_values,
    stored_interview,
)
from tests.support.rights import rights_of_machine

MACHINE = rights_of_machine("test")

ClientOf = Callable[[str | None], FlaskClient]


MAY_DESCRIBE = {"ada", "ben", "hoa"}


LONG = "x" * 100_000


@pytest.mark.parametrize("member", EVERYBODY)
def test_description_form_requires_describe_right(client_of: ClientOf, member: str | None) -> None:
    client = client_of(member)
    expected = (200, 303) if member in MAY_DESCRIBE else (303, 401) if not member else (403, 403)
    assert client.get("/vi/interviews/new").status_code == expected[0]
    sent = client.post("/vi/interviews", data=form_values())
    assert sent.status_code == expected[1]
    preview = client.get("/vi/interviews/date?told=khoảng 1978")
    assert preview.status_code == (200 if member in MAY_DESCRIBE else expected[0])


@pytest.mark.parametrize("member", EVERYBODY)
def test_catalogue_lists_visible_interviews_only(
    client_of: ClientOf, database: Database, member: str | None
) -> None:
    for audience in ("public", "registered", "staff"):
        add_interview(database, title=f"<b>Chuyện {audience}</b>", audience=audience)
    page = page_text(client_of(member).get("/vi/interviews"))
    seen = 1 if member is None else 2 if member == "sam" else 3
    assert page.count("Chuyện ") == seen
    raw = client_of(member).get("/vi/interviews").get_data(as_text=True)
    assert "<b>Chuyện" not in raw
    assert ("/interviews/new" in raw) == (member in MAY_DESCRIBE)


def test_interview_is_created_and_updated(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        places.seed(db)
    hoa = client_of("hoa")
    sent = hoa.post(
        "/vi/interviews",
        data=form_values(
            accession="LK-2019-014",
            title="Tiệm sửa máy thu thanh",
            collection_code="NGHE",
            collection_title="Nghề trong phố",
            witness=["Bùi Công Trực", "", "Lê An"],
            interviewer=["", "Nguyễn Hòa"],
            languages=["vi", "en"],
            other_languages="ja, lo",
            held_as_told="khoảng 1978",
            told_from="1975",
            told_to="1986",
            place="q4",
            place_as_told="Xóm Chiếu",
            abstract="Một.\r\nHai.",
            keywords="chợ; tem phiếu, radio",
            plate="radio",
        ),
    )
    assert sent.status_code == 303
    assert sent.location.endswith("/vi/interviews/LK-2019-014")
    found = stored_interview(database, "LK-2019-014")
    assert [p.full_name for p in found.people("witness")] == ["Bùi Công Trực", "Lê An"]
    assert found.languages == ["vi", "en", "ja", "lo"]
    assert (found.held_as_told, found.held_edtf) == ("khoảng 1978", "1978~")
    assert (found.told_from_year, found.told_to_year) == (1975, 1986)
    assert found.keywords == ["chợ", "tem phiếu", "radio"]
    assert found.collection is not None
    assert found.abstract == "Một.\nHai."
    page = page_text(hoa.get("/en/interviews/LK-2019-014/edit"))
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
        ({"accession": "LK-TAKEN"}, "Another interview has or had the number"),
        ({"held_edtf": "mai mốt"}, "is not a date in EDTF"),
        ({"told_from": "nineteen"}, "A year is four digits"),
        ({"told_from": "1990", "told_to": "1980"}, "may not be later than the last"),
        ({"languages": [], "other_languages": "Tiếng Việt"}, "Name at least one language"),
        ({"collection": "NOPE"}, "There is no such collection"),
        ({"collection_code": "a b", "collection_title": "x"}, "The code of a collection"),
        ({"collection_code": "AB"}, "A collection needs a title"),
        ({"place": "nowhere"}, "This place is not in the list"),
        ({"audience": "all"}, "Choose who can find"),
        ({"plate": "face"}, "There is no such drawing"),
        ({"witness": [LONG]}, "The name is too long (at most 120 characters)"),
    ],
)
def test_invalid_description_shows_field_problem_and_keeps_input(
    client_of: ClientOf, database: Database, typed: dict[str, object], sentence: str
) -> None:
    add_interview(database)
    with database.writing() as db:
        db.scalars(select(Interview)).one().accession = "LK-TAKEN"
    sent = client_of("hoa").post(
        "/en/interviews",
        data=form_values(**{"keywords": "giữ lại <i>", "interviewer": ["Người Mới"], **typed}),
    )
    assert sent.status_code == 422
    page = page_text(sent)
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


def test_invalid_description_shows_all_problems_at_once(client_of: ClientOf) -> None:
    page = page_text(
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
    for sentence in (
        "A title is needed",
        "An accession number has",
        "is not a date",
        "A year is four",
        "not in the list",
        "Choose who can find",
        "Name at least one language",
    ):
        assert sentence in page


def test_alert_links_to_each_marked_field(client_of: ClientOf) -> None:
    typed = form_values(
        accession="a/b", languages=[], witness=[LONG, ""], told_from="y", told_to="z", plate="face"
    )
    page = page_text(client_of("hoa").post("/en/interviews", data=typed))
    alert = page.partition('role="alert"')[2].partition("</ul>")[0]
    ways = re.findall(r'href="#(\w+)"', alert)
    assert ways == ["accession", "languages", "witness", "told_from", "told_to", "plate"]
    assert all(page.count(f' id="{name}"') == 1 for name in ways)
    described = set(re.findall(r'aria-invalid="?true"? aria-describedby="([^"]+)"', page))
    assert {"languages-problem", "told_from-problem"} <= described
    rows = re.findall(r'<input class="input" name="witness"[^>]*>', page)
    assert ["aria-invalid" in row for row in rows] == [True, False]
    assert page.count("A year is four digits") == 1


def test_empty_catalogue_shows_one_next_step(client_of: ClientOf) -> None:
    page = page_text(client_of("hoa").get("/en/interviews"))
    assert page.count('href="/en/interviews/new"') == 1
    assert 'id="q"' not in page
    narrowed = page_text(client_of("hoa").get("/en/interviews?q=x"))
    assert 'id="q"' in narrowed
    assert "Remove all filters" in narrowed


def test_ambiguous_name_must_be_chosen(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        for born in ("1946", "1951"):
            people.add(db, MACHINE, PersonFacts(full_name="Lê An", born_as_told=born))
    hoa = client_of("hoa")
    refused = hoa.post("/en/interviews", data=form_values(witness=["Lê An"]))
    assert refused.status_code == 422
    assert "The archive already has a person named Lê An." in page_text(refused)
    sent = hoa.post("/en/interviews", data=form_values(witness=["Lê An (1951)"], accession="LK-1"))
    assert sent.status_code == 303
    assert stored_interview(database, "LK-1").people("witness")[0].born_as_told == "1951"
    again = hoa.post("/en/interviews/LK-1/edit", data=_unchanged(hoa, "LK-1"))
    assert again.status_code == 303
    assert stored_interview(database, "LK-1").people("witness")[0].born_as_told == "1951"


def _unchanged(client: FlaskClient, accession: str) -> dict[str, object]:
    page = page_text(client.get(f"/en/interviews/{accession}/edit"))
    names = re.findall(r'name="witness" value="([^"]*)"', page)
    return form_values(witness=names, accession=accession, **form_state(client, accession))


def test_preview_of_date_does_not_save(client_of: ClientOf, database: Database) -> None:
    typed = form_values(held_as_told="mồng hai Tết Mậu Thân", then="read_date")
    page = page_text(client_of("hoa").post("/en/interviews", data=typed))
    assert 'name="held_edtf" type="text" value="1968-01-30/1968-01-31"' in page
    with database.reading() as db:
        assert db.scalars(select(Interview)).all() == []
    preview = client_of("hoa").get("/vi/interviews/date?told=khoảng 1978").get_json()
    assert preview == {
        "edtf": "1978~",
        "words": "khoảng 1978",
        "known": True,
        "span": "01-01-1977 – 31-12-1979",
    }
    for certain in ("12/5/2019", "mồng hai Tết Mậu Thân"):  # words that name the days themselves
        answer = client_of("hoa").get("/vi/interviews/date", query_string={"told": certain})
        assert answer.get_json()["span"] == ""
    for nothing in ("", "hồi nhỏ", LONG, "\x00"):
        answer = client_of("hoa").get("/vi/interviews/date", query_string={"told": nothing})
        assert answer.get_json()["edtf"] == ""


def test_row_for_a_name_is_added_without_script(client_of: ClientOf) -> None:
    typed = form_values(witness=["Lê An", "Lê Bình"], then="witness")
    page = page_text(client_of("hoa").post("/en/interviews", data=typed))
    assert page.count('name="witness"') == 4
    assert 'value="Lê Bình"' in page


def test_place_outside_its_years_is_noted_and_saved(
    client_of: ClientOf, database: Database
) -> None:
    with database.writing() as db:
        places.seed(db)
    hoa = client_of("hoa")
    sent = hoa.post(
        "/en/interviews", data=form_values(place="q2", told_from="1978", told_to="1980")
    )
    assert sent.status_code == 303
    assert "Quận 2 (1997–2020) did not exist in the years covered" in page_text(
        hoa.get("/en/interviews")
    )


@pytest.mark.parametrize("was", ["", "{", "[]", '{"title": 5}', "x" * 500_000, '"\x00"'])
@pytest.mark.parametrize("revision", ["", "-1", "99999999999999999999", "1; drop", "2"])
def test_tampered_form_is_refused_without_error(
    client_of: ClientOf, database: Database, was: str, revision: str
) -> None:
    accession = add_interview(database)
    sent = client_of("hoa").post(
        f"/en/interviews/{accession}/edit",
        data=form_values(title="Hai", was=was, revision=revision),
    )
    assert sent.status_code in (303, 409)


def test_description_of_invisible_interview_is_404(client_of: ClientOf, database: Database) -> None:
    accession = add_interview(database, audience="staff")
    for member, expected in (("sam", 404), ("cleo", 403), (None, 401)):
        sent = client_of(member).post(f"/vi/interviews/{accession}/edit", data=form_values())
        assert sent.status_code == expected


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page=999999999999999999999",
        "page=x",
        "from=abc&to=99999",
        "sort=nope",
        "state=%00&collection=%27%3B--",
        "q=" + "x" * 5000,
        "set=both",
        "endpoint=x&_external=1",
        "_anchor=x&_scheme=javascript&lang_code=fr",
        "q=%E2%80%AEabc",
        "q=<script>alert(1)</script>",
    ],
)
@pytest.mark.parametrize("member", ["hoa", None])
def test_catalogue_with_hostile_arguments_is_answered(
    client_of: ClientOf, database: Database, member: str | None, query: str
) -> None:
    add_interview(database)
    response = client_of(member).get(f"/vi/interviews?{query}")
    assert response.status_code == 200
    assert "<script>alert" not in response.get_data(as_text=True)


def test_chip_removes_its_filter(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        collections.add(db, MACHINE, code="NGHE", title="Nghề")
    add_interview(database)
    page = page_text(
        client_of("hoa").get("/en/interviews?q=mot&collection=NGHE&state=none&from=1975")
    )
    for address in (
        "/en/interviews?state=none&collection=NGHE&from=1975",
        "/en/interviews?q=mot&collection=NGHE&from=1975",
        "/en/interviews?q=mot&state=none&from=1975",
        "/en/interviews?q=mot&state=none&collection=NGHE",
    ):
        assert f'href="{address}"' in page


def test_running_transcription_is_shown_to_staff(client_of: ClientOf, database: Database) -> None:
    accession = add_interview(database, title="Đang gỡ băng")
    with database.writing() as db:
        owner = db.scalars(select(Interview).where(Interview.accession == accession)).one()
        db.add(Job(kind="transcribe", state="running", interview_id=owner.id, progress=0.42))
    for member, seen in (("cleo", True), ("sam", False), (None, False)):
        page = client_of(member).get("/en/interviews").get_data(as_text=True)
        assert ("data-job=" in page) == seen


def test_pager_keeps_filters(client_of: ClientOf, database: Database) -> None:
    with database.writing() as db:
        _many(db, 25)
    page = page_text(client_of(None).get("/en/interviews?q=chuyen&sort=title"))
    assert "25 interviews" in page
    assert 'href="/en/interviews?q=chuyen&sort=title&page=2"' in page
    assert (
        page_text(client_of(None).get("/en/interviews?q=chuyen&sort=title&page=2")).count(
            '<article class="interview-row'
        )
        == 5
    )


def _many(db: Session, number: int) -> None:
    for _ in range(number):
        interviews.create(db, MACHINE, Description(title="Chuyện", audience="public"))


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("witness", interviews.MOST_PEOPLE),
        ("interviewer", interviews.MOST_PEOPLE),
        ("keywords", interviews.MOST_KEYWORDS),
    ],
)
def test_too_many_entries_are_refused_and_all_kept(
    client_of: ClientOf, database: Database, field: str, most: int
) -> None:
    entries = [f"Lê Văn {number}" for number in range(most + 1)]
    sent = ";".join(entries) if field == "keywords" else entries
    refused = client_of("hoa").post("/en/interviews", data=form_values(**{field: sent}))
    assert refused.status_code == 422
    page = page_text(refused)
    assert f"At most {most} entries can be listed here." in page
    assert entries[-1] in page
    with database.reading() as db:
        assert db.scalars(select(Interview)).all() == []
        assert db.scalars(select(Person)).all() == []
