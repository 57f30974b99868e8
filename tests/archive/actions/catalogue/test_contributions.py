"""A person takes over the contribution of another one, whose voice it was not."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import audit
from archive.actions.catalogue import contributions, interviews, people
from archive.actions.catalogue.people import PersonFacts
from archive.actions.transcripts import labels, versions
from archive.models import Event, Interview, Outbox, Person
from tests.support import named_speakers as named

OLD, NEW = named.SPOKEN_NAME, named.NEW_WITNESS


@pytest.fixture
def of(db: Session) -> Interview:
    return named.add_interview_with_named_texts(db)


def replace(db: Session, of: Interview, person: Person, *, same_voice: bool) -> None:
    """Replace the witness by a person."""
    described = named.description([person], list(of.people("interviewer")))
    [found] = contributions.replaced_speakers(db, of, described.participants)
    voices = {found.contribution.id: person} if same_voice else {}
    interviews.update_description(
        db, named.TEST, of, described, revision=of.revision, same_voices=voices
    )
    db.expire_all()


def test_same_voice_renames_open_versions_and_keeps_approved_ones(
    db: Session, of: Interview
) -> None:
    before = named.all_speakers(db, of)
    [old] = of.people("witness")
    ids = {c.id for c in of.contributions}
    last = db.scalar(select(func.max(Outbox.number)))
    replace(db, of, named.add_person(db, NEW), same_voice=True)
    assert [person.full_name for person in of.people("witness")] == [NEW]
    assert {c.id for c in of.contributions} == ids, "the contribution changed hands"
    spoken = {key for key, (name, _role) in before.items() if name == OLD}
    moved = spoken - named.keys_of_approved(db, of)
    after = named.all_speakers(db, of)
    assert {key for key in before if after[key] != before[key]} == moved != spoken
    assert {after[key] for key in moved} == {(NEW, "witness")}
    shown = named.shown_version(db, of)
    assert labels.citation_data(db, named.TEST, of, shown).witnesses == (named.WITNESS,)
    opened = versions.list_versions(db, of)[1]
    assert labels.citation_data(db, named.TEST, of, opened).witnesses == (NEW,)
    [kept] = [one for one in shown.approved_speakers if one.role == "witness"]
    assert kept.person_id == old.id
    assert db.scalars(select(Outbox.interview_id).where(Outbox.number > last)).all() == [of.id]
    event = db.scalars(select(Event).where(Event.kind == "interview.described")).one()
    assert event.detail["voices_of"] == [old.id]
    assert audit.verify_chain(db) is None


def test_another_person_leaves_the_passages(db: Session, of: Interview) -> None:
    before = named.all_speakers(db, of)
    replace(db, of, named.add_person(db, NEW), same_voice=False)
    assert named.all_speakers(db, of) == before
    assert [person.full_name for person in of.people("witness")] == [NEW]


def test_person_takes_over_beside_a_contribution_of_their_own(db: Session, of: Interview) -> None:
    """First another person, then the first one again, whose voice it was all the time."""
    [first] = of.people("witness")
    second = named.add_person(db, NEW)
    replace(db, of, second, same_voice=False)
    opened = versions.list_versions(db, of)[1]
    [contribution] = [c for c in of.listed_contributions if c.role == "witness"]
    for segment in opened.segments:
        segment.contribution_id = contribution.id
    db.flush()
    replace(db, of, first, same_voice=True)
    assert of.people("witness") == [first]
    assert {name for key, (name, _role) in named.all_speakers(db, of).items()} == {
        OLD,
        named.INTERVIEWER,
        named.NEIGHBOUR,
        "",
    }
    assert labels.citation_data(db, named.TEST, of, opened).witnesses == (named.WITNESS,)
    described = named.description([first], list(of.people("interviewer")))
    interviews.update_description(db, named.TEST, of, described, revision=of.revision)
    assert of.people("witness") == [first]


def test_only_replaced_speakers_with_passages_are_a_question(db: Session, of: Interview) -> None:
    [witness], [interviewer] = of.people("witness"), of.people("interviewer")
    new = people.add(db, named.TEST, PersonFacts(full_name=NEW))

    def found(witnesses: list[Person], interviewers: list[Person]) -> list[str]:
        participants = named.description(witnesses, interviewers).participants
        replaced = contributions.replaced_speakers(db, of, participants)
        return [one.contribution.person_id for one in replaced]

    assert found([new], [interviewer]) == [witness.id]
    assert found([new, witness], [interviewer]) == []
    assert found([], [interviewer]) == []
    assert found([interviewer], [witness]) == [witness.id, interviewer.id]
    replace(db, of, new, same_voice=False)
    # The new witness has no passages.
    assert found([named.add_person(db, "Ngô Bảy")], [interviewer]) == []
