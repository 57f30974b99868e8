"""The access rules as SQL: restrict a SELECT to what may be known or read.

A property test compares them with `decision.may`.
"""

from __future__ import annotations

from typing import TypeVarTuple

from sqlalchemy import Select, false, true

from archive.access.decision import role_allows
from archive.access.rights import Rights
from archive.models import Job, TranscriptVersion

Columns = TypeVarTuple("Columns")


def visible(query: Select[*Columns], rights: Rights) -> Select[*Columns]:
    """Restrict a SELECT from Interview (and optionally TranscriptVersion) to visible rows.

    The same rule as `may(rights, "know", Scope(interview))`.
    """
    return query.where(rights.admit_in_sql("know", in_part=True))


def readable(query: Select[*Columns], rights: Rights) -> Select[*Columns]:
    """Restrict a SELECT from Interview and TranscriptVersion to readable text.

    The same rule as `may(rights, "read", Scope(interview, version))`.
    """
    by_state = (
        true()
        if rights.actor.is_signed_in
        else TranscriptVersion.state.in_(sorted(rights.public_states))
    )
    return query.where(rights.admit_in_sql("know"), rights.admit_in_sql("read"), by_state)


def readable_recordings(query: Select[*Columns], rights: Rights) -> Select[*Columns]:
    """Restrict a SELECT from Interview and Recording to recordings whose words may be read.

    The same rule as `may(rights, "read", Scope(interview, version, recording_id))`, but for the
    state of the version.
    """
    return query.where(
        rights.admit_in_sql("know", of_recording=True),
        rights.admit_in_sql("read", of_recording=True),
    )


def in_known_recordings(query: Select[*Columns], rights: Rights) -> Select[*Columns]:
    """Restrict a SELECT from Interview and Recording to recordings of which the actor may know.

    The same rule as `may(rights, "know", Scope(interview, recording_id))`.
    """
    return query.where(rights.admit_in_sql("know", of_recording=True, in_part=True))


def visible_jobs(query: Select[*Columns], rights: Rights) -> Select[*Columns]:
    """Restrict a SELECT from Job, outer-joined with Interview, to visible jobs.

    The same rule as `may(rights, "see_jobs", Scope(interview, job))`.
    """
    if not role_allows(rights.actor, "see_jobs"):
        return query.where(false())
    return query.where(Job.interview_id.is_(None) | rights.admit_in_sql("know", in_part=True))
