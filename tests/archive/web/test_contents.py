from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.access import machine
from archive.actions import contents, interviews
from archive.actions.contents import Point
from archive.actions.interviews import Description
from archive.db import Database
from archive.models import Interview, Recording
from tests.cast import EVERYBODY

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = machine("test")
ADDRESS = "/en/interviews/LK-1/contents"
TYPED = {"at": "00:01:00", "part": "1", "title": "Tem phiếu", "text": "Xếp hàng."}


def text(response: TestResponse) -> str:
    return html.unescape(response.get_data(as_text=True))


@pytest.fixture(autouse=True)
def interview_id(database: Database) -> str:
    with database.writing() as db:
        told = Description(title="Một", audience="registered")
        made = interviews.create(db, MACHINE, told, accession="LK-1")
        db.add_all(Recording(interview_id=made.id, part=n, duration_ms=600_000) for n in (1, 2))
        return made.id


def points(database: Database, interview_id: str) -> list[tuple[int, int, str, str]]:
    with database.reading() as db:
        listed = contents.listed(db, db.get_one(Interview, interview_id))
        return [(part, p.start_ms, p.title, p.body) for part, p in listed]


def add(database: Database, interview_id: str, title: str = "Tem phiếu") -> str:
    with database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        told = Point(start_ms=60_000, title=title, synopsis="Xếp hàng.")
        return contents.add(db, MACHINE, interview, told).id


@pytest.mark.parametrize("member", EVERYBODY)
def test_who_writes_contents(
    client_of: ClientOf, database: Database, interview_id: str, member: str | None
) -> None:
    point_id = add(database, interview_id)
    client = client_of(member)
    allowed = member in ("ada", "ben", "hoa")
    assert client.get(ADDRESS).status_code == (200 if allowed else 403 if member else 303)
    for address in (ADDRESS, f"{ADDRESS}/{point_id}", f"{ADDRESS}/{point_id}/remove"):
        sent = client.post(address, data=TYPED)
        assert sent.status_code == (303 if allowed else 403 if member else 401), address


def test_entries_are_added_changed_taken_out_and_put_back(
    client_of: ClientOf, database: Database, interview_id: str
) -> None:
    hoa = client_of("hoa")
    for at, part in (("1:30", "2"), ("00:00:05", "1")):
        sent = hoa.post(ADDRESS, data=TYPED | {"at": at, "part": part, "title": f"<i>{at}</i>"})
        assert sent.status_code == 303
    assert [p[:3] for p in points(database, interview_id)] == [
        (1, 5_000, "<i>00:00:05</i>"), (2, 90_000, "<i>1:30</i>"),
    ]  # fmt: skip
    page = hoa.get(ADDRESS).get_data(as_text=True)
    assert "<i>" not in page
    point_id = re.findall(r'id="p-(\w+)"', page)[1]
    changed = hoa.post(f"{ADDRESS}/{point_id}", data=TYPED | {"at": "9:59", "part": "2"})
    assert changed.status_code == 303
    assert points(database, interview_id)[1] == (2, 599_000, "Tem phiếu", "Xếp hàng.")
    gone = hoa.post(f"{ADDRESS}/{point_id}/remove", data=TYPED)
    assert len(points(database, interview_id)) == 1
    page = text(hoa.get(gone.location))
    assert "“Tem phiếu” was taken out." in page
    form = page.split('class="note undo"')[1].split("</form>")[0]
    back = dict(re.findall(r'name="(at|part|title|text)" value="([^"]*)"', form))
    assert hoa.post(ADDRESS, data=back).status_code == 303
    assert points(database, interview_id)[1] == (2, 599_000, "Tem phiếu", "Xếp hàng.")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"at": "soon"}, "A time looks like 00:41:39 or 41:39."),
        ({"at": ""}, "A time looks like"),
        ({"at": "9" * 50_000}, "A time looks like"),
        ({"at": "00:10:00"}, "The recording has 10 minutes; this is later."),
        ({"title": " "}, "An entry needs a title."),
        ({"title": "x" * 40_000}, "at most 300 characters"),
        ({"text": "x" * 40_000}, "at most 5000 characters"),
        ({"part": "3"}, "The interview has no such part."),
        ({"part": "³"}, "The interview has no such part."),
        ({"part": "9" * 400}, "The interview has no such part."),
    ],
)
@pytest.mark.parametrize("new", [True, False])
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    client_of: ClientOf, database: Database, interview_id: str,
    typed: dict[str, str], sentence: str, new: bool,
) -> None:  # fmt: skip
    address = ADDRESS if new else f"{ADDRESS}/{add(database, interview_id, 'Cũ')}"
    before = points(database, interview_id)
    sent = client_of("hoa").post(address, data=TYPED | {"title": "Giữ <b>lại</b>"} | typed)
    assert sent.status_code == 422
    page = text(sent)
    assert sentence in page
    assert "Giữ <b>lại</b>" in page or "title" in typed
    assert points(database, interview_id) == before


@pytest.mark.parametrize("point_id", ["nothing", "x" * 3000, "%00"])
def test_no_such_entry(client_of: ClientOf, point_id: str) -> None:
    hoa = client_of("hoa")
    assert hoa.post(f"{ADDRESS}/{point_id}", data=TYPED).status_code == 404
    assert hoa.post(f"{ADDRESS}/{point_id}/remove").status_code == 404
    assert hoa.get(f"{ADDRESS}?removed={point_id}").status_code == 200
