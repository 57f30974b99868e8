from __future__ import annotations

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive import audit
from archive.actions.catalogue import people, person_removal
from archive.actions.catalogue.people import OtherName, PersonFacts
from archive.actions.catalogue.person_removal import PersonInUse
from archive.models import ApprovedSpeaker, Event, Person, PersonName
from tests.support import sample_transcript
from tests.support.rights import rights_of_machine

MACHINE = rights_of_machine("test")


def test_remove_deletes_person_with_other_names_and_records_it(db: Session) -> None:
    facts = PersonFacts(full_name="Lê An", other_names=[OtherName(name="Tư An")])
    person = people.add(db, MACHINE, facts)
    person_id = person.id
    person_removal.remove(db, MACHINE, person)
    assert db.scalars(select(Person)).all() == []
    assert db.scalars(select(PersonName)).all() == []
    event = db.scalars(select(Event).where(Event.kind == "person.removed")).one()
    assert event.subject_id == person_id
    assert audit.verify_chain(db) is None


def test_remove_of_a_person_in_use_is_refused(db: Session) -> None:
    interview = sample_transcript.add_interview(db)
    version = sample_transcript.add_approved_version(db, interview)
    witness = interview.contributions[0]
    other = people.add(db, MACHINE, PersonFacts(full_name="Lê An"))
    with pytest.raises(PersonInUse):
        person_removal.remove(db, MACHINE, witness.person)
    old, witness.person = witness.person, other
    db.flush()
    with pytest.raises(PersonInUse):  # the approved version has their name
        person_removal.remove(db, MACHINE, old)
    db.execute(delete(ApprovedSpeaker).where(ApprovedSpeaker.version_id == version.id))
    db.expire_all()
    person_removal.remove(db, MACHINE, old)
    assert db.get(Person, other.id) is not None
