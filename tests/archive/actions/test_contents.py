from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, NotVisible, Refused, machine
from archive.actions import contents, interviews
from archive.actions.contents import Point
from archive.actions.interviews import Description
from archive.models import Interview, Recording
from tests.cast import CAST

ActorOf = Callable[[str | None], Actor]
MACHINE = machine("test")
POINT = Point(start_ms=60_000, title="Những năm tem phiếu", synopsis="Xếp hàng từ bốn giờ sáng.")


@pytest.fixture
def interview(db: Session) -> Interview:
    made = interviews.create(db, MACHINE, Description(title="Một"))
    db.add_all(Recording(interview_id=made.id, part=n, duration_ms=600_000) for n in (1, 2))
    db.flush()
    db.refresh(made)
    return made


def test_entries_stand_in_the_order_in_which_they_are_heard(
    db: Session, interview: Interview
) -> None:
    for part, start_ms in ((2, 1000), (1, 90_000), (1, 0)):
        told = replace(POINT, part=part, start_ms=start_ms, title=f"{part}/{start_ms}")
        contents.add(db, MACHINE, interview, told)
    listed = contents.listed(db, interview)
    assert [point.title for _part, point in listed] == ["1/0", "1/90000", "2/1000"]
    assert [part for part, _point in listed] == [1, 1, 2]


def test_an_entry_is_changed_taken_out_and_put_back(db: Session, interview: Interview) -> None:
    point = contents.add(db, MACHINE, interview, POINT)
    told = Point(start_ms=61_500, title="Tem phiếu", synopsis="", part=2)
    contents.change(db, MACHINE, interview, point.id, told)
    assert (point.start_ms, point.title, point.body) == (61_500, "Tem phiếu", "")
    assert contents.remove(db, MACHINE, interview, point.id) == told
    assert contents.listed(db, interview) == []
    gone = contents.removed(db, interview, point.id)
    assert gone == told
    contents.add(db, MACHINE, interview, gone)
    assert [part for part, _point in contents.listed(db, interview)] == [2]


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
def test_what_is_wrong_is_refused(
    db: Session, interview: Interview, changed: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        contents.add(db, MACHINE, interview, replace(POINT, **changed))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert contents.listed(db, interview) == []


def test_before_there_is_a_recording_entries_can_be_prepared(db: Session) -> None:
    bare = interviews.create(db, MACHINE, Description(title="Hai"))
    contents.add(db, MACHINE, bare, POINT)
    with pytest.raises(contents.PartUnknown):
        contents.add(db, MACHINE, bare, replace(POINT, part=2))
    assert [part for part, _point in contents.listed(db, bare)] == [1]


def test_an_entry_of_another_interview_is_not_to_be_reached(
    db: Session, interview: Interview
) -> None:
    other = interviews.create(db, MACHINE, Description(title="Hai"))
    point = contents.add(db, MACHINE, other, POINT)
    for reach in (
        lambda: contents.change(db, MACHINE, interview, point.id, POINT),
        lambda: contents.remove(db, MACHINE, interview, point.id),
        lambda: contents.remove(db, MACHINE, interview, "nothing"),
    ):
        with pytest.raises(NotVisible):
            reach()
    assert contents.removed(db, other, point.id) is None


@pytest.mark.parametrize("member", [*CAST, None])
def test_who_writes_contents(
    db: Session, interview: Interview, actor_of: ActorOf, member: str | None
) -> None:
    actor = actor_of(member)
    if member in ("ada", "ben", "hoa"):
        point = contents.add(db, actor, interview, POINT)
        contents.remove(db, actor, interview, point.id)
        return
    with pytest.raises(NotVisible if member in ("sam", None) else NotAllowed):
        contents.add(db, actor, interview, POINT)
