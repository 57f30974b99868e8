from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.actions.catalogue import places
from archive.models import Place


def place(db: Session, code: str) -> Place:
    found = places.by_optional_code(db, code)
    assert found is not None
    return found


def test_seed_run_twice_keeps_existing_rows(db: Session) -> None:
    added = places.seed(db)
    assert added == db.scalar(select(func.count()).select_from(Place)) == 50
    place(db, "q4").note = "changed by the office"
    assert places.seed(db) == 0
    assert place(db, "q4").note == "changed by the office"


def test_name_with_years_distinguishes_reused_names(db: Session) -> None:
    places.seed(db)
    assert places.name_with_years(place(db, "q2-1975")) == "Quận 2 (–1976)"
    assert places.name_with_years(place(db, "q2")) == "Quận 2 (1997–2020)"
    assert places.name_with_years(place(db, "hcm")) == "Thành phố Hồ Chí Minh (1976–)"
    assert places.name_with_years(place(db, "vn")) == "Việt Nam"
    names = [p.name for p in places.list_places(db)]
    assert names.index("Quận 2") < names.index("Quận 10")


def test_lineage_returns_predecessors_successors_and_parent(db: Session) -> None:
    places.seed(db)
    found = places.lineage(db, place(db, "tp-thuduc"))
    assert [p.code for p in found.predecessors] == ["q-thuduc", "q2", "q9"]
    assert found.parent is not None
    assert found.parent.code == "hcm"
    assert [p.code for p in places.lineage(db, place(db, "h-thuduc")).successors] == [
        "q-thuduc",
        "q2",
        "q9",
    ]


@pytest.mark.parametrize(
    ("code", "first", "last", "expected"),
    [
        ("q2", 1998, 2001, True),
        ("q2", 1978, 1980, False),
        ("q2", 1990, 1997, True),
        ("q2", 2021, None, False),
        ("q2", None, None, True),
        ("hcm", 2024, None, True),
        ("q2-1975", 1976, 1980, True),
        ("vn", 1200, 1300, True),
    ],
)
def test_existed_in_compares_years_with_the_period(
    db: Session, code: str, first: int | None, last: int | None, expected: bool
) -> None:
    places.seed(db)
    assert places.existed_in(place(db, code), first, last) is expected


@pytest.mark.parametrize("code", ["nope", "Q2", "x" * 100_000, "'; drop table place"])
def test_by_optional_code_with_unknown_code_is_refused(db: Session, code: str) -> None:
    with pytest.raises(places.PlaceUnknown):
        places.by_optional_code(db, code)
    assert places.by_optional_code(db, "  ") is None


def test_places_of_samples_are_listed_and_taken_for_samples_only(db: Session) -> None:
    places.seed(db)
    sample = Place(code="mau-q4", name="Quận 4", is_sample=True)
    db.add(sample)
    db.flush()
    names = [p.name for p in places.list_places(db)]
    assert names.count("Quận 4") == 1
    assert places.list_places(db, is_sample=True) == [sample]
    with pytest.raises(places.PlaceUnknown):
        places.by_optional_code(db, "mau-q4")
    with pytest.raises(places.PlaceUnknown):
        places.by_optional_code(db, "q4", is_sample=True)
    assert places.by_optional_code(db, "mau-q4", is_sample=True) is sample
    assert places.by_optional_code(db, "mau-q4", current=sample) is sample
