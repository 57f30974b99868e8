"""Names of people as a reader may have them: the gate for names, as `rendition` is for words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from archive.access import Rights
from archive.models import ApprovedSpeaker, Contribution, Person, TranscriptVersion
from archive.text.vietnamese_names import person_key, split_name


@dataclass(frozen=True)
class DisplayName:
    """`full` is "Nguyễn Thị Mười", `titled` "Bà Nguyễn Thị Mười", `short` "Bà Mười".

    `is_pseudonym`: the reader may not have the person's own name, even if the two are equal.
    """

    full: str
    titled: str
    short: str
    is_pseudonym: bool = False


def names_for(rights: Rights, people: Iterable[Person]) -> dict[str, DisplayName]:
    """Return the names of people by their ids. Today every reader has the same names."""
    return {person.id: _display_name(person) for person in people}


def name_for(rights: Rights, person: Person) -> DisplayName:
    """Return the name of one person."""
    return names_for(rights, [person])[person.id]


def approved_name_for(
    rights: Rights, approved: ApprovedSpeaker, contribution: Contribution
) -> DisplayName | None:
    """Return the name under which a contribution was approved, if the reader may have it.

    A reader who is given a pseudonym may not: neither of the person who was approved, nor of the
    one to whom the contribution leads today.
    """
    if any(name_for(rights, p).is_pseudonym for p in (approved.person, contribution.person)):
        return None
    return _display_name(approved)


def keep_name(contribution: Contribution) -> ApprovedSpeaker:
    """Return name and role of a contribution as they are now, for the approval of a version."""
    person = contribution.person
    return ApprovedSpeaker(
        contribution_id=contribution.id,
        person=person,
        full_name=person.full_name,
        given_name=person.given_name,
        honorific=person.honorific,
        speaker_label=contribution.speaker_label,
        role=contribution.role,
    )


def role_column() -> ColumnElement[str]:
    """Return the role of a contribution as a version has it: an approved one keeps its own.

    For queries from TranscriptVersion and Contribution.
    """
    approved = select(ApprovedSpeaker.role).where(
        TranscriptVersion.state == "approved",
        ApprovedSpeaker.version_id == TranscriptVersion.id,
        ApprovedSpeaker.contribution_id == Contribution.id,
    )
    in_version = approved.correlate(TranscriptVersion, Contribution).scalar_subquery()
    return func.coalesce(in_version, Contribution.role)


def other_names_for(rights: Rights, person: Person) -> list[str]:
    """Return the names that a person also goes by; none beside a pseudonym. Loads them."""
    if name_for(rights, person).is_pseudonym:
        return []
    return [name.name for name in person.other_names]


def label_for(rights: Rights, contribution: Contribution) -> str:
    """Return the label of a speaker in an interview; empty where the reader gets a pseudonym."""
    is_hidden = name_for(rights, contribution.person).is_pseudonym
    return "" if is_hidden else contribution.speaker_label


def sort_key_for(person: Person, name: DisplayName) -> str:
    """Return the key by which a person is listed under the name that a reader has."""
    return person_key(split_name(name.full)) if name.is_pseudonym else person.sort_key


def _display_name(named: Person | ApprovedSpeaker) -> DisplayName:
    title = f"{named.honorific} " if named.honorific else ""
    return DisplayName(
        full=named.full_name,
        titled=f"{title}{named.full_name}",
        short=f"{title}{named.given_name}",
    )
