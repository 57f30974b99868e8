"""Opening: making an interview visible to a wider audience is a right and an event of its own.

Sample interviews are invented: everyone who may describe them may open them.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from archive import access, audit
from archive.access import Refused, Rights
from archive.models import Interview
from archive.models.vocabulary import AUDIENCES, Audience


class OpeningRefused(Refused):
    """The actor may not make the interview visible to a wider audience."""

    code = "opening_refused"


def record_opening(db: Session, rights: Rights, interview: Interview, before: Audience) -> None:
    """Record `interview.opened` if its audience is wider than before.

    Raises OpeningRefused for actors without the right; called in the transaction of the change.
    """
    if AUDIENCES.index(interview.audience) >= AUDIENCES.index(before):
        return
    if not interview.is_sample and not access.may(rights, "open"):
        raise OpeningRefused
    audit.record(
        db,
        rights.actor,
        "interview.opened",
        interview,
        before=before,
        after=interview.audience,
        role=rights.actor.role,
    )
