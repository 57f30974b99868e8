from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive import access
from archive.access import Rights
from archive.actions.accounts import sessions
from archive.actions.catalogue import interviews
from archive.actions.catalogue.accessions import PrefixRefused
from archive.actions.catalogue.interviews import Description
from archive.actions.office import first_run, settings
from archive.actions.office.first_run import FirstRunInput
from archive.db import Database
from archive.models import Job, User
from archive.toolbox import Toolbox
from tests.support.cast import PASSWORD
from tests.support.rights import rights_of_machine, rights_of_role

MACHINE = rights_of_machine("test")

FORM = FirstRunInput(
    site_name="Kho Quận 5",
    site_tagline="Phòng Lịch sử",
    language="en",
    name="Nguyễn Ánh",
    email="anh@archive.test",
    password=PASSWORD,
    with_sample=False,
)


@pytest.fixture
def empty(db: Session) -> Session:
    """A database without accounts."""
    db.execute(delete(User))
    db.commit()
    return db


def site_of(database: Database) -> settings.Site:
    with database.reading() as db:
        return settings.site(db)


VISITOR = rights_of_role("")


def sample_jobs(db: Session) -> list[str]:
    return list(db.scalars(select(Job.kind).where(Job.kind == first_run.SAMPLE_JOB)))


def test_open_archive_creates_administrator_and_site(
    toolbox: Toolbox, empty: Session, database: Database
) -> None:
    session = first_run.open_archive(empty, VISITOR, FORM, tools=toolbox)
    empty.commit()
    found = sessions.active_session(database, session.token)
    user = found.user if found is not None else None
    assert user is not None
    assert (user.name, user.role, user.language) == ("Nguyễn Ánh", "administrator", "en")
    site = site_of(database)
    assert (site.name, site.tagline, site.language) == ("Kho Quận 5", "Phòng Lịch sử", "en")
    assert sample_jobs(empty) == []


def test_open_archive_with_sample_enqueues_job(toolbox: Toolbox, empty: Session) -> None:
    first_run.open_archive(empty, VISITOR, replace(FORM, with_sample=True), tools=toolbox)
    assert sample_jobs(empty) == [first_run.SAMPLE_JOB]


@pytest.mark.parametrize("name", ["", "  ", "Lời Kể", " lời  kể "])
def test_open_archive_without_a_name_of_its_own_is_refused(
    toolbox: Toolbox, empty: Session, database: Database, name: str
) -> None:
    with pytest.raises(settings.SiteNameMissing):
        first_run.open_archive(empty, VISITOR, replace(FORM, site_name=name), tools=toolbox)
    assert empty.scalar(select(func.count(User.id))) == 0
    first_run.open_archive(empty, VISITOR, replace(FORM, language="xx"), tools=toolbox)
    empty.commit()
    assert site_of(database).language == "vi"


def test_citations_name_the_archive_and_its_office_once_they_are_given(
    db: Session, rights_of: Callable[[str | None], Rights]
) -> None:
    assert settings.name_for_citations(db) == ""
    assert settings.site(db).shown_name == settings.PROGRAM_NAME
    settings.set_value(db, "site_name", settings.PROGRAM_NAME)  # as first runs once suggested
    assert settings.name_for_citations(db) == ""
    ada = rights_of("ada")
    settings.update_site(db, ada, settings.Site(name="Kho Quận 5"))
    assert settings.name_for_citations(db) == "Kho Quận 5"
    settings.update_site(db, ada, settings.Site(name="Kho Quận 5", tagline="Phòng Lịch sử"))
    assert settings.name_for_citations(db) == "Kho Quận 5, Phòng Lịch sử"


def test_open_archive_beside_originals_without_records_is_refused(
    toolbox: Toolbox, empty: Session
) -> None:
    original = io.BytesIO(b"a recording of the archive whose database was lost")
    toolbox.vault.receive(original)
    with pytest.raises(first_run.RecordsLost):
        first_run.open_archive(empty, VISITOR, FORM, tools=toolbox)
    assert empty.scalar(select(func.count(User.id))) == 0
    interviews.create(empty, MACHINE, Description(title="Chuyện"))
    first_run.open_archive(empty, VISITOR, FORM, tools=toolbox)


