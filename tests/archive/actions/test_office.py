from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Actor
from archive.actions import accounts, interviews, office
from archive.actions.accessions import PrefixRefused
from archive.actions.interviews import Description
from archive.actions.office import FirstRun
from archive.db import Database
from archive.models import Job, User
from tests.cast import PASSWORD

MACHINE = access.machine("test")

WISH = FirstRun(
    site_name="Kho Quận 5", site_tagline="Phòng Lịch sử", language="en", name="Nguyễn Ánh",
    email="anh@archive.test", password=PASSWORD, with_sample=False,
)  # fmt: skip


@pytest.fixture
def empty(db: Session) -> Session:
    """The archive before anybody has an account."""
    db.execute(delete(User))
    db.commit()
    return db


def jobs(db: Session) -> list[str]:
    return list(db.scalars(select(Job.kind).where(Job.kind == office.SAMPLE_JOB)))


def test_the_first_visitor_becomes_the_administrator(empty: Session, database: Database) -> None:
    entered = office.open_archive(empty, WISH)
    empty.commit()
    user = accounts.recognise(database, entered.token)
    assert user is not None
    assert (user.name, user.role, user.language) == ("Nguyễn Ánh", "administrator", "en")
    site = office.site(database)
    assert (site.name, site.tagline, site.language) == ("Kho Quận 5", "Phòng Lịch sử", "en")
    assert jobs(empty) == []


def test_the_sample_archive_is_a_job(empty: Session) -> None:
    office.open_archive(empty, replace(WISH, with_sample=True))
    assert jobs(empty) == [office.SAMPLE_JOB]


def test_an_archive_without_a_name_has_the_programs(empty: Session, database: Database) -> None:
    office.open_archive(empty, replace(WISH, site_name="", language="xx"))
    empty.commit()
    assert office.site(database).name == office.DEFAULT_NAME
    assert office.site(database).language == "vi"


def test_nobody_opens_an_archive_twice(empty: Session) -> None:
    office.open_archive(empty, WISH)
    empty.commit()
    with pytest.raises(office.AlreadyOpen):
        office.open_archive(empty, replace(WISH, email="second@archive.test"))
    assert empty.scalar(select(func.count(User.id))) == 1


def test_nobody_opens_it_again_when_every_account_was_lost(empty: Session) -> None:
    office.open_archive(empty, WISH)
    empty.execute(delete(User))
    empty.commit()
    with pytest.raises(office.AlreadyOpen):
        office.open_archive(empty, WISH)


def test_wrong_input_leaves_the_archive_as_empty_as_it_was(empty: Session) -> None:
    for wrong in (
        replace(WISH, email="x"), replace(WISH, password="short"), replace(WISH, name=" "),
    ):  # fmt: skip
        with pytest.raises(access.Refused):
            office.open_archive(empty, wrong)
        empty.rollback()
    office.open_archive(empty, WISH)


def test_the_office_is_described_by_the_administrator_only(
    db: Session, database: Database, actor_of: Callable[[str | None], Actor]
) -> None:
    told = office.Site(name=" Kho mới ", tagline="", language="en", accession_prefix=" VPLS.Q5 ")
    for name in ("ben", "cleo", "sam", None):
        with pytest.raises(access.NotAllowed):
            office.describe(db, actor_of(name), told)
    with pytest.raises(office.NameMissing):
        office.describe(db, actor_of("ada"), replace(told, name="  "))
    office.describe(db, actor_of("ada"), told)
    db.commit()
    assert office.site(database) == office.Site(
        name="Kho mới", tagline="", language="en", accession_prefix="VPLS.Q5"
    )


@pytest.mark.parametrize("letters", ["", "  ", "-LK", "LK-", "Đề", "L K", "LK/1", "x" * 21])
def test_letters_that_no_link_could_hold_are_refused(
    db: Session, database: Database, actor_of: Callable[[str | None], Actor], letters: str
) -> None:
    with pytest.raises(PrefixRefused):
        office.describe(db, actor_of("ada"), office.Site(name="X", accession_prefix=letters))
    db.commit()
    assert office.site(database).name == office.DEFAULT_NAME


def test_new_numbers_begin_with_the_letters_of_the_office(
    db: Session, actor_of: Callable[[str | None], Actor]
) -> None:
    told = Description(title="Một")
    assert interviews.create(db, MACHINE, told, year=2026).accession == "LK-2026-001"
    office.describe(db, actor_of("ada"), office.Site(accession_prefix="VPLS"))
    assert interviews.create(db, MACHINE, told, year=2026).accession == "VPLS-2026-001"
    assert interviews.create(db, MACHINE, told, year=2027).accession == "VPLS-2027-001"


def test_two_visitors_at_once_make_one_administrator(empty: Session, database: Database) -> None:
    together, answers = threading.Barrier(2), []

    def visit(number: int) -> None:
        together.wait()
        try:
            with database.writing() as db:
                wish = replace(WISH, email=f"{number}@archive.test")
                office.open_archive(db, wish)
            answers.append("opened")
        except office.AlreadyOpen:
            answers.append("too late")

    empty.rollback()  # lets go of the write lock
    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert sorted(answers) == ["opened", "too late"]
    assert empty.scalar(select(func.count(User.id))) == 1
