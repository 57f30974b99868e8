"""What the page of an interview is made of, for each reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotVisible, machine
from archive.actions import reading, transcripts
from archive.models import Annotation
from archive.models.base import new_id
from tests import spoken

ActorOf = Callable[[str | None], Actor]


def test_each_reader_gets_the_text_that_is_for_them(db: Session, actor_of: ActorOf) -> None:
    of = spoken.interview(db)
    assert reading.gather(db, actor_of(None), of).withheld is False
    version = spoken.version(db, of)
    public = reading.gather(db, actor_of(None), of)
    assert (public.version, public.withheld, list(public.turns)) == (None, True, [])
    assert reading.gather(db, actor_of("sam"), of).version is version
    spoken.approve(db, of, version)
    following = transcripts.open_next(db, machine("t"), of, version, reason="sai")
    assert reading.gather(db, actor_of(None), of).version is version
    assert reading.gather(db, actor_of(None), of, number=2).version is None
    assert reading.gather(db, actor_of("sam"), of, number=2).version is following
    assert [v.number for v in reading.gather(db, actor_of(None), of).versions] == [1]


def test_a_closed_interview_is_not_there(db: Session, actor_of: ActorOf) -> None:
    of = spoken.interview(db, audience="staff")
    spoken.approved(db, of)
    for name in (None, "sam"):
        with pytest.raises(NotVisible):
            reading.gather(db, actor_of(name), of)
    assert reading.gather(db, actor_of("cleo"), of).version is not None


def test_speakers_are_named_and_chapters_stand_at_the_nearest_border(
    db: Session, actor_of: ActorOf
) -> None:
    of = spoken.interview(db)
    spoken.version(db, of)
    for start_ms, title in ((0, "Mở đầu"), (11_000, "Gánh nước"), (59_000, "Sau cùng")):
        db.add(Annotation(id=new_id(), interview_id=of.id, start_ms=start_ms, title=title))
    found = reading.gather(db, actor_of("sam"), of)
    assert [turn.speaker.full for turn in found.turns][:2] == ["Trần Minh", "Bà Nguyễn Thị Sen"]
    assert [[h.title for h in turn.headings] for turn in found.turns] == [
        ["Mở đầu"], [], ["Gánh nước"], [], ["Sau cùng"],
    ]  # fmt: skip
    assert [a.title for a in found.contents] == ["Mở đầu", "Gánh nước", "Sau cùng"]


def test_the_version_alone_is_the_one_of_the_page(db: Session, actor_of: ActorOf) -> None:
    interview = spoken.interview(db)
    approved = spoken.approved(db, interview)
    transcripts.open_next(db, actor_of("rob"), interview, approved, reason="tên riêng")
    for name in ("cleo", None):
        for number in (None, 1, 2, 3, 10**30):
            actor = actor_of(name)
            page = reading.gather(db, actor, interview, number=number)
            alone = reading.version(db, actor, interview, number=number)
            assert alone is page.version, (name, number)
