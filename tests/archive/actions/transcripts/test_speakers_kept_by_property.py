"""Property test: saved descriptions leave the speakers of every version."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from archive.actions.catalogue import interviews, people
from archive.actions.catalogue.interviews import DescriptionOutdated
from archive.actions.catalogue.people import PersonFacts
from archive.db import Database
from archive.models import Interview, Person
from tests.support import named_speakers as named


@dataclass(frozen=True)
class Save:
    """Save the description with these people, by their numbers; an outdated save is refused."""

    witnesses: list[int]
    interviewers: list[int]
    is_outdated: bool


@dataclass(frozen=True)
class Rename:
    """Put a word behind the name of a person."""

    number: int
    word: str


@dataclass(frozen=True)
class Saved:
    """A committed interview and the ids of four people; each example is rolled back to it."""

    database: Database
    interview_id: str
    pool: list[str]


NUMBERS = st.lists(st.integers(0, 3), max_size=4)
STEPS = st.lists(
    st.builds(Save, NUMBERS, NUMBERS, st.booleans())
    | st.builds(Rename, st.integers(0, 3), st.sampled_from(["Một", "Hai"])),
    min_size=1,
    max_size=6,
)


@pytest.fixture
def saved(database: Database) -> Saved:
    with database.writing() as db:
        interview = named.add_interview_with_named_texts(db)
        pool = [c.person_id for c in interview.contributions]
        pool += [named.add_person(db, name).id for name in (named.NEW_WITNESS, "Ngô Bảy")]
        return Saved(database, interview.id, pool)


@given(steps=STEPS)
@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_sequence_of_saves_changes_speakers_only_of_open_versions_by_renaming(
    saved: Saved, steps: list[Save | Rename]
) -> None:
    with saved.database.writer() as db:  # closed without a commit
        interview = db.get_one(Interview, saved.interview_id)
        expected = named.all_speakers(db, interview)
        approved = named.keys_of_approved(db, interview)
        for step in steps:
            persons = [db.get_one(Person, person_id) for person_id in saved.pool]
            if isinstance(step, Rename):
                renamed = rename(db, persons[step.number], step.word, expected)
                expected = renamed | {key: expected[key] for key in approved}
            else:
                save(db, interview, persons, step)
            assert named.all_speakers(db, interview) == expected


def save(db: Session, interview: Interview, persons: list[Person], step: Save) -> None:
    """Save the description, and check that it lists the people who were chosen."""
    described = named.description(
        [persons[number] for number in step.witnesses],
        [persons[number] for number in step.interviewers],
    )
    revision = interview.revision
    if step.is_outdated:
        with pytest.raises(DescriptionOutdated):
            interviews.update_description(
                db, named.TEST, interview, described, revision=revision + 1
            )
        return
    interviews.update_description(db, named.TEST, interview, described, revision=revision)
    db.expire_all()
    assert interview.people("witness") == list(dict.fromkeys(described.witnesses))
    assert interview.people("interviewer") == list(dict.fromkeys(described.interviewers))


def rename(db: Session, person: Person, word: str, before: named.Speakers) -> named.Speakers:
    """Rename a person; return the speakers as they must be called now."""
    facts = PersonFacts(full_name=f"{person.full_name} {word}", honorific=person.honorific)
    old, new = (
        f"{person.honorific} {name}".strip() for name in (person.full_name, facts.full_name)
    )
    people.update(db, named.TEST, person, facts)
    return {key: (new if name == old else name, role) for key, (name, role) in before.items()}
