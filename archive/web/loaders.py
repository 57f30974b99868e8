"""Objects for a purpose: the one way in which a route gets a thing.

Every loader answers with the object, raises NotVisible (a 404 that looks like any
other) or NotAllowed (a 403 that says why).
"""

from __future__ import annotations

from archive import access
from archive.access import Action, NotVisible
from archive.actions import interviews
from archive.models import Interview, Job, MediaFile, Person, Segment, TranscriptVersion, User
from archive.web import current


def interview(accession: str, action: Action) -> Interview:
    """By accession number, the name an interview has in links."""
    found = interviews.by_accession(current.db(), accession)
    if found is None:
        raise NotVisible
    access.require(current.actor(), action, found)
    return found


def version(version_id: str, action: Action) -> tuple[Interview, TranscriptVersion]:
    """A version of a transcript and the interview that it belongs to."""
    found = current.db().get(TranscriptVersion, version_id)
    if found is None:
        raise NotVisible
    owner = current.db().get_one(Interview, found.interview_id)
    access.require(current.actor(), action, found, interview=owner)
    return owner, found


def segment(segment_id: str, action: Action) -> tuple[Interview, TranscriptVersion, Segment]:
    """A segment, ended ones included: the caller answers 410 for those."""
    found = current.db().get(Segment, segment_id)
    if found is None:
        raise NotVisible
    owner, of = version(found.version_id, action)
    return owner, of, found


def media_file(file_id: str, action: Action) -> tuple[Interview, MediaFile]:
    """A file and its interview. An original needs `fetch_original`, a derivative `view`."""
    found = current.db().get(MediaFile, file_id)
    if found is None:
        raise NotVisible
    owner = current.db().get_one(Interview, found.interview_id)
    access.require(current.actor(), "view", found, interview=owner)
    if found.role == "original":
        access.require(current.actor(), "fetch_original", found, interview=owner)
    elif action != "view":
        access.require(current.actor(), action, found, interview=owner)
    return owner, found


def original(file_id: str, action: Action) -> tuple[Interview, MediaFile]:
    """What is known about an original, for a purpose; its bytes need `media_file`."""
    found = current.db().get(MediaFile, file_id)
    if found is None or found.role != "original":
        raise NotVisible
    owner = current.db().get_one(Interview, found.interview_id)
    access.require(current.actor(), action, found, interview=owner)
    return owner, found


def job(job_id: str, action: Action) -> tuple[Interview | None, Job]:
    """A job and the interview that it works for, if any."""
    found = current.db().get(Job, job_id)
    if found is None:
        raise NotVisible
    owner = current.db().get(Interview, found.interview_id) if found.interview_id else None
    access.require(current.actor(), action, found, interview=owner)
    return owner, found


def person(person_id: str, action: Action) -> Person:
    """The record of a person, for whoever keeps such records."""
    access.require(current.actor(), action)
    found = current.db().get(Person, person_id)
    if found is None:
        raise NotVisible
    return found


def account(user_id: str, action: Action) -> User:
    """Somebody's account, for whoever keeps accounts."""
    access.require(current.actor(), action)
    found = current.db().get(User, user_id)
    if found is None:
        raise NotVisible
    return found


def own_account() -> User:
    """The account of whoever asks."""
    found = current.db().get(User, current.actor().user_id)
    if found is None:
        raise NotVisible
    return found