def test_open_archive_twice_is_refused(toolbox: Toolbox, empty: Session) -> None:
    first_run.open_archive(empty, VISITOR, FORM, tools=toolbox)
    empty.commit()
    with pytest.raises(first_run.ArchiveAlreadyOpen):
        first_run.open_archive(
            empty, VISITOR, replace(FORM, email="second@archive.test"), tools=toolbox
        )
    assert empty.scalar(select(func.count(User.id))) == 1


def test_open_archive_after_loss_of_accounts_is_refused(toolbox: Toolbox, empty: Session) -> None:
    first_run.open_archive(empty, VISITOR, FORM, tools=toolbox)
    empty.execute(delete(User))
    empty.commit()
    with pytest.raises(first_run.ArchiveAlreadyOpen):
        first_run.open_archive(empty, VISITOR, FORM, tools=toolbox)


def test_open_archive_with_invalid_form_changes_nothing(toolbox: Toolbox, empty: Session) -> None:
    for wrong in (
        replace(FORM, email="x"),
        replace(FORM, password="short"),
        replace(FORM, name=" "),
    ):
        with pytest.raises(access.Refused):
            first_run.open_archive(empty, VISITOR, wrong, tools=toolbox)
        empty.rollback()
    first_run.open_archive(empty, VISITOR, FORM, tools=toolbox)


def test_update_site_needs_an_administrator(
    db: Session, database: Database, rights_of: Callable[[str | None], Rights]
) -> None:
    site = settings.Site(name=" Kho mới ", tagline="", language="en", accession_prefix=" VPLS.Q5 ")
    for name in ("ben", "cleo", "sam", None):
        with pytest.raises(access.NotAllowed):
            settings.update_site(db, rights_of(name), site)
    with pytest.raises(settings.SiteNameMissing):
        settings.update_site(db, rights_of("ada"), replace(site, name="  "))
    settings.update_site(db, rights_of("ada"), site)
    db.commit()
    assert site_of(database) == settings.Site(
        name="Kho mới", tagline="", language="en", accession_prefix="VPLS.Q5"
    )


@pytest.mark.parametrize("prefix", ["", "  ", "-LK", "LK-", "Đề", "L K", "LK/1", "x" * 21])
def test_update_site_with_invalid_prefix_is_refused(
    db: Session, database: Database, rights_of: Callable[[str | None], Rights], prefix: str
) -> None:
    with pytest.raises(PrefixRefused):
        settings.update_site(db, rights_of("ada"), settings.Site(name="X", accession_prefix=prefix))
    db.commit()
    assert site_of(database).name == ""


def test_update_site_prefix_applies_to_new_numbers(
    db: Session, rights_of: Callable[[str | None], Rights]
) -> None:
    description = Description(title="Một")
    assert interviews.create(db, MACHINE, description, year=2026).accession == "LK-2026-001"
    settings.update_site(db, rights_of("ada"), settings.Site(name="Kho", accession_prefix="VPLS"))
    assert interviews.create(db, MACHINE, description, year=2026).accession == "VPLS-2026-001"
    assert interviews.create(db, MACHINE, description, year=2027).accession == "VPLS-2027-001"


def test_open_archive_twice_at_once_creates_one_administrator(
    toolbox: Toolbox, empty: Session, database: Database
) -> None:
    barrier, outcomes = threading.Barrier(2), []

    def submit(number: int) -> None:
        barrier.wait()
        try:
            with database.writing() as db:
                form = replace(FORM, email=f"{number}@archive.test")
                first_run.open_archive(db, VISITOR, form, tools=toolbox)
            outcomes.append("opened")
        except first_run.ArchiveAlreadyOpen:
            outcomes.append("too late")

    empty.rollback()  # releases the write lock
    threads = [threading.Thread(target=submit, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["opened", "too late"]
    assert empty.scalar(select(func.count(User.id))) == 1
