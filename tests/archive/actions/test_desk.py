"""What lies on the editor's desk, and what can be taken back there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, machine
from archive.actions import desk, segments
from archive.actions.segments import Change, Replaced
from archive.models import Interview
from archive.models.transcript import TranscriptVersion
from tests import spoken

ActorOf = Callable[[str | None], Actor]
CLEO = machine("Cleo")


@pytest.fixture
def told(db: Session) -> tuple[Interview, TranscriptVersion]:
    of = spoken.interview(db)
    return of, spoken.version(db, of)


def test_the_lines_stand_in_order_with_their_speakers(
    db: Session, actor_of: ActorOf, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    found = desk.gather(db, actor_of("cleo"), of, version)
    assert [line.text for line in found.lines] == [line[3] for line in spoken.LINES]
    assert [line.speaker.short for line in found.lines[:2]] == ["Minh", "Bà Sen"]
    assert [voice.speaker.short for voice in found.voices] == ["Bà Sen", "Minh"]
    assert (found.may_correct, found.may_approve) == (True, False)


def test_a_voice_without_a_record_can_be_chosen_too(
    db: Session, actor_of: ActorOf, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    first = version.segments[0]
    segments.save(db, CLEO, of, version, first, Change(speaker="Người hàng xóm"), based_on=1)
    found = desk.gather(db, actor_of("rob"), of, version)
    assert [voice.id for voice in found.voices][-1] == "Người hàng xóm"
    assert found.lines[0].speaker.short == "Người hàng xóm"
    assert found.may_approve


def test_lines_come_in_groups_that_leave_nothing_out(
    db: Session, actor_of: ActorOf, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, _version = told
    lines = tuple(("witness", n * 1000, n * 1000 + 900, f"Câu {n}.") for n in range(60))
    longer = spoken.version(db, of, lines=lines)
    chunks = list(desk.gather(db, actor_of("cleo"), of, longer).chunks)
    assert [len(chunk) for chunk in chunks] == [desk.CHUNK, desk.CHUNK, 10]
    assert [line.text for chunk in chunks for line in chunk] == [line[3] for line in lines]


def test_readers_are_not_let_in_and_an_approved_version_is_for_looking(
    db: Session, actor_of: ActorOf, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    with pytest.raises(NotAllowed):
        desk.gather(db, actor_of("sam"), of, version)
    assert not desk.gather(db, actor_of("hoa"), of, version).may_correct
    version.state = "approved"
    found = desk.gather(db, actor_of("rob"), of, version)
    assert (found.may_correct, found.may_approve) == (False, True)


def test_the_last_hand_is_named(
    db: Session, actor_of: ActorOf, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    first = version.segments[0]
    assert desk.author(db, first) == ""
    segments.save(db, actor_of("cleo"), of, version, first, Change(text="Thưa bà."), based_on=1)
    assert desk.author(db, first) == "Cleo"


def test_what_was_dropped_comes_back_to_its_place_and_what_was_joined_does_not(
    db: Session, told: tuple[Interview, TranscriptVersion]
) -> None:
    of, version = told
    second, ghost = version.segments[1:3]
    ids = [segment.id for segment in version.segments]
    segments.drop(db, CLEO, of, version, ghost, based_on=1, reason="Máy tự thêm")
    back = segments.restore(db, CLEO, of, version, ghost, revision=1).segment
    assert (back.text, back.revision, back.ended_at) == (spoken.LINES[2][3], 3, None)
    assert [segment.id for segment in version.segments] == ids
    segments.merge(db, CLEO, of, version, second, ghost, based_on=(1, 3))
    with pytest.raises(Replaced):
        segments.restore(db, CLEO, of, version, ghost, revision=1)
