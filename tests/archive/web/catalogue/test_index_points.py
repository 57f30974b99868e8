from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from archive.actions.catalogue import index_points, interviews
from archive.actions.catalogue.index_points import IndexPointInput
from archive.actions.catalogue.interviews import Description
from archive.db import Database
from archive.models import Interview, Recording
from tests.support.cast import EVERYBODY
from tests.support.html_pages import page_text
from tests.support.rights import rights_of_machine

ClientOf = Callable[[str | None], FlaskClient]
MACHINE = rights_of_machine("test")
ADDRESS = "/en/interviews/LK-1/contents"
TYPED = {"at": "00:01:00", "part": "1", "title": "Tem phiếu", "text": "Xếp hàng."}


@pytest.fixture(autouse=True)
def interview_id(database: Database) -> str:
    with database.writing() as db:
        values = Description(title="Một", audience="registered")
        interview = interviews.create(db, MACHINE, values, accession="LK-1")
        for part in (1, 2):
            db.add(Recording(interview_id=interview.id, part=part, duration_ms=600_000))
        return interview.id


def points(database: Database, interview_id: str) -> list[tuple[int, int, str, str]]:
    with database.reading() as db:
        listed = index_points.list_points(db, db.get_one(Interview, interview_id))
        return [(part, p.start_ms, p.title, p.body) for part, p in listed]


def add(database: Database, interview_id: str, title: str = "Tem phiếu") -> str:
    with database.writing() as db:
        interview = db.get_one(Interview, interview_id)
        values = IndexPointInput(start_ms=60_000, title=title, synopsis="Xếp hàng.")
        return index_points.add(db, MACHINE, interview, values).id


@pytest.mark.parametrize("member", EVERYBODY)
def test_index_points_require_describe_right(
    client_of: ClientOf, database: Database, interview_id: str, member: str | None
) -> None:
    point_id = add(database, interview_id)
    client = client_of(member)
    allowed = member in ("ada", "ben", "hoa")
    assert client.get(ADDRESS).status_code == (200 if allowed else 403 if member else 303)
    for address in (ADDRESS, f"{ADDRESS}/{point_id}", f"{ADDRESS}/{point_id}/remove"):
        sent = client.post(address, data=TYPED)
        assert sent.status_code == (303 if allowed else 403 if member else 401), address


def test_index_point_is_added_updated_removed_and_restored(
    client_of: ClientOf, database: Database, interview_id: str
) -> None:
    hoa = client_of("hoa")
    for at, part in (("1:30", "2"), ("00:00:05", "1")):
        sent = hoa.post(ADDRESS, data=TYPED | {"at": at, "part": part, "title": f"<i>{at}</i>"})
        assert sent.status_code == 303
    assert [p[:3] for p in points(database, interview_id)] == [
        (1, 5_000, "<i>00:00:05</i>"),
        (2, 90_000, "<i>1:30</i>"),
    ]
    page = hoa.get(ADDRESS).get_data(as_text=True)
    assert "<i>" not in page
    point_id = re.findall(r'id="p-(\w+)"', page)[1]
    changed = hoa.post(f"{ADDRESS}/{point_id}", data=TYPED | {"at": "9:59", "part": "2"})
    assert changed.status_code == 303
    assert points(database, interview_id)[1] == (2, 599_000, "Tem phiếu", "Xếp hàng.")
    gone = hoa.post(f"{ADDRESS}/{point_id}/remove", data=TYPED)
    assert len(points(database, interview_id)) == 1
    page = page_text(hoa.get(gone.location))
    assert "“Tem phiếu” was removed." in page
    form = page.split('class="note undo-note"')[1].split("</form>")[0]
    back = dict(re.findall(r'name="(at|part|title|text)" value="([^"]*)"', form))
    assert hoa.post(ADDRESS, data=back).status_code == 303
    assert points(database, interview_id)[1] == (2, 599_000, "Tem phiếu", "Xếp hàng.")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"at": "soon"}, "A time looks like 00:41:39 or 41:39."),
        ({"at": ""}, "A time looks like"),
        ({"at": "9" * 50_000}, "A time looks like"),
        ({"at": "00:10:00"}, "The recording is 10 minutes long; this is after its end."),
        ({"title": " "}, "An entry needs a title."),
        ({"title": "x" * 40_000}, "at most 300 characters"),
        ({"text": "x" * 40_000}, "at most 5000 characters"),
        ({"part": "3"}, "The interview has no such part."),
        ({"part": "³"}, "The interview has no such part."),
        ({"part": "9" * 400}, "The interview has no such part."),
    ],
)
@pytest.mark.parametrize("new", [True, False])
def test_invalid_index_point_shows_problem_and_keeps_input(
    client_of: ClientOf,
    database: Database,
    interview_id: str,
    typed: dict[str, str],
    sentence: str,
    new: bool,
) -> None:
    address = ADDRESS if new else f"{ADDRESS}/{add(database, interview_id, 'Cũ')}"
    before = points(database, interview_id)
    sent = client_of("hoa").post(address, data=TYPED | {"title": "Giữ <b>lại</b>"} | typed)
    assert sent.status_code == 422
    page = page_text(sent)
    assert sentence in page
    assert "Giữ <b>lại</b>" in page or "title" in typed
    assert points(database, interview_id) == before


@pytest.mark.parametrize("point_id", ["nothing", "x" * 3000, "%00"])
def test_unknown_index_point_is_404(client_of: ClientOf, point_id: str) -> None:
    hoa = client_of("hoa")
    assert hoa.post(f"{ADDRESS}/{point_id}", data=TYPED).status_code == 404
    assert hoa.post(f"{ADDRESS}/{point_id}/remove").status_code == 404
    assert hoa.get(f"{ADDRESS}?removed={point_id}").status_code == 200
