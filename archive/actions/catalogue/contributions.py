"""Contributions of an interview: who is listed, and whose voice a contribution is.

Transcripts name their speakers by contributions, so none is ever deleted. A person who replaces
another one can take over the contribution, where it was the same voice all the time: its
passages then have the new name, those of approved versions the name as approved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.models import Contribution, Interview, Person, Segment
from archive.models.base import utc_now
from archive.models.vocabulary import ContributionRole

PARTICIPANT_ROLES: tuple[ContributionRole, ...] = ("witness", "interviewer")
Participants = Mapping[ContributionRole, Sequence[Person]]
SameVoices = Mapping[str, Person]  # the person who takes over, by the id of the contribution


@dataclass(frozen=True, kw_only=True)
class ReplacedSpeaker:
    """A listed contribution with passages whose person is replaced by one of `successors`."""

    contribution: Contribution
    successors: Sequence[Person]


def replaced_speakers(
    db: Session, interview: Interview, requested: Participants
) -> list[ReplacedSpeaker]:
    """Return the contributions with passages that these people would replace, by role."""
    found = []
    for role in PARTICIPANT_ROLES:
        listed = [c for c in interview.listed_contributions if c.role == role]
        before = {contribution.person_id for contribution in listed}
        now = {person.id for person in requested[role]}
        successors = {p.id: p for p in requested[role] if p.id not in before}
        if successors:
            leaving = [c for c in listed if c.person_id not in now]
            speaking = _speaking(db, leaving)
            found += [
                ReplacedSpeaker(contribution=c, successors=list(successors.values()))
                for c in leaving
                if c.id in speaking
            ]
    return found


def take_over(interview: Interview, requested: Participants, voices: SameVoices) -> list[Person]:
    """Let listed people take over contributions; return the people who had them before."""
    before = []
    for contribution in interview.contributions:
        person = voices.get(contribution.id)
        if person is not None and person in requested[contribution.role]:
            before.append(contribution.person)
            contribution.person, contribution.person_id = person, person.id
    return before


def write_participants(interview: Interview, requested: Participants) -> None:
    """List exactly these people; contributions no longer listed get `removed_at`."""
    before: dict[tuple[str, ContributionRole], Contribution] = {}
    # A person who took over a contribution may have had one before: the listed one stays.
    for contribution in sorted(interview.contributions, key=lambda c: c.removed_at is not None):
        before.setdefault((contribution.person_id, contribution.role), contribution)
    now: list[Contribution] = [
        c for c in interview.contributions if c.role not in PARTICIPANT_ROLES
    ]
    for role in PARTICIPANT_ROLES:
        people = {person.id: person for person in requested[role]}
        for position, person in enumerate(people.values()):
            listed = before.get((person.id, role)) or Contribution(person=person, role=role)
            listed.position, listed.removed_at = position, None
            now.append(listed)
    removed = [c for c in interview.contributions if c not in now]
    for contribution in removed:
        contribution.removed_at = contribution.removed_at or utc_now()
    interview.contributions = [*now, *removed]


def _speaking(db: Session, contributions: Sequence[Contribution]) -> set[str]:
    """Return the ids of those that have passages in any version."""
    ids = [contribution.id for contribution in contributions]
    query = select(Segment.contribution_id).where(
        Segment.contribution_id.in_(ids), Segment.ended_at.is_(None)
    )
    return {found for found in db.scalars(query.distinct()) if found is not None}
