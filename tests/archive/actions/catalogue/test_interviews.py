from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import NotAllowed, NotVisible, Refused, Rights
from archive.actions.catalogue import accessions, interviews, people
from archive.actions.catalogue.interviews import Description
from archive.db import Database
from archive.models import Event, Interview, Outbox, Segment, TranscriptVersion
from tests.support.cast import CAST
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
MINIMAL = Description(title="Tiệm sửa máy thu thanh")
MAY_CREATE = {"ada", "ben", "hoa"}
MACHINE = rights_of_machine("test")


def test_create_with_all_fields_stores_normalised_values(db: Session) -> None:
    witness = people.find_or_create(db, MACHINE, "Bùi Công Trực")
    interviewers = [people.find_or_create(db, MACHINE, name) for name in ("Lê Hòa", "Trần An")]
    made = interviews.create(
        db,
        MACHINE,
        Description(
            title="  Tiệm   sửa máy \n thu thanh ",
            witnesses=[witness],
            interviewers=interviewers,
            languages=["vi", "VI", "en"],
            held_as_told="khoảng 1978",
            held_edtf="1978~",
            told_from_year=1975,
            told_to_year=1986,
            abstract="Một.\r\n\r\nHai.",
            keywords=["chợ", "chợ", " radio "],
            audience="public",
            plate="radio",
        ),
        accession="LK-2019-014",
    )
    assert made.title == "Tiệm sửa máy thu thanh"
    assert made.languages == ["vi", "en"]
    assert made.held_earliest_on == date(1977, 1, 1)
    assert made.held_latest_on == date(1979, 12, 31)
    assert made.abstract == "Một.\n\nHai."
    assert made.keywords == ["chợ", "radio"]
    assert made.people("witness") == [witness]
    assert made.people("interviewer") == interviewers
    assert db.scalars(select(Outbox.interview_id)).all() == [made.id]
    event = db.scalars(select(Event).where(Event.kind == "interview.created")).one()
    assert event.subject_id == made.id


def test_create_without_audience_is_staff_only(db: Session) -> None:
    assert interviews.create(db, MACHINE, MINIMAL).audience == "staff"


def test_create_without_number_takes_next_free_of_year(db: Session) -> None:
    first = interviews.create(db, MACHINE, MINIMAL).accession
    stem = first[:-3]
    assert first.endswith("-001")
    interviews.create(db, MACHINE, MINIMAL, accession=f"{stem}041")
    interviews.create(db, MACHINE, MINIMAL, accession=f"{stem}x9")
    interviews.create(db, MACHINE, MINIMAL, accession=f"{stem.lower()}050")
    assert interviews.create(db, MACHINE, MINIMAL).accession == f"{stem}051"


@pytest.mark.parametrize(
    "accession",
    [
        "a/b",
        "../x",
        "a b",
        ".",
        "..",
        "a..b",
        ".a",
        "a-",
        "new",
        "NEW",
        "date",
        "x" * 41,
        "x" * 100_000,
        "Băng-1",
        "a\u202eb",
        "a%2Fb",
        "<b>",
        "a?b",
        "a#b",
        "a\x00b",
        "ａ1",
    ],
)
def test_create_with_number_unfit_for_urls_is_refused(db: Session, accession: str) -> None:
    with pytest.raises(accessions.AccessionRefused):
        interviews.create(db, MACHINE, MINIMAL, accession=accession)


@pytest.mark.parametrize("accession", ["LK-1", "lk-1", " LK-1 "])
def test_create_with_number_in_other_case_is_refused(db: Session, accession: str) -> None:
    interviews.create(db, MACHINE, MINIMAL, accession="LK-1")
    with pytest.raises(accessions.AccessionTaken):
        interviews.create(db, MACHINE, MINIMAL, accession=accession)


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
def test_create_with_invalid_field_is_refused_with_its_code(
    db: Session, changed: dict[str, object], code: str
) -> None:
    description = replace(MINIMAL, **changed)  # type: ignore[arg-type]
    assert code in [refused.code for refused in interviews.validate(description)]
    with pytest.raises(Refused) as refused:
        interviews.create(db, MACHINE, description)
    assert refused.value.code == code
    assert db.scalars(select(Interview)).all() == []


def test_validate_returns_every_refusal() -> None:
    description = replace(MINIMAL, title="", held_edtf="x", audience="x")
    assert {refused.code for refused in interviews.validate(description)} == {
        "title_missing",
        "held_refused",
        "audience_refused",
    }


def test_create_removes_invisible_characters_from_title(db: Session) -> None:
    made = interviews.create(db, MACHINE, replace(MINIMAL, title="a\u202eb\x07\u200bc <b>&"))
    assert made.title == "abc <b>&"


@pytest.mark.parametrize("member", [*CAST, None])
def test_create_is_allowed_by_role(db: Session, rights_of: RightsOf, member: str | None) -> None:
    rights = rights_of(member)
    if member in MAY_CREATE:
        assert interviews.create(db, rights, MINIMAL).created_by_id == rights.actor.user_id
    else:
        with pytest.raises(NotAllowed):
            interviews.create(db, rights, MINIMAL)


