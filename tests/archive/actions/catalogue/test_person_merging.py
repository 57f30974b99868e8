"""Two records of one person are merged, and the merge is undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive import audit
from archive.access import NotAllowed, Rights
from archive.actions.catalogue import interviews, people, person_merging
from archive.actions.catalogue.people import PersonChanged, PersonFacts
from archive.actions.catalogue.person_merging import MergeNotUndoable, MergeRefused
from archive.actions.office import event_history
from archive.models import Event, Interview, Outbox, Person
from tests.support import named_speakers as named

NEW = named.NEW_WITNESS


@pytest.fixture
def of(db: Session) -> Interview:
    return named.add_interview_with_named_texts(db)


@pytest.fixture
def kept(db: Session) -> Person:
    return named.add_person(db, NEW)


def listed(of: Interview) -> list[tuple[str, str]]:
    return sorted((c.person_id, c.role) for c in of.listed_contributions)


def test_merge_moves_links_and_undo_returns_them(db: Session, of: Interview, kept: Person) -> None:
    [merged] = of.people("witness")
    before, listed_before = named.all_speakers(db, of), listed(of)
    revision, last = of.revision, db.scalar(select(func.max(Outbox.number)))
    found = person_merging.merge(db, named.TEST, merged, kept)
    after = named.all_speakers(db, of)
    spoken = {key for key, (name, _role) in before.items() if name == named.SPOKEN_NAME}
    moved = spoken - named.keys_of_approved(db, of)
    assert {key for key in before if after[key] != before[key]} == moved != spoken
    assert {after[key] for key in moved} == {(NEW, "witness")}
    assert of.people("witness") == [kept]
    assert of.revision == revision + 1, "a form that was opened before is outdated"
    assert [p for p in people.list_people(db, named.TEST) if p.id == merged.id] == []
    assert people.with_exact_name(db, named.WITNESS) == [kept]
    assert people.kept_record(db, merged) is kept
    assert person_merging.merges_into(db, named.TEST, kept) == [found]
    assert db.scalars(select(Outbox.interview_id).where(Outbox.number > last)).all() == [of.id]
    person_merging.undo_merge(db, named.TEST, found)
    assert named.all_speakers(db, of) == before
    assert listed(of) == listed_before
    assert people.with_exact_name(db, named.WITNESS) == [merged]
    assert person_merging.merges_into(db, named.TEST, kept) == []
    with pytest.raises(MergeNotUndoable):
        person_merging.undo_merge(db, named.TEST, found)
    kinds = db.scalars(select(Event.kind).where(Event.subject_id == kept.id)).all()
    assert kinds == ["person.created", "person.merged", "person.merge_undone"]
    assert audit.verify_chain(db) is None


def test_both_in_one_interview_are_listed_once_and_again_after_undo(
    db: Session, of: Interview, kept: Person
) -> None:
    [merged] = of.people("witness")
    described = named.description([merged, kept], list(of.people("interviewer")))
    interviews.update_description(db, named.TEST, of, described, revision=of.revision)
    before, listed_before = named.all_speakers(db, of), listed(of)
    found = person_merging.merge(db, named.TEST, merged, kept)
    db.expire_all()
    assert of.people("witness") == [kept]
    # The description can be saved, and the text keeps its speakers.
    described = named.description([kept], list(of.people("interviewer")))
    after = named.all_speakers(db, of)
    interviews.update_description(db, named.TEST, of, described, revision=of.revision)
    assert named.all_speakers(db, of) == after
    person_merging.undo_merge(db, named.TEST, found)
    db.expire_all()
    assert listed(of) == listed_before
    assert named.all_speakers(db, of) == before


def test_contribution_that_changed_hands_since_stays(
    db: Session, of: Interview, kept: Person
) -> None:
    [merged] = of.people("witness")
    found = person_merging.merge(db, named.TEST, merged, kept)
    db.expire_all()
    third = named.add_person(db, "Ngô Bảy")
    [contribution] = [c for c in of.listed_contributions if c.role == "witness"]
    described = named.description([third], list(of.people("interviewer")))
    interviews.update_description(
        db,
        named.TEST,
        of,
        described,
        revision=of.revision,
        same_voices={contribution.id: third},
    )
    person_merging.undo_merge(db, named.TEST, found)
    db.expire_all()
    assert of.people("witness") == [third]


def test_later_merge_is_undone_first(db: Session, of: Interview, kept: Person) -> None:
    [first] = of.people("witness")
    last = named.add_person(db, "Ngô Bảy")
    one = person_merging.merge(db, named.TEST, first, kept)
    two = person_merging.merge(db, named.TEST, kept, last)
    assert people.kept_record(db, first) is last
    assert of.people("witness") == [last]
    with pytest.raises(MergeNotUndoable):
        person_merging.undo_merge(db, named.TEST, one)
    person_merging.undo_merge(db, named.TEST, two)
    person_merging.undo_merge(db, named.TEST, one)
    assert of.people("witness") == [first]


def test_merge_is_refused(db: Session, of: Interview, kept: Person) -> None:
    [merged] = of.people("witness")
    sample = people.add(db, named.TEST, PersonFacts(full_name="Người Bịa"), is_sample=True)
    for one, other in ((kept, kept), (merged, sample), (sample, merged)):
        with pytest.raises(MergeRefused):
            person_merging.merge(db, named.TEST, one, other)
    with pytest.raises(PersonChanged):
        person_merging.merge(db, named.TEST, merged, kept, opened_fingerprints=["a", "b"])
    person_merging.merge(db, named.TEST, merged, kept)
    with pytest.raises(MergeRefused):
        person_merging.merge(db, named.TEST, merged, named.add_person(db, "Ngô Bảy"))
    history = event_history.person_events(db, named.TEST, kept)
    assert merged.id in {entry.event.subject_id for entry in history.entries}


@pytest.mark.parametrize("member", ["cleo", "rob", "sam", None])
def test_merge_is_not_allowed_for_other_roles(
    db: Session, of: Interview, kept: Person, rights_of: Callable[[str | None], Rights], member: str
) -> None:
    [merged] = of.people("witness")
    with pytest.raises(NotAllowed):
        person_merging.merge(db, rights_of(member), merged, kept)
    found = person_merging.merge(db, named.TEST, merged, kept)
    with pytest.raises(NotAllowed):
        person_merging.undo_merge(db, rights_of(member), found)
