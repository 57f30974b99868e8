from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from archive.access import NotAllowed, NotVisible, Refused, Rights
from archive.actions.catalogue import index_points, interviews
from archive.actions.catalogue.index_points import IndexPointInput
from archive.actions.catalogue.interviews import Description
from archive.models import Interview, Recording
from tests.support.cast import CAST
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
MACHINE = rights_of_machine("test")
POINT = IndexPointInput(
    start_ms=60_000, title="Những năm tem phiếu", synopsis="Xếp hàng từ bốn giờ sáng."
)


@pytest.fixture
def interview(db: Session) -> Interview:
    made = interviews.create(db, MACHINE, Description(title="Một"))
    db.add_all(Recording(interview_id=made.id, part=n, duration_ms=600_000) for n in (1, 2))
    db.flush()
    db.refresh(made)
    return made


def test_list_points_is_in_playback_order(db: Session, interview: Interview) -> None:
    for part, start_ms in ((2, 1000), (1, 90_000), (1, 0)):
        data = replace(POINT, part=part, start_ms=start_ms, title=f"{part}/{start_ms}")
        index_points.add(db, MACHINE, interview, data)
    points = index_points.list_points(db, interview)
    assert [point.title for _part, point in points] == ["1/0", "1/90000", "2/1000"]
    assert [part for part, _point in points] == [1, 1, 2]


def test_removed_point_can_be_restored(db: Session, interview: Interview) -> None:
    point = index_points.add(db, MACHINE, interview, POINT)
    data = IndexPointInput(start_ms=61_500, title="Tem phiếu", synopsis="", part=2)
    index_points.update(db, MACHINE, interview, point.id, data)
    assert (point.start_ms, point.title, point.body) == (61_500, "Tem phiếu", "")
    assert index_points.remove(db, MACHINE, interview, point.id) == data
    assert index_points.list_points(db, interview) == []
    removed = index_points.find_removed(db, interview, point.id)
    assert removed == data
    index_points.add(db, MACHINE, interview, removed)
    assert [part for part, _point in index_points.list_points(db, interview)] == [2]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"title": " \u200b"}, "point_title_missing"),
        ({"title": "x" * 100_000}, "point_too_long"),
        ({"synopsis": "x" * 100_000}, "point_too_long"),
        ({"start_ms": 600_000}, "point_outside"),
        ({"start_ms": -1}, "point_outside"),
        ({"part": 3}, "part_unknown"),
        ({"part": 0}, "part_unknown"),
    ],
)
def test_add_with_invalid_field_is_refused(
    db: Session, interview: Interview, changed: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        index_points.add(db, MACHINE, interview, replace(POINT, **changed))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert index_points.list_points(db, interview) == []


def test_add_without_recordings_allows_part_one_only(db: Session) -> None:
    empty = interviews.create(db, MACHINE, Description(title="Hai"))
    index_points.add(db, MACHINE, empty, POINT)
    with pytest.raises(index_points.PartUnknown):
        index_points.add(db, MACHINE, empty, replace(POINT, part=2))
    assert [part for part, _point in index_points.list_points(db, empty)] == [1]


def test_point_of_another_interview_is_not_visible(db: Session, interview: Interview) -> None:
    other = interviews.create(db, MACHINE, Description(title="Hai"))
    point = index_points.add(db, MACHINE, other, POINT)
    for reach in (
        lambda: index_points.update(db, MACHINE, interview, point.id, POINT),
        lambda: index_points.remove(db, MACHINE, interview, point.id),
        lambda: index_points.remove(db, MACHINE, interview, "nothing"),
    ):
        with pytest.raises(NotVisible):
            reach()
    assert index_points.find_removed(db, other, point.id) is None


@pytest.mark.parametrize("member", [*CAST, None])
def test_index_point_actions_are_allowed_by_role(
    db: Session, interview: Interview, rights_of: RightsOf, member: str | None
) -> None:
    rights = rights_of(member)
    if member in ("ada", "ben", "hoa"):
        point = index_points.add(db, rights, interview, POINT)
        index_points.remove(db, rights, interview, point.id)
        return
    with pytest.raises(NotVisible if member in ("sam", None) else NotAllowed):
        index_points.add(db, rights, interview, POINT)
