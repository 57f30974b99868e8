from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import Actor, NotAllowed, NotVisible, Refused, machine
from archive.actions import accessions, interviews, people
from archive.actions.interviews import Description
from archive.db import Database
from archive.models import Event, Interview, Outbox, Segment, TranscriptVersion
from tests.cast import CAST

ActorOf = Callable[[str | None], Actor]
PLAIN = Description(title="Tiệm sửa máy thu thanh")
MAY_CREATE = {"ada", "ben", "hoa"}
MACHINE = machine("test")


def test_one_is_taken_in_with_everything_that_is_said(db: Session) -> None:
    witness = people.meant(db, MACHINE, "Bùi Công Trực")
    asking = [people.meant(db, MACHINE, name) for name in ("Lê Hòa", "Trần An")]
    made = interviews.create(
        db, MACHINE,
        Description(
            title="  Tiệm   sửa máy \n thu thanh ", witnesses=[witness], interviewers=asking,
            languages=["vi", "VI", "en"], held_as_told="khoảng 1978", held_edtf="1978~",
            told_from_year=1975, told_to_year=1986, abstract="Một.\r\n\r\nHai.",
            keywords=["chợ", "chợ", " radio "], audience="public", plate="radio",
        ),
        accession="LK-2019-014",
    )  # fmt: skip
    assert made.title == "Tiệm sửa máy thu thanh"
    assert made.languages == ["vi", "en"]
    assert made.held_earliest_on == date(1977, 1, 1)
    assert made.held_latest_on == date(1979, 12, 31)
    assert made.abstract == "Một.\n\nHai."
    assert made.keywords == ["chợ", "radio"]
    assert made.people("witness") == [witness]
    assert made.people("interviewer") == asking
    assert db.scalars(select(Outbox.interview_id)).all() == [made.id]
    event = db.scalars(select(Event).where(Event.kind == "interview.created")).one()
    assert event.subject_id == made.id


def test_the_default_audience_is_the_narrowest(db: Session) -> None:
    assert interviews.create(db, MACHINE, PLAIN).audience == "staff"


def test_the_next_number_is_free_and_of_this_year(db: Session) -> None:
    first = interviews.create(db, MACHINE, PLAIN).accession
    stem = first[:-3]
    assert first.endswith("-001")
    interviews.create(db, MACHINE, PLAIN, accession=f"{stem}041")
    interviews.create(db, MACHINE, PLAIN, accession=f"{stem}x9")
    interviews.create(db, MACHINE, PLAIN, accession=f"{stem.lower()}050")
    assert interviews.create(db, MACHINE, PLAIN).accession == f"{stem}051"


@pytest.mark.parametrize(
    "accession",
    ["a/b", "../x", "a b", ".", "..", "a..b", ".a", "a-", "new", "NEW", "date", "x" * 41,
     "x" * 100_000, "Băng-1", "a\u202eb", "a%2Fb", "<b>", "a?b", "a#b", "a\x00b", "ａ1"],
)  # fmt: skip
def test_a_number_that_a_link_cannot_carry_is_refused(db: Session, accession: str) -> None:
    with pytest.raises(accessions.AccessionRefused):
        interviews.create(db, MACHINE, PLAIN, accession=accession)


@pytest.mark.parametrize("accession", ["LK-1", "lk-1", " LK-1 "])
def test_a_number_is_given_once_whatever_its_case(db: Session, accession: str) -> None:
    interviews.create(db, MACHINE, PLAIN, accession="LK-1")
    with pytest.raises(accessions.AccessionTaken):
        interviews.create(db, MACHINE, PLAIN, accession=accession)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"title": " \u200b\x00 "}, "title_missing"),
        ({"title": "x" * 100_000}, "text_too_long"),
        ({"abstract": "x" * 100_000}, "text_too_long"),
        ({"place_as_told": "x" * 301}, "text_too_long"),
        ({"keywords": ["x" * 101]}, "text_too_long"),
        ({"held_edtf": "hồi nhỏ"}, "held_refused"),
        ({"held_edtf": "1978-13-45"}, "held_refused"),
        ({"held_edtf": "9" * 100_000}, "held_refused"),
        ({"languages": []}, "language_refused"),
        ({"languages": ["Vietnamese"]}, "language_refused"),
        ({"languages": ["../"]}, "language_refused"),
        ({"audience": "everybody"}, "audience_refused"),
        ({"plate": "face"}, "plate_refused"),
        ({"told_from_year": 1990, "told_to_year": 1980}, "years_refused"),
        ({"told_from_year": 99_999}, "years_refused"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    db: Session, changed: dict[str, object], code: str
) -> None:
    told = replace(PLAIN, **changed)  # type: ignore[arg-type]
    assert code in [refused.code for refused in interviews.faults(told)]
    with pytest.raises(Refused) as refused:
        interviews.create(db, MACHINE, told)
    assert refused.value.code == code
    assert db.scalars(select(Interview)).all() == []


def test_every_fault_is_told_at_once() -> None:
    told = replace(PLAIN, title="", held_edtf="x", audience="x")
    assert {refused.code for refused in interviews.faults(told)} == {
        "title_missing", "held_refused", "audience_refused",
    }  # fmt: skip


def test_nothing_invisible_stays_in_a_title(db: Session) -> None:
    made = interviews.create(db, MACHINE, replace(PLAIN, title="a\u202eb\x07\u200bc <b>&"))
    assert made.title == "abc <b>&"


