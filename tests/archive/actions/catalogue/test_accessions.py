"""A number leads to its interview for ever, in any case, and is not given to another one."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.actions.catalogue import accessions, interviews, listing
from archive.actions.catalogue.accessions import AccessionTaken
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.listing import CatalogueFilter
from archive.db import Database
from archive.models import AccessionNumber, Event, Interview
from archive.models.base import new_id
from archive.toolbox import Toolbox
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine
from tests.support.searchable_interviews import index_all, search_as

MACHINE = rights_of_machine("test")
MINIMAL = Description(title="Tiệm sửa máy thu thanh", audience="public")


def renumber(db: Session, interview: Interview, number: str) -> None:
    interviews.update_description(
        db, MACHINE, interview, MINIMAL, revision=interview.revision, accession=number
    )


@pytest.fixture
def moved(db: Session) -> Interview:
    """An interview that was LK-2026-001, then VP-7, and is VP-8."""
    interview = interviews.create(db, MACHINE, MINIMAL, accession="LK-2026-001")
    renumber(db, interview, "VP-7")
    renumber(db, interview, "VP-8")
    return interview


@pytest.mark.parametrize(
    "number",
    [
        "VP-8",
        "vp-8",
        "LK-2026-001",
        "lk-2026-001",
        " Lk-2026-001 ",
        "ＬＫ－２０２６－００１",
        "vp–7",
    ],
)
def test_interview_is_found_by_every_number_in_any_case(
    db: Session, moved: Interview, number: str
) -> None:
    assert interviews.by_accession(db, number) is moved
    assert moved.former_numbers == ["LK-2026-001", "VP-7"]


@pytest.mark.parametrize("number", ["", " ", "VP-9", "LK-2026", "x" * 500])
def test_unknown_number_is_of_no_interview(db: Session, moved: Interview, number: str) -> None:
    assert interviews.by_accession(db, number) is None


def test_former_number_is_never_given_again(db: Session, moved: Interview) -> None:
    other = interviews.create(db, MACHINE, MINIMAL, year=2026)
    assert other.accession == "LK-2026-002"
    for number in ("LK-2026-001", "lk-2026-001", "Vp-7", "vp-8"):
        with pytest.raises(AccessionTaken):
            interviews.create(db, MACHINE, MINIMAL, accession=number)
        with pytest.raises(AccessionTaken):
            renumber(db, other, number)


def test_interview_may_take_its_former_number_back(db: Session, moved: Interview) -> None:
    renumber(db, moved, "LK-2026-001")
    assert moved.accession == "LK-2026-001"
    assert interviews.by_accession(db, "VP-8") is moved
    db.expire_all()
    assert moved.former_numbers == ["VP-7", "VP-8"]


def test_change_of_case_leaves_no_former_number(db: Session, moved: Interview) -> None:
    renumber(db, moved, "vp-8")
    db.expire_all()
    assert (moved.accession, moved.former_numbers) == ("vp-8", ["LK-2026-001", "VP-7"])


def test_numbers_that_were_stored_without_a_key_are_kept_when_they_change(db: Session) -> None:
    older = sample_transcript.add_interview(db, "LK-1")
    assert db.scalars(select(AccessionNumber)).all() == []
    assert interviews.by_accession(db, "lk-1") is older
    with pytest.raises(AccessionTaken):
        interviews.create(db, MACHINE, MINIMAL, accession="lk-1")
    renumber(db, older, "LK-2")
    assert interviews.by_accession(db, "LK-1") is older


def test_two_old_numbers_that_differ_in_case_only_lead_to_their_own_interviews(
    db: Session,
) -> None:
    first = interviews.create(db, MACHINE, MINIMAL, accession="LK-1")
    second = Interview(id=new_id(), accession="lk-1", title="Chuyện")
    db.add(second)
    db.flush()
    assert interviews.by_accession(db, "LK-1") is first
    assert interviews.by_accession(db, "lk-1") is second
    renumber(db, second, "LK-2")
    assert interviews.by_accession(db, "lk-1") is first


def test_number_stays_taken_after_its_interview_is_gone(db: Session, moved: Interview) -> None:
    db.delete(moved)
    db.flush()
    assert interviews.by_accession(db, "VP-7") is None
    with pytest.raises(AccessionTaken):
        interviews.create(db, MACHINE, MINIMAL, accession="vp-7")


def test_event_holds_both_numbers(db: Session, moved: Interview) -> None:
    details = db.scalars(
        select(Event.detail).where(Event.kind == "interview.described").order_by(Event.number)
    ).all()
    assert [detail["accession"] for detail in details] == [
        {"before": "LK-2026-001", "after": "VP-7"},
        {"before": "VP-7", "after": "VP-8"},
    ]
    interviews.update_description(
        db, MACHINE, moved, replace(MINIMAL, title="Khác"), revision=moved.revision
    )
    last = db.scalars(
        select(Event.detail).where(Event.kind == "interview.described").order_by(Event.number)
    ).all()[-1]
    assert "accession" not in last


def test_catalogue_and_search_find_a_former_number(toolbox: Toolbox) -> None:
    with toolbox.database.writing() as db:
        interview = interviews.create(db, MACHINE, MINIMAL, accession="LK-2026-001")
        interviews.create(db, MACHINE, MINIMAL, accession="LK-2026-002")
        renumber(db, interview, "VP-7")
        listed = listing.load_page(db, MACHINE, CatalogueFilter(text="lk-2026-001"))
        assert [row.accession for row in listed.interviews] == ["VP-7"]
    index_all(toolbox)
    found = search_as(toolbox, MACHINE, '"lk-2026-001"')
    assert [one.accession for one in found.described] == ["VP-7"]


@pytest.mark.parametrize("numbers", [("LK-9", "lk-9"), ("LK-9", "LK-9")])
def test_create_of_one_number_by_threads_gives_it_once(
    database: Database, numbers: tuple[str, str]
) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def create_one(number: str) -> None:
        barrier.wait()
        try:
            with database.writing() as db:
                interviews.create(db, MACHINE, MINIMAL, accession=number)
            outcomes.append("created")
        except AccessionTaken:
            outcomes.append("taken")

    threads = [threading.Thread(target=create_one, args=(numbers[n % 2],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["created"] + ["taken"] * 7


def test_renumbering_of_two_interviews_to_one_number_at_once_gives_it_once(
    database: Database,
) -> None:
    with database.writing() as db:
        ids = [interviews.create(db, MACHINE, MINIMAL).id for _ in range(4)]
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def rename(interview_id: str, number: str) -> None:
        barrier.wait()
        try:
            with database.writing() as db:
                renumber(db, db.get_one(Interview, interview_id), number)
            outcomes.append("renumbered")
        except AccessionTaken:
            outcomes.append("taken")

    threads = [
        threading.Thread(target=rename, args=(one, ("VP-1", "vp-1")[n % 2]))
        for n, one in enumerate(ids)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["renumbered", "taken", "taken", "taken"]


def test_fold_number_is_that_of_the_stored_keys() -> None:
    assert accessions.fold_number(" ＬＫ–1 ") == "lk-1"
