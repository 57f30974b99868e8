"""Load an object and check permission, or raise NotVisible (404) or NotAllowed (403).

Routes must use these. The 404 is identical to that of any missing object; the 403 has the reason.
"""

from __future__ import annotations

from flask import abort, redirect, request, url_for

from archive import access
from archive.access import Action, NotVisible
from archive.actions.catalogue import interviews
from archive.actions.editing.draft import Draft
from archive.models import Interview, Job, MediaFile, Person, Segment, TranscriptVersion, User
from archive.web.core import current


def interview(accession: str, action: Action) -> Interview:
    """Load an interview by a number that it has or had, in any case.

    A page that was opened by another number than the present one is redirected to it, with its
    query: links and citations keep their place.
    """
    found = interviews.by_accession(current.db(), accession)
    if found is None:
        raise NotVisible
    access.require(current.rights(), action, access.Scope(found))
    arguments = request.view_args or {}
    endpoint = request.endpoint if request.method in ("GET", "HEAD") else None
    if found.accession != accession and endpoint is not None and "accession" in arguments:
        address = url_for(endpoint, **{**arguments, "accession": found.accession})
        query = request.query_string.decode("ascii", "replace")
        abort(redirect(f"{address}?{query}" if query else address, 302))
    return found


def version(version_id: str, action: Action) -> tuple[Interview, TranscriptVersion]:
    """Load a transcript version and its interview."""
    found = current.db().get(TranscriptVersion, version_id)
    if found is None:
        raise NotVisible
    owner = current.db().get_one(Interview, found.interview_id)
    access.require(current.rights(), action, access.Scope(owner, found))
    return owner, found


def segment(segment_id: str, action: Action) -> tuple[Interview, TranscriptVersion, Segment]:
    """Load a segment, ended ones included: the caller answers 410 for those."""
    found = current.db().get(Segment, segment_id)
    if found is None:
        raise NotVisible
    owner, of = version(found.version_id, action)
    return owner, of, found


def draft(version_id: str, action: Action) -> Draft:
    """Load a version for the editor, with the transaction and the rights of this request."""
    owner, found = version(version_id, action)
    return Draft(current.db(), current.rights(), owner, found)


def segment_in_draft(segment_id: str, action: Action) -> tuple[Draft, Segment]:
    """Load a segment, ended ones included, and its version for the editor."""
    owner, of, found = segment(segment_id, action)
    return Draft(current.db(), current.rights(), owner, of), found


def media_file(file_id: str, action: Action) -> tuple[Interview, MediaFile]:
    """Load a file and its interview; an original needs `fetch_original` too."""
    found = current.db().get(MediaFile, file_id)
    if found is None:
        raise NotVisible
    owner = current.db().get_one(Interview, found.interview_id)
    scope = _scope_of_file(owner, found)
    access.require(current.rights(), "hear", scope)
    access.require(current.rights(), action, scope)
    return owner, found


def original(file_id: str, action: Action) -> tuple[Interview, MediaFile]:
    """Load the metadata of an original; use `media_file` for its bytes."""
    found = current.db().get(MediaFile, file_id)
    if found is None or found.role != "original":
        raise NotVisible
    owner = current.db().get_one(Interview, found.interview_id)
    access.require(current.rights(), action, _scope_of_file(owner, found))
    return owner, found


def _scope_of_file(owner: Interview, found: MediaFile) -> access.Scope:
    """Return the scope of a file; raise NotVisible for a damaged row of two interviews."""
    try:
        return access.Scope(owner, found)
    except ValueError as damaged:
        raise NotVisible from damaged


def job(job_id: str, action: Action) -> tuple[Interview | None, Job]:
    """Load a job and its interview, if any."""
    found = current.db().get(Job, job_id)
    if found is None:
        raise NotVisible
    owner = current.db().get(Interview, found.interview_id) if found.interview_id else None
    access.require(current.rights(), action, access.Scope(owner, found))
    return owner, found


def person(person_id: str, action: Action) -> Person:
    """Load a person."""
    access.require(current.rights(), action)
    found = current.db().get(Person, person_id)
    if found is None:
        raise NotVisible
    return found


def account(user_id: str, action: Action) -> User:
    """Load a user account."""
    access.require(current.rights(), action)
    found = current.db().get(User, user_id)
    if found is None:
        raise NotVisible
    return found


def own_account() -> User:
    """Load the account of the signed-in user."""
    found = current.db().get(User, current.rights().actor.user_id)
    if found is None:
        raise NotVisible
    return found
