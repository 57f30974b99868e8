"""Opening to a wider audience: an archivist's right, an event, and its stand-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from archive.access import Rights
from archive.actions.catalogue import interviews
from archive.actions.catalogue.interviews import Description
from archive.actions.catalogue.opening import OpeningRefused
from archive.db import Database
from archive.models import Event, Interview, User
from tests.support import interview_form
from tests.support.html_pages import page_text
from tests.support.rights import rights_of_machine

RightsOf = Callable[[str | None], Rights]
ClientOf = Callable[[str | None], FlaskClient]
CLOSED = Description(title="Một", audience="staff")
PUBLIC_DESCRIPTION = replace(CLOSED, audience="public")


def add_interview(db: Session, audience: str) -> Interview:
    description = replace(CLOSED, audience=audience)
    return interviews.create(db, rights_of_machine("test"), description)


def openings(db: Session) -> list[tuple[str, str, str]]:
    events = db.query(Event).filter_by(kind="interview.opened").order_by(Event.id)
    return [(e.detail["before"], e.detail["after"], e.detail["role"]) for e in events]


def test_archivist_of_the_sample_does_not_count(db: Session, rights_of: RightsOf) -> None:
    db.execute(update(User).where(User.role == "archivist").values(is_sample=True))
    db.commit()
    interviews.create(db, rights_of("ada"), PUBLIC_DESCRIPTION)
    assert openings(db) == [("staff", "public", "administrator")]


@pytest.mark.parametrize("name", ["ada", "hoa"])
@pytest.mark.parametrize("audience", ["registered", "public"])
def test_opening_without_the_right_raises(
    db: Session, rights_of: RightsOf, name: str, audience: str
) -> None:
    wider, rights = replace(CLOSED, audience=audience), rights_of(name)
    with pytest.raises(OpeningRefused), db.begin_nested():
        interviews.create(db, rights, wider)
    interview = add_interview(db, "staff")
    with pytest.raises(OpeningRefused), db.begin_nested():
        interviews.update_description(db, rights, interview, wider, revision=1)
    db.refresh(interview)
    assert interview.audience == "staff"
    assert openings(db) == []


def test_widening_from_registered_to_public_needs_the_right(
    db: Session, rights_of: RightsOf
) -> None:
    interview = add_interview(db, "registered")
    with pytest.raises(OpeningRefused):
        interviews.update_description(
            db, rights_of("hoa"), interview, PUBLIC_DESCRIPTION, revision=1
        )


def test_archivist_opens_and_it_is_an_event(db: Session, rights_of: RightsOf) -> None:
    ben = rights_of("ben")
    interviews.create(db, ben, replace(CLOSED, audience="registered"))
    interview = add_interview(db, "staff")
    interviews.update_description(db, ben, interview, PUBLIC_DESCRIPTION, revision=1)
    assert openings(db) == [
        ("staff", "registered", "archivist"),
        ("staff", "public", "archivist"),
    ]


def test_historian_narrows_and_keeps_an_open_interview(db: Session, rights_of: RightsOf) -> None:
    hoa, interview = rights_of("hoa"), add_interview(db, "public")
    db.query(Event).filter_by(kind="interview.opened").one()
    changed = replace(PUBLIC_DESCRIPTION, title="Hai")
    interviews.update_description(db, hoa, interview, changed, revision=1)
    interviews.update_description(db, hoa, interview, CLOSED, revision=2)
    assert (interview.title, interview.audience) == ("Một", "staff")
    assert len(openings(db)) == 1


def test_administrator_opens_while_no_archivist_is_active(db: Session, rights_of: RightsOf) -> None:
    db.execute(update(User).where(User.role == "archivist").values(is_active=False))
    db.commit()
    interview = add_interview(db, "staff")
    interviews.update_description(db, rights_of("ada"), interview, PUBLIC_DESCRIPTION, revision=1)
    assert openings(db) == [("staff", "public", "administrator")]
    with pytest.raises(OpeningRefused):
        interviews.create(db, rights_of("hoa"), PUBLIC_DESCRIPTION)


def test_form_without_the_right_shows_and_refuses_it(
    client_of: ClientOf, database: Database
) -> None:
    accession = interview_form.add_interview(database, audience="staff")
    hoa = client_of("hoa")
    page = page_text(hoa.get(f"/en/interviews/{accession}/edit"))
    assert "Only an archivist opens an interview to a wider audience;" in page
    assert page.count(" disabled>") == 2
    sent = interview_form.form_values(audience="public") | interview_form.form_state(hoa, accession)
    refused = hoa.post(f"/en/interviews/{accession}/edit", data=sent)
    assert refused.status_code == 422
    assert "to a wider audience than before" in page_text(refused)
    assert interview_form.stored_interview(database, accession).audience == "staff"
    assert " disabled>" not in page_text(client_of("ben").get(f"/en/interviews/{accession}/edit"))
    assert client_of("ben").post(f"/en/interviews/{accession}/edit", data=sent).status_code == 303


def test_administrator_opens_on_the_page_while_no_archivist_is_active(
    client_of: ClientOf, database: Database
) -> None:
    accession = interview_form.add_interview(database, audience="staff")
    ada = client_of("ada")
    sent = interview_form.form_values(audience="public") | interview_form.form_state(ada, accession)
    assert ada.post(f"/en/interviews/{accession}/edit", data=sent).status_code == 422
    with database.writing() as db:
        db.execute(update(User).where(User.role == "archivist").values(is_active=False))
    assert ada.post(f"/en/interviews/{accession}/edit", data=sent).status_code == 303
    assert interview_form.stored_interview(database, accession).audience == "public"
