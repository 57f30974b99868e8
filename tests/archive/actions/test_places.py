from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.actions import places
from archive.models import Place


def place(db: Session, code: str) -> Place:
    found = places.chosen(db, code)
    assert found is not None
    return found


def test_the_seed_is_sown_once(db: Session) -> None:
    added = places.seed(db)
    assert added == db.scalar(select(func.count()).select_from(Place)) == 50
    place(db, "q4").note = "changed by the office"
    assert places.seed(db) == 0
    assert place(db, "q4").note == "changed by the office"


def test_one_name_several_units(db: Session) -> None:
    places.seed(db)
    assert places.label(place(db, "q2-1975")) == "Quận 2 (–1976)"
    assert places.label(place(db, "q2")) == "Quận 2 (1997–2020)"
    assert places.label(place(db, "hcm")) == "Thành phố Hồ Chí Minh (1976–)"
    assert places.label(place(db, "vn")) == "Việt Nam"
    names = [p.name for p in places.listed(db)]
    assert names.index("Quận 2") < names.index("Quận 10")


def test_what_came_out_of_what(db: Session) -> None:
    places.seed(db)
    found = places.lineage(db, place(db, "tp-thuduc"))
    assert [p.code for p in found.before] == ["q-thuduc", "q2", "q9"]
    assert found.within is not None
    assert found.within.code == "hcm"
    assert [p.code for p in places.lineage(db, place(db, "h-thuduc")).after] == [
        "q-thuduc", "q2", "q9",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "first", "last", "stood"),
    [
        ("q2", 1998, 2001, True), ("q2", 1978, 1980, False), ("q2", 1990, 1997, True),
        ("q2", 2021, None, False), ("q2", None, None, True), ("hcm", 2024, None, True),
        ("q2-1975", 1976, 1980, True), ("vn", 1200, 1300, True),
    ],
)  # fmt: skip
def test_whether_a_unit_stood(
    db: Session, code: str, first: int | None, last: int | None, stood: bool
) -> None:
    places.seed(db)
    assert places.stood(place(db, code), first, last) is stood


@pytest.mark.parametrize("code", ["nope", "Q2", "x" * 100_000, "'; drop table place"])
def test_an_unknown_place_is_refused(db: Session, code: str) -> None:
    with pytest.raises(places.PlaceUnknown):
        places.chosen(db, code)
    assert places.chosen(db, "  ") is None