@pytest.mark.parametrize("member", [*CAST, None])
def test_update_description_is_allowed_by_role(
    db: Session, rights_of: RightsOf, member: str | None
) -> None:
    made = interviews.create(db, MACHINE, MINIMAL)
    rights = rights_of(member)
    if member in MAY_CREATE:
        interviews.update_description(db, rights, made, replace(MINIMAL, title="Khác"), revision=1)
        assert made.title == "Khác"
    else:
        expected = NotVisible if member in ("sam", None) else NotAllowed
        with pytest.raises(expected):
            interviews.update_description(db, rights, made, MINIMAL, revision=1)


def test_update_description_records_changes_and_outbox_row(
    db: Session, rights_of: RightsOf
) -> None:
    made = interviews.create(db, MACHINE, MINIMAL)
    description = replace(MINIMAL, audience="registered", held_edtf="2019-05-12")
    interviews.update_description(
        db, rights_of("ben"), made, description, revision=1, accession="BT-1"
    )
    assert (made.accession, made.audience, made.revision) == ("BT-1", "registered", 2)
    event = db.scalars(select(Event).where(Event.kind == "interview.described")).one()
    assert event.detail["changed"] == ["accession", "audience", "held_edtf"]
    assert [row.reason for row in db.scalars(select(Outbox))][-1] == "interview.described"


def test_update_description_without_number_keeps_it(db: Session) -> None:
    made = interviews.create(db, MACHINE, MINIMAL, accession="LK-1")
    interviews.update_description(db, MACHINE, made, MINIMAL, revision=1)
    interviews.update_description(db, MACHINE, made, MINIMAL, revision=2, accession="LK-1")
    assert made.accession == "LK-1"
    interviews.create(db, MACHINE, MINIMAL, accession="LK-2")
    with pytest.raises(accessions.AccessionTaken):
        interviews.update_description(db, MACHINE, made, MINIMAL, revision=3, accession="lk-2")


def test_update_description_with_old_revision_is_refused(db: Session) -> None:
    made = interviews.create(db, MACHINE, MINIMAL)
    interviews.update_description(db, MACHINE, made, replace(MINIMAL, title="Hai"), revision=1)
    with pytest.raises(interviews.DescriptionOutdated) as refused:
        interviews.update_description(db, MACHINE, made, replace(MINIMAL, title="Ba"), revision=1)
    assert refused.value.facts["revision"] == 2
    assert made.title == "Hai"


def test_update_description_keeps_contribution_ids(db: Session) -> None:
    """A transcript names its speakers by contributions; reordering may not lose them."""
    first, second = (people.find_or_create(db, MACHINE, name) for name in ("Lê An", "Lê Bình"))
    made = interviews.create(db, MACHINE, replace(MINIMAL, witnesses=[first, second]))
    ids = {c.person_id: c.id for c in made.contributions}
    version = TranscriptVersion(interview_id=made.id, number=1, language="vi", kind="machine")
    db.add(version)
    db.flush()
    segment = Segment(
        version_id=version.id, position="a", start_ms=0, end_ms=1, contribution_id=ids[second.id]
    )
    db.add(segment)
    db.flush()
    interviews.update_description(
        db, MACHINE, made, replace(MINIMAL, witnesses=[second, first]), revision=1
    )
    assert {c.person_id: c.id for c in made.contributions} == ids
    db.expire_all()
    assert made.people("witness") == [second, first]
    interviews.update_description(
        db, MACHINE, made, replace(MINIMAL, witnesses=[second]), revision=2
    )
    db.expire_all()
    assert segment.contribution_id == ids[second.id]
    assert [c.id for c in made.listed_contributions] == [ids[second.id]]


def test_create_with_repeated_person_lists_them_once_per_role(db: Session) -> None:
    person = people.find_or_create(db, MACHINE, "Lê An")
    description = replace(MINIMAL, witnesses=[person, person], interviewers=[person])
    made = interviews.create(db, MACHINE, description)
    assert [c.role for c in made.contributions] == ["witness", "interviewer"]


def _save_concurrently(database: Database, interview_id: str) -> list[str]:
    """Save from eight threads at the same revision; return the outcome of each."""
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def save(number: int) -> None:
        barrier.wait()
        try:
            with database.writing() as db:
                interview = db.get_one(Interview, interview_id)
                description = replace(MINIMAL, title=f"Nhan đề {number}")
                interviews.update_description(db, MACHINE, interview, description, revision=1)
            outcomes.append("saved")
        except interviews.DescriptionOutdated:
            outcomes.append("outdated")

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_update_description_by_eight_threads_saves_once(database: Database) -> None:
    with database.writing() as db:
        interview_id = interviews.create(db, MACHINE, MINIMAL).id
    assert _save_concurrently(database, interview_id) == ["outdated"] * 7 + ["saved"]


def test_create_by_eight_threads_gives_eight_numbers(database: Database) -> None:
    numbers: list[str] = []
    barrier = threading.Barrier(8)

    def create_one() -> None:
        barrier.wait()
        with database.writing() as db:
            number = interviews.create(db, MACHINE, MINIMAL).accession
        numbers.append(number)

    threads = [threading.Thread(target=create_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number[-3:] for number in numbers) == [f"{n:03d}" for n in range(1, 9)]