@pytest.mark.parametrize("member", [*CAST, None])
def test_who_may_take_in(db: Session, actor_of: ActorOf, member: str | None) -> None:
    actor = actor_of(member)
    if member in MAY_CREATE:
        assert interviews.create(db, actor, PLAIN).created_by_id == actor.user_id
    else:
        with pytest.raises(NotAllowed):
            interviews.create(db, actor, PLAIN)


@pytest.mark.parametrize("member", [*CAST, None])
def test_who_may_describe(db: Session, actor_of: ActorOf, member: str | None) -> None:
    made = interviews.create(db, MACHINE, PLAIN)
    actor = actor_of(member)
    if member in MAY_CREATE:
        interviews.describe(db, actor, made, replace(PLAIN, title="Khác"), revision=1)
        assert made.title == "Khác"
    else:
        expected = NotVisible if member in ("sam", None) else NotAllowed
        with pytest.raises(expected):
            interviews.describe(db, actor, made, PLAIN, revision=1)


def test_a_description_is_changed_and_the_index_told(db: Session, actor_of: ActorOf) -> None:
    made = interviews.create(db, MACHINE, PLAIN)
    told = replace(PLAIN, audience="registered", held_edtf="2019-05-12")
    interviews.describe(db, actor_of("hoa"), made, told, revision=1, accession="BT-1")
    assert (made.accession, made.audience, made.revision) == ("BT-1", "registered", 2)
    event = db.scalars(select(Event).where(Event.kind == "interview.described")).one()
    assert event.detail["changed"] == ["accession", "audience", "held_edtf"]
    assert [row.reason for row in db.scalars(select(Outbox))][-1] == "interview.described"


def test_a_number_stays_when_none_is_given(db: Session) -> None:
    made = interviews.create(db, MACHINE, PLAIN, accession="LK-1")
    interviews.describe(db, MACHINE, made, PLAIN, revision=1)
    interviews.describe(db, MACHINE, made, PLAIN, revision=2, accession="LK-1")
    assert made.accession == "LK-1"
    interviews.create(db, MACHINE, PLAIN, accession="LK-2")
    with pytest.raises(accessions.AccessionTaken):
        interviews.describe(db, MACHINE, made, PLAIN, revision=3, accession="lk-2")


def test_whoever_saves_second_is_told(db: Session) -> None:
    made = interviews.create(db, MACHINE, PLAIN)
    interviews.describe(db, MACHINE, made, replace(PLAIN, title="Hai"), revision=1)
    with pytest.raises(interviews.DescriptionOutdated) as refused:
        interviews.describe(db, MACHINE, made, replace(PLAIN, title="Ba"), revision=1)
    assert refused.value.facts["revision"] == 2
    assert made.title == "Hai"


def test_people_who_stay_keep_their_contribution(db: Session) -> None:
    """A transcript names its speakers by contributions; reordering may not lose them."""
    first, second = (people.meant(db, MACHINE, name) for name in ("Lê An", "Lê Bình"))
    made = interviews.create(db, MACHINE, replace(PLAIN, witnesses=[first, second]))
    ids = {c.person_id: c.id for c in made.contributions}
    version = TranscriptVersion(interview_id=made.id, number=1, language="vi", kind="machine")
    db.add(version)
    db.flush()
    segment = Segment(
        version_id=version.id, position="a", start_ms=0, end_ms=1, contribution_id=ids[second.id]
    )
    db.add(segment)
    db.flush()
    interviews.describe(db, MACHINE, made, replace(PLAIN, witnesses=[second, first]), revision=1)
    assert {c.person_id: c.id for c in made.contributions} == ids
    db.expire_all()
    assert made.people("witness") == [second, first]
    interviews.describe(db, MACHINE, made, replace(PLAIN, witnesses=[second]), revision=2)
    db.expire_all()
    assert segment.contribution_id == ids[second.id]
    assert [c.id for c in made.contributions] == [ids[second.id]]


def test_the_same_person_is_named_once_in_a_role(db: Session) -> None:
    person = people.meant(db, MACHINE, "Lê An")
    told = replace(PLAIN, witnesses=[person, person], interviewers=[person])
    made = interviews.create(db, MACHINE, told)
    assert [c.role for c in made.contributions] == ["witness", "interviewer"]


def _save_together(database: Database, interview_id: str) -> list[str]:
    """Eight colleagues who opened the same revision; what each was told."""
    answers: list[str] = []
    together = threading.Barrier(8)

    def save(number: int) -> None:
        together.wait()
        try:
            with database.writing() as db:
                interview = db.get_one(Interview, interview_id)
                told = replace(PLAIN, title=f"Nhan đề {number}")
                interviews.describe(db, MACHINE, interview, told, revision=1)
            answers.append("saved")
        except interviews.DescriptionOutdated:
            answers.append("outdated")

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_of_eight_who_save_together_one_is_first(database: Database) -> None:
    with database.writing() as db:
        interview_id = interviews.create(db, MACHINE, PLAIN).id
    assert _save_together(database, interview_id) == ["outdated"] * 7 + ["saved"]


def test_eight_who_take_in_together_get_eight_numbers(database: Database) -> None:
    numbers: list[str] = []
    together = threading.Barrier(8)

    def take_in() -> None:
        together.wait()
        with database.writing() as db:
            number = interviews.create(db, MACHINE, PLAIN).accession
        numbers.append(number)

    threads = [threading.Thread(target=take_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number[-3:] for number in numbers) == [f"{n:03d}" for n in range(1, 9)]
