"""A draft: a version as one person corrects it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from archive.access import Rights, Scope
from archive.models import Interview, TranscriptVersion


@dataclass(frozen=True, slots=True)
class Draft:
    """What every edit needs: the transaction, whose rights, and the version of an interview."""

    db: Session
    rights: Rights
    interview: Interview
    version: TranscriptVersion

    @property
    def scope(self) -> Scope:
        """The version with its owners, for decisions of access."""
        return Scope(self.interview, self.version)
